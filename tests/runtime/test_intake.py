"""What becomes of a message or an answer: taken, answered, told, refused, ignored; whole, and once."""

import asyncio
import time
from typing import Any, cast

from bot.bodies import MessageBody
from bot.events import MessageReceived
from bot.identity import EmailIdentity, Identity, SlackIdentity
from bot.intake import TOO_OLD_US
from bot.places import Delivery, Notice, Place, Text
from bot.port import AnswerInbound, Inbound, RefusalRecord
from bot.store import log
from bot.store.keys import ALL_SHARDS
from tests.runtime.scripted import done, step
from tests.runtime.stage import CONFIG, Stage, person

ZED = SlackIdentity(account="T0ACME/U0ZED", name="Zed", proven=True)
GUEST = SlackIdentity(account="T0ACME/U0GUEST", name="Gus", proven=True, is_guest=True)


def inbound(n: int = 1, text: str = "deploy it", **more: Any) -> Inbound:  # noqa: ANN401  # a message's own fields
    """A mention in #ops by Ana."""
    fields: dict[str, Any] = {
        "source": f"slack:T0ACME/C0OPS/{n}",
        "also": (f"event {n}",),
        "identity": person("ana"),
        "root": ("slack", "T0ACME", "C0OPS", "1.1"),
        "place": Place(channel="slack", address="T0ACME/C0OPS", thread="1.1"),
        "route_channel": "slack:T0ACME/C0OPS",
        "text": text,
        "starts": True,
        "sent_at": time.time_ns() // 1000,
    }
    return Inbound(**fields | more)


async def refusals(stage: Stage) -> list[RefusalRecord]:
    store = cast("Any", stage.client)
    parts = await asyncio.gather(*(store.xrange(shard.refused) for shard in ALL_SHARDS))
    return [RefusalRecord.model_validate_json(fields[b"d"]) for part in parts for _, fields in part]


async def told(stage: Stage) -> list[Delivery]:
    """What is to be sent, in all shards."""
    store = cast("Any", stage.client)
    parts = await asyncio.gather(*(store.xrange(shard.out) for shard in ALL_SHARDS))
    return [Delivery.model_validate_json(fields[b"d"]) for part in parts for _, fields in part]


async def test_a_mention_begins_a_thread_with_its_principal_agent_and_approvers(stage: Stage) -> None:
    assert await stage.intake().message(inbound()) == "taken"
    thread = await stage.fold()
    assert (thread.agent, thread.principal_id, thread.approvers, thread.title) == (
        "ops",
        "ana",
        "release",
        "deploy it",
    )


async def test_a_follow_up_needs_no_mention_and_widens_nothing(stage: Stage) -> None:
    await stage.intake().message(inbound())
    follow_up = inbound(2, "me too", starts=False, identity=person("bo"))
    assert await stage.intake().message(follow_up) == "taken"
    thread = await stage.fold()
    assert thread.principal_id == "ana"
    assert [by for _, by in thread.writers] == ["ana", "bo"]


async def test_what_begins_no_thread_and_belongs_to_none_is_ignored(stage: Stage) -> None:
    assert await stage.intake().message(inbound(starts=False)) == "ignored"
    assert await log.load(stage.client, stage.thread) == []


async def test_the_same_message_by_another_id_is_a_duplicate(stage: Stage) -> None:
    await stage.intake().message(inbound())
    again = inbound(source="slack:T0ACME/C0OPS/app_mention", also=("event 1",))
    assert await stage.intake().message(again) == "duplicate"
    assert (await stage.fold()).version == 1


async def test_two_first_messages_at_once_make_one_thread_with_both(stage: Stage) -> None:
    verdicts = await asyncio.gather(*(stage.intake().message(inbound(n, f"text {n}")) for n in range(5)))
    thread = await stage.fold()
    assert verdicts == ["taken"] * 5
    assert thread.unreadable is None
    assert thread.version == 5
    assert sum(isinstance(event, MessageReceived) and event.birth is not None for event in thread.events) == 1


async def test_a_message_of_a_hundred_thousand_characters_is_kept_whole(stage: Stage) -> None:
    text = "é🚀 <b>&amp; " * 10_000
    stage.model.says(done())
    async with stage.working():
        assert await stage.intake().message(inbound(text=text)) == "taken"
        thread = await stage.becomes("done")
    body = thread.events[0].body if isinstance(thread.events[0], MessageReceived) else None
    assert isinstance(body, MessageBody)
    assert body.text == text
    assert "characters left out here" in stage.model.read
    assert len(stage.model.read) < 40_000


async def test_a_message_of_last_month_is_refused_as_too_old_and_listed(stage: Stage) -> None:
    old = inbound(sent_at=time.time_ns() // 1000 - TOO_OLD_US - 1)
    assert await stage.intake().message(old) == "too_old"
    assert [one.reason for one in await refusals(stage)] == ["too_old"]
    assert await told(stage) == []


async def test_an_empty_mention_is_told_what_the_bot_can_do(stage: Stage) -> None:
    for n, text in enumerate(["", "  ", "help", "?"]):
        assert await stage.intake().message(inbound(n, text)) == "told"
    said = [one.content for one in await told(stage)]
    assert all("the agent ops" in cast("Notice", one).markdown for one in said)
    assert await log.load(stage.client, stage.thread) == []


async def test_help_is_told_once_a_message(stage: Stage) -> None:
    await stage.intake().message(inbound(1, "help"))
    assert await stage.intake().message(inbound(1, "help")) == "duplicate"
    assert len(await told(stage)) == 1


async def test_whoami_tells_how_one_is_known(stage: Stage) -> None:
    await stage.intake().message(inbound(1, "whoami"))
    (one,) = await told(stage)
    assert "ana" in cast("Text", one.content).markdown


async def test_a_guest_is_refused_to_him_alone_and_recorded_without_the_text(stage: Stage) -> None:
    assert await stage.intake().message(inbound(identity=GUEST, text="a secret")) == "refused"
    (one,) = await told(stage)
    assert isinstance(one.content, Notice)
    assert one.content.to == GUEST.account
    (record,) = await refusals(stage)
    assert (record.reason, record.who) == ("not_admitted", "slack:T0ACME/U0GUEST")
    assert "a secret" not in record.model_dump_json()
    assert await log.load(stage.client, stage.thread) == []


async def test_refusals_are_told_three_times_a_day_wherever_one_asks_and_always_recorded(stage: Stage) -> None:
    for n in range(9):
        root = ("slack", "T0ACME", "C0OPS", f"{n}.1")
        assert await stage.intake().message(inbound(n, identity=GUEST, root=root)) == "refused"
    assert len(await refusals(stage)) == 9
    assert len(await told(stage)) == 3


async def test_who_may_be_listed_gets_the_lines_for_the_admin(stage: Stage) -> None:
    stage.configure(CONFIG.replace('agent = "ops"\n', 'agent = "ops"\nwho = "people"\n'))
    assert await stage.intake().message(inbound(identity=ZED)) == "refused"
    (one,) = await told(stage)
    assert "[people.zed]" in cast("Notice", one.content).markdown


async def test_an_identity_that_is_not_proven_is_nobody(stage: Stage) -> None:
    forged = person("rob", proven=False)
    assert await stage.intake().message(inbound(identity=forged)) == "refused"


async def test_an_answer_of_an_identity_that_is_not_proven_does_not_count(stage: Stage) -> None:
    stage.model.says(step("send", text="x"))
    async with stage.working():
        await stage.say("send x")
        request = (await stage.request()).opened.request

    async def answered(identity: Identity) -> str | None:
        given = AnswerInbound(source="c", request=request, identity=identity, proof="none", answer="approve")
        return (await stage.intake().answer(given)).reason

    assert await answered(person("rob", proven=False)) == "not_allowed"
    assert await answered(EmailIdentity(address="rob@acme.test", proven=False)) == "not_allowed"
    assert list((await stage.fold()).open) == [request]


async def test_an_answer_to_a_request_that_was_never_made_is_unknown(stage: Stage) -> None:
    for request in ("", "nonsense", "08-lcqaoyena74kizfv.1.aaaaaaaaaaaaa", "../../etc"):
        given = AnswerInbound(source="c", request=request, identity=person("rob"), proof="slack", answer="approve")
        answered = await stage.intake().answer(given)
        assert (answered.accepted, answered.reason) == (False, "unknown")


async def test_an_answer_of_the_wrong_kind_is_told_what_fits(stage: Stage) -> None:
    stage.model.says(step("send", text="x"))
    async with stage.working():
        await stage.say("send x")
        answered = await stage.answer("rob", "choose", "maybe")
    assert answered.reason == "no_such_option"
    assert "Approve or reject" in answered.text


async def test_a_word_of_approval_in_a_message_approves_nothing(stage: Stage) -> None:
    stage.model.says(step("send", text="x"), step("keep_waiting"))
    async with stage.working():
        await stage.say("send x")
        await stage.request()
        assert await stage.say("approve", "rob") == "taken"
        assert (await stage.settled()).status == "waiting"
    assert stage.world.runs == []


async def test_a_message_to_a_paused_thread_is_noted_and_says_so(stage: Stage) -> None:
    await stage.intake().message(inbound())
    await stage.order("pause")
    assert await stage.intake().message(inbound(2, "hello?")) == "taken"
    (one,) = await told(stage)
    assert "paused" in cast("Notice", one.content).markdown


async def test_a_message_to_a_thread_that_cannot_be_read_says_so(stage: Stage) -> None:
    await stage.intake().message(inbound())
    await cast("Any", stage.client).rpush(f"{{s08}}:t:{stage.thread}:log", '{"type":"from_the_future"}\n')
    async with stage.working():
        await stage.becomes("unreadable")
        await stage.said("Something is wrong")
        assert await stage.intake().message(inbound(2, "hello?")) == "taken"
        await stage.said("cannot go on")


async def test_the_route_of_the_agent_that_has_the_thread_decides_who_may_write(stage: Stage) -> None:
    stage.configure(CONFIG.replace('agent = "other"\napprovers', 'agent = "other"\nwho = "people"\napprovers'))
    stage.model.says(step("hand_off", agent="other"), done())
    async with stage.working():
        await stage.say("who can help?")
        await stage.becomes("done")
    assert await stage.intake().message(inbound(9, "me too", starts=False, identity=ZED)) == "refused"
    assert await stage.intake().message(inbound(10, "me too", starts=False, identity=person("bo"))) == "taken"
