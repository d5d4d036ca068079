"""What waits for a person is listed with all that matters to decide what comes first, and shown in full by its id."""

import asyncio
import time
from collections.abc import Callable, Iterator

import pytest

from bot.bodies import Rung, TextBody
from bot.cli.following import Follower
from bot.cli.opened import opened
from bot.events import AnyEvent, Replied, RequestEscalated
from bot.ids import display_id
from bot.store import scripts
from bot.store.scripts import Change
from bot.thread import Thread
from tests.cli.asked import CARD, HOUR, PEOPLE, asked, state_of
from tests.cli.conftest import Bot, Said
from tests.cli.people import STRANGER
from tests.store.servers import embedded

Call = Callable[..., Said]


@pytest.fixture(autouse=True)
def serving(bot: Bot) -> Iterator[None]:
    """The server runs in the background, so that a command need not start and stop it."""
    bot.configure(PEOPLE)
    with embedded(bot.folder / ".bot"):
        yield


def test_the_list_shows_urgency_age_ladder_expiry_and_who_may_answer(here: Call) -> None:
    soon = time.time_ns() // 1000 + 5 * HOUR
    rungs = (Rung(at=soon, do="remind", people=("rob",)),)
    request = asked(urgency="high", rungs=rungs, expires_at=soon + 24 * HOUR)
    (line,) = here("requests").out.splitlines()
    short, kind, urgency, _, unit, _, *_ = line.split()
    assert (short, kind, urgency, unit) == (display_id(request), "approval", "high", "s")
    assert "reminded in 5 h" in line
    assert " in 1 d " in line
    assert "Ana Lima, Rob Wills" in line
    assert "deploy_service(service=" in line
    (record,) = here("requests", "--json").records()
    assert (record["urgency"], record["next_at"], record["expires_at"]) == ("high", soon, soon + 24 * HOUR)


def test_a_quorum_shows_how_many_votes_there_are(here: Call) -> None:
    request = asked(quorum=2, may_grant_us=0)
    assert here("approve", display_id(request)).out == "Your approval counts; it needs another one.\n"
    assert "Ana Lima, Rob Wills (1 of 2)" in here("requests").out
    shown = here("show", display_id(request)).out
    assert "May answer: Ana Lima, Rob Wills (release); it takes 2 of them" in shown
    assert "Approved so far: Ana Lima" in shown


def test_mine_leaves_out_what_only_others_may_answer(here: Call) -> None:
    mine, _ = asked(), asked(approvers=("rob",), requesters=("kim", "ana"))
    assert [record["request"] for record in here("requests", "--mine", "--json").records()] == [mine]
    assert len(here("requests", "--json").records()) == 2


def test_mine_counts_the_roles_that_one_has_now(bot: Bot, here: Call) -> None:
    request = asked()
    bot.configure(PEOPLE.replace('os_user = $USER\nroles = ["release"]', "os_user = $USER"))
    assert here("requests", "--mine", "--json").records() == []
    assert "May answer: Rob Wills (release)" in here("show", display_id(request)).out


def test_the_empty_lists_say_what_they_mean(bot: Bot, here: Call) -> None:
    assert here("requests").out == "Nobody is asked anything.\n"
    assert here("requests", "--mine").out == "Nothing waits for you, Ana Lima.\n"
    asked(approvers=("rob",))
    assert (
        here("requests", "--mine").out
        == "Nothing waits for you, Ana Lima; what waits for others: `bot requests` (1).\n"
    )
    bot.configure(STRANGER)
    assert "bot.toml does not know you (`bot whoami`)" in here("requests", "--mine").out


def test_show_shows_a_request_in_full_with_every_way_to_answer(here: Call) -> None:
    body = CARD.model_copy(
        update={"edited_by": "Rob Wills", "reversibility": "reversible", "changed": {"tag": ["v1.4.0", "v1.4.1"]}}
    )
    request = asked(body=body)
    short = display_id(request)
    shown = here("show", short).out
    for line in (
        f"Approval {short}: Deploy service: backend, production, v1.4.0",
        "Asked by Kim Ode. Changed by Rob Wills. Can be undone. Agent: deploy.",
        "Changed since this was last asked:\n  tag  v1.4.0 → v1.4.1",
        "  environment  production",
        "  commit  " + "4f2a" * 10,
        "You may change:\n  tag  a tag that exists",
        "It may be given to: Rob Wills, Bo Finn",
        f"  bot approve {short}   (or: --for 4h)",
        f'  bot reject {short} --reason "..."',
        f"  bot edit {short} tag=...",
        f'  bot ask {short} "..."',
        f"  bot give {short} PERSON",
    ):
        assert line in shown
    assert here("show", request, "--json").records()[0]["request"] == request


def test_an_escalation_is_shown_and_those_who_were_asked_as_well_are_named(bot: Bot, here: Call) -> None:
    bot.configure(PEOPLE + "\n[people.op]\nname = 'Olu Pike'\nroles = ['operators']\n")
    request = asked(approvers=("rob",), rungs=(Rung(at=1, do="escalate", role="operators"),))
    committed(request, RequestEscalated(request=request, rung=0, role="operators", approvers=("op",)))
    shown = here("show", display_id(request)).out
    assert "May answer: Rob Wills, Olu Pike (release)" in shown
    assert "Escalated to operators" in shown
    assert "Olu Pike" in here("requests").out


def test_a_decided_request_is_shown_with_its_outcome_and_no_way_to_answer(here: Call) -> None:
    request = asked()
    here("reject", request, "--reason", "no")
    shown = here("show", request).out
    assert "It was rejected by Ana Lima (" in shown
    assert "bot approve" not in shown


def test_what_must_not_be_forgotten_never_expires_and_shows_its_options(here: Call) -> None:
    options = ("it_did", "run_it", "stop")
    request = asked("doubt", approvers=("ana",), options=options, expires_at=2**52, body={"title": "Did it?"})
    assert " never " in here("requests").out
    shown = here("show", display_id(request)).out
    assert "it does not expire" in shown
    assert "  run_it  it did not happen: run it" in shown
    assert f"  bot answer {display_id(request)} choose it_did | run_it | stop" in shown


def test_what_is_said_to_those_who_decide_is_followed_by_those_alone(
    here: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    request = asked()
    committed(request, Replied(to=(request,), body=TextBody(text="It is commit 4f2a.")))

    async def follow(about: str | None) -> str:
        async with opened() as made:
            thread = Thread(request.partition(".")[0], made.sealer)
            await Follower(made.client, thread, made.directory, since=0, about=about).run()
        return capsys.readouterr().out

    assert "It is commit 4f2a." in asyncio.run(follow(request))
    told = asyncio.run(follow(None))
    assert "It is commit 4f2a." not in told
    assert f"  bot approve {display_id(request)}" in told


def committed(request: str, event: AnyEvent) -> None:
    """What a worker decided after it had asked."""
    thread, _ = state_of(request)

    async def work() -> None:
        async with opened() as made:
            mark = {"by": "bot", "basis": 3, "now": 1, "seal": made.sealer.seal(thread.chains[3])}
            entry = made.sealer.entry(thread.id, event.model_copy(update=mark))
            await scripts.note(made.client, thread.id, Change(entries=[entry]))

    asyncio.run(work())
    assert state_of(request)[0].unreadable is None
