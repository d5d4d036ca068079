"""Text with its emphasis, as runs of Slack's rich text: an address is shown as it is, and nobody is called. Pure."""

import re
from collections.abc import Iterator, Sequence

from markdown_it.tree import SyntaxTreeNode

from bot.visible import readable
from channels.slack.wire import JsonObject

_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}
_ADDRESS = re.compile(r"https?://[^\s<>|\"'`\\⟨⟩]+")
_CLICKABLE = re.compile(r"https?://[!-~]+")  # printable ASCII: what is shown is where it leads, without look-alikes
_LONGEST = 500  # characters; a longer address stays text, so that it can be split
_AFTER = ".,;:!?)]}*_~'"  # ends a sentence or a phrase, and no address


def runs(nodes: Sequence[SyntaxTreeNode], style: frozenset[str] = frozenset()) -> list[JsonObject]:
    """Return inline Markdown as runs; neighbours of one style are one run. Line breaks stay where they were written."""
    return _joined(_runs(nodes, style))


def text_of(found: Sequence[JsonObject]) -> str:
    """Return what a reader of these runs sees."""
    return "".join(str(run.get("text", run.get("url", ""))) for run in found)


def length(found: Sequence[JsonObject]) -> int:
    """Return how many characters these runs have."""
    return sum(len(str(run.get("text", run.get("url", "")))) for run in found)


def styled(text: str, style: frozenset[str] = frozenset()) -> JsonObject:
    """Return one run of text, in which nothing is invisible: `&#x202E;` in Markdown is a character by now."""
    made: JsonObject = {"type": "text", "text": readable(text)}
    return {**made, "style": dict.fromkeys(sorted(style), True)} if style else made


def _runs(nodes: Sequence[SyntaxTreeNode], style: frozenset[str]) -> Iterator[JsonObject]:
    for node in nodes:
        match node.type:
            case "strong" | "em" | "s":
                yield from _runs(node.children, style | {_STYLES[node.type]})
            case "code_inline":
                yield styled(node.content, style | {"code"})
            case "softbreak" | "hardbreak":
                yield styled("\n", style)
            case "link":
                yield from _link(str(node.attrs.get("href", "")), _joined(_runs(node.children, style)), style)
            case "image":  # never one to load: its address would tell whoever is there what it carries
                label = [styled(node.content, style)] if node.content else []
                yield from _link(str(node.attrs.get("src", "")), label, style)
            case _:
                yield from _text(node.content, style)


def _text(written: str, style: frozenset[str]) -> Iterator[JsonObject]:
    text = readable(written)
    at = 0
    for match in _ADDRESS.finditer(text):
        address = match.group().rstrip(_AFTER)
        yield from [styled(text[at : match.start()], style), _address(address, style)]
        at = match.start() + len(address)
    yield styled(text[at:], style)


def _link(target: str, label: list[JsonObject], style: frozenset[str]) -> Iterator[JsonObject]:
    """Yield a label and, in brackets, where it leads: no link is disguised as another."""
    shown = text_of(label)
    if not shown or shown in {target, target.removeprefix("mailto:")}:
        yield _address(target, style)
        return
    yield from label
    yield from [styled(" (", style), _address(target, style), styled(")", style)]


def _address(address: str, style: frozenset[str]) -> JsonObject:
    if len(address) > _LONGEST or not _CLICKABLE.fullmatch(address) or set(address) & set("<>|"):
        return styled(address, style)
    made: JsonObject = {"type": "link", "url": address}
    return {**made, "style": dict.fromkeys(sorted(style), True)} if style else made


def _joined(found: Iterator[JsonObject]) -> list[JsonObject]:
    made: list[JsonObject] = []
    for run in found:
        if run.get("text") == "":
            continue
        last = made[-1] if made else {}
        if run["type"] == last.get("type") == "text" and run.get("style") == last.get("style"):
            made[-1] = {**last, "text": f"{last['text']}{run['text']}"}
        else:
            made.append(run)
    return made
