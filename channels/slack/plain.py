"""Slack's text as it arrives, into plain text: no ids, no markup, no mention of the bot."""

import re
from collections.abc import Mapping, Sequence

from channels.slack.payloads import File

_TOKEN = re.compile(r"<([^<>]*)>")
_MENTION = re.compile(r"<@([UWB][A-Z0-9]+)(?:\|([^<>]*))?>")


def mentioned(text: str) -> tuple[str, ...]:
    """Return the ids of the users whom the text mentions, each once, in order."""
    return tuple(dict.fromkeys(match[1] for match in _MENTION.finditer(text)))


def plain_text(text: str, bot_user: str, names: Mapping[str, str]) -> str:
    """Return what a reader of the message sees, without the mention of the bot; others are `@Name`.

    https://docs.slack.dev/messaging/formatting-message-text (advanced formatting, escaping).
    """
    bot = rf"<@{re.escape(bot_user)}(?:\|[^<>]*)?>"
    addressed = re.match(rf"\s*{bot}", text) is not None
    without = re.sub(rf"[ \t]?{bot}", "", text)
    said = _expand(without, names).strip()
    return said.lstrip(" ,:") if addressed else said


def file_lines(files: Sequence[File], notes: Mapping[int, str] | None = None) -> str:
    """Return a line about each file: its name, type and size; `notes` say of some, by place, why they are not read."""
    unread = {place: f"; not read: {why}" for place, why in (notes or {}).items()}
    return "\n".join(
        f"[file: {file.shown_name}, {_kind(file)}, {_size(file)}{unread.get(place, '')}]"
        for place, file in enumerate(files)
    )


def _expand(text: str, names: Mapping[str, str]) -> str:
    out: list[str] = []
    position = 0
    for match in _TOKEN.finditer(text):
        out += [_unescape(text[position : match.start()]), _unescape(_token(match[1], names))]
        position = match.end()
    return "".join([*out, _unescape(text[position:])])


def _token(inner: str, names: Mapping[str, str]) -> str:
    target, _, label = inner.partition("|")
    match target[:1]:
        case "@":
            return f"@{names.get(target[1:]) or label or 'someone'}"
        case "#":
            return f"#{label or target[1:]}"
        case "!":
            return _special(target[1:], label)
        case _:
            address = target.removeprefix("mailto:").removeprefix("tel:")
            same = not label or label in {target, address}
            return address if same else f"{label} ({address})"


def _special(target: str, label: str) -> str:
    if target in {"channel", "here", "everyone"}:
        return f"@{target}"
    if target.startswith("subteam^"):
        return f"@{label.removeprefix('@') or 'group'}"
    return label


def _unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _kind(file: File) -> str:
    return " ".join((file.pretty_type or file.mimetype or "type unknown").split())


def _size(file: File) -> str:
    if file.size is None:
        return "size unknown"
    size = float(file.size)
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
