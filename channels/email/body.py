"""The parts of a mail: its text, chosen and decoded, what is attached, and whether it can be read at all."""

import re
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, Literal, cast

from channels.email.charsets import text_of
from channels.email.headers import decoded
from channels.email.html import visible_text
from channels.email.lines import without_signs
from channels.email.mail import Attachment
from channels.email.newtext import LONGEST

_MOST_PARTS = 200
_DEEPEST = 20
_BYTES = 4 * LONGEST
_ENCLOSED = frozenset({"message/delivery-status", "message/rfc822", "message/global", "text/rfc822-headers"})
_ARMOUR = "-----BEGIN PGP MESSAGE-----"
_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"


@dataclass(slots=True)
class Body:
    """What was found: the text as its reader saw it, plain text before HTML."""

    text: str = ""
    rich: str = ""  # the same from the HTML beside it
    report: str = ""  # the machine-readable parts of a delivery report
    is_report: bool = False
    attachments: list[Attachment] = field(default_factory=list[Attachment])
    unreadable: Literal["calendar", "encrypted"] | None = None
    parts: int = 0


def read_body(message: Message) -> Body:
    """Walk through the parts. Those too deep or too many are left out; nothing here raises for a mail's content."""
    body = Body(is_report=message.get_content_type() == "multipart/report")
    text = _read(message, body, 0)
    body.text = _unsigned(text[:LONGEST])
    body.rich = body.rich[:LONGEST]
    if text.lstrip().startswith(_ARMOUR):
        body.unreadable = "encrypted"
    return body


def _read(part: Message, body: Body, depth: int) -> str:
    body.parts += 1
    if body.parts > _MOST_PARTS or depth > _DEEPEST:
        return ""
    kind = part.get_content_type()
    if kind == "multipart/encrypted" or (kind.endswith("pkcs7-mime") and "p7s" not in _name(part)):
        body.unreadable = "encrypted"
        return ""
    if depth and kind in _ENCLOSED:
        if body.is_report:
            body.report += _flat(part)
        elif kind.startswith("message/"):
            body.attachments.append(Attachment(name=_name(part) or "mail", type=kind, size=_size(part)))
        return ""
    if part.is_multipart():
        children = cast("list[Message]", part.get_payload())
        found = [(child.get_content_type(), _read(child, body, depth + 1)) for child in children]
        texts = [(name, text) for name, text in found if text.strip()]
        if kind == "multipart/alternative":
            plain = [text for name, text in texts if name == "text/plain"]
            body.rich = body.rich or next((text for name, text in texts if name != "text/plain"), "")
            return (plain or [text for _, text in texts] or [""])[0]
        return "\n".join(text for _, text in texts)
    return _leaf(part, kind, body)


def _leaf(part: Message, kind: str, body: Body) -> str:
    if kind == "text/calendar":
        body.unreadable = body.unreadable or "calendar"
        return ""
    named = _name(part)
    if (part.get_content_disposition() or "") == "attachment" or named or not kind.startswith("text/"):
        if kind not in {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}:
            body.attachments.append(Attachment(name=named or "unnamed", type=kind, size=_size(part)))
        return ""
    text = _text(part)
    return visible_text(text) if kind == "text/html" else without_signs(text)


def _unsigned(text: str) -> str:
    """Take what was signed out of its armour (RFC 9580, section 7)."""
    if not text.lstrip().startswith(_SIGNED):
        return text
    signed, end, rest = text.partition("-----BEGIN PGP SIGNATURE-----")
    _, blank, inner = signed.replace("\r\n", "\n").partition("\n\n")
    below = rest.partition("-----END PGP SIGNATURE-----")[2]
    return re.sub("(?m)^- ", "", inner) + below if end and blank else text


def _text(part: Message) -> str:
    data = _payload(part)
    charset = part.get_param("charset")
    name = str(charset[2] if isinstance(charset, tuple) else charset) if charset else None
    text = data[:_BYTES].decode("utf-8", "replace") if len(data) > _BYTES else text_of(data, name)
    if str(part.get_param("format") or "").lower() != "flowed":
        return text
    return _unfolded(text[:_BYTES], spaces_are_marks=str(part.get_param("delsp") or "").lower() == "yes")


def _unfolded(text: str, *, spaces_are_marks: bool) -> str:
    """Put the lines together again that a program broke in two at a space (RFC 3676, 4.1 to 4.5)."""
    found: list[str] = []
    depth, goes_on = 0, False
    for line in text.replace("\r\n", "\n").split("\n"):
        inner = line.lstrip(">")
        deep = len(line) - len(inner)
        inner = inner.removeprefix(" ")
        if goes_on and deep == depth and inner != "-- ":
            found[-1] += inner
        else:
            found.append(f"{'>' * deep} {inner}" if deep else inner)
        depth, goes_on = deep, inner.endswith(" ") and inner != "-- "
        if goes_on and spaces_are_marks:
            found[-1] = found[-1][:-1]
    return "\n".join(found)


def _payload(part: Message) -> bytes:
    try:
        data = cast("Any", part).get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AttributeError):
        data = None
    if isinstance(data, bytes):
        return data
    return str(_raw(part)).encode("utf-8", "replace")


def _raw(part: Message) -> object:
    """Return what the parser kept; asking it can raise for a charset with a NUL in its name."""
    try:
        return part.get_payload()
    except (ValueError, LookupError):
        return ""


def _size(part: Message) -> int:
    """Return about how many bytes it has, without decoding it."""
    raw = _raw(part)
    if isinstance(raw, list):
        children = cast("list[Message]", raw)
        return sum(_size(child) for child in children[:_MOST_PARTS])
    length = len(raw) if isinstance(raw, str) else 0
    encoded = str(part.get("content-transfer-encoding", "")).strip().lower() == "base64"
    return length * 3 // 4 if encoded else length


def _name(part: Message) -> str:
    try:
        found = part.get_filename() or ""
    except (ValueError, LookupError, TypeError):
        return "unnamed"
    return "".join(char for char in decoded(found) if char.isprintable())[:120]


def _flat(part: Message) -> str:
    try:
        return part.as_string()[:_BYTES] + "\n"
    except (ValueError, LookupError, TypeError, KeyError, RecursionError):
        return ""
