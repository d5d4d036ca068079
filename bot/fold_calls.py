"""Fold what came of calls: the first known outcome of each stands."""

from typing import assert_never

from bot import events as e
from bot.thread import CallState, ChildState, Thread


def came(t: Thread, event: e.StepFinished | e.StepFailed | e.StepInDoubt, index: int) -> None:
    """What came of a call. The first known outcome stands: a check or a lost worker may overlap with a late result."""
    call = t.calls[event.call]
    if call.over:
        return
    match event:
        case e.StepFinished():
            finish(t, call, index)
        case e.StepFailed():
            fail(t, call, counts=event.how in {"failed", "not_done", "denied", "checked"})
        case e.StepInDoubt():
            call.progress, call.checked = "in_doubt", event.how == "unclear"
        case _:
            assert_never(event)


def finish(t: Thread, call: CallState, index: int) -> None:
    """It happened."""
    call.progress, t.failures = "finished", 0
    t.finished[call.call_hash] = index
    t.runs[call.chosen.step] = t.runs.get(call.chosen.step, 0) + 1
    if call.chosen.kind == "action":
        t.last_news = index
    _leave(t, call)


def fail(t: Thread, call: CallState, *, counts: bool) -> None:
    """It did not happen, and will not."""
    call.progress = "failed"
    if counts:
        t.failures += 1
    _leave(t, call)


def delegation(t: Thread, event: e.Delegated | e.DelegateFinished, index: int) -> None:
    """Another agent got a part of the task, or came to its end with it."""
    if isinstance(event, e.Delegated):
        t.children[event.child] = ChildState(event)
        return
    child = t.children[event.child]
    if child.over:
        return
    child.finished, t.awaiting, t.last_news = event, False, index
    t.rejected |= dict.fromkeys(event.rejected, index)
    call = t.calls[child.delegated.call]
    if event.outcome == "done":
        t.done = t.done and t.stopped  # people hear of it, though it had been set aside for long
        finish(t, call, index)
    elif not call.over:
        fail(t, call, counts=False)


def _leave(t: Thread, call: CallState) -> None:
    """Go back to what was waiting before this call, if anything was."""
    if t.suspended is call:
        t.suspended = None
    if t.active is call:
        t.active, t.suspended = t.suspended, None


def late(t: Thread, event: e.LateResult, index: int) -> None:
    """A result without a lease. It does not say of which attempt, so of two it proves only what it did itself."""
    call = t.calls[event.call]
    match event.outcome, call.progress:
        case _, "started" if call.attempts > 1:
            pass  # it is the earlier attempt's; the one that runs now brings its own
        case "finished", progress if progress != "finished":
            finish(t, call, index)  # also when it was given up: it must not be done twice
        case "failed", "started" | "in_doubt" if call.attempts <= 1:
            fail(t, call, counts=True)
        case "in_doubt", "started":
            call.progress, call.checked = "in_doubt", False
        case _:
            pass  # it is over, or people who looked have let it run again
