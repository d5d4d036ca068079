"""What IMAP says in lines, and the errors of a mailbox: pure, and without any library."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.errors import CountersignError

_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_ARRIVED = re.compile(rb'\bINTERNALDATE "([^"]+)"')
_FLAGS = re.compile(rb"\bFLAGS \(([^)]*)\)")
_VALIDITY = re.compile(rb"UIDVALIDITY (\d+)")
_NEXT = re.compile(rb"UIDNEXT (\d+)")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LITERAL = re.compile(rb"BODY\[[^]]*\] \{\d+\}$")
EXISTS = re.compile(rb"\* \d+ EXISTS\b", re.IGNORECASE)


class MailboxAwayError(CountersignError):
    """The IMAP server cannot be reached or does not answer; it is tried again."""


class MessageRefusedError(MailboxAwayError):
    """The IMAP server does not hand out one message; it is tried again."""


class MailboxRefusedError(CountersignError):
    """The IMAP server refuses the log-in or the folder: see IMAP_URL."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One message in the folder, before it is fetched."""

    uid: int
    size: int  # bytes
    arrived: int  # us, by the server's clock
    flags: frozenset[str] = frozenset()


def listed(line: bytes) -> Listed | None:
    """Read one line of a FETCH answer; None if it is none of a message's size."""
    uid, size, flags = _UID.search(line), _SIZE.search(line), _FLAGS.search(line)
    if not uid or not size:
        return None
    words = frozenset(flags[1].decode("ascii", "replace").split()) if flags else frozenset[str]()
    return Listed(int(uid[1]), int(size[1]), arrived(line), words)


def uid_of(line: bytes) -> int | None:
    """Return the UID that a line of a FETCH answer is about."""
    found = _UID.search(line)
    return int(found[1]) if found else None


def numbering(told: bytes) -> tuple[int, int | None]:
    """Return what a SELECT tells: UIDVALIDITY (0: nothing), and UIDNEXT if it tells that."""
    validity, following = _VALIDITY.search(told), _NEXT.search(told)
    return int(validity[1]) if validity else 0, int(following[1]) if following else None


def day(moment: datetime) -> str:
    """Write a day as SEARCH takes it."""
    return f"{moment.day}-{_MONTHS[moment.month - 1]}-{moment.year}"


def arrived(line: bytes) -> int:
    """Return the INTERNALDATE in a line, in us; now, if it has none."""
    found = _ARRIVED.search(line)
    try:
        moment = datetime.strptime(found[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z") if found else None
    except (ValueError, UnicodeDecodeError):
        moment = None
    return int((moment or datetime.now(UTC)).timestamp() * 1_000_000)


def quoted(text: str) -> str:
    """Return an IMAP quoted string; aioimaplib refuses line ends itself."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
