"""Lines of rich text, in blocks of a message's length: lists, quotations and code stay whole where they can. Pure.

A block is as long as a message may be, at most. What is longer is split between lines; a single line that is longer
still, between words. A code block that is split is one again in each part.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

from channels.slack import kit
from channels.slack.inline import length
from channels.slack.limits import A_BLOCK
from channels.slack.wire import JsonObject, array

_DEEPEST = 8  # how far Slack sets a list in
_MOST = 200  # lines of a block


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph, an item of a list, a quotation or a piece of code."""

    kind: Literal["paragraph", "item", "quote", "code"]
    runs: tuple[JsonObject, ...]
    indent: int = 0
    number: int | None = None  # of an item in a list with numbers
    border: bool = False  # within a quotation


def rich_blocks(lines: Sequence[Line], room: int) -> Iterator[JsonObject]:
    """Yield blocks of rich text with these lines, each of a weight of at most `room`."""
    held: list[Line] = []
    size = 0
    for line in (part for whole in lines for part in _parts(whole, room - A_BLOCK)):
        if held and (size + length(line.runs) > room - A_BLOCK or len(held) >= _MOST):
            yield _block(held)
            held, size = [], 0
        held.append(line)
        size += length(line.runs)
    if held:
        yield _block(held)


def _block(lines: Iterable[Line]) -> JsonObject:
    made: list[JsonObject] = []
    for (kind, indent, border, numbered), group in groupby(lines, _alike):
        found = list(group)
        if kind == "item":
            made.append(_list(found, indent, border=border, numbered=numbered))
        else:
            made += [_alone(line) for line in found]
    return kit.rich(*made)


def _alike(line: Line) -> tuple[str, int, bool, bool]:
    return line.kind, line.indent, line.border, line.number is not None


def _list(items: Sequence[Line], indent: int, *, border: bool, numbered: bool) -> JsonObject:
    made: JsonObject = {
        "type": "rich_text_list",
        "style": "ordered" if numbered else "bullet",
        "indent": min(indent, _DEEPEST),
        "elements": array([kit.paragraph(*item.runs) for item in items]),
    }
    first = items[0].number or 1
    made |= {"offset": first - 1} if numbered and first > 1 else {}
    return made | ({"border": 1} if border else {})


def _alone(line: Line) -> JsonObject:
    kinds = {"paragraph": "rich_text_section", "quote": "rich_text_quote", "code": "rich_text_preformatted"}
    made: JsonObject = {"type": kinds[line.kind], "elements": array(line.runs)}
    return made | ({"border": 1} if line.border and line.kind == "code" else {})


def _parts(line: Line, most: int) -> Iterator[Line]:
    """Yield the line, or, if it is longer than `most`, what it is split into."""
    if length(line.runs) <= most:
        yield line
        return
    held: list[JsonObject] = []
    size = 0
    for run in (part for whole in line.runs for part in _run_parts(whole, most)):
        if held and size + length([run]) > most:
            yield replace(line, runs=tuple(held))
            line = replace(line, kind="paragraph", number=None) if line.kind == "item" else line
            held, size = [], 0
        held.append(run)
        size += length([run])
    yield replace(line, runs=tuple(held))


def _run_parts(run: JsonObject, most: int) -> Iterator[JsonObject]:
    text = str(run.get("text", ""))
    while len(text) > most:
        cut = (text.rfind("\n", most // 2, most) + 1) or (text.rfind(" ", most // 2, most) + 1) or most
        yield {**run, "text": text[:cut]}
        text = text[cut:]
    yield {**run, "text": text} if "text" in run else run
