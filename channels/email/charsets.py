"""Bytes into text, whatever their charset is called: the declared one, then UTF-8, Windows-1252 and Latin-1."""

import codecs

# Codecs that are no charsets of mail: some of them take quadratic time, or turn text into something else.
_NEVER = frozenset({"punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"})
# What programs write when they mean the bigger set that their system has (the Encoding Standard of the WHATWG).
_MEANT = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "hz": "hz",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "cp950",
    "iso2022_jp": "iso2022_jp_ext",
}
_NAMES = {
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-roman": "mac_roman",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "unicode-1-1-utf-7": "utf-7",
}
_SINGLE = frozenset({"cp1252", "cp1254"})  # every text is valid in these: UTF-8 is asked first
_MOST_BROKEN = 0.05  # of a text: with more that cannot be read, it is in another charset than it says


def text_of(data: bytes, charset: str | None) -> str:
    """Return the text; never raises. NUL becomes the replacement character."""
    declared = _codec(charset) if charset else None
    wanted = [declared] if declared and declared not in _SINGLE else []
    for name in (*wanted, "utf-8", declared or "cp1252"):
        if (text := _decoded(data, name)) is not None:
            return text.replace("\0", "\ufffd")
    text = _decoded(data, wanted[0], "replace") if wanted else None
    if text is not None and text.count("\ufffd") <= _MOST_BROKEN * len(text):
        return text.replace("\0", "\ufffd")
    return (_decoded(data, "cp1252") or data.decode("latin-1")).replace("\0", "\ufffd")


def _codec(charset: str) -> str | None:
    """Return the codec that is meant by a charset's name; None if there is none for mails."""
    name = charset.strip().strip("\"'")[:40].lower()
    try:
        found = codecs.lookup(_NAMES.get(name, name)).name
    except (LookupError, ValueError, TypeError):
        return None
    return None if found.replace("-", "_") in _NEVER else _MEANT.get(found, found)


def _decoded(data: bytes, codec: str, errors: str = "strict") -> str | None:
    try:
        return data.decode(codec, errors)
    except (LookupError, ValueError, TypeError):
        return None
