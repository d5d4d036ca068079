"""What those who are asked get to see, and where: cards, what became of them, and lines in the thread of origin."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue

from bot.approvals.approvers import approving
from bot.bodies import CardAt, CardBody, Outcome
from bot.events import RequestAnswered, RequestOpened
from bot.identity import SlackIdentity
from bot.ids import fresh_id
from bot.people import Directory, Person
from bot.places import Card, Content, Decision, Delivery, Place, StatusLine, Text
from bot.thread import RequestState, Thread
from bot.visible import line as line_of

_TITLE = 80  # characters; what does not fit is in the card itself
_VALUE = 32  # characters of one argument: longer ones are texts
_NAME = 40  # characters of a name that somebody gave themselves: what they are known by stands behind it
_ASKED = {
    "approval": "Waiting for {whom} to approve the next step.",
    "question": "Waiting for an answer from {whom}.",
    "doubt": "It is not certain that the last step happened. {whom} was asked to look.",
    "stuck": "This needs a look by {whom}.",
}
_OUTSIDE = "I have passed this on; a colleague has to confirm it first."
_CLOSED = {
    "approved": "{who} approved.",
    "rejected": "{who} rejected it.",
    "answered": "{who} answered.",
    "edited": "{who} changed it; it is asked again.",
    "given": "{who} gave it to somebody else to decide.",
}


def title_of(step: str, arguments: Mapping[str, JsonValue] | None = None) -> str:
    """Make a step's name readable: `deploy_service` is `Deploy service`; with what tells it from others, if short."""
    title = step.replace("_", " ").capitalize()
    values = [str(value) for value in (arguments or {}).values() if isinstance(value, str | int | float)]
    values = [value for value in values if len(value) <= _VALUE]
    told = f"{title}: {', '.join(values)}"
    return told if values and len(told) <= _TITLE and told.isprintable() else title


def card(thread: Thread, opened: RequestOpened, directory: Directory) -> Card:
    """Render a request from what is stored about it; nothing in it is the model's except `why` and a question."""
    body = opened.body or CardBody(title="[erased]")
    return Card(
        request=opened.request,
        request_kind=opened.kind,
        title=body.title,
        agent=thread.agent,
        step=body.step,
        arguments=body.arguments,
        snapshot=body.snapshot,
        changed=body.changed,
        why=body.why,
        text=body.text,
        context=body.context,
        asked_by=body.asked_by,
        warning=body.warning,
        approvers=tuple(directory.by_id(person).name for person in opened.approvers),
        quorum=opened.quorum,
        options=opened.options,
        format=opened.format,
        reject_reasons=tuple(body.reject_reasons),
        fields=tuple(body.fields),
        edited_by=body.edited_by,
        reversibility=body.reversibility,
        may_grant_s=opened.may_grant_us // 1_000_000,
        mail_decides=mail_decides(opened, directory),
        outside=is_for_outsider(thread),
        mention=_accounts(directory, opened.approvers) if opened.urgency == "high" else (),
        urgency=opened.urgency,
        digest8=opened.digest[:8],
        expires_at=_time(opened.expires_at),
        thread=thread.id,
    )


def mail_decides(opened: RequestOpened, directory: Directory) -> bool:
    """Whether a reply by mail may decide this."""
    return opened.kind == "question" or opened.role is None or directory.mail_decides(opened.role)


def _accounts(directory: Directory, people: Iterable[str]) -> tuple[str, ...]:
    """The Slack accounts of these people."""
    found = (identity for person in people for identity in directory.identities(person))
    return tuple(identity.account for identity in found if isinstance(identity, SlackIdentity))


def places(directory: Directory, origin: Place, role: str | None, people: Sequence[str]) -> list[CardAt]:
    """Decide where a request appears: the role's channel, else a direct message to each; by mail too if the role says.

    In the thread of origin when that is in the role's channel.
    """
    channel = directory.place_of_role(role) if role else None
    if channel is not None:
        found = [origin if _same_channel(origin, channel) else channel]
    else:
        found = [place for person in people if (place := _direct(directory, person))]
    if role and directory.mailed(role):
        found += [place for person in people if (place := _mailbox(directory, person)) and place not in found]
    return [_at(place) for place in found]


def in_origin(origin: Place) -> list[CardAt]:
    """Put a question to the requester where the requester writes."""
    return [] if origin.channel == "console" else [_at(origin)]


def opening(thread: Thread, opened: RequestOpened, directory: Directory) -> list[Delivery]:
    """The cards, and a line without arguments in the thread it came from."""
    shown = card(thread, opened, directory)
    out = [
        Delivery(id=at.delivery, thread=thread.id, place=at.place, content=shown, valid_while=opened.request)
        for at in opened.cards
    ]
    if thread.origin not in [at.place for at in opened.cards]:
        out += line(thread, StatusLine(markdown=_waiting(thread, opened, directory)))
    return out


def _waiting(thread: Thread, opened: RequestOpened, directory: Directory) -> str:
    """What is being waited for; people from outside do not hear who decides here."""
    if is_for_outsider(thread):
        return _OUTSIDE if opened.kind in {"approval", "question"} else "Someone is looking into this."
    people = [directory.by_id(person).name for person in opened.approvers]
    return _ASKED[opened.kind].format(whom=f"*{opened.role}*" if opened.role else ", ".join(people) or "somebody")


def is_for_outsider(thread: Thread) -> bool:
    """Whether people from outside read what is said in the thread of origin."""
    return thread.principal is not None and thread.principal.is_outsider


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """How a request ended, for those who read."""

    outcome: Outcome
    by: str = ""
    reason: str = ""
    internal: str = ""  # what only those who were asked get to read
    at: int  # us


def closing(thread: Thread, opened: RequestOpened, end: Closing, directory: Directory) -> list[Delivery]:
    """The outcome in place of every card, and a line in the thread it came from, unless outsiders read there."""
    reason = "\n".join(part for part in (end.reason, f"Internal: {end.internal}" if end.internal else "") if part)
    shown = card(thread, opened, directory)
    content = Decision(card=shown, outcome=end.outcome, by=end.by, reason=reason, at=_time(end.at))
    cards = thread.requests[opened.request].cards
    out = [
        Delivery(id=fresh_id(), thread=thread.id, place=at.place, content=content, replaces=at.delivery)
        for at in cards
        if not _answered_there(thread, opened, at)
    ]
    if thread.origin not in [at.place for at in cards] and not is_for_outsider(thread):
        text = _CLOSED.get(end.outcome, "The request {outcome}.").format(who=end.by, outcome=end.outcome)
        if end.outcome == "expired":
            text = "Nobody decided in time, so nothing was run."
        if end.outcome == "withdrawn":
            own = opened.kind in {"approval", "question"}
            text = "The request was taken back." if own else "The question no longer stands."
        out += line(thread, StatusLine(markdown=text))
    return out


def counted(thread: Thread, request: RequestState, event: RequestAnswered, directory: Directory) -> list[Delivery]:
    """Say under the cards in Slack who approved, and how many are missing; mails show the outcome alone."""
    missing = request.opened.quorum - len({event.by or "", *approving(request, directory)})
    who = event.body.name if event.body else event.by or "Somebody"
    said = Text(markdown=f"{who} approved. This needs {'one more' if missing == 1 else f'{missing} more'}.")
    name = request.opened.request
    return [
        Delivery(id=fresh_id(), thread=thread.id, place=at.place, content=said, under=at.delivery, valid_while=name)
        for at in request.cards
        if at.place.channel == "slack"
    ]


def _answered_there(thread: Thread, opened: RequestOpened, at: CardAt) -> bool:
    """A mail cannot be edited: whoever answered a question by mail needs no mail to say so."""
    return opened.kind == "question" and at.place.channel == "email" and at.place == thread.origin


def line(thread: Thread, content: Content) -> list[Delivery]:
    """Say something in the thread of origin; the command line reads the log instead."""
    if thread.origin.channel == "console":
        return []
    return [Delivery(id=fresh_id(), thread=thread.id, place=thread.origin, content=content)]


def names(thread: Thread, people: Iterable[str], directory: Directory) -> str:
    """The names of these people, as bot.toml or the log has them; who is not listed, with what they are known by.

    A name that somebody gave themselves may be that of a colleague.
    """
    return ", ".join(_name(thread, directory.by_id(person)) for person in people)


def _name(thread: Thread, person: Person) -> str:
    if person.listed or person.id == "bot":
        return person.name
    unproven, _, key = person.id.rpartition("unproven:")
    channel, _, known = key.partition(":")
    known = f"Slack {known}" if channel == "slack" else known or channel
    marks = [mark for mark in (known, "not proven" if unproven or person.id != key else "") if mark]
    name = line_of(thread.names.get(person.id) or person.name, _NAME)
    return f"{name} ({', '.join(mark for mark in marks if mark != name)})".removesuffix(" ()")


def _at(place: Place) -> CardAt:
    return CardAt(delivery=fresh_id(), place=place)


def _direct(directory: Directory, person: str) -> Place | None:
    identities = directory.identities(person)
    return identities[0].place if identities else None


def _mailbox(directory: Directory, person: str) -> Place | None:
    found = (identity.place for identity in directory.identities(person))
    return next((place for place in found if place.channel == "email"), None)


def _same_channel(origin: Place, channel: Place) -> bool:
    return (origin.channel, origin.address) == (channel.channel, channel.address)


def _time(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1_000_000, UTC)
