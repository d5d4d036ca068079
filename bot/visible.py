"""Text that cannot disguise itself: what is invisible, or turns the reading direction, is shown by its code point."""

import json
import unicodedata

from pydantic import JsonValue

# Drawn as nothing, although Unicode does not class them as format characters.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")  # Persian, Hindi and emoji are not written right without them
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_DOUBTFUL = frozenset({"Cn", "Zs"})  # not known to this Python, and spaces of other kinds


def exact(text: str) -> str:
    """Return the text with every character that a reader would miss as `⟨U+202E⟩`, for what is to be approved.

    Spaces other than the plain and the ideographic one are shown too: they look like it and are not the same.
    """
    return "".join(_shown(char, strict=True) for char in text)


def exact_value(value: JsonValue) -> str:
    """Return a value so that no two look alike: a text that could be read as another value is quoted."""
    if not isinstance(value, str):
        return exact(json.dumps(value, ensure_ascii=False, indent=2))
    return exact(json.dumps(value, ensure_ascii=False) if _ambiguous(value) else value)


def readable(text: str) -> str:
    """Return the same for what is only read: joiners stay, since several scripts need them."""
    return "".join(_shown(char, strict=False) for char in text.replace("\r\n", "\n"))


def line(text: str, most: int) -> str:
    """Return the text as one readable line of at most `most` characters, with `…` where it was cut."""
    flat = " ".join(readable(text).split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def _shown(char: str, *, strict: bool) -> str:
    if char in "\n\t":
        return char
    if char in _JOINERS or "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        return char if char in _JOINERS and not strict else _named(char)
    kind = unicodedata.category(char)
    if kind in _HIDDEN or char in _BLANK or (strict and kind in _DOUBTFUL and char not in " \u3000"):
        return _named(char)
    return char


def _named(char: str) -> str:
    return f"⟨U+{ord(char):04X}⟩"


def _ambiguous(text: str) -> bool:
    if text != text.strip() or not text:
        return True
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
