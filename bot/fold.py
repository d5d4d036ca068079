"""Fold a log into a thread: one small rule an event type, over envelopes alone."""

from typing import assert_never

from bot import events as e
from bot.bodies import Outcome
from bot.entries import Sealer, Unreadable, decode
from bot.steps import Principal
from bot.thread import CallState, RequestState, Thread


def fold(thread_id: str, entries: list[bytes], sealer: Sealer) -> Thread:
    """The thread that these stored entries make."""
    thread = Thread(thread_id, sealer)
    extend(thread, entries)
    return thread


def extend(thread: Thread, entries: list[bytes]) -> None:
    """Fold more stored entries, in order. An unreadable one stops the thread and is not skipped."""
    for entry in entries:
        event = decode(entry)
        if isinstance(event, Unreadable):
            _stop(thread, event.reason)
        elif not _sealed(thread, event):
            _stop(thread, "its seal does not match the log before it")
        elif thread.unreadable is None:
            thread.events.append(event)
            _apply(thread, event, thread.version)
        thread.chains.append(thread.sealer.link(thread.chains[-1], entry))


def _stop(thread: Thread, reason: str) -> None:
    thread.unreadable = thread.unreadable or f"entry {thread.version}: {reason}"


def _sealed(thread: Thread, event: e.AnyEvent) -> bool:
    if event.basis is None:
        return True
    return event.basis <= thread.version and event.seal == thread.sealer.seal(thread.chains[event.basis])


def _apply(t: Thread, event: e.AnyEvent, index: int) -> None:
    match event:
        case e.MessageReceived():
            _message(t, event, index)
        case e.Prefetched():
            t.prefetched = True
        case e.StepChosen():
            _chosen(t, event, index)
        case e.StepStarted():
            call = t.calls[event.call]
            call.progress, call.attempts, call.approved = "started", call.attempts + 1, False
        case e.StepFinished():
            _finish(t, t.calls[event.call], index)
        case e.StepFailed():
            _fail(t, t.calls[event.call], counts=event.how in {"failed", "not_done", "denied", "checked"})
        case e.StepInDoubt():
            call = t.calls[event.call]
            call.progress, call.checked = "in_doubt", event.how == "unclear"
        case e.LateResult():
            _late(t, event, index)
        case e.RequestOpened():
            t.requests[event.request] = t.open[event.request] = RequestState(event, index)
            if event.call is not None:
                _asked(t.calls[event.call], event)
        case e.RequestAnswered():
            _answered(t, event, index)
        case e.RequestExpired():
            _closed(t, event.request, "expired", event.at)
        case e.RequestWithdrawn():
            _closed(t, event.request, "withdrawn", event.at, again=event.reason in {"changed", "resolved"})
        case e.Replied():
            t.attended, t.failures = max(t.attended, event.basis or 0), 0
            t.done = event.final
        case e.HandedOff():
            t.agent, t.approvers, t.prefetched = event.agent, event.approvers, False
        case e.Paused() | e.Resumed():
            t.paused = isinstance(event, e.Paused)
        case e.Parked() | e.Unparked():
            t.parked = isinstance(event, e.Parked)
        case e.Cancelled():
            t.cancelled = True
        case e.ModelFailed():
            _model_failed(t, event)
        case e.Delivered() | e.DeliveryFailed() | e.Refused():
            pass
        case _:
            assert_never(event)


def _message(t: Thread, event: e.MessageReceived, index: int) -> None:
    if event.birth is not None and t.birth is None:
        t.birth, t.agent, t.approvers = event.birth, event.birth.agent, event.birth.approvers
        name = event.body.name if event.body else event.birth.principal
        t.title = (event.body.title if event.body else None) or t.title
        t.principal = Principal(id=event.birth.principal, name=name, trust=event.birth.trust)
    if t.done:
        t.done, t.prefetched, t.stopped, t.writers = False, False, False, []
    t.writers.append((index, event.by or ""))
    t.names[event.by or ""] = event.body.name if event.body else event.by or ""
    t.last_message = t.last_news = index
    _fresh_start(t)


def _fresh_start(t: Thread) -> None:
    t.steps = t.failures = t.invalid = 0
    t.model_stuck = None


def _chosen(t: Thread, event: e.StepChosen, index: int) -> None:
    call = CallState(event, index)
    t.calls[event.call] = call
    t.steps, t.limits = t.steps + 1, event.limits
    t.invalid = t.model_failures = 0
    t.model_stuck = t.retry_at = None
    if event.policy == "deny":
        return
    if event.kind != "query":
        t.attended = max(t.attended, event.basis or 0)
    if event.kind != "standard" or event.step == "request_human_input":
        if t.active is not None and not t.active.over:
            t.suspended = t.active
        t.active = call


def _asked(call: CallState, event: e.RequestOpened) -> None:
    call.request, call.approved = event.request, False
    if event.kind == "approval":
        call.approval = event.request


def _finish(t: Thread, call: CallState, index: int) -> None:
    call.progress, t.failures = "finished", 0
    t.finished[call.chosen.call_hash] = index
    t.runs[call.chosen.step] = t.runs.get(call.chosen.step, 0) + 1
    if call.chosen.kind == "action":
        t.last_news = index
    _leave(t, call)


def _fail(t: Thread, call: CallState, *, counts: bool) -> None:
    call.progress = "failed"
    if counts:
        t.failures += 1
    _leave(t, call)


def _leave(t: Thread, call: CallState) -> None:
    """Go back to what was waiting before this call, if anything was."""
    if t.suspended is call:
        t.suspended = None
    if t.active is call:
        t.active, t.suspended = t.suspended, None


def _activate(t: Thread, call: CallState) -> None:
    """Make this the call to work on, once a query that was asked meanwhile is done."""
    if t.active is None or t.active is call or t.active.over:
        t.active = call
    elif t.active.chosen.kind == "query":
        t.suspended = call
    else:
        t.active, t.suspended = call, t.active


def _late(t: Thread, event: e.LateResult, index: int) -> None:
    call = t.calls[event.call]
    if call.over:
        return
    match event.outcome:
        case "finished":
            _finish(t, call, index)
        case "failed":
            _fail(t, call, counts=True)
        case "in_doubt":
            call.progress = "in_doubt"
        case _:
            assert_never(event.outcome)


def _answered(t: Thread, event: e.RequestAnswered, index: int) -> None:
    request = t.requests[event.request]
    request.votes[event.by or ""] = event
    if event.outcome is None or request.outcome is not None:
        return
    request.outcome, request.closed_by, request.closed_at = event.outcome, event, event.at
    t.open.pop(event.request, None)
    opened = request.opened
    call = t.calls.get(opened.call or "")
    match opened.kind, event.outcome, event.option:
        case "approval", "approved", _ if call:
            call.approved = True
            _activate(t, call)
        case "approval", _, _ if call:
            t.rejected[call.chosen.call_hash] = index
            _fail(t, call, counts=False)
        case "question", _, _ if call:
            t.last_news, t.steps = index, 0
            _finish(t, call, index)
        case "doubt", _, "it_did" if call:
            _finish(t, call, index)
        case "doubt", _, "run_it" if call:
            call.progress, call.approved, call.checked = "chosen", True, False
            _activate(t, call)
        case "doubt", _, _ if call:
            _fail(t, call, counts=False)
        case "stuck", _, "go_on":
            _fresh_start(t)
        case "stuck", _, _:
            t.stopped = True
            _fresh_start(t)
        case _:
            pass


def _closed(t: Thread, request_id: str, outcome: Outcome, at: int | None, *, again: bool = False) -> None:
    request = t.requests[request_id]
    if request.outcome is not None:
        return
    request.outcome, request.closed_at = outcome, at
    t.open.pop(request_id, None)
    call = t.calls.get(request.opened.call or "")
    if call and not call.over and not again:
        _fail(t, call, counts=False)


def _model_failed(t: Thread, event: e.ModelFailed) -> None:
    if event.kind == "invalid":
        t.invalid += 1
        return
    t.model_failures += 1
    t.retry_at = event.retry_at
    if event.retry_at is None:
        t.model_stuck = f"the model could not be asked: {event.kind.replace('_', ' ')}"
