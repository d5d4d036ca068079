"""Text that cannot disguise itself: what is invisible, or turns the reading direction, is shown by its code point."""

import re
import unicodedata
from functools import lru_cache

# Drawn as nothing, although Unicode does not class them as format characters.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")  # Persian, Hindi and emoji are not written right without them
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
_DOUBTFUL = frozenset({"Cn", "Zs"})  # not known to this Python, and spaces of other kinds
_BROADCAST = re.compile(r"@(?=(?:channel|here|everyone|group)\b)", re.IGNORECASE)


def exact(text: str) -> str:
    """Return the text with every character that a reader would miss as `⟨U+202E⟩`, for what is to be approved.

    Spaces other than the plain and the ideographic one are shown too: they look like it and are not the same.
    """
    return "".join(_shown(char, strict=True) for char in text)


def readable(text: str) -> str:
    """Return the same for what is only read: joiners stay, since several scripts need them."""
    return "".join(_shown(char, strict=False) for char in text.replace("\r\n", "\n"))


def line(text: str, most: int) -> str:
    """Return the text as one readable line of at most `most` characters, with `…` where it was cut."""
    flat = " ".join(readable(text).split())
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def escape(text: str) -> str:
    """Escape Slack's three control characters, and part an `@` from the words that would call everybody.

    https://docs.slack.dev/messaging/formatting-message-text (escaping); with `link_names`, or after a conversion by
    somebody else, Slack turns a plain `@channel` into a broadcast.
    """
    parted = _BROADCAST.sub("@ ", text)
    return parted.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


@lru_cache(maxsize=4096)
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
