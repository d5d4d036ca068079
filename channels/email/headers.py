"""Header fields as they were sent: unfolded, decoded and bounded, without trust in any of them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.utils import parsedate_to_datetime

from bot.addresses import fold_address
from channels.email.charsets import text_of
from channels.email.mail import Sender
from channels.email.refusals import Refused

LONGEST = 20_000  # characters of one field that are looked at
MOST_IDS = 100
_RECIPIENTS = ("delivered-to", "x-original-to", "envelope-to", "x-gm-original-to", "resent-to", "to", "cc")
_BETWEEN = re.compile(r'[\s<>"(),:;\[\]\\]+')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.?)*+(?:"|\Z)|\([^()]*+\)', re.DOTALL)  # to the end, if it is never closed
_ADDRESSES = re.compile(r"[,;:]")
_ID = re.compile(r"<[^<>\s]+>")
# One mailbox. An unquoted name may hold no @: `boss@acme.test <eve@evil.test>` is read in two ways by two programs.
_MAILBOX = re.compile(
    r"""\s*(?:(?P<name>(?:"(?:[^"\\]|\\.)*+"|[^"<>@,;:()\\])*+)<(?P<angle>[^<>]*)>|(?P<bare>[^\s<>",;:()\\]+))"""
    r"""\s*(?:\((?P<comment>[^()<>@]*)\))?\s*""",
    re.DOTALL,
)
_TWICE = re.compile(r"\s*(?P<name>[^\s<>\"(),;:\\]+)\s*<(?P<angle>[^<>]*)>\s*")


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields in their order, names in lower case; values are text, undecoded."""

    fields: Sequence[tuple[str, str]]

    def all(self, name: str) -> list[str]:
        """Every value of this field, the topmost first."""
        return [value for found, value in self.fields if found == name]

    def first(self, name: str) -> str:
        """The topmost value, or an empty text."""
        return next((value for found, value in self.fields if found == name), "")

    def has(self, name: str) -> bool:
        """Whether there is such a field."""
        return any(found == name for found, _ in self.fields)


def read_headers(items: Iterable[tuple[object, object]]) -> Headers:
    """Take the raw items of a parsed message. Bytes beyond ASCII are read as UTF-8, or else as Latin-1."""
    return Headers([(str(name).lower(), _text(str(value))) for name, value in items])


def decoded(value: str) -> str:
    """Return a field on one line, its encoded words decoded (RFC 2047); what cannot be decoded stays as it is."""
    flat = " ".join(value[:LONGEST].split())
    try:
        parts = [_word(part, charset) for part, charset in decode_header(flat)] if "=?" in flat else [flat]
    except (HeaderParseError, ValueError, LookupError, IndexError):
        parts = [flat]
    return " ".join("".join(parts).replace("\0", "").split()) or flat


def one_sender(headers: Headers) -> Sender | Refused:
    """Read the From field: exactly one field, exactly one mailbox, nothing that two programs read in two ways."""
    found = headers.all("from")
    if not found:
        return Refused.NO_FROM
    if len(found) > 1:
        return Refused.SEVERAL_FROM
    value = found[0]
    if len(value) > LONGEST:
        return Refused.BAD_FROM
    match = _MAILBOX.fullmatch(value)
    if match is None:
        twice = _TWICE.fullmatch(value)  # ana@acme.test <ana@acme.test> is sloppy and says one thing only
        if twice is None or twice["name"].lower() != twice["angle"].strip().lower():
            return Refused.SEVERAL_FROM if value.count("@") > 1 and "," in value else Refused.BAD_FROM
        match = twice
    parts = match.groupdict()
    try:
        address = fold_address(parts.get("angle") or parts.get("bare") or "")
    except ValueError:
        return Refused.BAD_FROM
    if "=?" in address:
        return Refused.BAD_FROM
    name = decoded(parts.get("name") or parts.get("comment") or "").strip('" ').replace('\\"', '"')
    return Sender(address=address, name=name[:200])


def recipients(headers: Headers) -> tuple[str, ...]:
    """Return the addresses that it was sent to, the envelope's first; each once. Never Bcc."""
    found: dict[str, None] = {}
    for name in _RECIPIENTS:
        for value in headers.all(name)[:20]:
            for part in _BETWEEN.split(value[:LONGEST]):
                if part.count("@") == 1 and (address := _folded(part)):
                    found[address] = None
    return tuple(found)[:500]


def visible(headers: Headers) -> tuple[str, ...]:
    """Return the addresses in To and Cc, each once; what looks like one within a name is none."""
    found: dict[str, None] = {}
    for value in (*headers.all("to")[:20], *headers.all("cc")[:20]):
        for part in _ADDRESSES.split(_QUOTED.sub("", value[:LONGEST])):
            angle = part.rpartition("<")[2].partition(">")[0] if "<" in part else part
            if angle.count("@") == 1 and (address := _folded(angle.strip())):
                found[address] = None
    return tuple(found)[:500]


def message_ids(value: str) -> tuple[str, ...]:
    """Return the ids in Message-ID, In-Reply-To or References; of very many, the first and the last ones."""
    found = tuple(dict.fromkeys(_ID.findall(value[: 10 * LONGEST])))
    return found if len(found) <= MOST_IDS else (*found[:10], *found[-MOST_IDS + 10 :])


def date_us(value: str) -> int | None:
    """Return the time of a Date field in microseconds since 1970, if it can be read."""
    try:
        return int(parsedate_to_datetime(value[:200]).timestamp() * 1_000_000)
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        return None


def _folded(text: str) -> str | None:
    try:
        return fold_address(text)
    except ValueError:
        return None


def _text(value: str) -> str:
    """Turn the parser's surrogates back into what they were."""
    if value.isascii():
        return value
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _word(part: bytes | str, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    return text_of(part, charset)
