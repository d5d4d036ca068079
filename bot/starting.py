"""Start an action that is covered, run its tool, and say what came of it."""

import asyncio

from pydantic import JsonValue

from bot import calls
from bot import steps as s
from bot.agent import LoadedAgent
from bot.approvals import cards
from bot.bodies import DataBody, ErrorBody
from bot.context import moment
from bot.events import AnyEvent, StepFinished, StepInDoubt, StepStarted
from bot.grants import Standing, covering
from bot.held import Held, LeaseLost
from bot.late import bring_late
from bot.places import Delivery, StatusLine
from bot.spending import free
from bot.thread import CallState


async def start_if_permitted(
    held: Held, agent: LoadedAgent, step: s.Action, call: CallState, policy: s.Ask, snapshot: dict[str, JsonValue]
) -> bool:
    """Start it under a standing permission, instead of asking as `policy` says; False: ask.

    The policy of this moment counts as well: what it denies, or asks of others by now, no permission covers.
    """
    now = calls.policy(held, step, call.chosen.agent, limited=False)
    if isinstance(now, s.Deny) or (isinstance(now, s.Ask) and (now.role, now.quorum) != (policy.role, policy.quorum)):
        return False
    standing = await covering(held, call, step, policy, snapshot)
    if standing is None:
        return False
    await start(held, agent, step, call, snapshot, standing)
    return True


async def start(
    held: Held,
    agent: LoadedAgent,
    step: s.Action,
    call: CallState,
    snapshot: dict[str, JsonValue],
    standing: Standing | None = None,
) -> None:
    """Run the action, as it was approved, or else under a standing permission.

    If input came that nobody has looked at, or the permission was taken back a moment ago, nothing is started and the
    thread is as it was.
    """
    approval = held.thread.requests.get(call.approval or "") if standing is None else None
    started = StepStarted(
        call=call.chosen.call,
        attempt=call.attempts + 1,
        digest=approval.opened.digest if approval is not None else None,
        grant=standing.granted.grant if standing is not None else None,
    )
    out = _told(held, standing) if standing is not None else ()
    if await held.commit(started, out=out, grant=standing.copy if standing is not None else None):
        outcome = await _run(held, agent, step, call, snapshot)
        if step.limits and outcome.type == "step_failed":
            await free(held, call)
        await _report(held, call, outcome)


def _told(held: Held, standing: Standing) -> list[Delivery]:
    """Nobody was asked this time, so the thread says by whose leave it ran."""
    event = standing.granted
    name = held.runtime.directory().by_id(event.by or "").name
    said = f"Ran under a standing permission by {name}, until {moment(event.until)}."
    return cards.line(held.thread, StatusLine(markdown=said))


async def _run(
    held: Held, agent: LoadedAgent, step: s.Action, call: CallState, snapshot: dict[str, JsonValue]
) -> AnyEvent:
    """Run the tool. Only NotDone says that nothing happened; anything else leaves it in doubt."""
    name = call.chosen.call
    try:
        result = await calls.timed(calls.switch(held, agent, step, call, snapshot), step.timeout_s)
    except s.NotDone as error:
        return calls.failed(call, "not_done", calls.compact(error))
    except calls.TimedOut as error:
        return StepInDoubt(call=name, how="timed_out", body=ErrorBody(error=calls.compact(error)))
    except asyncio.CancelledError:
        return StepInDoubt(call=name, how="worker_lost", body=ErrorBody(error="The worker stopped while this ran."))
    except Exception as error:  # noqa: BLE001  # whatever an agent's own code raises
        return StepInDoubt(call=name, how="raised", body=ErrorBody(error=calls.compact(error)))
    return StepFinished(call=name, body=DataBody(data=result))


async def _report(held: Held, call: CallState, event: AnyEvent) -> None:
    """Commit a result; a worker that lost the thread meanwhile brings it as a late result."""
    try:
        await held.commit(event, decides=False, progress=True)
    except LeaseLost:
        await bring_late(held, call, event)
        raise
