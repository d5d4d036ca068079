"""Reading a mail: its headers, its text, its parts, as a page shows them. Whatever is in it, something is shown."""

import re
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import formataddr, getaddresses
from functools import cached_property
from typing import TypeVar

from bot.playground.mail import stamps
from bot.playground.mail.models import Attachment, ShownMessage, Stored

T = TypeVar("T")

RAW_SHOWN = 200_000  # bytes
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
BROKEN = (LookupError, ValueError, TypeError, AttributeError, RecursionError)  # what the parser raises on real mail


class Mail:
    """A mail's bytes, read when asked and never refused."""

    def __init__(self, raw: bytes) -> None:
        """Take the mail as it is stored."""
        self.raw = raw

    def header(self, name: str) -> str:
        """Return the first header of this name, decoded; empty if there is none."""
        field = self._fields.get(name.lower(), b"")
        return _or(stamps.value(field), lambda: _decoded(field)) if field else ""

    def mailboxes(self, name: str) -> list[str]:
        """Return the entries of an address header, each `Name <address>` or an address alone."""
        return [formataddr(pair) for pair in getaddresses([self.header(name)]) if pair[1]]

    @property
    def references(self) -> tuple[str, ...]:
        """The Message-IDs of the References header."""
        return tuple(word for word in self.header("references").split() if word.startswith("<"))

    @property
    def text(self) -> str:
        """The plain text, or else the HTML without its tags."""
        return self.body("plain") or re.sub(r"<[^>]*>", "", self.body("html"))

    def body(self, kind: str) -> str:
        """Return the first text part of a kind (`plain` or `html`) that is no attachment; empty if there is none."""
        for part in self._parts:
            if part.get_content_type() == f"text/{kind}" and not _is_attachment(part):
                return _text(part)
        return ""

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """Name, type and size of everything that is neither the text nor its HTML."""
        found: list[Attachment] = []
        for part in self._parts:
            name = _or("", lambda part=part: part.get_filename() or "")
            if not part.is_multipart() and (name or _is_attachment(part)):
                size = len(_content(part))
                found.append(Attachment(name=name or "unnamed", type=part.get_content_type(), size=size))
        return tuple(found)

    @cached_property
    def _fields(self) -> dict[str, bytes]:
        return {name: field for name, field in reversed(stamps.fields(self.raw)) if name}

    @cached_property
    def _parts(self) -> list[EmailMessage]:
        nothing: list[EmailMessage] = []
        return _or(nothing, lambda: [*message_from_bytes(self.raw, policy=default).walk()])


def shown(box: str, folder: str, stored: Stored) -> ShownMessage:
    """Return the mail with everything a page shows of it."""
    mail = Mail(stored.raw)
    html = mail.body("html")
    return ShownMessage(
        box=box,
        folder=folder,
        uid=stored.uid,
        flags=tuple(sorted(stored.flags)),
        arrived=stored.date,
        from_=mail.header("from"),
        to=mail.header("to"),
        cc=mail.header("cc"),
        reply_to=mail.header("reply-to"),
        subject=mail.header("subject"),
        date=mail.header("date"),
        message_id=mail.header("message-id"),
        in_reply_to=mail.header("in-reply-to"),
        references=mail.references,
        text=mail.body("plain"),
        html=html,
        has_html=bool(html),
        attachments=mail.attachments,
        headers={name: text for name in HEADERS_SHOWN if (text := mail.header(name))},
        size=len(stored.raw),
        raw=stored.raw[:RAW_SHOWN].decode("utf-8", "replace"),
    )


def _is_attachment(part: EmailMessage) -> bool:
    return _or("attachment", lambda: part.get_content_disposition() or "") == "attachment"


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
