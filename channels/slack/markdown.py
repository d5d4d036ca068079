"""Standard Markdown, as models write it, as Slack's blocks. Pure.

| Markdown               | here                                                                             |
|------------------------|----------------------------------------------------------------------------------|
| a heading              | a `header` block; in bold where it is long, has a link, or is of a lower rank    |
| a paragraph            | rich text                                                                        |
| a list, a quotation    | rich text, set in as it is nested                                                |
| code                   | preformatted rich text, character by character                                   |
| a table                | a `table` block (see channels.slack.tables)                                      |
| a link                 | its words, and then its address in brackets, which alone can be clicked          |
| a picture              | the same: nothing is loaded, so nothing is told to whoever serves it             |
| HTML                   | text                                                                             |

Why not Slack's `markdown` block, which takes Markdown as it is? There Slack parses what a stranger may have written:
it is not documented what becomes of `<!channel>`, `<@U...>` or `@here` in it, nor how any of them is escaped, and a
link may say one thing and lead to another. A rich text has structure instead of markup: a text in it is characters,
whatever they are, and whoever is notified is an element of its own, which `kit.people` alone makes. Nothing is lost by
it, and each limit can be counted beforehand; a `markdown` block becomes several blocks, and only Slack knows how many.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from bot.visible import readable
from channels.slack import kit
from channels.slack.inline import runs, styled, text_of
from channels.slack.limits import HEADER
from channels.slack.lines import Line, rich_blocks
from channels.slack.tables import Table, table_blocks
from channels.slack.wire import JsonObject

_DEEPEST = 60  # of all nesting; what is nested deeper, markdown-it would leave out
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
_BOLD = frozenset({"bold"})
_HIGH = 2  # ranks of headings that stand out


class Piece(NamedTuple):
    """One block. A heading is kept with what follows it."""

    block: JsonObject
    is_heading: bool = False


def block_pieces(markdown: str, room: int) -> list[Piece]:
    """Return Markdown as blocks in order, each of a weight of at most `room`; none for a text of nothing."""
    source = readable(markdown)
    tokens = _MARKDOWN.parse(source)
    if any(token.level >= _DEEPEST - 2 for token in tokens):
        return [Piece(block) for block in rich_blocks([Line("code", (styled(source),))], room)]
    return [piece for node in SyntaxTreeNode(tokens).children for piece in _pieces(node, room)]


def _pieces(node: SyntaxTreeNode, room: int) -> Iterator[Piece]:
    match node.type:
        case "heading":
            yield from _heading(node, room)
        case "hr":
            yield Piece({"type": "divider"})
        case "table":
            yield from map(Piece, table_blocks(_table(node), room))
        case _:
            yield from map(Piece, rich_blocks([*_lines(node)], room))


def _heading(node: SyntaxTreeNode, room: int) -> Iterator[Piece]:
    found = runs(_inside(node))
    text = " ".join(text_of(found).split())
    is_plain = all(run["type"] == "text" and "code" not in str(run.get("style")) for run in found)
    if text and is_plain and len(text) <= HEADER and int(node.tag[1:]) <= _HIGH:
        yield Piece({"type": "header", "text": kit.plain(text)}, is_heading=True)
    elif text:
        bold = tuple(runs(_inside(node), _BOLD))
        yield from (Piece(block, is_heading=True) for block in rich_blocks([Line("paragraph", bold)], room))


def _lines(node: SyntaxTreeNode, indent: int = 0, *, quoted: bool = False) -> Iterator[Line]:
    """Yield a block of Markdown as lines, whatever is in it; `quoted`: it stands in a quotation."""
    match node.type:
        case "paragraph" | "heading":
            found = runs(_inside(node), _BOLD if node.type == "heading" else frozenset())
            if found:
                yield Line("quote" if quoted else "paragraph", tuple(found), border=quoted)
        case "fence" | "code_block":
            text = node.content.removesuffix("\n")
            yield Line("code", (styled(text or " "),), border=quoted)
        case "bullet_list" | "ordered_list":
            start = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
            for place, item in enumerate(node.children):
                yield from _item(item, indent, None if start is None else start + place, quoted=quoted)
        case "blockquote":
            for child in node.children:
                yield from _lines(child, indent, quoted=True)
        case "table":
            cells = [_table(node).head, *_table(node).rows]
            for row in cells:
                text = " | ".join(text_of(cell) for cell in row).strip()
                yield Line("quote" if quoted else "paragraph", (styled(text or " "),), border=quoted)
        case _:  # a rule within a list or a quotation
            yield Line("quote" if quoted else "paragraph", (styled("———"),), border=quoted)


def _item(item: SyntaxTreeNode, indent: int, number: int | None, *, quoted: bool) -> Iterator[Line]:
    """Yield an item: its paragraphs up to the first block of another kind as one line, and that block below it."""
    paragraphs: list[JsonObject] = []
    below = [*item.children]
    while below and below[0].type in {"paragraph", "heading"}:
        found = runs(_inside(below.pop(0)))
        paragraphs += [styled("\n"), *found] if paragraphs else found
    yield Line("item", tuple(paragraphs) or (styled(" "),), indent, number, quoted)
    for child in below:
        yield from _lines(child, indent + 1, quoted=quoted)


def _table(node: SyntaxTreeNode) -> Table:
    rows = [row for part in node.children for row in part.children]
    cells = [[runs(_inside(cell)) for cell in row.children] for row in rows]
    aligned = [str(cell.attrs.get("style", "")).removeprefix("text-align:") or "left" for cell in rows[0].children]
    return Table(cells[0], cells[1:], aligned)


def _inside(node: SyntaxTreeNode) -> Sequence[SyntaxTreeNode]:
    """Return the inline parts of a paragraph, a heading or a cell."""
    return [part for inline in node.children for part in inline.children]
