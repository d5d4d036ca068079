"""What FETCH answers about one message: flags, sizes, dates, and the bytes of its sections."""

import re
from collections.abc import Iterable

from bot.playground.mail import stamps
from bot.playground.mail.imap_wire import BadCommandError, Word, date_time
from bot.playground.mail.models import Stored

_SECTION = re.compile(
    r"BODY(?P<peek>\.PEEK)?\[(?P<section>[^\]]*)\](?:<(?P<start>\d{1,10})(?:\.(?P<length>\d{1,10}))?>)?"
)
_FIELDS = re.compile(r"HEADER\.FIELDS(?P<without>\.NOT)? \((?P<names>[^)]*)\)")
_MACROS = {"FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE")}
_OLD_NAMES = {"RFC822": "BODY[]", "RFC822.HEADER": "BODY.PEEK[HEADER]", "RFC822.TEXT": "BODY[TEXT]"}


def wanted(words: Iterable[Word], *, by_uid: bool) -> list[str]:
    """Return the items that a client asks for, in upper case; by UID, the UID is always among them."""
    items: list[str] = []
    for word in words:
        if isinstance(word, tuple):
            items += [item.upper() for item in word if isinstance(item, str)]
        else:
            items += _MACROS.get(word.upper(), (word.upper(),))
    return [*(["UID"] if by_uid and "UID" not in items else []), *items]


def marks_seen(items: Iterable[str]) -> bool:
    """Tell whether fetching these items marks a message as seen."""
    sections = [_SECTION.fullmatch(_OLD_NAMES.get(item, item)) for item in items]
    return any(section and not section["peek"] for section in sections)


def answer(position: int, message: Stored, items: Iterable[str]) -> bytes:
    """Return the untagged FETCH response, with its line end."""
    parts = [_item(message, item) for item in items]
    return b"* %d FETCH (%s)\r\n" % (position, b" ".join(parts))


def flags(position: int, message_flags: Iterable[str], uid: int | None) -> bytes:
    """Return the untagged FETCH response that tells of flags alone."""
    about = f"UID {uid} " if uid is not None else ""
    return f"* {position} FETCH ({about}FLAGS ({' '.join(sorted(message_flags))}))\r\n".encode()


def _item(message: Stored, item: str) -> bytes:
    match item:
        case "UID":
            return f"UID {message.uid}".encode()
        case "FLAGS":
            return f"FLAGS ({' '.join(sorted(message.flags))})".encode()
        case "INTERNALDATE":
            return f"INTERNALDATE {date_time(message.date)}".encode()
        case "RFC822.SIZE":
            return f"RFC822.SIZE {len(message.raw)}".encode()
        case _:
            return _section(message.raw, item)


def _section(raw: bytes, item: str) -> bytes:
    match = _SECTION.fullmatch(_OLD_NAMES.get(item, item))
    if not match:
        raise BadCommandError(f"this server cannot FETCH {item}; it can FLAGS, UID, RFC822.SIZE and sections of BODY")
    content = _bytes(raw, match["section"])
    origin = ""
    if match["start"] is not None:
        start = int(match["start"])
        origin = f"<{start}>"
        content = content[start : start + int(match["length"])] if match["length"] else content[start:]
    name = item if item in _OLD_NAMES else f"BODY[{match['section']}]{origin}"
    return f"{name} {{{len(content)}}}\r\n".encode() + content


def _bytes(raw: bytes, section: str) -> bytes:
    head, rest = stamps.split(raw)
    if section == "":
        return raw
    if section == "HEADER":
        return head + b"\r\n\r\n"
    if section == "TEXT":
        return rest.removeprefix(b"\r\n\r\n")
    if match := _FIELDS.fullmatch(section):
        names = set(match["names"].lower().replace('"', "").split())
        kept = [field for name, field in stamps.fields(raw) if (name in names) != bool(match["without"])]
        return b"".join(field + b"\r\n" for field in kept) + b"\r\n"
    raise BadCommandError(f"this server has no section {section!r}: fetch BODY.PEEK[]")
