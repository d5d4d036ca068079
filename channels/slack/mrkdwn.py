"""Standard Markdown, as models write it, into Slack's mrkdwn: formatting only, never a mention or a disguised link."""

import re

from bot.visible import readable
from channels.slack.visible import escape

_FENCE = re.compile(r"^\s{0,3}(```|~~~)")
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.*)$")
_BULLET = re.compile(r"^(\s*)[-*+]\s+(.*)$")
_INLINE = re.compile(
    r"(?P<code>`[^`\n]+`)"
    r"|!?\[(?P<label>[^\[\]\n]*)\]\((?P<target>[^()\s]+)(?:\s+\"[^\"\n]*\")?\)"
    r"|(?P<url>https?://[^\s<>|\"'`\\⟨⟩]+)"
    r"|\*\*(?P<bold>[^*\n]+)\*\*"
    r"|__(?P<bold2>[^_\n]+)__"
    r"|(?<![*\w])\*(?P<italic>[^*\s](?:[^*\n]*[^*\s])?)\*(?![*\w])"
    r"|~~(?P<gone>[^~\n]+)~~"
)
_URL = re.compile(r"https?://[!-~]+")  # printable ASCII: what is shown is where it leads, without look-alikes
_LONGEST_URL = 500  # characters; a longer one stays text, so that it can be split
_AFTER = ".,;:!?)]}*_~'"  # ends a sentence or a phrase, and no address


def convert(markdown: str) -> str:
    """Return mrkdwn. Its only markup in angle brackets is `<https://...>`, whose text is its target.

    Everything else that Slack would read as a mention, a broadcast or a labelled link is escaped.
    """
    out: list[str] = []
    fenced = False
    for row in readable(markdown).split("\n"):
        if _FENCE.match(row):
            fenced = not fenced
            out.append("```")
        elif fenced:
            out.append(escape(row.replace("```", "'''")))
        else:
            out.append(_row(row))
    if fenced:
        out.append("```")
    return "\n".join(out).strip("\n")


def _row(row: str) -> str:
    if heading := _HEADING.match(row):
        title = heading[1].replace("*", "").rstrip(" #")
        return f"*{_inline(title)}*" if title else ""
    if bullet := _BULLET.match(row):
        return f"{bullet[1]}• {_inline(bullet[2])}"
    return _inline(row)


def _inline(text: str) -> str:
    out: list[str] = []
    position = 0
    for match in _INLINE.finditer(text):
        out += [escape(text[position : match.start()]), _marked(match)]
        position = match.end()
    return "".join([*out, escape(text[position:])])


def _marked(match: re.Match[str]) -> str:
    found = match.group()
    match match.lastgroup:
        case "code":
            return escape(found)
        case "target":
            label, target = match["label"], match["target"]
            shown = _link(target)
            return shown if not label or label == target else f"{escape(label)} ({shown})"
        case "url":
            url = found.rstrip(_AFTER)
            return _link(url) + escape(found[len(url) :])
        case "bold" | "bold2":
            return f"*{_inline(match[match.lastgroup])}*"
        case "italic":
            return f"_{_inline(match['italic'])}_"
        case "gone":
            return f"~{_inline(match['gone'])}~"
        case _:
            return escape(found)


def _link(url: str) -> str:
    """Return an address that can be clicked and reads as what it is; any other text stays text."""
    if len(url) > _LONGEST_URL or not _URL.fullmatch(url) or set(url) & set("<>|"):
        return escape(url)
    return f"<{url.replace('&', '&amp;')}>"


def pieces(mrkdwn: str, most: int) -> list[str]:
    """Split at line ends into pieces of at most `most` characters, each with its code blocks opened and closed."""
    out: list[str] = []
    held: list[str] = []
    size = 0
    fenced = False
    for row in (part for whole in mrkdwn.split("\n") for part in _parts(whole, most - 16)):
        if held and size + len(row) + 9 > most:  # 9: a line break, and room to close a code block
            out.append("\n".join([*held, "```"] if fenced else held))
            held = ["```"] if fenced else []
            size = sum(len(kept) + 1 for kept in held)
        held.append(row)
        size += len(row) + 1
        fenced ^= row == "```"
    return [piece for piece in [*out, "\n".join(held)] if piece.strip()]


def _parts(row: str, most: int) -> list[str]:
    """Split a row that is too long at a space, or else where no link and no escaped character is torn."""
    parts: list[str] = []
    while len(row) > most:
        cut = row.rfind(" ", most // 2, most) + 1
        if not cut or row.rfind("<", 0, cut) > row.rfind(">", 0, cut):
            cut = most
        opened = row.rfind("<", 0, cut)
        if opened > row.rfind(">", 0, cut):
            cut = opened or most
        entity = row.rfind("&", max(0, cut - 5), cut)
        if entity > row.rfind(";", 0, cut):
            cut = entity or cut
        parts.append(row[:cut])
        row = row[cut:]
    return [*parts, row]
