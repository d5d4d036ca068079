"""A call as its approver sees it: every argument in full and exactly, or an honest word about what is missing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import JsonValue

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


def call_view(card: Card, room: int) -> CallView:
    """Show arguments, snapshot and changes within `room` (as `weight` counts); what does not fit is counted."""
    whole = _block(card, [*_parts(card)])
    if weight(whole) <= room:
        return CallView(whole, 0)
    kept, missing = _fitting([*_parts(card)], room)
    return CallView(_block(card, kept), missing)


def value_text(value: JsonValue) -> str:
    """Return a value so that no two look alike: a text that could be read as another value is quoted."""
    if not isinstance(value, str):
        return compact(value)
    return json.dumps(value, ensure_ascii=False) if _ambiguous(value) else value


@dataclass(frozen=True, slots=True)
class _Part:
    """A heading (`text` is None), or a named text."""

    label: str
    text: str | None = None


def _parts(card: Card) -> Iterator[_Part]:
    if card.changed:
        yield _Part("Changed since this was last asked")
        for name, values in card.changed.items():
            yield _Part(exact(name), " → ".join(exact(value_text(value)) for value in values))
    if card.arguments:
        yield _Part("With")
        yield from (_Part(exact(name), exact(value_text(value))) for name, value in card.arguments.items())
    if card.snapshot:
        yield _Part("As it stands now")
        yield from (_Part(exact(name), exact(value_text(value))) for name, value in card.snapshot.items())


def _fitting(parts: list[_Part], room: int) -> tuple[list[_Part], int]:
    left = room - 200  # the block itself, and some room for error
    kept: list[_Part] = []
    missing = 0
    for part in parts:
        text = part.text or ""
        size = len(part.label) + 2
        shown = max(0, min(len(text), left - size))
        missing += len(text) - shown
        if size > left:
            missing += len(part.label)
            left = 0
            continue
        left -= size + shown
        kept.append(part if part.text is None else _Part(part.label, text[:shown] + ("…" if shown < len(text) else "")))
    return kept, missing


def _block(card: Card, parts: list[_Part]) -> list[JsonObject]:
    elements: list[JsonObject] = []
    for part in parts:
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
