"""What an entry must be to follow the log before it: sealed if a worker wrote it, and about things that are there."""

from bot import events as e
from bot.thread import Thread

_UNSEALED = (
    *(e.MessageReceived, e.LateResult, e.RequestAnswered, e.Paused, e.Resumed, e.Cancelled, e.Unparked),
    *(e.Delivered, e.DeliveryFailed, e.Refused),
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
    return _misjudged(t, event) if isinstance(event, e.RequestAnswered) else None


def _sealed(t: Thread, event: e.AnyEvent) -> bool:
    if event.basis is None:
        return isinstance(event, _UNSEALED)
    return 0 <= event.basis <= t.version and event.seal == t.sealer.seal(t.chains[event.basis])


def _about(event: e.AnyEvent) -> tuple[str | None, str | None]:
    """The call and the request that must be known already."""
    match event:
        case e.StepStarted() | e.StepFinished() | e.StepFailed() | e.StepInDoubt() | e.LateResult() | e.RequestOpened():
            return event.call, None
        case e.RequestAnswered() | e.RequestExpired() | e.RequestWithdrawn():
            return None, event.request
        case _:
            return None, None


def _misjudged(t: Thread, event: e.RequestAnswered) -> str | None:
    """An answer was checked before it was stored (bot.approvals.answers); whoever else wrote one is found out here."""
    request = t.requests[event.request]
    if event.by not in request.opened.approvers:
        return f"{event.by} was not asked"
    if request.opened.kind != "approval":
        return "it closes a question with an approval" if event.outcome in {"approved", "rejected"} else None
    approving = {person for person, vote in request.votes.items() if vote.answer == "approve"}
    if event.answer == "approve":
        approving.add(event.by)
    enough = event.answer == "approve" and len(approving) >= request.opened.quorum
    match event.outcome:
        case "approved":
            return None if enough else "it approves without the people that this needs"
        case "rejected" | None:
            return None
        case _:
            return "it closes an approval without a decision"
