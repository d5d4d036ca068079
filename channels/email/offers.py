"""What one can reply to a request, told so that no line of it is an answer by itself, however programs quote it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

from bot.bodies import RequestKind
from bot.durations import duration
from bot.places import Card, EditField
from bot.port import Asked
from bot.visible import line, readable
from channels.email.fields import field_lines, is_short

_LABELS = {
    "it_did": "It happened",
    "run_it": "It did not: run it",
    "stop": "Stop",
    "go_on": "Go on",
    "yes": "yes",
    "no": "no",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The ways of answering that a request has."""

    kind: RequestKind
    format: Literal["free_text", "yes_no", "multiple_choice"] | None = None
    options: tuple[str, ...] = ()
    reject_reasons: tuple[str, ...] = ()
    fields: tuple[EditField, ...] = ()
    may_grant_s: int = 0
    outside: bool = False
    by_mail: bool = True  # False: a reply decides nothing

    @property
    def is_free_text(self) -> bool:
        """Whether any words are the answer."""
        return self.kind == "question" and self.format == "free_text"

    @property
    def labels(self) -> tuple[str, ...]:
        """The options as people read them; a question's options are the agent's own words."""
        if self.kind == "question":
            return self.options
        return tuple(_LABELS.get(option, option) for option in self.options)


@dataclass(frozen=True, slots=True)
class Way:
    """One way of answering; below it, what is listed and what can be copied."""

    text: str
    listed: tuple[str, ...] = ()
    copied: str = ""


def offer_of(request: Card | Asked) -> Offer:
    """Take the ways of answering from a card, or from what a channel is told of a request."""
    return Offer(
        kind=request.request_kind if isinstance(request, Card) else request.kind,
        format=request.format,
        options=request.options,
        reject_reasons=request.reject_reasons,
        fields=request.fields,
        may_grant_s=request.may_grant_s,
        outside=request.outside,
        by_mail=request.mail_decides,
    )


def ways(offer: Offer) -> Sequence[Way]:
    """Say how this can be answered by mail."""
    if not offer.by_mail:
        return [_NOT_HERE] if offer.kind == "stuck" else [_NOT_HERE, _ASK]
    match offer.kind:
        case "approval":
            return _approval(offer)
        case "question" if offer.is_free_text:
            return [Way("To answer, reply in your own words.")]
        case "question":
            return [*_choice(offer), _ASK]
        case "doubt":
            return [*_choice(offer), _GIVE, _ASK]
        case "stuck":
            return _choice(offer)
        case _:
            assert_never(offer.kind)


def in_words(offer: Offer) -> str:
    """Return all of it as plain text."""
    parts: list[str] = []
    for way in ways(offer):
        parts.append("\n".join([way.text, *(f"  {text}" for text in way.listed)]))
        if way.copied:
            parts.append(way.copied)
    return "\n\n".join(parts)


def briefly(offer: Offer) -> str:
    """Say in a sentence or two how to decide, to somebody whose reply did not."""
    if not offer.by_mail:
        return _NOT_HERE.text
    if offer.kind == "approval":
        told = (
            "To decide, reply to the request again with nothing but the word approve; "
            "or with the word reject first, and your reason after it."
        )
        names = ", ".join(field.name for field in offer.fields)
        change = f" To change something, reply with nothing but lines of the form `name: value` ({names})."
        return told + change if names else told
    if offer.is_free_text:
        return "To answer, reply to the question again in your own words."
    if set(offer.options) == {"yes", "no"}:
        return "To answer, reply to the question again with nothing but yes or no."
    numbered = "; ".join(f"{number} ({label})" for number, label in enumerate(offer.labels, 1))
    return f"To answer, reply to the question again with nothing but one of: {numbered}"


_GIVE = Way('To hand it to somebody else, reply with "give to:" and their name or address.')
_NOT_HERE = Way(
    "This is not decided by mail. Decide in Slack, or on the command line: bot requests lists what waits for you."
)
_ASK = Way("Anything else that you write is a question: it goes to the agent, which answers you. It decides nothing.")


def _approval(offer: Offer) -> list[Way]:
    found = [Way('To approve, reply with "approve" and nothing else.')]
    if offer.may_grant_s:
        most = duration(offer.may_grant_s)
        told = (
            f'To approve, and let this very call run again without asking for a while, reply with "approve for {most}"'
        )
        found.append(Way(f"{told} or less time, and nothing else."))
    reject = 'To reject, reply with "reject" first, and your reason after it.'
    if offer.reject_reasons:
        reject += ' Instead of a reason of your own you can write its number, such as "reject 1".'
    if offer.outside:
        reject += (
            ' What follows "reject" may be told to the customer; what begins with "internal:" stays here, '
            "up to the next blank line."
        )
    numbered = enumerate(offer.reject_reasons, 1)
    found.append(Way(reject, tuple(f"({number}) {line(reason, 200)}" for number, reason in numbered)))
    return [*found, *_edit(offer.fields), _GIVE, _ASK]


def _edit(fields: Sequence[EditField]) -> list[Way]:
    if not fields:
        return []
    told = (
        "To change something before it runs, reply with lines like those below and nothing else. "
        "Lines of a longer text each begin with |. It is asked again with your values, and somebody else approves it."
    )
    listed = tuple(text for field in fields if (text := _about(field)))
    copied = "\n".join(field_lines(field) for field in fields if is_short(field))
    return [Way(told, listed, copied)]


def _about(field: EditField) -> str:
    """What there is to know of a field beside its value, in brackets so that it is no line of the form itself."""
    told = [line(field.description, 200)] if field.description else []
    told += [f"one of {', '.join(map(readable, field.choices))}"] if field.choices else []
    told += [] if field.required else ["may be empty"]
    told += [] if is_short(field) else ["too long to be repeated here: its value stands above"]
    return f"({field.name}) {'; '.join(told)}" if told else ""


def _choice(offer: Offer) -> list[Way]:
    numbered = enumerate(offer.labels, 1)
    told = "; ".join(f'{number} for "{readable(text)}"' for number, text in numbered)
    return [Way(f"To answer, reply with a number and nothing else: {told}.")]
