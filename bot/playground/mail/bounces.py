"""Delivery status notifications: the mail that tells a sender that, and why, a mail did not arrive (RFC 3464)."""

import re
import secrets
from email.utils import formatdate

from bot.playground.mail.stamps import split

_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")


def status(reply: str) -> str:
    """Return the enhanced status code of an SMTP reply; where it has none, a general one of the same class."""
    found = _STATUS.search(reply)
    return found[1] if found else f"{reply[:1] or '5'}.0.0"


def report(raw: bytes, *, sender: str, recipient: str, reply: str, host: str) -> bytes:
    """Return the report about a mail; a 4xx reply makes it one about a delay."""
    is_final = reply.startswith("5")
    boundary = f"report-{secrets.token_hex(8)}"
    subject = "Undelivered Mail Returned to Sender" if is_final else "Delayed Mail (still being retried)"
    said = (
        f"This is the mail system at host {host}.\r\n\r\n"
        f"Your message to <{recipient}> "
        + ("could not be delivered. It will not be tried again.\r\n\r\n" if is_final else "is late.\r\n\r\n")
        + f"The server said: {reply}"
    )
    head = [
        f"From: Mail Delivery System <mailer-daemon@{host}>",
        f"To: <{sender}>",
        f"Subject: {subject}",
        f"Date: {formatdate()}",
        f"Message-ID: <{secrets.token_hex(10)}@{host}>",
        "Auto-Submitted: auto-replied",
        f"X-Failed-Recipients: {recipient}",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"',
    ]
    facts = [
        f"Reporting-MTA: dns; {host}",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        f"Action: {'failed' if is_final else 'delayed'}",
        f"Status: {status(reply)}",
        f"Diagnostic-Code: smtp; {reply}",
        "",
    ]
    original, _ = split(raw)
    parts = [
        ("text/plain; charset=us-ascii", said.encode("ascii", "replace")),
        ("message/delivery-status", "\r\n".join(facts).encode("ascii", "replace")),
        ("text/rfc822-headers", original),
    ]
    body = b"".join(
        f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n".encode() + content + b"\r\n" for kind, content in parts
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body + f"--{boundary}--\r\n".encode()
