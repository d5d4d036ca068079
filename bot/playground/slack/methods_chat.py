"""The chat.* and reactions.* methods: what the app writes."""

from bot.playground.slack import render, text, validate
from bot.playground.slack.core import Call
from bot.playground.slack.models import Channel, Message
from bot.playground.slack.wire import ApiRefusedError, JsonObject, as_object, as_text


def post_message(call: Call) -> JsonObject:
    """chat.postMessage: refuses as Slack does, cuts texts above 40,000 characters with a warning."""
    channel = _writable(call)
    body, warning = _truncated(call)
    broadcast = call.flag("reply_broadcast") and bool(call.text("thread_ts"))
    message = call.workspace.post(
        Message(
            channel=channel.id,
            ts=call.workspace.next_ts(),
            user=call.workspace.app.bot_user,
            bot_id=call.workspace.app.bot_id,
            text=text.posted(body),
            blocks=_blocks(call),
            thread_ts=thread_root(call, channel),
            subtype="thread_broadcast" if broadcast else None,
            metadata=_metadata(call),
            mrkdwn=call.maybe_flag("mrkdwn") is not False,
            unfurl_links=call.maybe_flag("unfurl_links"),
            unfurl_media=call.maybe_flag("unfurl_media"),
            pings=_pings(call, body),
        )
    )
    shown = render.with_metadata(call.workspace.shown(message), message)
    return {"channel": channel.id, "ts": message.ts, "message": shown, **warning}


def post_ephemeral(call: Call) -> JsonObject:
    """chat.postEphemeral: a message that one member of the channel sees, and nobody else."""
    channel = _writable(call)
    user = call.needed("user")
    if user not in channel.members:
        raise ApiRefusedError("user_not_in_channel")
    body, warning = _truncated(call)
    message = call.workspace.post(
        Message(
            channel=channel.id,
            ts=call.workspace.next_ts(),
            user=call.workspace.app.bot_user,
            bot_id=call.workspace.app.bot_id,
            text=text.posted(body),
            blocks=_blocks(call),
            thread_ts=thread_root(call, channel),
            ephemeral_to=user,
            pings=_pings(call, body),
        )
    )
    return {"message_ts": message.ts, **warning}


def update(call: Call) -> JsonObject:
    """chat.update: the app's own messages only; blocks left out stay, an empty list takes them away."""
    channel = call.workspace.channel(call.needed("channel"))
    message = call.workspace.message(channel.id, call.needed("ts"))
    if message.user != call.workspace.app.bot_user or message.subtype == "tombstone":
        raise ApiRefusedError("cant_update_message")
    if not call.args.get("text") and call.args.get("blocks") is None:
        raise ApiRefusedError("no_text")
    body = call.text("text") or message.text
    if len(call.text("text")) > validate.UPDATE_TEXT_MAX:
        raise ApiRefusedError("msg_too_long")
    edited = call.workspace.edit(
        message.model_copy(
            update={
                "text": text.posted(body),
                "blocks": message.blocks if call.args.get("blocks") is None else _blocks(call),
                "metadata": _metadata(call) or message.metadata,
                "pings": _pings(call, body),
            }
        ),
        by=call.workspace.app.bot_user,
    )
    return {"channel": channel.id, "ts": edited.ts, "text": edited.text, "message": call.workspace.shown(edited)}


def delete(call: Call) -> JsonObject:
    """chat.delete: the app's own messages only."""
    channel = call.workspace.channel(call.needed("channel"))
    message = call.workspace.message(channel.id, call.needed("ts"))
    if message.user != call.workspace.app.bot_user:
        raise ApiRefusedError("cant_delete_message")
    call.workspace.delete(message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(call: Call) -> JsonObject:
    """chat.getPermalink: leads to this peer, since nothing may leave the machine."""
    channel = call.workspace.channel(call.needed("channel"))
    message = call.workspace.message(channel.id, call.needed("message_ts"))
    link = f"{call.core.url}/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def add_reaction(call: Call) -> JsonObject:
    """reactions.add: one emoji by the bot."""
    channel = call.workspace.channel(call.needed("channel"))
    message = call.workspace.message(channel.id, call.needed("timestamp"))
    name = call.text("name").strip(":")
    if not name:
        raise ApiRefusedError("invalid_name")
    call.workspace.react(message, call.workspace.app.bot_user, name)
    return {}


def _writable(call: Call) -> Channel:
    channel = call.workspace.channel(call.needed("channel"))
    if call.workspace.app.bot_user not in channel.members:
        raise ApiRefusedError("not_in_channel" if channel.kind == "channel" else "channel_not_found")
    if channel.is_archived:
        raise ApiRefusedError("is_archived")
    return channel


def _truncated(call: Call) -> tuple[str, JsonObject]:
    """Return the text, cut at Slack's limit, and the warning about the cut (nothing, if there was none)."""
    body = call.text("text") or call.text("markdown_text")
    if not body and not call.args.get("blocks"):
        raise ApiRefusedError("no_text")
    if len(body) <= validate.TEXT_MAX:
        return body, {}
    told = "[WARN] The `text` field holds at most 40,000 characters: the message was posted without the rest."
    return body[: validate.TEXT_MAX], {"response_metadata": {"warnings": ["message_truncated"], "messages": [told]}}


def _blocks(call: Call) -> tuple[JsonObject, ...]:
    blocks = call.json("blocks")
    return validate.message_blocks(blocks) if blocks else ()


def thread_root(call: Call, channel: Channel) -> str | None:
    """Return the thread to reply in; Slack wants the ts of its first message, not of a reply."""
    thread_ts = call.text("thread_ts")
    if not thread_ts:
        return None
    root = call.workspace.find(channel.id, thread_ts)
    if root is None:
        raise ApiRefusedError("thread_not_found")
    if root.is_reply:
        raise ApiRefusedError("cannot_reply_to_message")
    return thread_ts


def _metadata(call: Call) -> JsonObject | None:
    metadata = as_object(call.json("metadata"))
    if not metadata:
        return None
    if not as_text(metadata.get("event_type")) or not isinstance(metadata.get("event_payload"), dict):
        raise ApiRefusedError("invalid_metadata_format")
    return metadata


def _pings(call: Call, body: str) -> text.Pings:
    blocks = call.json("blocks")
    shown = [as_object(block) for block in blocks] if isinstance(blocks, list) else []
    link_names = call.flag("link_names") or call.text("parse") == "full"
    return text.pings(body, shown, call.workspace.users.values(), link_names=link_names)
