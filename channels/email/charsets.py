"""Bytes into text, whatever their charset is called: the declared one, then UTF-8, Windows-1252 and Latin-1."""

import codecs

# Codecs that are no charsets of mail: some of them take quadratic time, or turn text into something else.
_NEVER = frozenset({"punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"})


def text_of(data: bytes, charset: str | None) -> str:
    """Return the text; never raises. NUL becomes the replacement character."""
    for name in (charset, "utf-8", "cp1252"):
        if name and (text := _decoded(data, name)) is not None:
            return text.replace("\0", "\ufffd")
    return data.decode("latin-1").replace("\0", "\ufffd")


def _decoded(data: bytes, charset: str) -> str | None:
    try:
        known = codecs.lookup(charset.strip().strip("\"'")[:40])
        return None if known.name.replace("-", "_") in _NEVER else data.decode(known.name)
    except (LookupError, ValueError, TypeError):
        return None
