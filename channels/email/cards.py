"""Requests in plain text: what is asked, the whole call, the agent's words apart, and how to answer."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from pydantic import JsonValue

from bot.ids import display_id
from bot.places import Card, Decision
from bot.visible import exact, exact_value, line, readable

NEEDED = {"approval": "Approval needed", "question": "Question", "doubt": "Did this happen?", "stuck": "Help needed"}
OUTCOMES = {
    "approved": "Approved",
    "rejected": "Rejected",
    "answered": "Answered",
    "expired": "Expired. Nothing was run",
    "withdrawn": "Withdrawn",
}
_LABELS = {
    "it_did": "It happened",
    "run_it": "It did not: run it",
    "stop": "Stop",
    "go_on": "Go on",
    "yes": "yes",
    "no": "no",
}


def card_title(card: Card) -> str:
    """Return what is asked in one line, without arguments: a subject is read on locked screens."""
    return f"{NEEDED[card.request_kind]}: {line(card.bare_title, 120)} ({display_id(card.request)})"


def labels(kind: str, options: Sequence[str]) -> tuple[str, ...]:
    """Return the options as people read them; a question's options are the agent's own words."""
    return tuple(options) if kind == "question" else tuple(_LABELS.get(option, option) for option in options)


def how_to(card: Card) -> str:
    """Say how to answer by mail. No line of it is an answer by itself, however a program wraps what it quotes."""
    match card.request_kind:
        case "approval":
            return (
                'To approve, reply with "approve" and nothing else. '
                'To reject, reply with "reject" first, and your reason after it. '
                "Anything else goes to the agent as a message, and decides nothing."
            )
        case "question" if card.format == "free_text":
            return "To answer, reply in your own words."
        case "question" | "doubt" | "stuck":
            options = labels(card.request_kind, card.options)
            told = "; ".join(f'{number} for "{readable(text)}"' for number, text in enumerate(options, 1))
            return f"To answer, reply with a number and nothing else: {told}."
        case _:
            assert_never(card.request_kind)


def sections(card: Card) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """The call under its headings, each a list of names and values, exactly and in full."""
    if card.changed:
        changes = [(exact(name), " → ".join(map(exact_value, values))) for name, values in card.changed.items()]
        yield "Changed since this was last asked", changes
    if card.step:
        yield "What will run" if card.request_kind == "approval" else "The call", [("step", exact(card.step))]
    if card.arguments:
        yield "With", _pairs(card.arguments)
    if card.snapshot:
        yield "As it stands now", _pairs(card.snapshot)


def card_text(card: Card) -> str:
    """Return the card as plain text, with complete instructions."""
    parts = [card_title(card), *facts(card)]
    parts += [readable(text).strip() for text in (card.warning, card.text, card.context) if text.strip()]
    parts += [f"{heading}:\n{_listed(pairs)}" for heading, pairs in sections(card)]
    if card.why.strip():
        parts.append(f"The agent's words, which nobody has checked:\n{_cited(readable(card.why))}")
    return "\n\n".join([*parts, how_to(card), small_print(card)])


def facts(card: Card) -> list[str]:
    """Who asks, and how urgent it is, in one line if there is anything to say."""
    told = ["Urgent."] if card.urgency == "high" else []
    told += [f"Asked by {line(card.asked_by, 80)}."] if card.asked_by else []
    return [" ".join([*told, f"Agent: {line(card.agent, 80)}."])]


def small_print(card: Card) -> str:
    """Return the ids, who else was asked, and until when it holds."""
    about = [f"Request {display_id(card.request)}"]
    about += [f"digest {card.digest8}"] if card.digest8 else []
    names = line(", ".join(card.approvers), 300)
    about += [f"for {names}" if card.quorum == 1 else f"for {card.quorum} of {names}"] if names else []
    return f"{', '.join(about)}. It expires at {card.expires_at:%Y-%m-%d %H:%M} UTC."


def decision_text(decision: Decision) -> str:
    """Return what became of a request, and what it was about."""
    parts = [outcome(decision)]
    if decision.reason.strip():
        parts.append(f"Reason:\n{_cited(readable(decision.reason))}")
    parts += [f"{heading}:\n{_listed(pairs)}" for heading, pairs in sections(decision.card)]
    small = (
        f"Request {display_id(decision.card.request)}, {decision.at:%Y-%m-%d %H:%M} UTC. It needs no answer any more."
    )
    return "\n\n".join([*parts, small])


def outcome(decision: Decision) -> str:
    """Return the outcome as one sentence."""
    by = f" by {line(decision.by, 80)}" if decision.by else ""
    return f"{OUTCOMES[decision.outcome]}{by}: {line(decision.card.title, 120)}."


def _pairs(values: dict[str, JsonValue]) -> list[tuple[str, str]]:
    return [(exact(name), exact_value(value)) for name, value in values.items()]


def _listed(pairs: list[tuple[str, str]]) -> str:
    return "\n".join(f"  {name}: {text}" if "\n" not in text else f"  {name}:\n{_cited(text)}" for name, text in pairs)


def _cited(text: str) -> str:
    return "\n".join(f"  | {part}" for part in text.strip("\n").split("\n"))
