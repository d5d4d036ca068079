"""What SEARCH finds: a client's keys as one predicate over messages (RFC 3501, section 6.4.4)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bot.playground.mail import stamps
from bot.playground.mail.imap_wire import BadCommandError, Word, is_set, members, parse_date
from bot.playground.mail.models import Stored

_FLAGS = {
    "SEEN": "\\Seen",
    "ANSWERED": "\\Answered",
    "DELETED": "\\Deleted",
    "DRAFT": "\\Draft",
    "FLAGGED": "\\Flagged",
    "RECENT": "\\Recent",
}


@dataclass(frozen=True)
class Candidate:
    """A message with its place in the folder; its text is read only by keys that look into it."""

    position: int
    uid: int
    flags: frozenset[str]
    load: Callable[[], Stored]


Predicate = Callable[[Candidate], bool]


def predicate(words: Sequence[Word], positions: Sequence[int], uids: Sequence[int]) -> Predicate:
    """Return what decides whether a message is found; raises BadCommandError for unknown keys."""
    left = [*words]
    if left and left[0] == "CHARSET":
        del left[:2]
    if not left:
        raise BadCommandError("SEARCH needs a key, such as ALL")
    return _all_of(left, _Folder(positions, uids))


@dataclass(frozen=True)
class _Folder:
    positions: Sequence[int]
    uids: Sequence[int]


def _all_of(left: list[Word], folder: _Folder) -> Predicate:
    tests: list[Predicate] = []
    while left:
        tests.append(_key(left, folder))
    return lambda candidate: all(test(candidate) for test in tests)


def _key(left: list[Word], folder: _Folder) -> Predicate:
    word = left.pop(0)
    if isinstance(word, tuple):
        return _all_of([*word], folder)
    key = word.upper()
    if is_set(key):
        found = set(members(key, folder.positions))
        return lambda candidate: candidate.position in found
    if key in _FLAGS:
        flag = _FLAGS[key]
        return lambda candidate: flag in candidate.flags
    if key.startswith("UN") and key[2:] in _FLAGS:
        absent = _FLAGS[key[2:]]
        return lambda candidate: absent not in candidate.flags
    match key:
        case "ALL" | "OLD":
            return lambda _: True
        case "NEW":
            return lambda _: False  # nothing is \Recent here
        case "NOT":
            inner = _key(left, folder)
            return lambda candidate: not inner(candidate)
        case "OR":
            first, second = _key(left, folder), _key(left, folder)
            return lambda candidate: first(candidate) or second(candidate)
        case "UID":
            uids = set(members(_string(left, key), folder.uids))
            return lambda candidate: candidate.uid in uids
        case _:
            return _with_argument(key, left)


def _with_argument(key: str, left: list[Word]) -> Predicate:
    match key:
        case "SINCE" | "BEFORE" | "ON" | "SENTSINCE" | "SENTBEFORE" | "SENTON":
            return _on_day(key, parse_date(_string(left, key)))
        case "LARGER":
            least = _number(left, key)
            return lambda candidate: len(candidate.load().raw) > least
        case "SMALLER":
            most = _number(left, key)
            return lambda candidate: len(candidate.load().raw) < most
        case "KEYWORD":
            flag = _string(left, key)
            return lambda candidate: flag in candidate.flags
        case "UNKEYWORD":
            absent = _string(left, key)
            return lambda candidate: absent not in candidate.flags
        case "HEADER":
            return _in_header(_string(left, key), _string(left, key))
        case "FROM" | "TO" | "CC" | "BCC" | "SUBJECT":
            return _in_header(key, _string(left, key))
        case "TEXT" | "BODY":
            sought = _string(left, key).lower().encode("utf-8", "surrogateescape")
            from_ = 0 if key == "TEXT" else 1
            return lambda candidate: any(sought in part.lower() for part in stamps.split(candidate.load().raw)[from_:])
        case _:
            raise BadCommandError(f"unknown search key {key}")


def _on_day(key: str, day: datetime) -> Predicate:
    """Compare days alone: the time of a date counts for nothing."""

    def when(message: Stored) -> datetime:
        arrived = datetime.fromtimestamp(message.date, UTC)
        if not key.startswith("SENT"):
            return arrived
        for name, field in stamps.fields(message.raw):
            if name == "date":
                try:
                    return parsedate_to_datetime(stamps.value(field))
                except ValueError:
                    break
        return arrived

    def test(candidate: Candidate) -> bool:
        found = when(candidate.load()).date()
        if key.endswith("SINCE"):
            return found >= day.date()
        return found < day.date() if key.endswith("BEFORE") else found == day.date()

    return test


def _in_header(name: str, sought: str) -> Predicate:
    name, sought = name.lower(), sought.lower()
    return lambda candidate: any(
        found == name and sought in stamps.value(field).lower() for found, field in stamps.fields(candidate.load().raw)
    )


def _string(left: list[Word], key: str) -> str:
    if left and isinstance(word := left.pop(0), str):
        return word
    raise BadCommandError(f"the search key {key} needs an argument")


def _number(left: list[Word], key: str) -> int:
    word = _string(left, key)
    if not re.fullmatch(r"[0-9]{1,10}", word):
        raise BadCommandError(f"the search key {key} needs a number")
    return int(word)
