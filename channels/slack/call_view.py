"""A call as its approver sees it: every argument in full and exactly, or an honest word about what is missing."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import indent

from pydantic import JsonValue

from bot.ids import display_id
from bot.places import Card
from bot.visible import exact, line
from channels.slack import kit
from channels.slack.limits import weight
from channels.slack.wire import JsonObject, compact

_INLINE = 80  # characters that fit on a line beside their name


@dataclass(frozen=True, slots=True)
class CallView:
    """Blocks that show a call, and how many of its characters they do not show."""

    blocks: list[JsonObject]
    missing: int


def call_text(card: Card) -> str:
    """Return the whole call as the text of a file, for a card that cannot hold it.

    Each line of a value is set in from the edge, so that no value can pass for the name of another.
    """
    about = [
        f"Title: {card.title}",
        f"Request: {display_id(card.request)}",
        f"Digest: {card.digest8}",
        f"Step: {card.step or ''}",
    ]
    rows = [_one_row(exact(fact)) for fact in about]
    for part in parts(card):
        if part.text is None:
            rows += ["", f"== {part.label} =="]
        else:
            rows += [
                "",
                f"- {_one_row(part.label)} ({len(part.text):,} characters)",
                indent(part.text, "    ", _always),
            ]
    return "\n".join([*rows, "", "== The end =="]) + "\n"


def call_view(card: Card, room: int) -> CallView:
    """Show arguments, snapshot and changes within `room` (as `weight` counts); what does not fit is counted."""
    whole = _block(card, [*parts(card)])
    if weight(whole) <= room:
        return CallView(whole, 0)
    kept, missing = _fitting([*parts(card)], room)
    return CallView(_block(card, kept), missing)


def value_text(value: JsonValue) -> str:
    """Return a value so that no two look alike: a text that could be read as another value is quoted."""
    if not isinstance(value, str):
        return compact(value)
    return json.dumps(value, ensure_ascii=False) if _ambiguous(value) else value


@dataclass(frozen=True, slots=True)
class Part:
    """A heading (`text` is None), or a named text."""

    label: str
    text: str | None = None


def parts(card: Card) -> Iterator[Part]:
    """Yield all that there is to see of a call, in full."""
    edits = {name: values for name, values in card.changed.items() if card.edited_by and name in card.arguments}
    moved = {name: values for name, values in card.changed.items() if name not in edits}
    if edits:
        yield Part(f"Changed by {line(card.edited_by, 80)}, before → after")
        yield from _before_and_after(edits)
    if moved:
        yield Part("Changed since this was last asked, before → after")
        yield from _before_and_after(moved)
    if card.arguments:
        yield Part("With")
        yield from (Part(exact(name), exact(value_text(value))) for name, value in card.arguments.items())
    if card.snapshot:
        yield Part("As it stands now")
        yield from (Part(exact(name), exact(value_text(value))) for name, value in card.snapshot.items())


def _one_row(text: str) -> str:
    return text.replace("\n", "⟨U+000A⟩")


def _always(row: str) -> bool:  # `indent` leaves empty lines out by itself
    return True


def _before_and_after(changed: Mapping[str, Sequence[JsonValue]]) -> Iterator[Part]:
    for name, values in changed.items():
        yield Part(exact(name), " → ".join(exact(value_text(value)) for value in values))


def _fitting(every: list[Part], room: int) -> tuple[list[Part], int]:
    left = room - 200  # the block itself, and some room for error
    kept: list[Part] = []
    missing = 0
    for part in every:
        text = part.text or ""
        size = len(part.label) + 2
        shown = max(0, min(len(text), left - size))
        missing += len(text) - shown
        if size > left:
            missing += len(part.label)
            left = 0
            continue
        left -= size + shown
        kept.append(part if part.text is None else Part(part.label, text[:shown] + ("…" if shown < len(text) else "")))
    return kept, missing


def _block(card: Card, kept: list[Part]) -> list[JsonObject]:
    elements: list[JsonObject] = []
    for part in kept:
        if part.text is None:
            elements.append(kit.paragraph(kit.run(part.label, "italic")))
        elif len(part.text) <= _INLINE and "\n" not in part.text:
            elements.append(kit.paragraph(kit.run(f"{part.label}: ", "bold"), kit.run(part.text or '""', "code")))
        else:
            elements += [kit.paragraph(kit.run(part.label, "bold")), kit.preformatted(part.text)]
    if card.step:
        elements.insert(0, kit.paragraph(kit.run("Step: ", "bold"), kit.run(line(card.step, 150), "code")))
    return [kit.rich(*elements)] if elements else []


def _ambiguous(text: str) -> bool:
    if text != text.strip() or not text:
        return True
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
