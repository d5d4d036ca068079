"""What kind of mail it is: from a human, or one of those that must never be answered and never decide."""

import re
from email.message import Message

from channels.email.headers import Headers, message_ids
from channels.email.mail import Bounced, Kind

LOOP = "X-Countersign"
"""A field that every mail of ours carries: a mail with it is our own, come back."""
_BULK = frozenset({"bulk", "junk", "list", "auto_reply"})
_ROBOTS = ("mailer-daemon@", "postmaster@", "double-bounce@")
_STATUS = re.compile(r"^Status:\s*([245]\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
_RECIPIENT = re.compile(r"^(?:Final|Original)-Recipient:[^;\n]{0,20};\s*(\S{1,254})", re.IGNORECASE | re.MULTILINE)
_MESSAGE_ID = re.compile(r"^Message-ID:\s*(<[^<>\s]{1,900}>)", re.IGNORECASE | re.MULTILINE)
_LONGEST = 100_000  # characters of a report that are looked at


def kind_of(headers: Headers, message: Message, sender: str) -> Kind:
    """Say what kind the headers speak of. RFC 3834 section 2; the rest is what receivers have met in the wild."""
    if headers.has(LOOP.lower()):
        return "own"
    if _is_bounce(headers, message, sender):
        return "bounce"
    submitted = headers.first("auto-submitted").split(";")[0].strip().lower()
    if submitted not in {"", "no"} or _answers_by_itself(headers, message):
        return "auto_reply"
    if headers.has("list-id") or headers.has("list-unsubscribe") or headers.has("list-post"):
        return "list"
    precedence = headers.first("precedence").strip().lower()
    if precedence in _BULK:
        return "auto_reply" if precedence == "auto_reply" else "list"
    return "human"


def bounced(headers: Headers, text: str) -> Bounced:
    """Read a delivery report (RFC 3464): `text` is all of its parts."""
    looked_at = text[:_LONGEST]
    status, recipient, original = (pattern.search(looked_at) for pattern in (_STATUS, _RECIPIENT, _MESSAGE_ID))
    named = headers.first("x-failed-recipients").split(",")[0].strip()
    ids = message_ids(headers.first("in-reply-to")) or message_ids(headers.first("references"))[-1:]
    return Bounced(
        status=status[1] if status else "",
        recipient=recipient[1].strip("<>") if recipient else named,
        message_id=original[1] if original else (ids[0] if ids else None),
    )


def _is_bounce(headers: Headers, message: Message, sender: str) -> bool:
    if message.get_content_type() == "multipart/report":
        report = str(message.get_param("report-type") or "").lower()
        return report != "disposition-notification"
    return headers.has("x-failed-recipients") or sender.startswith(_ROBOTS)


def _answers_by_itself(headers: Headers, message: Message) -> bool:
    if message.get_content_type() == "multipart/report":
        return True  # a receipt: somebody's program says that it was read
    if any(headers.has(name) for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-mail-autoreply")):
        return True
    if headers.first("x-auto-response-suppress").strip().lower() == "all" and headers.has(
        "x-ms-exchange-inbox-rules-loop"
    ):
        return True
    return any(value.strip() == "<>" for value in headers.all("return-path"))
