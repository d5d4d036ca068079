"""What an entry must be to follow the log before it: sealed if a worker wrote it, and about things that are there."""

from bot import events as e
from bot.thread import RequestState, Thread

_UNSEALED = (
    *(e.MessageReceived, e.LateResult, e.DelegateFinished, e.RequestAnswered, e.RequestShown),
    *(e.Paused, e.Resumed, e.Cancelled, e.Unparked),
    *(e.Delivered, e.DeliveryFailed, e.Refused, e.Feedback, e.Granted, e.GrantRevoked),
    e.Parked,  # committed without folding, since folding may be what fails
)
"""What is appended by those who hold no lease, or know nothing of the log before."""


def problem(t: Thread, event: e.AnyEvent) -> str | None:
    """Why this event cannot stand here; None if it can. Such a log was damaged or forged, and must not be acted on."""
    if not _sealed(t, event):
        return "its seal does not match the log before it"
    if t.birth is None and not (isinstance(event, e.MessageReceived) and event.birth is not None):
        return "the log does not begin with a message"
    call, request = _about(event)
    if call is not None and call not in t.calls:
        return f"there is no call {call} before it"
    if request is not None and request not in t.requests:
        return f"there is no request {request} before it"
    match event:
        case e.RequestAnswered():
            return _misjudged(t, event)
        case e.RequestReminded() | e.RequestEscalated():
            return _misclimbed(t.requests[event.request], event)
        case e.Granted():
            return _misgranted(t.requests[event.request], event)
        case e.DelegateFinished() if event.child not in t.children:
            return f"nothing was delegated to {event.child} before it"
        case e.GrantRevoked() if event.grant not in t.grants:
            return f"there is no grant {event.grant} before it"
        case _:
            return None


def _sealed(t: Thread, event: e.AnyEvent) -> bool:
    if event.basis is None:
        return isinstance(event, _UNSEALED)
    return 0 <= event.basis <= t.version and event.seal == t.sealer.seal(t.chains[event.basis])


def _about(event: e.AnyEvent) -> tuple[str | None, str | None]:
    """The call and the request that must be known already."""
    match event:
        case e.StepStarted() | e.StepFinished() | e.StepFailed() | e.StepInDoubt() | e.LateResult() | e.RequestOpened():
            return event.call, None
        case e.Delegated() | e.Feedback():
            return event.call, None
        case e.RequestAnswered() | e.RequestExpired() | e.RequestWithdrawn() | e.Granted():
            return None, event.request
        case e.RequestReminded() | e.RequestEscalated() | e.RequestShown():
            return None, event.request
        case _:
            return None, None


def _misclimbed(request: RequestState, event: e.RequestReminded | e.RequestEscalated) -> str | None:
    """A ladder is climbed rung by rung, as it was when the request was opened."""
    rungs = request.opened.rungs
    if event.rung != request.climbed or event.rung >= len(rungs):
        return "it is not the next rung of the ladder"
    rung = rungs[event.rung]
    if isinstance(event, e.RequestEscalated):
        return None if (rung.do, rung.role) == ("escalate", event.role) else "the ladder asks nobody of this role"
    return None if rung.do != "escalate" else "the ladder asks others here"


def _misgranted(request: RequestState, event: e.Granted) -> str | None:
    """A standing permission comes with an approval, by the one whose approval it was."""
    closed = request.closed_by
    if request.outcome != "approved" or closed is None or closed.by != event.by:
        return "nobody approved what it permits"
    opened = request.opened
    at = closed.at or 0
    fits = (event.call_hash, event.role) == (opened.call_hash, opened.role) and event.until <= at + opened.may_grant_us
    return None if fits else "it permits something else than was approved"


_CLOSES_OTHERWISE = {"edit": "edited", "give": "given"}


def _misjudged(t: Thread, event: e.RequestAnswered) -> str | None:
    """An answer was checked before it was stored (bot.approvals.answers); whoever else wrote one is found out here."""
    request = t.requests[event.request]
    if event.by not in request.approvers and event.answer != "give":  # operators may give it to somebody else
        return f"{event.by} was not asked"
    if (wanted := _CLOSES_OTHERWISE.get(event.answer)) or event.outcome in _CLOSES_OTHERWISE.values():
        return None if event.outcome == wanted else "its outcome is not what was answered"
    if request.opened.kind != "approval":
        return "it closes a question with an approval" if event.outcome in {"approved", "rejected"} else None
    approving = {person for person, vote in request.votes.items() if vote.answer == "approve"}
    if event.answer == "approve":
        approving.add(event.by or "")
    enough = event.answer == "approve" and len(approving) >= request.opened.quorum
    match event.outcome:
        case "approved":
            return None if enough else "it approves without the people that this needs"
        case "rejected" | None:
            return None
        case _:
            return "it closes an approval without a decision"
