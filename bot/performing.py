"""Run a chosen step: a query at once, an action only if what runs is what was approved; then say what came of it."""

import logging

from pydantic import JsonValue

from bot import calls
from bot import steps as s
from bot.agent import LoadedAgent
from bot.approvals.approvers import approving
from bot.approvals.digest import Bound
from bot.approving import again
from bot.asking import ask
from bot.bodies import DataBody, ErrorBody
from bot.events import AnyEvent, StepFinished, StepInDoubt
from bot.grants import used
from bot.held import Held
from bot.interrupt import Interrupted
from bot.menu import step_version
from bot.moves import Ask
from bot.spending import reserve
from bot.starting import start
from bot.thread import CallState, RequestState

_log = logging.getLogger(__name__)


async def perform(held: Held, call_id: str) -> None:
    """Run one call of the thread."""
    call = held.thread.calls[call_id]
    match calls.restore(held, call):
        case None if call.progress != "chosen":
            await ask(held, Ask("doubt", call_id))
        case None:
            await held.commit(calls.failed(call, "failed", calls.GONE), decides=False)
        case agent, s.Action() as step:
            await _action(held, agent, step, call)
        case agent, step:
            await _query(held, agent, step, call)


async def check(held: Held, call_id: str) -> None:
    """Ask the step itself whether a call in doubt happened."""
    call = held.thread.calls[call_id]
    happened: bool | None = None
    found = calls.restore(held, call)
    if found is not None and isinstance(found[1], s.Action):
        agent, step = found[0], found[1]
        try:
            asked = step.happened(held.runtime.deps.get(agent.name), calls.key(held, call))
            happened = await held.interrupt.during(calls.timed(asked, calls.CHECK_S))
        except Interrupted:
            raise
        except Exception as error:  # noqa: BLE001  # whatever an agent's own code raises
            _log.warning("%s: %s could not be checked: %s", held.thread.id, call_id, type(error).__name__)
    match happened:
        case True:
            event: AnyEvent = StepFinished(call=call_id, how="checked", body=DataBody(data={"happened": True}))
        case False:
            event = calls.failed(call, "checked", "It was checked: this did not happen.")
        case None:
            event = StepInDoubt(call=call_id, how="unclear", body=ErrorBody(error="The check could not tell."))
    await held.commit(event, decides=False, progress=True)


async def _query(held: Held, agent: LoadedAgent, step: s.Step, call: CallState) -> None:
    try:
        result = await held.interrupt.during(calls.timed(calls.switch(held, agent, step, call, {}), step.timeout_s))
        event: AnyEvent = StepFinished(call=call.chosen.call, body=DataBody(data=result))
    except Interrupted:
        raise
    except Exception as error:  # noqa: BLE001  # whatever an agent's own code raises
        event = calls.failed(call, "failed", calls.compact(error))
    await held.commit(event, decides=False, progress=True)


async def _action(held: Held, agent: LoadedAgent, step: s.Action, call: CallState) -> None:
    """The last look before the world changes: policy, digest and snapshot must be what was approved."""
    thread = held.thread
    approval = thread.requests.get(call.approval or "")
    if call.progress != "chosen":  # idempotent, and nobody knows what came of the first attempt
        await _again(held, agent, step, call)
        return
    policy = calls.policy(held, step, call.chosen.agent)
    if isinstance(policy, s.Run) and call.chosen.policy == "ask":  # bot.toml got more generous after it was asked
        policy = s.Ask(call.chosen.role, call.chosen.quorum, call.chosen.ladder, call.chosen.urgency)
    if isinstance(policy, s.Deny):
        await held.commit(calls.failed(call, "denied", policy.reason))
        return
    try:
        snapshot = await calls.snapshot(held, agent, step)
    except Exception as error:  # noqa: BLE001  # nothing was started, so nothing is in doubt
        await held.commit(calls.failed(call, "not_done", calls.compact(error)), decides=False)
        return
    if isinstance(policy, s.Run) and policy.limit is not None and not await reserve(held, call, step, policy.limit):
        policy = calls.policy(held, step, call.chosen.agent, limited=False)
    if isinstance(policy, s.Ask) and not _covers(held, approval, call, policy, step, snapshot):
        await again(held, call, (agent, step), policy, snapshot)
        return
    await start(held, agent, step, call, snapshot)


async def _again(held: Held, agent: LoadedAgent, step: s.Action, call: CallState) -> None:
    """Repeat an attempt of unknown outcome under its key, if it would be the very same; else a person is asked."""
    policy = calls.policy(held, step, call.chosen.agent)
    approval = held.thread.requests.get(call.approval or "")
    try:
        snapshot = await calls.snapshot(held, agent, step)
    except Exception as error:  # noqa: BLE001  # whatever an agent's own code raises
        _log.warning("%s: the facts of %s: %s", held.thread.id, call.chosen.call, type(error).__name__)
        snapshot = None
    body = approval.opened.body if approval is not None else None
    same = approval is None or (body is not None and body.snapshot == snapshot)
    if snapshot is None or not same or isinstance(policy, s.Deny) or used(held.thread, call.chosen.call):
        await ask(held, Ask("doubt", call.chosen.call))
        return
    await start(held, agent, step, call, snapshot)


def _covers(
    held: Held,
    approval: RequestState | None,
    call: CallState,
    policy: s.Ask,
    step: s.Action,
    snapshot: dict[str, JsonValue],
) -> bool:
    """Whether what was approved is exactly what would run now, and by whom policy demands now."""
    if approval is None or not call.approved or approval.outcome != "approved":
        return False
    opened = approval.opened
    if opened.role != policy.role or opened.quorum < policy.quorum:
        return False
    if len(approving(approval, held.runtime.directory())) < opened.quorum:
        return False  # somebody who approved may not do that any more
    bound = Bound(
        call_hash=step.call_hash(),
        thread=held.thread.id,
        call=call.chosen.call,
        agent=call.chosen.agent,
        schema_version=step_version(type(step)),
        requesters=opened.requesters,
        approvers=opened.approvers,
        quorum=opened.quorum,
        snapshot=snapshot,
        escalates_to=tuple(rung.role for rung in opened.rungs if rung.role is not None),
    )
    return bound.digest() == opened.digest
