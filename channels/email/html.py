"""HTML into the text that its reader saw: what is hidden is left out, what is quoted is marked with `>`."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from channels.email import css, markup
from channels.email.lines import ORIGINAL, SIGNED, without_signs

LONGEST = 300_000  # characters; the rest is not read
_DEEPEST = 500  # the parser's time grows with the square of the depth
_MOST_WORK = 3_000_000  # nodes times rules


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MARKS = f"> {SIGNED}{ORIGINAL}"
_SPACES = re.compile(r"[ \t\r\n\f]+")
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,40})")
_CLOSE_THEMSELVES = _words(
    "area base br col dd dt embed hr img input li link meta option p param source td th tr wbr tbody thead"
)
_NEVER_SHOWN = _words(
    "head script style title template noscript textarea select option datalist object iframe svg math audio video "
    "canvas dialog map noframes frameset"
)
_BLOCKS = _words(
    "address article aside blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3 h4 h5 h6 header "
    "hr li main nav ol p pre section table tbody thead tr ul details summary"
)


@dataclass(frozen=True, slots=True)
class _State:
    quote: int = 0
    signed: bool = False
    pre: bool = False
    ink: css.Colour = (0, 0, 0)
    paper: css.Colour = (255, 255, 255)

    @property
    def mark(self) -> str:
        """What stands before each line here."""
        return "> " * self.quote or (SIGNED if self.signed else "")


def visible_text(html: str) -> str:
    """Return the visible text. Never raises; a page too deep or too tangled to be judged has no visible text."""
    text = html[:LONGEST]
    if _depth(text) > _DEEPEST:
        return ""
    try:
        page = LexborHTMLParser(text)
        root = page.body
        if root is None:
            return ""
        sheet = _sheet(page)
        return _Writer().write(root, sheet)
    except (SelectolaxError, ValueError, RecursionError):
        return ""


class _Writer:
    """Walks a page without recursion and writes its lines."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._mark = ""

    def write(self, root: LexborNode, sheet: Mapping[int, css.Style]) -> str:
        stack: list[tuple[LexborNode | None, _State]] = [(root, _State())]
        while stack:
            node, state = stack.pop()
            if node is None:
                self._break()  # a block ends here
            elif node.is_text_node:
                self._text(without_signs(node.text_content or ""), state)
            elif (inner := _entered(node, state, sheet)) is not None:
                tag = (node.tag or "").lower()
                self._open(tag, node, inner)
                if tag in _BLOCKS:
                    stack.append((None, state))
                stack.extend(reversed(_within(node, inner)))
        self._break()
        return "\n".join(self._lines).strip()

    def _open(self, tag: str, node: LexborNode, state: _State) -> None:
        if tag == "br":
            self._break(always=True)
        elif tag in _BLOCKS:
            self._break()
        if tag == "p" and self._lines and not markup.is_tight(node):
            self._blank(state)
        if state.quote == 0 and markup.begins_original(tag, node):
            self._break()
            self._lines.append(ORIGINAL)
        match tag:
            case "li":
                self._line.append("- ")
            case "td" | "th":
                self._line.append(" ")
            case "hr":
                self._lines.append(state.mark + "_" * 20)
            case _:
                pass

    def _text(self, text: str, state: _State) -> None:
        if css.same(state.ink, state.paper):
            return
        if state.mark != self._mark:
            self._break()
            self._mark = state.mark
        if not state.pre:
            self._line.append(_SPACES.sub(" ", text))
            return
        first, *more = text.replace("\r\n", "\n").split("\n")
        self._line.append(first)
        for line in more:
            self._break(always=True)
            self._line.append(line)

    def _break(self, *, always: bool = False) -> None:
        written = "".join(self._line)
        line = re.sub(r" {2,}", " ", written.replace("\u00a0", " ")).strip()
        self._line.clear()
        if line:
            self._lines.append(self._mark + line)
        elif (always or "\u00a0" in written) and self._lines and self._lines[-1].strip(_MARKS):
            self._lines.append(self._mark)

    def _blank(self, state: _State) -> None:
        if self._lines[-1].strip(_MARKS):
            self._lines.append(state.mark)


def _entered(node: LexborNode, state: _State, sheet: Mapping[int, css.Style]) -> _State | None:
    """Return what holds inside this element; None if nothing of it is shown."""
    tag = (node.tag or "").lower()
    if not node.is_element_node or tag in _NEVER_SHOWN:
        return None
    attributes = {name: value or "" for name, value in node.attributes.items()}
    own = css.declarations(attributes.get("style", ""))
    ruled = sheet.get(node.mem_id, {})
    if "hidden" in attributes or css.hides(own) or css.hides(ruled) or (tag == "details" and "open" not in attributes):
        return None
    style = {**ruled, **own}
    ink = css.colour(style.get("color", "") or attributes.get("color", "").lower()) or state.ink
    back = style.get("background-color", "") or style.get("background", "") or attributes.get("bgcolor", "").lower()
    return replace(
        state,
        quote=min(state.quote + markup.quotes(tag, node, attributes), 8),
        signed=state.signed or markup.signs(node),
        pre=state.pre or tag == "pre" or style.get("white-space", "").startswith("pre"),
        ink=ink,
        paper=css.colour(back) or state.paper,
    )


def _within(node: LexborNode, state: _State) -> list[tuple[LexborNode, _State]]:
    """Return the children with what holds for each."""
    found = [*markup.children(node)]
    above = markup.above_quote(node, found)
    quoted = replace(state, quote=state.quote + 1)
    return [(child, quoted if at < above else state) for at, child in enumerate(found)]


def _sheet(page: LexborHTMLParser) -> dict[int, css.Style]:
    """Return what the style sheets set that can hide a text: element -> declarations.

    Raises ValueError if there is more than can be looked at in time.
    """
    found: dict[int, css.Style] = {}
    wanted = [rule for node in page.css("style") for rule in css.rules(node.text(deep=True)) if _matters(rule)]
    if not wanted:
        return found
    nodes = sum(1 for _ in page.css("*"))
    if len(wanted) > css.MOST_RULES or nodes * len(wanted) > _MOST_WORK:
        raise ValueError("too many style rules")
    for rule in wanted:
        try:
            matched = page.css(rule.selector)
        except (SelectolaxError, ValueError):
            continue
        for node in matched:
            before = found.get(node.mem_id, {})
            found[node.mem_id] = before if css.hides(before) else {**before, **rule.style}
    return found


def _matters(rule: css.Rule) -> bool:
    return css.hides(rule.style) or bool({"color", "background", "background-color"} & rule.style.keys())


def _depth(html: str) -> int:
    """Return how deep the elements can be nested, at most."""
    is_open: Counter[str] = Counter()
    depth = deepest = 0
    for match in _TAG.finditer(html):
        tag = match[2].lower()
        if tag in _CLOSE_THEMSELVES:
            continue
        if not match[1]:
            is_open[tag] += 1
            depth += 1
            deepest = max(deepest, depth)
        elif is_open[tag]:
            is_open[tag] -= 1
            depth -= 1
    return deepest
