"""What Slack tells the app when something happened: the inner events, and the envelope around them."""

import time

from bot.playground.slack.models import App, Channel, Message, Team, User
from bot.playground.slack.text import mentioned
from bot.playground.slack.wire import JsonObject, new_id

HISTORY_SCOPE = {"channel": "channels:history", "group": "groups:history", "im": "im:history", "mpim": "mpim:history"}
MESSAGES_OF = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}


def posted(shown: JsonObject, message: Message, channel: Channel, author: User, app: App) -> list[JsonObject]:
    """Return the events of a new message: `message`, and `app_mention` beside it if a channel mentions the bot."""
    common: JsonObject = {**shown, "channel": channel.id, "event_ts": message.ts}
    if channel.is_ext_shared and author.is_stranger:
        common |= {"user_team": author.team_id, "source_team": author.team_id}
    events: list[JsonObject] = []
    if HISTORY_SCOPE[channel.kind] in app.scopes:
        events.append(common | {"channel_type": channel.kind})
    is_mention = app.bot_user in mentioned(message.text) and message.user != app.bot_user and channel.kind != "im"
    if is_mention and "app_mentions:read" in app.scopes:
        events.append({key: value for key, value in common.items() if key != "subtype"} | {"type": "app_mention"})
    return events


def changed(now: JsonObject, before: JsonObject, channel: Channel, ts: str) -> JsonObject:
    """Return the event of an edited message; `ts` is the moment of the edit."""
    return {**_about(channel, ts), "subtype": "message_changed", "message": now, "previous_message": before}


def deleted(before: JsonObject, channel: Channel, ts: str) -> JsonObject:
    """Return the event of a message that was deleted at the moment `ts`."""
    return {
        **_about(channel, ts),
        "subtype": "message_deleted",
        "deleted_ts": before["ts"],
        "previous_message": before,
    }


def reacted(message: Message, user: str, name: str, ts: str) -> JsonObject:
    """Return the event of an emoji put on a message."""
    item: JsonObject = {"type": "message", "channel": message.channel, "ts": message.ts}
    return {
        "type": "reaction_added",
        "user": user,
        "reaction": name,
        "item": item,
        "item_user": message.user,
        "event_ts": ts,
    }


def app_opened(user: str, channel: Channel, tab: str, ts: str, view: JsonObject | None = None) -> JsonObject:
    """Return the event of a person who opened the app; `tab` is `messages` or `home`, `view` what stands there."""
    event: JsonObject = {"type": "app_home_opened", "user": user, "channel": channel.id, "tab": tab, "event_ts": ts}
    return {**event, "view": view} if view is not None else event


def session_stopped(user: str, channel: str, thread_ts: str, ts: str) -> JsonObject:
    """Return the event of a person who pressed Stop in a conversation of the agent; none of its messages streamed."""
    return {
        "type": "agent_session_stopped",
        "user": user,
        "channel": channel,
        "thread_ts": thread_ts,
        "streaming_message_ts": [],
        "event_ts": ts,
    }


def tokens_revoked(app: App) -> JsonObject:
    """Return the event of the bot's token taken away; it names users, not tokens."""
    return {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [app.bot_user]}}


def app_uninstalled() -> JsonObject:
    """Return the event of the app taken out of the workspace; a `tokens_revoked` comes before or after it."""
    return {"type": "app_uninstalled"}


def subscription(event: JsonObject, channel: Channel | None) -> str:
    """Return what an app subscribes to for this event: `message.channels` for a message in a public channel."""
    kind = str(event.get("type"))
    return f"message.{MESSAGES_OF[channel.kind]}" if channel and kind == "message" else kind


def envelope(event: JsonObject, channel: Channel | None, app: App, team: Team) -> JsonObject:
    """Return the `event_callback` that carries one event (https://docs.slack.dev/apis/events-api).

    Events about the app itself belong to no channel, and come to nobody's installation: it is gone.
    """
    if channel is None:
        return {
            "token": app.verification_token,
            "team_id": team.id,
            "api_app_id": app.id,
            "event": event,
            "type": "event_callback",
            "event_id": new_id("Ev"),
            "event_time": int(time.time()),
        }
    return {
        "token": app.verification_token,
        "team_id": team.id,
        "context_team_id": team.id,
        "context_enterprise_id": None,
        "api_app_id": app.id,
        "event": event,
        "type": "event_callback",
        "event_id": new_id("Ev"),
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": team.id,
                "user_id": app.bot_user,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": channel.is_ext_shared,
        "event_context": f"4-{new_id('EC')}",
    }


def _about(channel: Channel, ts: str) -> JsonObject:
    return {
        "type": "message",
        "hidden": True,
        "channel": channel.id,
        "channel_type": channel.kind,
        "ts": ts,
        "event_ts": ts,
    }
