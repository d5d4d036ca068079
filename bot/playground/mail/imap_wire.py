"""IMAP's grammar: commands with quoted strings, literals and lists; sequence sets; dates (RFC 3501, section 9)."""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

MAX_LITERAL = 26 * 1024 * 1024  # bytes
Word: TypeAlias = "str | tuple[Word, ...]"

_LITERAL = re.compile(rb"\{(\d{1,10})(\+?)\}$")
_RANGE = re.compile(r"(?P<first>[0-9]{1,10}|\*)(?::(?P<last>[0-9]{1,10}|\*))?")
_TOKEN = re.compile(
    r"""[ ]*(?: (?P<open>\() | (?P<close>\)) | "(?P<quoted>(?:[^"\\]|\\.)*)"
    | (?P<atom>(?:[^\s()"\[\]]|\[[^\]]*\])+) )""",
    re.VERBOSE,
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DATE = re.compile(r"\s*(\d{1,2})-(\w{3})-(\d{4})(?: (\d\d):(\d\d):(\d\d) ([+-]\d{4}))?$")


class BadCommandError(Exception):
    """The client's command is not understood: answered with BAD."""


@dataclass(frozen=True)
class Command:
    """One command: its tag, its name in upper case (`UID FETCH` in one), its arguments."""

    tag: str
    name: str
    args: tuple[Word, ...]

    def text(self, position: int) -> str:
        """Return an argument that must be a string."""
        if position < len(self.args) and isinstance(word := self.args[position], str):
            return word
        raise BadCommandError(f"{self.name} needs a string as argument {position + 1}")


async def read_command(reader: asyncio.StreamReader, go_on: Callable[[], None]) -> Command | None:
    """Read one command, asking with `go_on` for each literal; None at the end of the connection.

    Raises BadCommandError, with its tag as first argument, for what cannot be read.
    """
    pieces: list[tuple[str, bool]] = []  # text, and whether it is a literal
    while True:
        line = await reader.readline()
        if not line.endswith(b"\n"):
            return None
        line = line.rstrip(b"\r\n")
        literal = _LITERAL.search(line)
        pieces.append((_text(line[: literal.start()] if literal else line), False))
        if not literal:
            break
        size = int(literal[1])
        if size > MAX_LITERAL:
            raise BadCommandError(pieces[0][0].partition(" ")[0], "[TOOBIG] the literal is too large")
        if not literal[2]:
            go_on()
        pieces.append((_text(await reader.readexactly(size)), True))
    tag, _, rest = pieces[0][0].partition(" ")
    try:
        words = parse([(rest, False), *pieces[1:]])
    except BadCommandError as error:
        raise BadCommandError(tag or "*", str(error)) from None
    if not tag or not words or not isinstance(words[0], str):
        raise BadCommandError(tag or "*", "a command is a tag and a name")
    name, args = words[0].upper(), words[1:]
    if name == "UID" and args and isinstance(args[0], str):
        name, args = f"UID {args[0].upper()}", args[1:]
    return Command(tag, name, args)


def parse(pieces: Sequence[tuple[str, bool]]) -> tuple[Word, ...]:
    """Return the words of a command's text, lists nested; a piece marked True is taken as it is."""
    stack: list[list[Word]] = [[]]
    for piece, is_literal in pieces:
        if is_literal:
            stack[-1].append(piece)
            continue
        at = 0
        while piece[at:].strip(" "):
            match = _TOKEN.match(piece, at)
            if not match:
                raise BadCommandError(f"cannot read {piece[at : at + 40]!r}")
            at = match.end()
            if match["open"]:
                stack.append([])
            elif match["close"]:
                if len(stack) < 2:
                    raise BadCommandError("a ) without its (")
                inner = stack.pop()
                stack[-1].append(tuple(inner))
            else:
                quoted = match["quoted"]
                stack[-1].append(match["atom"] if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
    if len(stack) > 1:
        raise BadCommandError("a ( without its )")
    return tuple(stack[0])


def members(sequence_set: str, numbers: Sequence[int]) -> Iterator[int]:
    """Yield those of the rising numbers that are in a set such as `1:4,9,12:*`.

    `*` is the highest number, so `n:*` always holds it, however large n is: clients that forget fetch it for ever.
    """
    highest = numbers[-1] if numbers else 0
    wanted: list[tuple[int, int]] = []
    for part in sequence_set.split(","):
        match = _RANGE.fullmatch(part)
        if not match:
            raise BadCommandError(f"{sequence_set[:40]!r} is no set of numbers")
        first, last = match["first"], match["last"]
        ends = [highest if end == "*" else int(end) for end in (first, last or first)]
        wanted.append((min(ends), max(ends)))
    return (number for number in numbers if any(low <= number <= high for low, high in wanted))


def is_set(word: str) -> bool:
    """Tell whether a word looks like a sequence set."""
    return bool(re.fullmatch(r"[0-9*][0-9*:,]*", word))


def quoted(text: str) -> str:
    """Return a quoted string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def as_bytes(word: str) -> bytes:
    """Return a literal's bytes as they came."""
    return word.encode("utf-8", "surrogateescape")


def date_time(seconds: float) -> str:
    """Return a point in time as INTERNALDATE writes it."""
    when = datetime.fromtimestamp(seconds, UTC)
    return f'"{when.day:2d}-{_MONTHS[when.month - 1]}-{when.year} {when:%H:%M:%S} +0000"'


def parse_date(text: str) -> datetime:
    """Read `20-Nov-2026`, with or without time; a day begins at midnight UTC."""
    match = _DATE.match(text)
    if not match or match[2].title() not in _MONTHS:
        raise BadCommandError(f"{text!r} is no date: write it as 20-Nov-2026")
    stamp = f"{match[3]}-{_MONTHS.index(match[2].title()) + 1:02d}-{int(match[1]):02d}"
    try:
        if not match[4]:
            return datetime.strptime(stamp, "%Y-%m-%d").replace(tzinfo=UTC)
        clock = f"{match[4]}:{match[5]}:{match[6]} {match[7]}"
        return datetime.strptime(f"{stamp} {clock}", "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        raise BadCommandError(f"{text!r} is no date of the calendar") from None


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")
