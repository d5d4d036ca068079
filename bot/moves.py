"""The reducer: `next_move(thread, now)` says what to do next. No I/O, no clock, no configuration."""

from dataclasses import dataclass
from typing import Literal, assert_never

from bot.thread import FAILURES_IN_A_ROW, CallState, RequestState, Thread

Mode = Literal["free", "waiting", "ready"]
"""What a decision may be: anything; or only queries, reply, keep_waiting and withdraw, because a request is open
(`waiting`) or because somebody wrote between the approval and the start (`ready`)."""


@dataclass(frozen=True, slots=True)
class Decide:
    """Ask the model for one step."""

    mode: Mode


@dataclass(frozen=True, slots=True)
class Perform:
    """Run a chosen step (`Run` of the design page; the policy of the same name says that a step may run)."""

    call: str


@dataclass(frozen=True, slots=True)
class Check:
    """Ask the step itself whether a call in doubt happened."""

    call: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """Record that a started action lost its worker."""

    call: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Open a request to a person."""

    kind: Literal["approval", "question", "doubt", "stuck"]
    call: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Close:
    """Close an open request that nobody answered."""

    request: str
    why: Literal["expired", "cancelled", "resolved"]


@dataclass(frozen=True, slots=True)
class Climb:
    """Go a rung up the ladder of an open request: show it, remind, or ask others as well."""

    request: str
    rung: int


@dataclass(frozen=True, slots=True)
class Say:
    """Tell the people in the thread something that needs no model."""

    what: Literal["still_waiting", "stopped"]


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before this time (us), or before somebody answers."""

    until: int | None


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing to do until somebody writes."""


@dataclass(frozen=True, slots=True)
class Recall:
    """Cancel the children of a thread that a person ended."""


Move = Decide | Perform | Check | Doubt | Ask | Close | Climb | Say | Recall | Wait | Rest


def next_move(t: Thread, now: int) -> Move:
    """What is to be done next in this thread at this time (us, the server's clock)."""
    if t.unreadable or t.birth is None or ((t.paused or t.parked) and not t.cancelled):
        return Rest()
    if move := _closing(t, now) or _climbing(t, now):
        return move
    if t.cancelled:
        return _settle(t)
    call = t.active
    if call is not None and not _asked(t, call) and (move := _advance(t, call)):
        return move
    return _converse(t, now)


def _closing(t: Thread, now: int) -> Close | None:
    for request_id, request in t.open.items():
        call = t.calls.get(request.opened.call or "")
        if _cancelled(t, request):
            return Close(request_id, "cancelled")
        if request.opened.expires_at <= now:
            return Close(request_id, "expired")
        if call is not None and call.over:
            return Close(request_id, "resolved")
    return None


def _climbing(t: Thread, now: int) -> Climb | None:
    for request_id, request in t.open.items():
        if request.next_rung is not None and request.next_rung <= now:
            return Climb(request_id, request.climbed)
    return None


def _next_time(t: Thread) -> int | None:
    """When something about the open requests is due by itself (us)."""
    times = [time for request in t.open.values() for time in (request.opened.expires_at, request.next_rung) if time]
    return min(times, default=None)


def _cancelled(t: Thread, request: RequestState) -> bool:
    return t.cancelled_at is not None and request.index < t.cancelled_at


def _settle(t: Thread) -> Move:
    """After a cancellation nothing runs any more; but people are asked what came of an action that had begun."""
    if t.live_children:
        return Recall()
    for call in (t.active, t.suspended):
        if call is None or call.progress not in {"started", "in_doubt"}:
            continue
        if call.progress == "started":
            return Doubt(call.chosen.call)
        return Wait(_next_time(t)) if _asked(t, call) else _look(call)
    return Rest()


def _look(call: CallState) -> Check | Ask:
    """Find out whether a call in doubt happened: from the step itself, else from a person."""
    name = call.chosen.call
    return Check(name) if call.chosen.can_check and not call.checked else Ask("doubt", name)


def _asked(t: Thread, call: CallState) -> bool:
    return call.request in t.open


def _advance(t: Thread, call: CallState) -> Move | None:
    """Bring a chosen call forward; None when the people who wrote meanwhile must be considered first."""
    name, chosen = call.chosen.call, call.chosen
    match call.progress:
        case "chosen" if chosen.kind == "query":
            return Perform(name)
        case "chosen" if t.unattended:
            return None
        case "chosen" if chosen.kind == "standard":
            return Ask("question", name)
        case "chosen":
            return Perform(name) if call.approved or chosen.policy == "run" else Ask("approval", name)
        case "started":
            return Perform(name) if chosen.idempotent else Doubt(name)
        case "in_doubt":
            look = _look(call)
            again = chosen.idempotent and call.attempts < FAILURES_IN_A_ROW and isinstance(look, Ask)
            return Perform(name) if again else look
        case "finished" | "failed":
            return None
        case _:
            assert_never(call.progress)


def _converse(t: Thread, now: int) -> Move:
    """Talk to the model, unless there is nothing to say or a person has to look first."""
    due = _next_time(t)
    if t.stopped and t.live_children:
        return Recall()
    if t.stopped and not t.done:  # what is still open is a doubt, and has to be settled first
        return Wait(due) if t.open else Say("stopped")
    if any(request.opened.kind == "stuck" for request in t.open.values()):
        return Wait(due)
    mode = _mode(t)
    if mode == "free" and t.rests_for_children:
        return Wait(due)
    if t.stuck and (t.unattended or mode == "free") and not (t.done and not t.unattended):
        return Say("still_waiting") if mode == "waiting" and t.model_stuck is None else Ask("stuck", reason=t.stuck)
    if mode == "waiting" and not t.unattended:
        return Wait(due)
    if t.done and not t.unattended:
        return Rest()
    if t.retry_at is not None and t.retry_at > now:
        return Wait(min(t.retry_at, due or t.retry_at))
    return Decide(mode)


def _mode(t: Thread) -> Mode:
    call = t.active
    if call is None or call.over:
        return "free"
    return "waiting" if _asked(t, call) else "ready"
