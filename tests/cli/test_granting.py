"""`bot grants` shows what may run without asking, in full, and takes it back at once for those who may."""

from collections.abc import Callable

import pytest

from bot.bodies import CardBody
from bot.cli.opened import Opened, opened
from bot.events import Granted, RequestAnswered, RequestOpened
from bot.fold import fold
from bot.grants import copy_of, display_id, granted
from bot.ids import RequestIds
from bot.store import scripts
from bot.store.keys import ALL_SHARDS, ThreadKeys
from bot.store.scripts import Change
from tests.builders import LogBuilder
from tests.cli.conftest import Bot, Said
from tests.cli.people import PEOPLE
from tests.example_steps import Pay
from tests.store.acts import raw

HOUR_US = 3_600_000_000
LONG = "x" * 400
"""An argument that no line has room for."""


async def given(made: Opened, *, trick: str = "", for_us: int = HOUR_US) -> Granted:
    """Store a thread in which Rob approved a payment, and permitted it for a while."""
    log = LogBuilder(agent=f"deploy{trick and '-tricked'}")
    log.message()
    call = log.choose(Pay())
    asked = RequestOpened(
        request=RequestIds(b"anything").make(log.id, log.version),
        kind="approval",
        call=call,
        call_hash=Pay().call_hash(),
        digest="d",
        role="release",
        approvers=("rob",),
        options=("approve", "reject"),
        expires_at=2**52,
        may_grant_us=HOUR_US,
        body=CardBody(title="Pay", step="pay", arguments={"amount": 1, "note": LONG + trick}, snapshot={"rate": 2}),
    )
    log.commit(asked)
    answer = RequestAnswered(by="rob", request=asked.request, answer="approve", outcome="approved", proof="slack")
    thread = log.thread
    now = await scripts.clock(made.client, ThreadKeys(log.id).shard)
    event = granted(thread, answer, for_us, now)
    log.append(answer)
    await store(made, log, event)
    return event


async def store(made: Opened, log: LogBuilder, event: Granted) -> None:
    """Write the log again with this installation's secret, as far as the answer; then the permission."""
    first, *more = log.thread.events
    sealed = fold(log.id, [], made.sealer)
    keys = ThreadKeys(log.id)
    for one in (first, *more, event):
        mark = {} if one.basis is None else {"seal": made.sealer.seal(sealed.chains[one.basis])}
        entry = made.sealer.entry(log.id, one.model_copy(update={"at": None, "sig": None, **mark}))
        await scripts.ingest(
            made.client,
            log.id,
            Change(entries=[entry, entry] if sealed.version == 0 else [entry]),
            birth=sealed.version == 0,
        )
        sealed = fold(log.id, await raw(made.client).lrange(keys.log, 0, -1), made.sealer)
    assert sealed.unreadable is None
    await raw(made.client).hset(keys.shard.grants, event.grant, copy_of(event))


@pytest.fixture
async def event(running: Bot) -> Granted:
    """A permission of Rob's; whoever runs the tests is Ana, an operator."""
    async with opened() as made:
        return await given(made)


async def test_what_stands_is_listed_with_every_argument_in_full(running: Bot, event: Granted) -> None:
    said = await running("grants")
    assert (said.code, said.err) == (0, "")
    flat = said.out.replace("\n", "").replace(" ", "")
    assert f"{display_id(event.grant)}deploy:pay,byRobWills,until" in flat
    assert f'amount=1note="{LONG}"factrate=2' in flat


async def test_as_json_it_names_who_what_where_and_until_when(running: Bot, event: Granted) -> None:
    (record,) = (await running("grants", "--json")).records()
    assert (record["grant"], record["step"], record["by"], record["until"]) == (event.grant, "pay", "rob", event.until)
    assert record["arguments"] == {"amount": 1, "note": LONG}
    assert record["thread"] == event.grant.partition(".")[0]


async def test_without_any_it_says_so(running: Bot) -> None:
    assert (await running("grants")).out == "Nothing may run without asking by somebody's leave.\n"


async def test_an_argument_cannot_pass_for_another_one(running: Bot) -> None:
    async with opened() as made:
        await given(made, trick="\nto = you \u202e")
    said = (await running("grants")).out.replace(" ", "").replace("\n", "")
    assert "\\nto=you⟨U+202E⟩" in said


async def test_listing_copies_it_to_shards_that_have_none(running: Bot, event: Granted) -> None:
    await running("grants")
    async with opened() as made:
        found = [await raw(made.client).hget(shard.grants, event.grant) for shard in ALL_SHARDS]
    assert found == [copy_of(event).encode()] * len(ALL_SHARDS)


async def test_an_operator_takes_it_back_by_its_short_id(running: Bot, event: Granted) -> None:
    said = await running("grants", "revoke", display_id(event.grant))
    assert (said.code, "taken back" in said.out) == (0, True)
    assert (await running("grants", "--json")).records() == []
    async with opened() as made:
        assert (await made.thread(event.grant.partition(".")[0])).revoked == {event.grant}


async def test_taking_it_back_twice_is_no_error(running: Bot, event: Granted) -> None:
    await running("grants", "revoke", event.grant)
    assert (await running("grants", "revoke", event.grant)).code == 0


async def test_who_has_nothing_to_do_with_it_cannot_take_it_back(running: Bot, event: Granted) -> None:
    running.configure(PEOPLE.replace('roles = ["operators"]', "", 1).replace('"release"]', '"release", "operators"]'))
    said = await running("grants", "revoke", display_id(event.grant))
    assert (said.code, said.out) == (2, "")
    assert "only who gave it" in said.err
    assert len((await running("grants", "--json")).records()) == 1


async def test_who_gave_it_takes_it_back(running: Bot, event: Granted) -> None:
    mine = PEOPLE.replace("os_user = $USER\n", "", 1).replace(
        'name = "Rob Wills"', 'name = "Rob Wills"\nos_user = $USER'
    )
    running.configure(mine)
    assert (await running("grants", "revoke", event.grant)).code == 0


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("name", ["nothing", "", "03-aaaaaaaaaaaaaaaa.abcdef"])
def test_what_there_is_not_is_one_line_and_exit_code_2(here: Callable[..., Said], name: str) -> None:
    said = here("grants", "revoke", name)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("bot: there is no standing permission")
