"""What a receiving server writes on top of a mail, and what it takes away: forged results in its own name."""

import re
import secrets
from datetime import UTC, datetime
from email.utils import format_datetime

from bot.playground.mail.models import Authentic, Frozen, Quirks

_NEXT_FIELD = re.compile(rb"\r\n(?![ \t])")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:(.*)", re.DOTALL)
_COMMENT = re.compile(r"\([^()]*\)")
_ADDRESS = re.compile(r"[^\s<>@,;:()\"]+@([^\s<>@,;:()\"]+)")


class Envelope(Frozen):
    """How a mail came: what the sending server said, which the headers need not repeat."""

    sender: str  # the envelope's; empty for bounces
    recipient: str
    helo: str
    authserv_id: str
    authentic: Authentic | None  # None: made on the receiving server itself, so nothing was checked
    now: float  # Unix seconds


def with_crlf(raw: bytes) -> bytes:
    """Return the mail with CRLF as its only line end, which is what IMAP serves."""
    return re.sub(rb"\r\n|\r|\n", b"\r\n", raw)


def split(raw: bytes) -> tuple[bytes, bytes]:
    """Return the header block (without its last line end) and all that follows it."""
    if raw.startswith(b"\r\n"):
        return b"", raw
    end = raw.find(b"\r\n\r\n")
    return (raw, b"") if end < 0 else (raw[:end], raw[end:])


def fields(raw: bytes) -> list[tuple[str, bytes]]:
    """Return the header's fields, folded as they are: the name in lower case (empty for rubbish), the whole field."""
    head, _ = split(raw)
    found: list[tuple[str, bytes]] = []
    for field in _NEXT_FIELD.split(head):
        match = _FIELD.match(field)
        found.append((match[1].decode("ascii").lower() if match else "", field))
    return found


def value(field: bytes) -> str:
    """Return a field's value on one line, its encoded words untouched."""
    text = field.partition(b":")[2].decode("utf-8", "replace")
    return " ".join(text.split())


def from_domain(raw: bytes) -> str:
    """Return the domain of the first address in the first From field; empty if there is none."""
    for name, field in fields(raw):
        if name == "from":
            found = _ADDRESS.findall(value(field))
            return found[-1].lower() if found else ""
    return ""


def authserv_id(field: bytes) -> str:
    """Return the name in which an Authentication-Results field speaks (RFC 8601, section 2.2)."""
    text = value(field)
    while (shorter := _COMMENT.sub(" ", text)) != text:
        text = shorter
    words = text.partition(";")[0].split()
    return words[0].strip('"').lower() if words else ""


def without_forgeries(raw: bytes, own_id: str) -> bytes:
    """Return the mail without Return-Path, and without the results that claim to be our own (RFC 8601, section 5)."""
    _, rest = split(raw)
    kept = [
        field
        for name, field in fields(raw)
        if name != "return-path"
        and not (name == "authentication-results" and authserv_id(field) in {own_id.lower(), ""})
    ]
    return b"\r\n".join(kept) + rest


def changed(raw: bytes, quirks: Quirks) -> bytes:
    """Return the mail as a relay leaves it that does not keep what it should."""
    _, rest = split(raw)
    drop = {"message-id"} if not quirks.keeps_message_ids else set[str]()
    drop |= {"references", "in-reply-to"} if not quirks.keeps_references else set()
    drop |= {"reply-to"} if not quirks.keeps_reply_to else set()
    if not drop:
        return raw
    kept = [field for name, field in fields(raw) if name not in drop]
    own = [b"Message-ID: <%s@relay.test>" % secrets.token_hex(10).encode()] if "message-id" in drop else []
    return b"\r\n".join([*own, *kept]) + rest


def results(raw: bytes, envelope: Envelope) -> str:
    """Return our Authentication-Results, as for who really sent the mail."""
    claimed = from_domain(raw) or "unknown.test"
    sender = envelope.sender or f"postmaster@{envelope.helo}"
    domain = sender.rpartition("@")[2]
    match envelope.authentic:
        case "pass":
            found = (
                f"dkim=pass header.d={claimed} header.s=mail",
                f"spf=pass smtp.mailfrom={sender}",
                f"dmarc=pass (p=reject) header.from={claimed}",
            )
        case "fail":  # all in order for the domain that it came from, which is not the one in From
            found = (
                f"dkim=pass header.d={domain} header.s=mail",
                f"spf=pass smtp.mailfrom={sender}",
                f"dmarc=fail (p=none) header.from={claimed}",
            )
        case _:
            found = ("dkim=none", f"spf=none smtp.mailfrom={sender}", f"dmarc=none header.from={claimed}")
    return ";\r\n ".join((envelope.authserv_id, *found))


def received(raw: bytes, envelope: Envelope, queue_id: str) -> bytes:
    """Return the mail as it lies in the recipient's box."""
    date = format_datetime(datetime.fromtimestamp(envelope.now, UTC))
    stamps = [f"Return-Path: <{envelope.sender}>", f"Delivered-To: {envelope.recipient}"]
    stamps.append(
        f"Received: from {envelope.helo} (localhost [127.0.0.1])\r\n"
        f" by {envelope.authserv_id} with ESMTP id {queue_id}\r\n for <{envelope.recipient}>; {date}"
    )
    if envelope.authentic:
        stamps.append(f"Authentication-Results: {results(raw, envelope)}")
    return "".join(f"{stamp}\r\n" for stamp in stamps).encode() + without_forgeries(raw, envelope.authserv_id)
