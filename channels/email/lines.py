"""Lines of a mail as they are compared: in one spelling, whatever a program made of spaces, dashes and colons."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

LONGEST = 1_000  # characters of a line that are looked at

ORIGINAL = "\x01"
"""A line that the HTML reader writes where a program says by its markup: what was answered to begins here."""
SIGNED = "\x02"
"""What the HTML reader writes before each line of what a program marks as a signature."""

_INVISIBLE = dict.fromkeys([0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF])
_SPELLINGS = str.maketrans(
    {
        **dict.fromkeys("\u00a0\u2007\u2009\u202f\u3000\t", " "),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500", "-"),
        **dict.fromkeys("\u2018\u2019\u02bc\u00b4`", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
        "\uff1a": ":",
        "\uff1e": ">",
        "\uff1c": "<",
        "\uff08": "(",
        "\uff09": ")",
        "\uff0c": ",",
    }
)
_CITED = re.compile(r" {0,3}>")


def flat(line: str) -> str:
    """Return the line in lower case, composed, without what is invisible, its punctuation in one spelling."""
    found = line[:LONGEST]
    if not found.isascii():
        found = unicodedata.normalize("NFC", found.translate(_INVISIBLE).translate(_SPELLINGS))
    return " ".join(found.lower().replace("&nbsp;", " ").split())


def without_signs(text: str) -> str:
    """Return a text without the signs that only the HTML reader may set."""
    return text.replace(ORIGINAL, "").replace(SIGNED, "")


def is_cited(line: str) -> bool:
    """Whether the line is marked as quoted."""
    return _CITED.match(line[:8].replace("\uff1e", ">")) is not None


def has_text(lines: Iterable[str]) -> bool:
    """Whether there is anything but blank lines."""
    return any(line.strip() for line in lines)


def trimmed(lines: Sequence[str]) -> Sequence[str]:
    """Return the lines without blank ones at either end."""
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return lines[start:end]
