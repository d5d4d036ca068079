"""What one person's answer is worth: accepted, or refused for a named reason that is told to that person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, assert_never

from pydantic import ValidationError

from bot.approvals import approvers as who
from bot.approvals.edits import Unfit, changes, edited
from bot.bodies import AnswerBody, AnswerKind, Outcome
from bot.context import moment
from bot.durations import duration
from bot.events import RequestAnswered, RequestOpened
from bot.ids import display_id
from bot.people import Directory, Person
from bot.steps import Action, Step
from bot.thread import RequestState, Thread

Reason = Literal[
    "unknown",
    "cancelled",
    "decided",
    "expired",
    "requester",
    "not_allowed",
    "voted",
    "no_such_option",
    "unfit",
    "nobody_left",
    "changed",
    "by_mail",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer as a channel took it: by whom, and how it is known that it was them."""

    person: Person
    proof: str  # slack, email:dkim, os
    answer: AnswerKind
    option: str | None = None
    text: str = ""
    internal: str = ""
    edits: Mapping[str, str | bool] = field(default_factory=dict[str, str | bool])
    to: Person | None = None  # to whom it is to be given
    grant_us: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer does not count; `text` says why, kindly, to the person who gave it."""

    reason: Reason
    text: str
    problems: Mapping[str, str] = field(default_factory=dict[str, str])  # of an edit: by field


@dataclass(frozen=True, slots=True)
class Now:
    """What an answer is judged by beside the log: the time, bot.toml, and the forms of the agents' steps."""

    at: int  # us
    directory: Directory
    form: Callable[[str, str], type[Step] | None]  # of an agent's step


def judge(t: Thread, request_id: str, said: Said, now: Now) -> RequestAnswered | Refusal:
    """Check an answer against what the thread is now. The event carries the outcome if it closes the request."""
    request = t.requests.get(request_id)
    if request is None:
        return Refusal("unknown", "There is no such request.")
    if request.outcome is not None or (t.cancelled_at is not None and request.index < t.cancelled_at):
        return _too_late(t, request, now.directory)
    opened = request.opened
    if opened.expires_at <= now.at:
        return Refusal("expired", f"This request expired at {moment(opened.expires_at)}. Nothing was run.")
    if refusal := _by_mail(opened, said, now.directory):
        return refusal
    if said.answer == "give":
        return _give(t, request, said, now)
    if refusal := _may(request, said.person) or _may_run_again(t, opened, said):
        return refusal
    if said.answer == "edit":
        return _edit(t, request, said, now)
    approving = who.approving(request, now.directory)
    # With enough votes it would be closed, had not somebody lost the role for a while: then anyone's press does that.
    if said.answer == "approve" and said.person.id in approving and len(approving) < opened.quorum:
        return Refusal("voted", "You have answered this already; it needs the others now.")
    if said.grant_us and (said.grant_us > opened.may_grant_us or opened.role not in said.person.roles):
        return Refusal("not_allowed", _no_grant(opened, said.person))
    outcome = _outcome(request, said, now.directory)
    return outcome if isinstance(outcome, Refusal) else _event(request, said, outcome)


def _event(request: RequestState, said: Said, outcome: Outcome | None) -> RequestAnswered:
    return RequestAnswered(
        by=said.person.id,
        request=request.opened.request,
        answer=said.answer,
        option=said.option,
        outcome=outcome,
        proof=said.proof,
        body=AnswerBody(text=said.text, name=said.person.name, internal=said.internal),
    )


def _by_mail(opened: RequestOpened, said: Said, directory: Directory) -> Refusal | None:
    """Whether it was said by mail, and the role that is asked may not decide so. Questions are no decisions."""
    decides = opened.kind != "question" and said.answer != "say"
    if not decides or not said.proof.startswith("email") or opened.role is None or directory.mail_decides(opened.role):
        return None
    text = (
        f"Nothing was decided: the role {opened.role} does not decide by mail. Decide in Slack or with `bot approve`."
    )
    return Refusal("by_mail", text)


def _may(request: RequestState, person: Person) -> Refusal | None:
    """Approvers were resolved when it was asked; what they are is looked up again now."""
    if who.may_answer(request, person):
        return None
    opened = request.opened
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
    if approval is None or said.person.id in approval.approvers:
        return None
    if said.person.id in approval.opened.requesters:
        return Refusal("requester", "You asked for this yourself. Say what happened; someone else may run it again.")
    return None


def _outcome(request: RequestState, said: Said, directory: Directory) -> Outcome | Refusal | None:
    opened = request.opened
    if said.answer == "say" and not said.text.strip():
        return Refusal("no_such_option", "Write something, please.")
    match opened.kind:
        case "approval":
            if said.answer == "reject":
                return "rejected"
            if said.answer == "say" and not _names_an_option(said, opened):
                return None
            if said.answer != "approve":
                return Refusal("no_such_option", "Approve or reject this, please.")
            votes = {said.person.id, *who.approving(request, directory)}
            return "approved" if len(votes) >= opened.quorum else None
        case "question" if opened.format == "free_text":
            return (
                "answered" if said.answer == "say" else Refusal("no_such_option", "Answer in your own words, please.")
            )
        case "question" | "doubt" | "stuck":
            if said.answer == "choose" and said.option in opened.options:
                return "answered"
            if said.answer == "say" and opened.kind != "stuck" and not _names_an_option(said, opened):
                return None
            return Refusal("no_such_option", f"Choose one of: {', '.join(opened.options)}.")
        case _:
            assert_never(opened.kind)


def _names_an_option(said: Said, opened: RequestOpened) -> bool:
    """Whether somebody who asks something back means to decide: that is what the options are for."""
    return said.text.strip(" .!").casefold() in opened.options


def _edit(t: Thread, request: RequestState, said: Said, now: Now) -> RequestAnswered | Refusal:
    """An edit makes another call of it, which has to be approved anew, by somebody else than who edited it."""
    opened = request.opened
    call = t.calls.get(opened.call or "")
    if opened.kind != "approval" or call is None or not opened.editable:
        return Refusal("unfit", "This cannot be changed: approve or reject it, please.")
    step = _step(now.form(call.chosen.agent, call.chosen.step), call.arguments)
    if step is None:
        return Refusal("unfit", "This step is no longer offered in this form: reject it, please.")
    new = edited(step, {**said.edits})
    if isinstance(new, Unfit):
        return Refusal("unfit", f"Nothing was changed: {new}.", new.problems)
    if not _others_left(request, said.person, now.directory):
        text = "Nothing was changed: whoever edits a call cannot approve it, and there is nobody else who could."
        return Refusal("nobody_left", text)
    event = _event(request, said, "edited")
    before, after = step.arguments(), new.arguments()
    body = AnswerBody(text=said.text, name=said.person.name, changes=changes(before, after), arguments=after)
    return event.model_copy(update={"call_hash": new.call_hash(), "body": body})


def _step(form: type[Step] | None, arguments: Mapping[str, object] | None) -> Action | None:
    if form is None or arguments is None or not issubclass(form, Action):
        return None
    try:
        return form.model_validate(arguments)
    except ValidationError:
        return None


def _others_left(request: RequestState, editor: Person, directory: Directory) -> bool:
    """Whether enough people could approve it once the editor counts among those who ask for it."""
    opened = request.opened
    if opened.role is not None and directory.requesters_may_approve(opened.role):
        return True
    others = [person for person in request.approvers if person != editor.id]
    return sum(who.may_answer(request, directory.by_id(person)) for person in others) >= opened.quorum


def _give(t: Thread, request: RequestState, said: Said, now: Now) -> RequestAnswered | Refusal:
    """Somebody else is to answer it in one's place: only people who may, by bot.toml."""
    opened = request.opened
    if not who.may_give(request, said.person):
        return _may(request, said.person) or Refusal("not_allowed", "This is not yours to give away.")
    if opened.kind == "stuck":
        return Refusal("no_such_option", "This is for the operators together: answer it, please.")
    able = {person.id: person for person in who.receivers(now.directory, opened) if person.id != said.person.id}
    if said.to is None or said.to.id not in able:
        names = ", ".join(person.name for person in able.values())
        can = f"You can give it to: {names}." if able else "There is nobody to whom you could give it."
        return Refusal("unfit", f"It was not given away. {can}")
    call = t.calls.get(opened.call or "")
    if call is None:
        return Refusal("unfit", "This cannot be given away: answer it, please.")
    return _event(request, said, "given").model_copy(update={"to": (said.to.id,)})


def _no_grant(opened: RequestOpened, person: Person) -> str:
    if opened.role not in person.roles:
        return f"Nothing was approved: only the role {opened.role} may allow this for a while. Approve it this once."
    if opened.may_grant_us:
        return f"Nothing was approved: this may be allowed for {duration(opened.may_grant_us // 1_000_000)} at most."
    return "Nothing was approved: this cannot be allowed for longer than this once. Approve it without a time, please."


def _too_late(t: Thread, request: RequestState, directory: Directory) -> Refusal:
    if t.cancelled and request.outcome in {None, "withdrawn"}:
        run = "" if request.opened.kind == "doubt" else " Nothing was run."
        return Refusal("cancelled", f"This thread was cancelled meanwhile.{run}")
    again = _again(t, request)
    vote = request.closed_by
    name = (vote.body.name if vote and vote.body else "") or (vote.by if vote else "") or "someone"
    match request.outcome:
        case "expired":
            return Refusal("expired", f"This request expired at {moment(request.closed_at)}. Nothing was run.")
        case "withdrawn" | None:
            return Refusal("decided", f"This request was withdrawn meanwhile; it needs no answer any more.{again}")
        case "edited":
            return Refusal("decided", f"{name} changed this meanwhile, so your answer does not count.{again}")
        case "given":
            to = ", ".join(directory.by_id(person).name for person in (vote.to if vote else ()))
            return Refusal("decided", f"{name} gave this to {to} meanwhile.{again}")
        case outcome:
            how = {"approved": "approved", "rejected": "rejected"}.get(outcome, "answered")
            return Refusal("decided", f"{name} {how} this already, at {moment(request.closed_at)}.{again}")


def _again(t: Thread, request: RequestState) -> str:
    """Where its call is asked about by now."""
    call = t.calls.get(request.opened.call or "")
    newer = call.request if call is not None else None
    if newer is None or newer == request.opened.request or newer not in t.open:
        return ""
    return f" It is asked again as request {display_id(newer)}."
