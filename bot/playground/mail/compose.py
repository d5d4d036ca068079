"""Mails as people's programs write them: a new one, a reply with its quote, an out-of-office note."""

import base64
import binascii
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from bot.playground.mail.models import Attachment, Client, MailRefusedError
from bot.playground.mail.office import domain_of
from bot.playground.mail.quoting import Original, quoted
from bot.playground.mail.reading import Mail

POLICY = SMTP.clone(max_line_length=998)  # a shorter line would fold, and so corrupt, long Message-IDs


def new(
    *,
    from_: str,
    to: Sequence[str],
    subject: str,
    text: str,
    now: float,
    html: str | None = None,
    headers: Mapping[str, str] | None = None,
    attachments: Sequence[Attachment] = (),
) -> EmailMessage:
    """Return a mail with all the headers it needs; those given replace or extend them."""
    message = EmailMessage(policy=POLICY)
    sender = parseaddr(from_)[1]
    wanted = {
        "From": from_,
        "To": ", ".join(to),
        "Subject": subject,
        "Date": format_datetime(datetime.fromtimestamp(now, UTC)),
        "Message-ID": f"<{secrets.token_hex(12)}@{domain_of(sender) or 'unknown.test'}>",
    }
    names = {name.lower() for name in headers or {}}
    wanted = {name: value for name, value in wanted.items() if name.lower() not in names} | dict(headers or {})
    try:
        for name, value in wanted.items():
            message[name] = value
        message.set_content(text)
        if html is not None:
            message.add_alternative(html, subtype="html")
        for attachment in attachments:
            kind, _, subtype = attachment.type.partition("/")
            content = base64.b64decode(attachment.content_base64, validate=True)
            message.add_attachment(content, maintype=kind, subtype=subtype or "octet-stream", filename=attachment.name)
    except (ValueError, MessageError, binascii.Error, IndexError) as error:
        raise MailRefusedError(f"no mail can be made of that: {error}; malformed ones go to receive()") from error
    return message


def reply(
    original: Mail,
    *,
    from_: str,
    text: str,
    now: float,
    client: Client = "gmail",
    quote: bool = True,
    headers: Mapping[str, str] | None = None,
) -> EmailMessage:
    """Return what this client sends when its user answers: to Reply-To if there is one, else to From."""
    answered = original.header("message-id")
    chain = (*original.references, *([answered] if answered else []))
    domain = domain_of(parseaddr(from_)[1]) or "unknown.test"
    threading = {"In-Reply-To": answered, "References": " ".join(chain), "Message-ID": _message_id(client, domain)}
    plain, html = quoted(_original(original), text, client) if quote else (text, None)
    topic = original.header("subject")
    if client == "outlook":
        threading |= {"Thread-Topic": topic, "Thread-Index": base64.b64encode(secrets.token_bytes(27)).decode()}
    elif client == "apple":
        threading |= {"X-Mailer": "Apple Mail (2.3826.300.87.4.3)"}
    return new(
        from_=from_,
        to=[original.header("reply-to") or original.header("from")],
        subject=topic if topic.lower().startswith("re:") else f"Re: {topic}",
        text=plain,
        now=now,
        html=html,
        headers={name: value for name, value in threading.items() if value} | dict(headers or {}),
    )


def auto_reply(original: Mail, *, from_: str, now: float, text: str) -> EmailMessage:
    """Return an out-of-office note, with the headers by which machines know it (RFC 3834, section 5)."""
    return reply(
        original,
        from_=from_,
        text=text,
        now=now,
        client="plain",
        quote=False,
        headers={
            "Subject": f"Automatic reply: {original.header('subject')}",
            "Auto-Submitted": "auto-replied",
            "X-Auto-Response-Suppress": "All",
            "Precedence": "bulk",
        },
    )


def _original(mail: Mail) -> Original:
    name, address = parseaddr(mail.header("from"))
    return Original(
        name=name or address,
        address=address,
        to=mail.header("to"),
        subject=mail.header("subject"),
        date=mail.header("date"),
        text=mail.text,
        html=mail.body("html"),
    )


def _message_id(client: Client, domain: str) -> str:
    token = secrets.token_hex(16)
    match client:
        case "gmail":
            return f"<CA+{token}={token[:8]}@mail.{domain}>"
        case "outlook":  # over 77 characters, as the real ones are
            return f"<{token.upper()[:14]}{token.upper()}{token.upper()}@{token.upper()[:14]}.prod.outlook.{domain}>"
        case "apple":
            return f"<{token[:8]}-{token[8:12]}-{token[12:16]}-{token[16:20]}-{token[20:]}@{domain}>".upper()
        case "plain":
            return f"<{token}@{domain}>"
