"""An answer in messages: split between blocks, within every limit of a message. Pure."""

from collections.abc import Iterator, Sequence

from channels.slack import kit
from channels.slack.limits import BLOCKS, WHOLE, weight
from channels.slack.markdown import block_pieces
from channels.slack.wire import JsonObject

_ROOM = WHOLE - 1_000  # the rest is for what stands above and below an answer
_MOST_BLOCKS = BLOCKS - 5  # likewise


def pages(markdown: str, below: Sequence[JsonObject] = ()) -> list[list[JsonObject]]:
    """Return standard Markdown as the blocks of one message or several.

    The last message ends with `below`, and the first has room above. A table begins a new message if there is one
    already, and a heading goes where that goes which it stands above.
    """
    made: list[list[JsonObject]] = []
    for unit in _units(markdown):
        parts = [unit] if _fits(unit) else [[block] for block in unit]
        for part in parts:
            if made and _fits([*made[-1], *part]):
                made[-1] += part
            else:
                made.append(part)
    if not made:
        made = [[kit.rich(kit.paragraph(kit.run("(nothing)", "italic")))]]
    made[-1] = [*made[-1], *below]
    return made


def _units(markdown: str) -> Iterator[list[JsonObject]]:
    """Yield blocks that stay together: headings, and the block below them."""
    held: list[JsonObject] = []
    for piece in block_pieces(markdown, _ROOM):
        held.append(piece.block)
        if not piece.is_heading:
            yield held
            held = []
    if held:
        yield held


def _fits(page: list[JsonObject]) -> bool:
    tables = sum(block.get("type") == "table" for block in page)
    return len(page) <= _MOST_BLOCKS and weight(page) <= _ROOM and tables <= 1
