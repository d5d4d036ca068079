"""Fold a log into a thread: one small rule an event type, over envelopes alone."""

from typing import assert_never

from bot import events as e
from bot.bodies import Limits
from bot.entries import Sealer, Unreadable, decode
from bot.fold_calls import came, delegation, late
from bot.fold_requests import answered, climbed, closed, fresh_start, opened
from bot.sound import problem
from bot.steps import Principal
from bot.thread import CallState, Thread


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
        elif event.sig in thread.signatures and not isinstance(
            event, e.Refused | e.GrantRevoked
        ):  # sent twice: no harm
            _stop(thread, "it is a copy of an earlier entry")
        elif wrong := problem(thread, event):
            _stop(thread, wrong)
        else:
            append(thread, event, entry)
            continue
        _link(thread, entry)


def append(thread: Thread, event: e.AnyEvent, entry: bytes) -> None:
    """Fold one event and its stored entry, which was verified, or written by this process just now."""
    thread.events.append(event)
    if event.sig is not None:
        thread.signatures.add(event.sig)
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
            came(t, event, index)
        case e.LateResult():
            late(t, event, index)
        case e.RequestOpened():
            opened(t, event, index)
        case e.RequestAnswered():
            answered(t, event, index)
        case e.RequestReminded() | e.RequestEscalated() | e.RequestShown():
            climbed(t, event)
        case e.Granted() | e.GrantRevoked() | e.Feedback():
            _noted(t, event)
        case e.RequestExpired():
            closed(t, event.request, "expired", event.at)
        case e.RequestWithdrawn():
            closed(t, event.request, "withdrawn", event.at, again=event.reason in {"changed", "resolved"})
        case e.Replied():
            t.attended, t.failures, t.invalid = max(t.attended, event.basis or 0), 0, 0
            t.done = event.final
        case e.HandedOff():
            t.agent, t.approvers, t.prefetched = event.agent, event.approvers, False
            t.limits = Limits()  # until the new agent's first choice says its own; the steps so far count on
        case e.Delegated() | e.DelegateFinished():
            delegation(t, event, index)
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


def _noted(t: Thread, event: e.Granted | e.GrantRevoked | e.Feedback) -> None:
    match event:
        case e.Granted():
            t.grants[event.grant] = event
        case e.GrantRevoked():
            t.revoked.add(event.grant)
        case e.Feedback():
            t.feedback[event.call, event.by or ""] = event
        case _:
            assert_never(event)


def _message(t: Thread, event: e.MessageReceived, index: int) -> None:
    if event.birth is not None and t.birth is None:
        t.birth, t.agent, t.approvers = event.birth, event.birth.agent, event.birth.approvers
        name = event.body.name if event.body else event.birth.principal
        t.names[event.birth.principal] = name
        t.title = (event.body.title if event.body else None) or t.title
        t.principal = Principal(id=event.birth.principal, name=name, trust=event.birth.trust)
    if t.done or t.stopped:
        t.done, t.prefetched, t.stopped, t.writers = False, False, False, []
    if event.birth is None or event.birth.parent is None:  # a delegate's task was written by no person
        t.writers.append((index, event.by or ""))
        t.names[event.by or ""] = event.body.name if event.body else event.by or ""
    t.last_message = t.last_news = index
    if event.birth is not None:
        t.rejected |= dict.fromkeys(event.birth.rejected, index + 1)
    fresh_start(t)


def _chosen(t: Thread, event: e.StepChosen, index: int) -> None:
    call = CallState(event, index)
    t.calls[event.call] = call
    t.awaiting = event.step == "keep_waiting" and event.policy != "deny" and (t.active is None or t.active.over)
    t.steps += not t.awaiting  # to wait for the children is no step towards the limit
    t.limits = event.limits
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


def _model_failed(t: Thread, event: e.ModelFailed) -> None:
    if event.kind == "invalid":
        t.invalid += 1
        return
    t.model_failures += 1
    t.retry_at = event.retry_at
    if event.retry_at is None:
        t.model_stuck = f"the model could not be asked: {event.kind.replace('_', ' ')}"
