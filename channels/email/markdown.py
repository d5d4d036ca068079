"""Standard Markdown as HTML for mails: each style inlined, no HTML of its own, no pictures, links that say where to."""

from collections.abc import Sequence
from functools import cache
from html import escape
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

VALUE = (
    "margin:2px 0 8px;padding:6px 8px;background:#f4f4f5;color:#18181b;border-radius:4px;white-space:pre-wrap;"
    "word-break:break-word;font-family:Menlo,Consolas,monospace;font-size:13px"
)
QUOTE = "margin:0 0 12px;padding-left:10px;border-left:3px solid #a1a1aa"
_CELL = "padding:5px 10px;border:1px solid #d4d4d8;text-align:left;vertical-align:top"
_STYLES = {
    "heading_open": "margin:18px 0 6px;line-height:1.3;font-size:17px",
    "table_open": "border-collapse:collapse;margin:0 0 12px",
    "th_open": f"{_CELL};font-weight:600",
    "td_open": _CELL,
    "blockquote_open": QUOTE,
    "link_open": "color:#1d4ed8",
    "hr": "border:0;border-top:1px solid #d4d4d8;margin:18px 0",
}
_CLASSES = {"th_open": "cell", "td_open": "cell", "link_open": "link"}
"""By which the style sheet turns their colours round where it is dark."""
_LINKS = frozenset({"http", "https", "mailto"})
_INLINE = "background:#f4f4f5;color:#18181b;border-radius:3px;padding:1px 4px;font-family:Menlo,Consolas,monospace"


def html_of(markdown: str) -> str:
    """Return standard Markdown as HTML. HTML in it is shown as text; pictures are not fetched."""
    reader = _reader()
    tokens = reader.parse(markdown)
    _dress(tokens)
    return str(reader.renderer.render(tokens, reader.options, {}))


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable("table").disable("image")
    reader.validateLink = _is_link  # pyright: ignore[reportAttributeAccessIssue]  # as its documentation has it
    reader.add_render_rule("link_close", _link_close)
    reader.add_render_rule("fence", _block)
    reader.add_render_rule("code_block", _block)
    reader.add_render_rule("code_inline", _inline)
    return reader


def _dress(tokens: Sequence[Token]) -> None:
    for token in tokens:
        if style := _STYLES.get(token.type):
            own = str(token.attrGet("style") or "")  # a column's alignment
            token.attrSet("style", f"{style};{own}" if own else style)
        if name := _CLASSES.get(token.type):
            token.attrSet("class", name)
        _dress(token.children or ())


def _is_link(url: str) -> bool:
    """Whether a link may be followed: to a page, or to a mail, and to no program on somebody's machine."""
    try:
        return urlsplit(url.strip()).scheme.lower() in _LINKS
    except ValueError:
        return False


def _link_close(_self: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    """Say beside a link where it leads: a model's label may say anything."""
    start = max(n for n in range(index) if tokens[n].type == "link_open")
    target = str(tokens[start].attrGet("href") or "")
    label = "".join(token.content for token in tokens[start + 1 : index])
    return "</a>" if label in {target, target.removeprefix("mailto:")} else f"</a> ({escape(target)})"


def _block(_self: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    """Code as a block of its own, which is broken rather than cut where it is too wide."""
    return f'<pre class="value" style="{VALUE}">{escape(tokens[index].content.rstrip())}</pre>\n'


def _inline(_self: object, tokens: Sequence[Token], index: int, _options: object, _env: object) -> str:
    return f'<code class="value" style="{_INLINE}">{escape(tokens[index].content)}</code>'
