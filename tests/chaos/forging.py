"""Threads as a store would have them, sound or forged: what the invariants are tried on."""

from bot.entries import Unreadable, decode
from bot.events import INPUTS, AnyEvent, StepStarted
from tests.builders import LogBuilder
from tests.chaos.stored import Stored


def stored(log: LogBuilder) -> Stored:
    """The thread as a healthy store would have it."""
    seen = max(index + 1 for index, event in enumerate(log.thread.events) if isinstance(event, INPUTS))
    return Stored(
        thread=log.id,
        entries=log.entries,
        head={
            "version": str(log.version),
            "input_version": str(seen),
            "seen": str(seen),
            "status": log.thread.status,
        },
        nonce=None,
        epoch=1,
        due=None,
        leased=None,
        open=frozenset(log.thread.open),
        now=log.now,
    )


def events_of(log: LogBuilder) -> list[AnyEvent]:
    """What stands in the log, whether or not the fold would take it."""
    return [event for event in map(decode, log.entries) if not isinstance(event, Unreadable)]


def start(log: LogBuilder, call: str, **more: object) -> None:
    """An action starts as the runtime does it: with the digest of what was approved. `more`: what is different."""
    state = log.thread.calls[call]
    approval = log.thread.requests.get(state.approval or "")
    digest = approval.opened.digest if approval else None
    usual: dict[str, object] = {"call": call, "attempt": state.attempts + 1, "digest": digest}
    log.commit(StepStarted.model_validate(usual | more))
