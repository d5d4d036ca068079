"""A result that comes after its worker lost the thread: an input like any other, taken once."""

from typing import Literal

from bot.bodies import LateBody
from bot.events import AnyEvent, LateResult, StepFailed, StepFinished, StepInDoubt
from bot.held import Held
from bot.store import scripts
from bot.store.scripts import Change
from bot.thread import CallState


async def bring_late(held: Held, call: CallState, event: AnyEvent) -> None:
    """Append the result of an action whose worker has lost its lease, so that a doubt about it can be settled."""
    body: LateBody | None = None
    outcome: Literal["finished", "failed", "in_doubt"] = "in_doubt"
    match event:
        case StepFinished(body=found):
            outcome, body = "finished", LateBody(data=found.data if found else None)
        case StepFailed(body=found) | StepInDoubt(body=found):
            outcome = "failed" if isinstance(event, StepFailed) else "in_doubt"
            body = LateBody(error=found.error if found else None)
        case _:
            return
    late = LateResult(by="bot", call=call.chosen.call, outcome=outcome, body=body)
    source = f"late:{held.lease.thread}:{call.chosen.call}:{held.lease.epoch}"
    change = Change(entries=[held.runtime.sealer.entry(held.lease.thread, late)])
    await scripts.ingest(held.runtime.client, held.lease.thread, change, seen=[source])
