"""Small mail servers over the real protocols: SMTP in, IMAP with IDLE out, on loopback."""

from bot.playground.mail.models import (
    Attachment,
    Fault,
    MailRefusedError,
    Posted,
    ShownMailbox,
    ShownMessage,
    Snapshot,
)
from bot.playground.mail.server import MailPeer, serve

__all__ = [
    "Attachment",
    "Fault",
    "MailPeer",
    "MailRefusedError",
    "Posted",
    "ShownMailbox",
    "ShownMessage",
    "Snapshot",
    "serve",
]
