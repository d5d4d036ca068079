"""A stored mail as a page shows it. Whatever is in it, something is shown."""

from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import formataddr, getaddresses
from typing import TypeVar

from bot.playground.mail import stamps
from bot.playground.mail.models import Attachment, ShownMessage, Stored

T = TypeVar("T")

RAW_SHOWN = 200_000  # characters
HEADERS_SHOWN = (
    "return-path",
    "delivered-to",
    "authentication-results",
    "sender",
    "auto-submitted",
    "precedence",
    "list-id",
    "x-auto-response-suppress",
    "x-failed-recipients",
    "thread-topic",
    "content-type",
)
BROKEN = (
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    RecursionError,
)  # what the standard parser raises on real mail


def parsed(raw: bytes) -> EmailMessage:
    """Return the mail parsed as far as it can be."""
    return message_from_bytes(raw, policy=default)


def header(raw: bytes, name: str) -> str:
    """Return the first header of this name, decoded; empty if there is none."""
    for found, field in stamps.fields(raw):
        if found == name.lower():
            return _or(stamps.value(field), lambda field=field: _decoded(field))
    return ""


def references(raw: bytes) -> tuple[str, ...]:
    """Return the Message-IDs of the References header."""
    return tuple(word for word in header(raw, "references").split() if word.startswith("<"))


def mailboxes(raw: bytes, name: str) -> list[str]:
    """Return the entries of an address header, each `Name <address>` or an address alone."""
    return [formataddr(pair) for pair in getaddresses([header(raw, name)]) if pair[1]]


def body(raw: bytes, kind: str) -> str:
    """Return the first text part of a kind (`plain` or `html`) that is no attachment; empty if there is none."""
    for part in _parts(raw):
        if part.get_content_type() == f"text/{kind}" and part.get_content_disposition() != "attachment":
            return _text(part)
    return ""


def attachments(raw: bytes) -> tuple[Attachment, ...]:
    """Return name, type and size of everything that is neither the text nor its HTML."""
    found: list[Attachment] = []
    for part in _parts(raw):
        name = _or("", lambda part=part: part.get_filename() or "")
        if part.is_multipart() or not (name or part.get_content_disposition() == "attachment"):
            continue
        content = _content(part)
        found.append(Attachment(name=name or "unnamed", type=part.get_content_type(), size=len(content)))
    return tuple(found)


def shown(box: str, folder: str, stored: Stored) -> ShownMessage:
    """Return the mail with everything a page shows of it."""
    raw = stored.raw
    html = body(raw, "html")
    return ShownMessage(
        box=box,
        folder=folder,
        uid=stored.uid,
        flags=tuple(sorted(stored.flags)),
        arrived=stored.date,
        from_=header(raw, "from"),
        to=header(raw, "to"),
        cc=header(raw, "cc"),
        reply_to=header(raw, "reply-to"),
        subject=header(raw, "subject"),
        date=header(raw, "date"),
        message_id=header(raw, "message-id"),
        in_reply_to=header(raw, "in-reply-to"),
        references=references(raw),
        text=body(raw, "plain"),
        html=html,
        has_html=bool(html),
        attachments=attachments(raw),
        headers={name: text for name in HEADERS_SHOWN if (text := header(raw, name))},
        size=len(raw),
        raw=raw.decode("utf-8", "replace")[:RAW_SHOWN],
    )


def _parts(raw: bytes) -> list[EmailMessage]:
    nothing: list[EmailMessage] = []
    return _or(nothing, lambda: [*parsed(raw).walk()])


def _text(part: EmailMessage) -> str:
    content = _content(part)
    charset = _or("utf-8", lambda: part.get_content_charset("utf-8"))
    text = _or("", lambda: content.decode(charset)) or _or("", lambda: content.decode("utf-8"))
    return (text or content.decode("latin-1")).replace("\r\n", "\n")


def _content(part: EmailMessage) -> bytes:
    content = _or(b"", lambda: part.get_payload(decode=True))
    return content if isinstance(content, bytes) else b""


def _decoded(field: bytes) -> str:
    """Decode encoded words, whatever the header is."""
    message = message_from_bytes(b"Subject:" + field.partition(b":")[2] + b"\r\n\r\n", policy=default)
    return " ".join(str(message["Subject"]).split())


def _or(otherwise: T, read: Callable[[], T]) -> T:
    try:
        return read()
    except BROKEN:
        return otherwise
