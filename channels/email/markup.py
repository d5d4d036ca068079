"""What the programs that people write mail with say by their markup: quotes, originals, signatures, paragraphs."""

import re
from collections.abc import Iterator, Mapping, Sequence

from selectolax.lexbor import LexborNode

from channels.email import markers
from channels.email.lines import flat


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Where the programs that people write mail with put what they quote, and who wrote it.
_QUOTE_CLASSES = _words("yahoo_quoted moz-cite-prefix zmail_extra")
_CONTAINERS = _words("gmail_quote gmail_quote_container protonmail_quote tutanota_quote")
_ORIGINAL_IDS = _words(
    "divrplyfwdmsg x_divrplyfwdmsg appendonsend x_appendonsend mail-editor-reference-message-container "
    "x_mail-editor-reference-message-container zwchr stopspelling isreplycontent"
)
_SIGNATURE_CLASSES = _words("gmail_signature gmail_signature_prefix moz-signature protonmail_signature_block")
_SIGNATURE_IDS = _words("signature x_signature ms-outlook-mobile-signature x_ms-outlook-mobile-signature")
_ORIGINAL_NAMES = frozenset({"messageReplySection", "quote"})  # Spark's, and GMX's
_FOXMAILS_LINE = "#b5c4df"
_WITHOUT_MARGIN = re.compile(r"(?:^|;)\s*margin\s*:\s*0")
_OUTLOOKS_LINE = re.compile(r"border-top:\s*solid #(?:e1e1e1|b5c4df) 1\.0pt", re.IGNORECASE)
_INDENTS = re.compile(r"border\s*:\s*(?:none|0|medium none)", re.IGNORECASE)


def quotes(tag: str, node: LexborNode, attributes: Mapping[str, str]) -> bool:
    """Whether an element holds what is quoted. Between the quotes of a container there may be new text."""
    named = classes(node)
    if tag == "blockquote":
        is_marked = attributes.get("type") == "cite" or bool(named & _CONTAINERS)
        return is_marked or _INDENTS.search(attributes.get("style", "")) is None
    if not named & (_CONTAINERS | _QUOTE_CLASSES):
        return False
    if _is_forwarded(node):
        return False
    return bool(named & _QUOTE_CLASSES) or node.css_first("blockquote") is None


def _is_forwarded(node: LexborNode) -> bool:
    """Whether the first words in it say that what follows was forwarded."""
    stack: list[LexborNode] = [node]
    for _ in range(30):
        if not stack:
            break
        inner = stack.pop()
        if inner.is_text_node and (text := (inner.text_content or "").strip()):
            return markers.is_forward(flat(text))
        stack.extend(reversed([child for child, _ in zip(children(inner), range(30), strict=False)]))
    return False


def begins_original(tag: str, node: LexborNode) -> bool:
    """Whether a program says by this element that what was answered to begins here."""
    if _id(node) in _ORIGINAL_IDS or "OutlookMessageHeader" in classes(node):
        return True
    if node.attributes.get("name") in _ORIGINAL_NAMES:
        return True
    if tag == "hr" and node.attributes.get("data-marker") == "__DIVIDER__":
        return True
    if tag == "hr" and (node.attributes.get("color") or "").lower() == _FOXMAILS_LINE:
        return True
    return tag == "div" and _OUTLOOKS_LINE.search((node.attributes.get("style") or "")[:500]) is not None


def is_tight(node: LexborNode) -> bool:
    """Whether there is no room above a paragraph: Outlook makes one of every line."""
    is_words = any(name.startswith(("Mso", "x_Mso")) for name in classes(node))
    return is_words or _WITHOUT_MARGIN.search((node.attributes.get("style") or "")[:500]) is not None


def _id(node: LexborNode) -> str:
    return (node.attributes.get("id") or "").lower()


def above_quote(node: LexborNode, found: Sequence[LexborNode]) -> int:
    """Return how many of these children of a container stand above its first quote: they say who wrote it."""
    if (node.tag or "") == "blockquote" or not classes(node) & _CONTAINERS or _is_forwarded(node):
        return 0
    return next((at for at, child in enumerate(found) if _has_quote(child)), 0)


def signs(node: LexborNode) -> bool:
    """Whether it is its sender's signature."""
    named = node.attributes.get("name") == "messageSignatureSection"  # Spark's
    return named or bool(classes(node) & _SIGNATURE_CLASSES) or _id(node) in _SIGNATURE_IDS


def _has_quote(node: LexborNode) -> bool:
    return node.is_element_node and (node.tag == "blockquote" or node.css_first("blockquote") is not None)


def children(node: LexborNode) -> Iterator[LexborNode]:
    """Return what is directly in an element."""
    child = node.first_child
    while child is not None:
        yield child
        child = child.next


def classes(node: LexborNode) -> set[str]:
    """Return its classes."""
    return set((node.attributes.get("class") or "").split())
