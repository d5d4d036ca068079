"""What lies in a mailbox and was not taken: old mail, and what was kept because it could not be read."""

from dataclasses import dataclass
from email import message_from_bytes, policy

from bot.store.cursors import Position
from channels.email.imap import open_mailbox
from channels.email.oauth import Tokens
from channels.email.settings import Server

MOST = 200  # of one mailbox, the newest


@dataclass(frozen=True, slots=True)
class Left:
    """One mail that nobody has taken. Who sent it, and what it is about, is what it says itself."""

    mailbox: str
    uid: int
    arrived: int  # us
    size: int  # bytes
    kept: bool  # it was flagged: it could not be taken
    sender: str
    subject: str


async def left(server: Server, position: Position | None, given: Tokens | None) -> list[Left]:
    """List it, the newest first. What the watch has still before it is not among it.

    Raises MailboxAwayError, MailboxRefusedError, TokenError.
    """
    async with open_mailbox(server, tokens=given) as mailbox:
        same = position is not None and position.uidvalidity == mailbox.uidvalidity
        until = position.uid if same and position is not None else mailbox.uidnext - 1
        uids = [uid for uid in await mailbox.unread() if uid <= until][-MOST:]
        headers = await mailbox.headers(uids)
        listed = await mailbox.listed(uids)
    found: list[Left] = []
    for one in reversed(listed):
        sender, subject = _fields(headers.get(one.uid, b""))
        kept = "\\Flagged" in one.flags
        found.append(Left(server.mailbox, one.uid, one.arrived, one.size, kept, sender, subject))
    return found


def _fields(raw: bytes) -> tuple[str, str]:
    try:
        message = message_from_bytes(raw, policy=policy.default)
        return str(message["From"] or ""), str(message["Subject"] or "")
    except (ValueError, LookupError, AttributeError, TypeError):
        return "", ""  # what the standard parser stumbles over is listed all the same
