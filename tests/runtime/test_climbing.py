"""Rungs of a ladder, gone up one by one: what is committed, who is asked as well, and who is told."""

import pytest

from bot.bodies import CardBody, Rung
from bot.climbing import climb
from bot.events import NEVER, RequestEscalated, RequestOpened, RequestReminded
from bot.held import Held
from bot.store.keys import ThreadKeys
from bot.store.outbox import Outbox
from bot.store.scripts import Lease, claim
from bot.thread import RequestState
from tests.helpers import wait_until
from tests.runtime.stage import CONFIG, Stage


async def opened(stage: Stage, *rungs: Rung, role: str = "release", **more: object) -> Held:
    """A thread in our hands, in which nobody has answered this request yet."""
    await stage.say("please look")
    lease = await claim(stage.client, ThreadKeys(stage.thread).shard, "n1", 30_000_000, prefer="due")
    assert isinstance(lease, Lease)
    held = Held(stage.runtime(), lease, await stage.fold())
    event = RequestOpened.model_validate(
        {
            "request": stage.runtime().ids.make(stage.thread, held.thread.version),
            "kind": "stuck",
            "digest": "d" * 64,
            "role": role,
            "approvers": ("rob", "zoe"),
            "options": ("go_on", "stop"),
            "expires_at": NEVER,
            "rungs": rungs,
            "body": CardBody(title="It is stuck"),
            **more,
        }
    )
    await held.commit(event, opened={event.request: f"{event.digest}:{event.expires_at}"})
    return held


async def climbed(stage: Stage, held: Held) -> RequestState:
    """Go the first rung up, let what is to be sent be sent, and return the request as its log has it."""
    (request,) = held.thread.open
    await climb(held, request, 0)
    await held.release()
    async with stage.working():
        thread = await stage.settled()
        await wait_until(Outbox(stage.client, ThreadKeys(stage.thread).shard, "looking").empty)
    assert thread.unreadable is None
    assert thread.requests[request].climbed == 1
    return thread.requests[request]


def shown(stage: Stage) -> list[str]:
    return [one.place.address for one, _ in stage.channel.sent if one.content.kind == "card"]


async def test_whoever_was_not_to_be_disturbed_is_shown_it(stage: Stage) -> None:
    held = await opened(stage, Rung(at=1, do="show", people=("bo",)), role="finance", approvers=("zoe", "bo"))
    request = await climbed(stage, held)
    assert [at.place.address for at in request.cards] == ["T0ACME/U0BO"]
    assert shown(stage) == ["T0ACME/U0BO"]


async def test_a_role_with_a_channel_is_shown_it_there_and_whom_it_was_given_to_directly(stage: Stage) -> None:
    rung = Rung(at=1, do="show", people=("rob", "zoe", "bo"))
    await climbed(stage, await opened(stage, rung, approvers=("rob", "zoe", "bo"), delegates=("bo",)))
    assert sorted(shown(stage)) == ["T0ACME/C0RELEASE", "T0ACME/U0BO"]


async def test_those_who_have_lost_the_role_meanwhile_are_shown_nothing(stage: Stage) -> None:
    held = await opened(stage, Rung(at=1, do="show", people=("ana",)), approvers=("rob", "zoe", "ana"))
    assert (await climbed(stage, held)).cards == ()
    assert shown(stage) == []


async def test_others_are_asked_as_well_but_nobody_twice(stage: Stage) -> None:
    held = await opened(stage, Rung(at=1, do="escalate", role="finance"))
    request = await climbed(stage, held)
    assert request.approvers == ("rob", "zoe", "bo")
    assert shown(stage) == ["T0ACME/U0BO"]


@pytest.mark.parametrize(("own", "asked"), [("", ()), ("requesters_may_approve = true", ("bo",))])
async def test_requesters_are_not_among_the_others_unless_their_role_lets_them(
    stage: Stage, own: str, asked: tuple[str, ...]
) -> None:
    stage.configure(CONFIG.replace("[roles.finance]", f"[roles.finance]\n{own}"))
    held = await opened(stage, Rung(at=1, do="escalate", role="finance"), requesters=("bo",))
    (escalation,) = (await climbed(stage, held)).escalations
    assert escalation.approvers == asked


async def test_operators_are_told_when_nobody_is_left_to_escalate_to(stage: Stage) -> None:
    held = await opened(stage, Rung(at=1, do="escalate", role="operators"))
    request = await climbed(stage, held)
    assert [(event.role, event.approvers) for event in request.escalations] == [("operators", ())]
    assert [line for line in stage.channel.lines("U0ROB") if "nobody else of the role operators may" in line]


async def test_an_escalation_to_a_role_that_is_gone_reaches_nobody_and_is_told(stage: Stage) -> None:
    held = await opened(stage, Rung(at=1, do="escalate", role="board"))
    assert (await climbed(stage, held)).escalations[0].approvers == ()
    assert [line for line in stage.channel.lines("U0ROB") if "nobody else of the role board may" in line]


async def test_nobody_is_reminded_of_what_was_answered_meanwhile(stage: Stage) -> None:
    held = await opened(stage, Rung(at=1, do="remind", people=("rob",)))
    (request,) = held.thread.open
    await stage.answer("rob", "choose", "stop", request=request)
    await climb(held, request, 0)
    thread = await stage.fold()
    assert not [event for event in thread.events if isinstance(event, RequestReminded | RequestEscalated)]
    assert held.thread.requests[request].outcome == "answered"
