"""From the bytes of a mail to a `Mail`: never raises, and bounded in time and size."""

import hashlib
import re
from email.errors import MessageError
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32

from channels.email.auth import prove
from channels.email.body import Body, read_body
from channels.email.dkim import TxtLookup, dns_txt
from channels.email.headers import (
    Headers,
    date_us,
    decoded,
    message_ids,
    one_sender,
    read_headers,
    recipients,
    visible,
)
from channels.email.kinds import bounced, kind_of
from channels.email.mail import Kind, Mail, Proof, Said, Sender
from channels.email.newtext import split
from channels.email.refusals import Refused
from channels.email.threading import conversation

BIGGEST = 25_000_000  # bytes; a bigger mail is refused before it is fetched
_LONGEST_HEAD = 500_000  # bytes
_MOST_BOUNDARIES = 200
_LONGEST_SUBJECT = 500  # characters
# What programs put before the subject of a mail that they forward, by language.
_FORWARDS = re.compile(
    r"\s*(?:\[[^\]]{0,60}\]\s*)?"
    r"(?:fwd?|wg|tr|rv|enc|i|pd|vb|vl|doorst|továbbítás|fv|ilt|пересл?|转发|轉寄|轉發|転送|전달)\s*[:：]",  # noqa: RUF001  # as Chinese programs write it
    re.IGNORECASE,
)


def read_mail(raw: bytes, mail_auth: str | None = None, lookup: TxtLookup = dns_txt) -> Mail:
    """Understand a mail. With MAIL_AUTH=dkim, `lookup` is asked for keys and may block; else this is pure."""
    try:
        return _read(raw, mail_auth, lookup)
    except Exception:  # noqa: BLE001  # whatever a mail does to the parsers: it is listed, and nobody is answered
        return Mail(digest=hashlib.sha256(raw).hexdigest(), refusal=Refused.MALFORMED)


def _read(raw: bytes, mail_auth: str | None, lookup: TxtLookup) -> Mail:
    headers, message = _parsed(raw)
    digest = _digest(headers, raw)
    found = one_sender(headers)
    sender = found if isinstance(found, Sender) else None
    ids = message_ids(headers.first("message-id"))
    if len(raw) > BIGGEST or message is None:
        reason = Refused.TOO_BIG if len(raw) > BIGGEST else Refused.MALFORMED
        return Mail(message_id=ids[0] if ids else None, digest=digest, sender=sender, refusal=reason)
    body = read_body(message)
    subject = decoded(headers.first("subject"))[:_LONGEST_SUBJECT]
    kind = _kind(headers, message, sender, body)
    proof = Proof(ok=False, why="the From field names no single sender")
    if sender is not None:
        proof = prove(mail_auth, headers, sender.address, raw, lookup)
    return Mail(
        message_id=ids[0] if ids else None,
        digest=digest,
        sender=sender,
        refusal=found if isinstance(found, Refused) else None,
        subject=subject,
        kind=kind,
        recipients=recipients(headers),
        copied=visible(headers),
        index=conversation(headers.first("thread-index")),
        in_reply_to=message_ids(headers.first("in-reply-to")),
        references=message_ids(headers.first("references")),
        sent_at=date_us(headers.first("date")),
        said=_said(body, forwards=_FORWARDS.match(subject) is not None),
        attachments=tuple(body.attachments),
        proof=proof,
        bounced=bounced(headers, body.report + body.text) if kind == "bounce" else None,
    )


def _said(body: Body, *, forwards: bool) -> Said:
    """Take the text apart. Where it marks no quote and its HTML does, that one counts, if it says less of the same."""
    said = split(body.text, forwards=forwards)
    if said.quoted or said.forwarded or not body.rich:
        return said
    rich = split(body.rich, forwards=forwards)
    words, fewer = _squeezed(said.new_text), _squeezed(rich.new_text)
    marked = rich.quoted or rich.forwarded or rich.signature
    return rich if marked and fewer and (words.startswith(fewer) or words.endswith(fewer)) else said


def _squeezed(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _kind(headers: Headers, message: Message, sender: Sender | None, body: Body) -> Kind:
    kind = kind_of(headers, message, sender.address if sender else "")
    return body.unreadable or kind if kind in {"human", "list"} else kind


def _parsed(raw: bytes) -> tuple[Headers, Message | None]:
    """Parse it; without a message if its head or its structure is beyond all measure."""
    head = raw[:_LONGEST_HEAD]
    ends = [position for mark in (b"\n\n", b"\r\n\r\n", b"\r\r") if (position := head.find(mark)) >= 0]
    too_long = not ends and len(raw) > _LONGEST_HEAD
    if too_long or raw.lower().count(b"boundary=") > _MOST_BOUNDARIES or len(raw) > BIGGEST:
        return read_headers(BytesHeaderParser(policy=compat32).parsebytes(head).raw_items()), None
    try:
        message: Message = BytesParser(policy=compat32).parsebytes(raw)
    except (MessageError, ValueError, LookupError, RecursionError, AssertionError):
        return read_headers(BytesHeaderParser(policy=compat32).parsebytes(head).raw_items()), None
    return read_headers(message.raw_items()), message


def _digest(headers: Headers, raw: bytes) -> str:
    """Hash what stays the same on every way that a mail takes: relays change the other fields."""
    ends = [position for mark in (b"\r\n\r\n", b"\n\n") if (position := raw.find(mark)) >= 0]
    body = raw[min(ends) :].strip() if ends else raw
    digest = hashlib.sha256()
    for name in ("from", "date", "subject"):
        digest.update("\0".join(headers.all(name)).encode("utf-8", "surrogatepass") + b"\1")
    digest.update(body)
    return digest.hexdigest()
