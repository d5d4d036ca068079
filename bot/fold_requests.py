"""Fold what people are asked and what they answer: one outcome a request, and what it means for its call."""

from bot import events as e
from bot.bodies import Outcome
from bot.fold_calls import fail, finish
from bot.thread import RequestState, Thread


def opened(t: Thread, event: e.RequestOpened, index: int) -> None:
    """A person is asked."""
    t.requests[event.request] = t.open[event.request] = RequestState(event, index)
    call = t.calls.get(event.call or "")
    if call is None:
        return
    call.request, call.approved = event.request, False
    if event.kind == "approval":
        call.approval = event.request


def climbed(t: Thread, event: e.RequestReminded | e.RequestEscalated | e.RequestShown) -> None:
    """A rung of a ladder was reached, nobody having answered so far; or it is shown elsewhere, which is none."""
    request = t.requests[event.request]
    request.cards += event.cards
    if isinstance(event, e.RequestShown):
        return
    request.climbed = event.rung + 1
    if isinstance(event, e.RequestEscalated):
        request.escalations += (event,)


def answered(t: Thread, event: e.RequestAnswered, index: int) -> None:
    """Count an answer; the one with an outcome closes the request."""
    request = t.requests[event.request]
    if request.outcome is not None:
        return
    if event.outcome is None and event.answer == "say":
        _asked_back(t, event, index)
        return
    request.votes[event.by or ""] = event
    if event.outcome is None:
        return
    request.outcome, request.closed_by, request.closed_at = event.outcome, event, event.at
    t.open.pop(event.request, None)
    asked = request.opened
    call = t.calls.get(asked.call or "")
    match asked.kind, event.outcome, event.option:
        case _, "edited", _ if call:
            call.edit, call.editors = event, (*call.editors, event.by or "")
        case _, "given", _ if call:
            call.given = {**call.given, event.by or "": event.to}
        case "approval", "approved", _ if call:
            call.approved = True
        case "approval", _, _ if call:
            t.rejected[call.call_hash] = t.rejected[call.chosen.call_hash] = index  # also as it was before an edit
            fail(t, call, counts=False)
        case "question", _, _ if call:
            t.last_news, t.steps = index, 0
            finish(t, call, index)
        case "doubt", _, "it_did" if call:
            finish(t, call, index)
        case "doubt", _, "run_it" if call:
            call.progress, call.approved, call.checked = "chosen", True, False
            t.stopped = False  # whoever lets it run wants to hear of it
        case "doubt", _, _ if call:
            t.rejected[call.call_hash] = t.rejected[call.chosen.call_hash] = index
            fail(t, call, counts=False)
        case "stuck", _, option:
            _looked_at(t, stop=option != "go_on")
        case _:
            pass


def closed(t: Thread, request_id: str, outcome: Outcome, at: int | None, *, again: bool = False) -> None:
    """Nobody answers it any more; `again`: its call is asked about once more, or is settled otherwise."""
    request = t.requests[request_id]
    if request.outcome is not None:
        return
    request.outcome, request.closed_at = outcome, at
    t.open.pop(request_id, None)
    call = t.calls.get(request.opened.call or "")
    if call and call.progress == "chosen" and not again:  # a doubt remains one, whoever no longer asks about it
        fail(t, call, counts=False)


def _asked_back(t: Thread, event: e.RequestAnswered, index: int) -> None:
    """Somebody who is to decide asks the agent something first. That makes them no requester."""
    t.questions.append((index, event.by or "", event.request))
    t.names[event.by or ""] = event.body.name if event.body else event.by or ""
    t.last_news = index
    fresh_start(t)


def fresh_start(t: Thread) -> None:
    """Somebody said something: what went wrong before it counts no more."""
    t.steps = t.failures = t.invalid = 0
    t.model_stuck = None


def _looked_at(t: Thread, *, stop: bool) -> None:
    """An operator lets a stuck thread go on, or ends it: then nothing that was only chosen is run any more."""
    fresh_start(t)
    t.model_failures, t.retry_at = 0, None
    if not stop:
        return
    t.stopped = True
    for call in (t.active, t.suspended):
        if call is not None and call.progress == "chosen":
            fail(t, call, counts=False)
