"""Addresses of messages in Slack: made for people to follow, and read from what they paste."""

import re

from bot.ids import thread_id
from bot.places import Place
from bot.port_desk import At

_PERMALINK = re.compile(
    r"<?https://[^\s<>|/]+/archives/(?P<channel>[CDG][A-Z0-9]+)/p(?P<s>[0-9]{10})(?P<us>[0-9]{6})"
    r"(?:\?(?:[^\s<>|]*&)?thread_ts=(?P<root>[0-9]{10}\.[0-9]{6})[^\s<>|]*|\?[^\s<>|]*)?(?:\|[^<>]*)?>?"
)
_THREAD = re.compile(r"[0-9]{2}-[a-z2-7]{2,16}")


def permalink(home: str, channel: str, ts: str, root: str = "") -> str:
    """Return the address of a message, as `chat.getPermalink` makes it; `home` is that of the workspace.

    Empty if one of them is not known. https://docs.slack.dev/reference/methods/chat.getPermalink
    """
    if not (home and channel and ts):
        return ""
    link = f"{home.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"
    return f"{link}?thread_ts={root}&cid={channel}" if root and root != ts else link


def link_to(home: str, place: Place | None) -> str:
    """Return the address of the thread at this place; empty if it is not in a channel of Slack."""
    if place is None or place.channel != "slack" or place.thread is None:
        return ""
    channel = place.address.rpartition("/")[2]
    return permalink(home, channel, place.thread) if channel.startswith(("C", "D", "G")) else ""


def link_to_card(home: str, account: str, shown: tuple[At, ...]) -> str:
    """Return the address of a card: in this person's direct messages, else in a channel; empty if there is none."""
    mine = [at for at in shown if at.place.channel == "slack" and at.place.address == account]
    others = [at for at in shown if at.place.channel == "slack" and at.place.address.partition("/")[2][:1] in "CG"]
    for at in (*mine[-1:], *others[-1:]):
        channel, _, ts = at.foreign.rpartition("/")
        return permalink(home, channel.rpartition("/")[2], ts, at.place.thread or "")
    return ""


def thread_named(text: str, team: str) -> str | None:
    """Return the thread that somebody names: by its id, the beginning of one, or the address of a message in it."""
    if _THREAD.fullmatch(text):
        return text
    found = _PERMALINK.fullmatch(text)
    if found is None:
        return None
    return thread_id("slack", team, found["channel"], found["root"] or f"{found['s']}.{found['us']}")
