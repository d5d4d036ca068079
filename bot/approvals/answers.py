"""What one person's answer is worth: accepted, or refused for a named reason that is told to that person."""

from dataclasses import dataclass
from typing import Literal, assert_never

from bot.bodies import AnswerBody, AnswerKind, Outcome
from bot.context import moment
from bot.events import RequestAnswered, RequestOpened
from bot.people import Person
from bot.thread import RequestState, Thread

Reason = Literal[
    "unknown", "cancelled", "decided", "expired", "requester", "not_allowed", "voted", "no_such_option", "changed"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer as a channel took it: by whom, and how it is known that it was them."""

    person: Person
    proof: str  # slack, email:dkim, os
    answer: AnswerKind
    option: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer does not count; `text` says why, kindly, to the person who gave it."""

    reason: Reason
    text: str


def judge(t: Thread, request_id: str, said: Said, now: int) -> RequestAnswered | Refusal:
    """Check an answer against what the thread is now. The event carries the outcome if it closes the request."""
    request = t.requests.get(request_id)
    if request is None:
        return Refusal("unknown", "There is no such request.")
    if request.outcome is not None or (t.cancelled_at is not None and request.index < t.cancelled_at):
        return _too_late(t, request)
    opened = request.opened
    if opened.expires_at <= now:
        return Refusal("expired", f"This request expired at {moment(opened.expires_at)}. Nothing was run.")
    if refusal := _may(opened, said.person) or _may_run_again(t, opened, said):
        return refusal
    if said.person.id in request.votes:
        return Refusal("voted", "You have answered this already; it needs the others now.")
    outcome = _outcome(request, said)
    if isinstance(outcome, Refusal):
        return outcome
    return RequestAnswered(
        by=said.person.id,
        request=request_id,
        answer=said.answer,
        option=said.option,
        outcome=None if outcome == "pending" else outcome,
        proof=said.proof,
        body=AnswerBody(text=said.text, name=said.person.name),
    )


def _may(opened: RequestOpened, person: Person) -> Refusal | None:
    """Approvers were resolved when it was asked; the role is looked up again now."""
    if person.id in opened.approvers and (opened.role is None or opened.role in person.roles):
        return None
    if person.id in opened.requesters:
        return Refusal("requester", "You asked for this yourself, so someone else has to decide it.")
    whom = f"the role {opened.role}" if opened.role else "the person who was asked"
    return Refusal("not_allowed", f"This is for {whom} to answer. Nothing was changed.")


def _may_run_again(t: Thread, opened: RequestOpened, said: Said) -> Refusal | None:
    """Whoever was asked may say what happened; to run it again is a decision like the approval before."""
    if opened.kind != "doubt" or said.option != "run_it":
        return None
    if t.cancelled:
        return Refusal("cancelled", "This thread was cancelled, so nothing runs again. Say that it happened, or stop.")
    call = t.calls.get(opened.call or "")
    approval = t.requests.get(call.approval or "") if call else None
    if approval is None or said.person.id in approval.opened.approvers:
        return None
    if said.person.id in approval.opened.requesters:
        return Refusal("requester", "You asked for this yourself. Say what happened; someone else may run it again.")
    return None


def _outcome(request: RequestState, said: Said) -> Outcome | Literal["pending"] | Refusal:
    opened = request.opened
    match opened.kind:
        case "approval":
            if said.answer == "reject":
                return "rejected"
            if said.answer != "approve":
                return Refusal("no_such_option", "Approve or reject this, please.")
            votes = 1 + sum(vote.answer == "approve" for vote in request.votes.values())
            return "approved" if votes >= opened.quorum else "pending"
        case "question" if opened.format == "free_text":
            fits = said.answer == "say" and said.text.strip() != ""
            return "answered" if fits else Refusal("no_such_option", "Answer in your own words, please.")
        case "question" | "doubt" | "stuck":
            if said.answer == "choose" and said.option in opened.options:
                return "answered"
            return Refusal("no_such_option", f"Choose one of: {', '.join(opened.options)}.")
        case _:
            assert_never(opened.kind)


def _too_late(t: Thread, request: RequestState) -> Refusal:
    if t.cancelled and request.outcome in {None, "withdrawn"}:
        run = "" if request.opened.kind == "doubt" else " Nothing was run."
        return Refusal("cancelled", f"This thread was cancelled meanwhile.{run}")
    match request.outcome:
        case "expired":
            return Refusal("expired", f"This request expired at {moment(request.closed_at)}. Nothing was run.")
        case "withdrawn" | None:
            return Refusal("decided", "This request was withdrawn meanwhile; it needs no answer any more.")
        case outcome:
            vote = request.closed_by
            name = (vote.body.name if vote and vote.body else "") or (vote.by if vote else "") or "someone"
            how = {"approved": "approved", "rejected": "rejected"}.get(outcome, "answered")
            return Refusal("decided", f"{name} {how} this already, at {moment(request.closed_at)}.")
