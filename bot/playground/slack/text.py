"""Slack's text: what a person types becomes escaped text with mentions, and whom a text would ping."""

import re
from collections.abc import Iterable, Iterator

from pydantic import JsonValue

from bot.playground.slack.models import Pings, User
from bot.playground.slack.wire import JsonObject, as_list, as_object, as_text

BROADCASTS = ("channel", "here", "everyone")
_MARKUP = re.compile(r"<(?:[@#!][^<>\s][^<>]*|(?:https?|mailto|tel|slack):[^<>]+)>")
_USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_BROADCAST = re.compile(r"<!(channel|here|everyone)(?:\|[^>]*)?>")
_GROUP = re.compile(r"<!subteam\^([A-Z0-9]+)(?:\|[^>]*)?>")
_PICKED = re.compile(rf"{_USER.pattern}|<(?P<url>(?:https?|mailto):[^<>|\s]+)(?:\|(?P<label>[^<>]*))?>")
_LINK = re.compile(r"https?://[^\s<>|]+")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")


def typed(text: str, users: Iterable[User], channels: Iterable[tuple[str, str]]) -> str:
    """Return what Slack stores when a person types this text.

    `@ana` (handle or full name) becomes `<@U...>`, `@here` a broadcast, `#deploys` a channel link; addresses become
    links; `&`, `<` and `>` are escaped. `channels` are pairs of name and id. Markup that names somebody already,
    as picked from the client's list, stays.
    """
    people = {name.lower(): user.id for user in users for name in (user.real_name, user.name)}
    rooms = {name.lower(): channel_id for name, channel_id in channels if name}
    names = "|".join(re.escape(name) for name in sorted([*people, *BROADCASTS], key=len, reverse=True))
    pattern = re.compile(
        rf"(?P<kept><@[UW][A-Z0-9]+>|<#C[A-Z0-9]+(?:\|[^<>]*)?>)|(?P<link>{_LINK.pattern})|(?P<mail>{_EMAIL.pattern})"
        rf"|(?<![\w@])@(?P<name>{names})(?![\w-])|(?<![\w#])\#(?P<room>[\w-]+)|(?P<special>[&<>])",
        re.IGNORECASE,
    )

    def markup(match: re.Match[str]) -> str:
        found = match.group()
        match match.lastgroup:
            case "kept":
                return found
            case "link":
                return f"<{escape(found)}>"
            case "mail":
                return f"<mailto:{found}|{found}>"
            case "name":
                name = match.group("name").lower()
                return f"<!{name}>" if name in BROADCASTS and name not in people else f"<@{people[name]}>"
            case "room":
                room = match.group("room").lower()
                return f"<#{rooms[room]}|{room}>" if room in rooms else found
            case _:
                return escape(found)

    return pattern.sub(markup, text)


def posted(text: str) -> str:
    """Return the text an app posted as Slack stores it: markup kept, stray `&`, `<` and `>` escaped."""
    parts: list[str] = []
    position = 0
    for match in _MARKUP.finditer(text):
        parts += [_escape_strays(text[position : match.start()]), match.group()]
        position = match.end()
    return "".join([*parts, _escape_strays(text[position:])])


def escape(text: str) -> str:
    """Escape Slack's three control characters."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def rich_text(text: str) -> JsonObject:
    """Return the `rich_text` block that the client sends along with a person's text."""
    elements: list[JsonValue] = []
    position = 0
    for match in _PICKED.finditer(text):
        elements += _plain(text[position : match.start()])
        if url := match["url"]:
            elements.append({"type": "link", "url": _unescaped(url), "text": _unescaped(match["label"] or url)})
        else:
            elements.append({"type": "user", "user_id": match.group(1)})
        position = match.end()
    elements += _plain(text[position:])
    section: JsonObject = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "block_id": "typed", "elements": [section]}


def pings(text: str, blocks: Iterable[JsonObject], users: Iterable[User] = (), *, link_names: bool = False) -> Pings:
    """Return whom a message notifies, by its text and by every block that reads markup.

    `link_names` (Slack's parameter of that name, or `parse=full`) turns plain `@here` and `@ana` into mentions as well.
    """
    texts = [text, *(found for block in blocks for found in _markup_texts(block))]
    if link_names:
        texts = [typed(found, users, ()) for found in texts] + texts
    whole = "\n".join(texts)
    return Pings(
        broadcasts=tuple(dict.fromkeys(_BROADCAST.findall(whole))),
        users=tuple(dict.fromkeys(_USER.findall(whole))),
        groups=tuple(dict.fromkeys(_GROUP.findall(whole))),
    )


def mentioned(text: str) -> set[str]:
    """Return the ids of the users whom the text mentions."""
    return set(_USER.findall(text))


def _escape_strays(text: str) -> str:
    text = re.sub(r"&(?!(?:amp|lt|gt);)", "&amp;", text)
    return re.sub(r"<", "&lt;", re.sub(r"(?m)(?<!^)>", "&gt;", text))  # a leading > quotes


def _plain(text: str) -> list[JsonValue]:
    return [{"type": "text", "text": _unescaped(text)}] if text else []


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _markup_texts(value: JsonValue) -> Iterator[str]:
    """Yield every text in a block that Slack reads mentions in; `plain_text` is not read."""
    if isinstance(value, list):
        for item in value:
            yield from _markup_texts(item)
        return
    found = as_object(value)
    match found.get("type"):
        case "mrkdwn" | "markdown":
            yield as_text(found.get("text"))
        case "user":
            yield f"<@{as_text(found.get('user_id'))}>"
        case "broadcast":
            yield f"<!{as_text(found.get('range'))}>"
        case "usergroup":
            yield f"<!subteam^{as_text(found.get('usergroup_id'))}>"
        case _:
            for key in ("text", "fields", "elements", "accessory", "label", "hint", "rows", "title", "tasks"):
                inner = found.get(key)
                yield from _markup_texts(inner if isinstance(inner, dict) else as_list(inner))
