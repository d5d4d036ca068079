"""How the Web API and the events show a message, a person, a channel and a view: shapes only."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from bot.playground.slack.models import App, Channel, Message, Team, User, View
from bot.playground.slack.wire import JsonObject, as_list, listing

BOT_CREATED = 1_700_000_000  # Unix seconds; any fixed past moment does


def message_json(
    message: Message, author: User, app: App, *, replies: Sequence[Message] = (), root: Message | None = None
) -> JsonObject:
    """Return a message as `conversations.history` shows it.

    `replies` are those of its thread, if it opened one; `root` is the thread's first message, if it is a reply.
    """
    shown: JsonObject = {
        "type": "message",
        "user": message.user,
        "text": message.text,
        "ts": message.ts,
        "team": author.team_id,
    }
    if message.subtype:
        shown["subtype"] = message.subtype
    if message.client_msg_id:
        shown["client_msg_id"] = message.client_msg_id
    if message.bot_id == app.bot_id:
        shown |= {"bot_id": message.bot_id, "app_id": app.id, "bot_profile": bot_json(app, author)}
    elif message.bot_id:
        shown |= _of_another_app(message, author)
    if message.subtype == "bot_message":
        del shown["user"]
    if message.blocks:
        shown["blocks"] = listing(message.blocks)
    if message.edited_ts:
        shown["edited"] = {"user": message.edited_by, "ts": message.edited_ts}
    if message.reactions:
        shown["reactions"] = [
            {"name": reaction.name, "users": [*reaction.users], "count": len(reaction.users)}
            for reaction in message.reactions
        ]
    if message.ephemeral_to:
        shown["is_ephemeral"] = True
    return shown | _thread_fields(message, replies, root)


def _of_another_app(message: Message, author: User) -> JsonObject:
    if message.subtype == "bot_message":  # an incoming webhook of the old kind: a name, and nobody behind it
        return {"bot_id": message.bot_id, "username": message.username}
    profile: JsonObject = {"id": message.bot_id, "name": author.real_name, "deleted": False, "team_id": author.team_id}
    return {"bot_id": message.bot_id, "app_id": f"A{str(message.bot_id)[1:]}", "bot_profile": profile}


def _thread_fields(message: Message, replies: Sequence[Message], root: Message | None) -> JsonObject:
    if message.is_reply:
        return {"thread_ts": message.thread_ts, "parent_user_id": root.user if root else None}
    if not replies:
        return {}
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": [*dict.fromkeys(reply.user for reply in replies)],
        "reply_users_count": len({reply.user for reply in replies}),
        "latest_reply": replies[-1].ts,
        "is_locked": False,
        "subscribed": True,
    }


def with_metadata(shown: JsonObject, message: Message) -> JsonObject:
    """Return the shown message together with its metadata, which Slack tells only on request or to its owner."""
    return {**shown, "metadata": message.metadata} if message.metadata else shown


def bot_json(app: App, user: User) -> JsonObject:
    """Return the bot as `bots.info` and `bot_profile` show it."""
    return {
        "id": app.bot_id,
        "app_id": app.id,
        "user_id": user.id,
        "name": user.real_name,
        "deleted": False,
        "updated": BOT_CREATED,
        "icons": {},
        "team_id": user.team_id,
    }


def user_json(user: User, app: App, now: float, *, with_email: bool) -> JsonObject:
    """Return a person as `users.info` shows them at a moment (Unix seconds); the email needs its own scope."""
    profile: JsonObject = {
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "team": user.team_id,
    }
    if with_email and user.email:
        profile["email"] = user.email
    if user.is_bot:
        profile |= {"api_app_id": app.id, "bot_id": app.bot_id}
    there = datetime.fromtimestamp(now, UTC if user.tz == "Etc/UTC" else ZoneInfo(user.tz))
    return {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.deleted,
        "tz": user.tz,
        "tz_label": there.tzname(),
        "tz_offset": int((there.utcoffset() or timedelta()).total_seconds()),  # seconds; it changes with summer time
        "profile": profile,
        "is_admin": False,
        "is_owner": False,
        "is_restricted": user.is_restricted,
        "is_ultra_restricted": user.is_ultra_restricted,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": BOT_CREATED,
        **({"is_stranger": True} if user.is_stranger else {}),
    }


def channel_json(channel: Channel, team: Team, bot_user: str) -> JsonObject:
    """Return a conversation as `conversations.info` shows it to the bot."""
    shared: JsonObject = {
        "id": channel.id,
        "created": BOT_CREATED,
        "is_archived": channel.is_archived,
        "is_im": channel.kind == "im",
        "is_org_shared": False,
        "context_team_id": team.id,
    }
    if channel.kind == "im":
        return {**shared, "user": other_member(channel, bot_user), "is_user_deleted": False}
    return {
        **shared,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_member": bot_user in channel.members,
        "is_general": channel.name == "general",
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "num_members": len(channel.members),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
    }


def other_member(channel: Channel, user: str) -> str:
    """Return whom the user talks to in a direct-message channel (themselves, if there is nobody else)."""
    return next((member for member in channel.members if member != user), user)


def view_json(view: View, team: Team, app: App) -> JsonObject:
    """Return a modal or Home tab as Slack sends it in payloads and answers."""
    values: JsonValue = view.values
    return {
        "id": view.id,
        "team_id": team.id,
        "type": view.kind,
        "blocks": as_list(view.body.get("blocks")),
        "private_metadata": view.body.get("private_metadata", ""),
        "callback_id": view.body.get("callback_id", ""),
        "external_id": view.body.get("external_id", ""),
        "title": view.body.get("title"),
        "submit": view.body.get("submit"),
        "close": view.body.get("close"),
        "clear_on_close": view.body.get("clear_on_close", False),
        "notify_on_close": view.body.get("notify_on_close", False),
        "state": {"values": values},
        "hash": view.hash,
        "previous_view_id": view.previous_view_id,
        "root_view_id": view.root_view_id,
        "app_id": app.id,
        "app_installed_team_id": team.id,
        "bot_id": app.bot_id,
    }
