"""Requests in plain text: what is asked, the call, the agent's words apart, how to answer, and what became of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from bot.ids import display_id
from bot.places import Card, Decision
from bot.visible import exact, exact_value, line, readable
from channels.email.offers import in_words, offer_of

NEEDED = {"approval": "Approval needed", "question": "Question", "doubt": "Did this happen?", "stuck": "Help needed"}
OUTCOMES = {
    "approved": "Approved",
    "rejected": "Rejected",
    "answered": "Answered",
    "edited": "Changed, and asked again,",
    "given": "Given to somebody else",
    "expired": "Expired. Nothing was run",
    "withdrawn": "Withdrawn",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a call: names and values, exactly as they are to be read."""

    heading: str
    pairs: Sequence[tuple[str, str]]


def card_title(card: Card) -> str:
    """Return what is asked in one line, without arguments: a subject is read on locked screens."""
    return f"{NEEDED[card.request_kind]}: {line(card.bare_title, 120)} ({display_id(card.request)})"


def card_subject(card: Card) -> str:
    """Return the subject of a card's own conversation."""
    return f"Urgent: {card_title(card)}" if card.urgency == "high" else card_title(card)


def sections(card: Card) -> Iterator[Section]:
    """The call under its headings, each a list of names and values, exactly and in full."""
    if card.changed:
        # The brackets keep it from being a line of the form by which fields are changed.
        changes = [(f"{exact(name)} (before → now)", _change(values)) for name, values in card.changed.items()]
        yield Section("Changed since this was last asked", changes)
    if card.step:
        heading = "What will run" if card.request_kind == "approval" else "The call"
        yield Section(heading, [("step", exact(card.step))])
    if card.arguments:
        yield Section("With", _pairs(card.arguments))
    if card.snapshot:
        yield Section("As it stands now", _pairs(card.snapshot))


def listed(section: Section) -> str:
    """Return a part of the call as text; a value of several lines has a mark before each."""
    return f"{section.heading}:\n" + "\n".join(
        f"  {name}: {text}" if "\n" not in text else f"  {name}:\n{_cited(text)}" for name, text in section.pairs
    )


def card_text(card: Card, call: Sequence[Section], warning: str = "") -> str:
    """Return the card as plain text, with complete instructions; `call` is what is shown of the call."""
    parts = [card_title(card), *facts(card)]
    parts += [readable(text).strip() for text in (warning, card.warning, card.text, card.context) if text.strip()]
    parts += map(listed, call)
    if card.why.strip():
        parts.append(f"The agent's words, which nobody has checked:\n{_cited(readable(card.why))}")
    return "\n\n".join([*parts, in_words(offer_of(card)), small_print(card)])


def facts(card: Card) -> list[str]:
    """Who asks, who changed it, and how urgent it is, in one line if there is anything to say."""
    told = ["Urgent."] if card.urgency == "high" else []
    told += [f"Asked by {line(card.asked_by, 400)}."] if card.asked_by else []
    told += ["It is for someone from outside."] if card.outside else []
    told += [f"Changed by {line(card.edited_by, 80)}."] if card.edited_by else []
    told += [f"{card.undoing}."] if card.undoing else []
    return [" ".join([*told, f"Agent: {line(card.agent, 80)}."])]


def small_print(card: Card) -> str:
    """Return the ids, who else was asked, and until when it holds."""
    about = [f"Request {display_id(card.request)}"]
    about += [f"digest {card.digest8}"] if card.digest8 else []
    names = line(", ".join(card.approvers), 300)
    about += [f"for {names}" if card.quorum == 1 else f"for {card.quorum} of {names}"] if names else []
    return f"{', '.join(about)}. It expires at {card.expires_at:%Y-%m-%d %H:%M} UTC."


def decision_text(decision: Decision, call: Sequence[Section], warning: str = "") -> str:
    """Return what became of a request, and what it was about."""
    parts = [outcome(decision), *([warning] if warning else [])]
    if decision.reason.strip():
        parts.append(f"{reason_heading(decision)}:\n{_cited(readable(decision.reason))}")
    parts += map(listed, call)
    small = (
        f"Request {display_id(decision.card.request)}, {decision.at:%Y-%m-%d %H:%M} UTC. It needs no answer any more."
    )
    return "\n\n".join([*parts, small])


def outcome(decision: Decision) -> str:
    """Return the outcome as one sentence."""
    by = f" by {line(decision.by, 80)}" if decision.by else ""
    return f"{OUTCOMES[decision.outcome]}{by}: {line(decision.card.title, 120)}."


def reason_heading(decision: Decision) -> str:
    """Say what the words are that go with an outcome."""
    return "Reason" if decision.outcome == "rejected" else "In words"


def _pairs(values: dict[str, JsonValue]) -> list[tuple[str, str]]:
    return [(exact(name), exact_value(value)) for name, value in values.items()]


def _change(values: Sequence[JsonValue]) -> str:
    shown = [exact_value(value) for value in values]
    return ("\n→\n" if any("\n" in text for text in shown) else " → ").join(shown)


def _cited(text: str) -> str:
    return "\n".join(f"  | {part}" for part in text.strip("\n").split("\n"))
