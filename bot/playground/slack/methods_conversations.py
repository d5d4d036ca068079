"""The conversations.* methods: where the app is, and what was said there."""

from collections.abc import Iterable

from bot.playground.slack import render
from bot.playground.slack.core import Call, cursor_metadata
from bot.playground.slack.happenings import HISTORY_SCOPE
from bot.playground.slack.models import Channel, Message
from bot.playground.slack.wire import ApiRefusedError, JsonObject

READ_SCOPE = {"channel": "channels:read", "group": "groups:read", "im": "im:read", "mpim": "mpim:read"}
_KINDS = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
REPLIES_PAGE = 1000


def open_conversation(call: Call) -> JsonObject:
    """conversations.open: the direct message with one person (or a group of them)."""
    if call.text("channel"):
        channel = call.workspace.channel(call.text("channel"))
        return {"no_op": True, "already_open": True, "channel": {"id": channel.id}}
    people = [person.strip() for person in call.text("users").split(",") if person.strip()]
    if not people:
        raise ApiRefusedError("users_list_not_supplied")
    for person in people:
        if call.workspace.user(person).is_bot:
            raise ApiRefusedError("cannot_dm_bot")
    known = set(call.workspace.channels)
    channel = call.workspace.dm(*people)
    was_open = channel.id in known
    shown = (
        render.channel_json(channel, call.workspace.team, call.workspace.app.bot_user) if call.flag("return_im") else {}
    )
    return {"no_op": was_open, "already_open": was_open, "channel": {"id": channel.id} | shown}


def info(call: Call) -> JsonObject:
    """conversations.info."""
    channel = _visible(call)
    call.need_scope(READ_SCOPE[channel.kind])
    return {"channel": render.channel_json(channel, call.workspace.team, call.workspace.app.bot_user)}


def list_channels(call: Call) -> JsonObject:
    """conversations.list: public channels, and what the bot is a member of."""
    return _listed(call, [channel for channel in call.workspace.channels.values() if _may_see(call, channel)])


def user_conversations(call: Call) -> JsonObject:
    """users.conversations: the channels of a member, the bot by default."""
    user = call.text("user") or call.workspace.app.bot_user
    call.workspace.user(user)
    return _listed(call, [channel for channel in call.workspace.channels.values() if user in channel.members])


def members(call: Call) -> JsonObject:
    """conversations.members."""
    channel = _visible(call)
    call.need_scope(READ_SCOPE[channel.kind])
    page, cursor = call.page({"id": member} for member in channel.members)
    return {"members": [member["id"] for member in page if isinstance(member, dict)], **cursor_metadata(cursor)}


def history(call: Call) -> JsonObject:
    """conversations.history: newest first, without thread replies (but with those also sent to the channel)."""
    channel = _readable(call)
    messages = [
        message for message in call.workspace.messages(channel.id) if not message.is_reply or message.is_broadcast
    ]
    page, cursor = call.page(_shown(call, reversed(_between(call, messages))))
    return {"messages": page, "has_more": bool(cursor), "pin_count": 0, **cursor_metadata(cursor)}


def replies(call: Call) -> JsonObject:
    """conversations.replies: the first message, then the thread's replies, oldest first."""
    channel = _readable(call)
    root = call.workspace.find(channel.id, call.needed("ts"))
    if root is None:
        raise ApiRefusedError("thread_not_found")
    thread = [] if root.is_reply else _between(call, call.workspace.replies(channel.id, root.ts))
    page, cursor = call.page(_shown(call, [root, *thread]), default=REPLIES_PAGE)
    return {"messages": page, "has_more": bool(cursor), **cursor_metadata(cursor)}


def _listed(call: Call, channels: Iterable[Channel]) -> JsonObject:
    wanted = {_KINDS.get(kind.strip(), "") for kind in call.text("types", "public_channel").split(",")}
    if "" in wanted:
        raise ApiRefusedError("invalid_types")
    for kind in sorted(wanted):
        call.need_scope(READ_SCOPE[kind])
    chosen = (
        render.channel_json(channel, call.workspace.team, call.workspace.app.bot_user)
        for channel in channels
        if channel.kind in wanted and not (channel.is_archived and call.flag("exclude_archived"))
    )
    page, cursor = call.page(chosen)
    return {"channels": page, **cursor_metadata(cursor)}


def _may_see(call: Call, channel: Channel) -> bool:
    return channel.kind == "channel" or call.workspace.app.bot_user in channel.members


def _visible(call: Call) -> Channel:
    """Return the channel by its id alone: unlike chat.postMessage, these methods take no names."""
    channel = call.workspace.channels.get(call.needed("channel"))
    if channel is None or not _may_see(call, channel):
        raise ApiRefusedError("channel_not_found")
    return channel


def _readable(call: Call) -> Channel:
    channel = _visible(call)
    call.need_scope(HISTORY_SCOPE[channel.kind])
    if call.workspace.app.bot_user not in channel.members:
        raise ApiRefusedError("not_in_channel")
    return channel


def _between(call: Call, messages: Iterable[Message]) -> list[Message]:
    """Keep what lies between `oldest` and `latest`; the ends themselves only with `inclusive`."""
    oldest, latest, inclusive = _moment(call, "oldest"), _moment(call, "latest"), call.flag("inclusive")

    def inside(ts: float) -> bool:
        after = oldest is None or ts > oldest or (inclusive and ts == oldest)
        before = latest is None or ts < latest or (inclusive and ts == latest)
        return after and before

    return [message for message in messages if inside(float(message.ts))]


def _moment(call: Call, name: str) -> float | None:
    value = call.text(name)
    try:
        return float(value) if value else None
    except ValueError:
        raise ApiRefusedError(f"invalid_ts_{name}") from None


def _shown(call: Call, messages: Iterable[Message]) -> list[JsonObject]:
    whole = call.flag("include_all_metadata")
    shown = [(call.workspace.told(message), message) for message in messages]
    return [render.with_metadata(body, message) if whole else body for body, message in shown]
