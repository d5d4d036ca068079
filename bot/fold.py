"""Fold a log into a thread: one small rule an event type, over envelopes alone."""

from typing import assert_never

from bot import events as e
from bot.bodies import Limits, Outcome
from bot.entries import Sealer, Unreadable, decode
from bot.sound import problem
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
        elif thread.unreadable is not None:
            pass
        elif not (isinstance(event, e.Delivered | e.DeliveryFailed) or thread.sealer.genuine(thread.id, entry)):
            _stop(thread, "its signature is not ours")
        elif wrong := problem(thread, event):
            _stop(thread, wrong)
        else:
            append(thread, event, entry)
            continue
        _link(thread, entry)


def append(thread: Thread, event: e.AnyEvent, entry: bytes) -> None:
    """Fold one event and its stored entry, which was verified, or written by this process just now."""
    thread.events.append(event)
    _apply(thread, event, thread.version)
    _link(thread, entry)


def _link(thread: Thread, entry: bytes) -> None:
    thread.chains.append(thread.sealer.link(thread.chains[-1], entry))
    thread.stored += len(entry)


def _stop(thread: Thread, reason: str) -> None:
    thread.unreadable = thread.unreadable or f"entry {thread.version}: {reason}"


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
        case e.StepFinished() | e.StepFailed() | e.StepInDoubt():
            _came(t, event, index)
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
            t.attended, t.failures, t.invalid = max(t.attended, event.basis or 0), 0, 0
            t.done = event.final
        case e.HandedOff():
            t.agent, t.approvers, t.prefetched = event.agent, event.approvers, False
            t.limits = Limits()  # until the new agent's first choice says its own; the steps so far count on
        case e.Paused():
            t.paused = True
        case e.Parked():
            t.parked = True
        case e.Resumed() | e.Unparked():
            t.paused = t.parked = False  # whoever lets it go on means both
        case e.Cancelled():
            t.cancelled_at = index if t.cancelled_at is None else t.cancelled_at
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
    if t.done or t.stopped:
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


def _came(t: Thread, event: e.StepFinished | e.StepFailed | e.StepInDoubt, index: int) -> None:
    """What came of a call. The first known outcome stands: a check or a lost worker may overlap with a late result."""
    call = t.calls[event.call]
    if call.over:
        return
    match event:
        case e.StepFinished():
            _finish(t, call, index)
        case e.StepFailed():
            _fail(t, call, counts=event.how in {"failed", "not_done", "denied", "checked"})
        case e.StepInDoubt():
            call.progress, call.checked = "in_doubt", event.how == "unclear"
        case _:
            assert_never(event)


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


def _late(t: Thread, event: e.LateResult, index: int) -> None:
    """A result without a lease. It does not say of which attempt, so of two it proves only what it did itself."""
    call = t.calls[event.call]
    match event.outcome, call.progress:
        case _, "started" if call.attempts > 1:
            pass  # it is the earlier attempt's; the one that runs now brings its own
        case "finished", progress if progress != "finished":
            _finish(t, call, index)  # also when it was given up: it must not be done twice
        case "failed", "started" | "in_doubt" if call.attempts <= 1:
            _fail(t, call, counts=True)
        case "in_doubt", "started":
            call.progress, call.checked = "in_doubt", False
        case _:
            pass  # it is over, or people who looked have let it run again


def _answered(t: Thread, event: e.RequestAnswered, index: int) -> None:
    request = t.requests[event.request]
    if request.outcome is not None:
        return
    request.votes[event.by or ""] = event
    if event.outcome is None:
        return
    request.outcome, request.closed_by, request.closed_at = event.outcome, event, event.at
    t.open.pop(event.request, None)
    opened = request.opened
    call = t.calls.get(opened.call or "")
    match opened.kind, event.outcome, event.option:
        case "approval", "approved", _ if call:
            call.approved = True
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
            t.stopped = False  # whoever lets it run wants to hear of it
        case "doubt", _, _ if call:
            t.rejected[call.chosen.call_hash] = index
            _fail(t, call, counts=False)
        case "stuck", _, option:
            _looked_at(t, stop=option != "go_on")
        case _:
            pass


def _looked_at(t: Thread, *, stop: bool) -> None:
    """An operator lets a stuck thread go on, or ends it: then nothing that was only chosen is run any more."""
    _fresh_start(t)
    t.model_failures, t.retry_at = 0, None
    if not stop:
        return
    t.stopped = True
    for call in (t.active, t.suspended):
        if call is not None and call.progress == "chosen":
            _fail(t, call, counts=False)


def _closed(t: Thread, request_id: str, outcome: Outcome, at: int | None, *, again: bool = False) -> None:
    request = t.requests[request_id]
    if request.outcome is not None:
        return
    request.outcome, request.closed_at = outcome, at
    t.open.pop(request_id, None)
    call = t.calls.get(request.opened.call or "")
    if call and call.progress == "chosen" and not again:  # a doubt remains one, whoever no longer asks about it
        _fail(t, call, counts=False)


def _model_failed(t: Thread, event: e.ModelFailed) -> None:
    if event.kind == "invalid":
        t.invalid += 1
        return
    t.model_failures += 1
    t.retry_at = event.retry_at
    if event.retry_at is None:
        t.model_stuck = f"the model could not be asked: {event.kind.replace('_', ' ')}"
