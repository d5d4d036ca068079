"""The files.* methods: an upload in three calls, and what became of it."""

import re

from bot.playground.slack import text, validate
from bot.playground.slack.core import Call
from bot.playground.slack.files import FILE_MAX, SNIPPET_MAX
from bot.playground.slack.methods_chat import thread_root
from bot.playground.slack.models import Channel, Message
from bot.playground.slack.wire import ApiRefusedError, JsonObject, as_object, as_objects, as_text, listing

CHANNELS_MAX = 100
ALT_TEXT_MAX = 1_000
_CHANNEL = re.compile(r"[CGDZ][A-Z0-9]+")
# Seen by users of the real one: names and people's ids are refused by their form, unlike in chat.postMessage.
_NO_CHANNEL = "input must match regex pattern: ^[CGDZ][A-Z0-9]{8,}$ [json-pointer:/channel_id]"


def get_upload_url(call: Call) -> JsonObject:
    """files.getUploadURLExternal: where to send so many bytes."""
    name, length = call.needed("filename"), call.text("length", "0")
    if not length.isdigit():
        raise ApiRefusedError("invalid_arguments", "must be an integer [json-pointer:/length]")
    if int(length) == 0:
        raise ApiRefusedError("missing_argument")
    if int(length) > FILE_MAX:
        raise ApiRefusedError("file_upload_size_restricted")
    if call.text("snippet_type") and int(length) > SNIPPET_MAX:
        raise ApiRefusedError("snippet_too_large")
    if len(call.text("alt_txt")) > ALT_TEXT_MAX:
        raise ApiRefusedError("alt_txt_too_large")
    user, snippet = call.workspace.app.bot_user, call.text("snippet_type")
    file = call.workspace.files.reserve(name, int(length), user, snippet)
    return {"upload_url": f"{call.core.url}/upload/v1/{file.ticket}", "file_id": file.id}


def complete_upload(call: Call) -> JsonObject:
    """files.completeUploadExternal: end uploads, once, and show the files in a channel or thread.

    As in Slack, which shares in the background, the answer does not tell where: `files.info` does.
    """
    asked = as_objects(call.json("files"))
    if not asked:
        raise ApiRefusedError("invalid_arguments", "missing required field: files [json-pointer:/files]")
    files = call.workspace.files
    waiting = [(files.uploaded(as_text(file.get("id"))), as_text(file.get("title"))) for file in asked]
    channels = _channels(call)
    thread_ts = thread_root(call, channels[0]) if channels else None
    if thread_ts and len(channels) > 1:
        raise ApiRefusedError("invalid_arguments", "only one channel with thread_ts [json-pointer:/thread_ts]")
    blocks = _blocks(call)
    done = tuple(files.complete(file, title).id for file, title in waiting)
    answer = listing(call.workspace.shown_file(file_id) for file_id in done)
    for channel in channels:
        _share(call, channel, thread_ts, done, blocks)
    return {"files": answer}


def info(call: Call) -> JsonObject:
    """files.info: a file, and where it was shared."""
    file = call.workspace.files.file(call.needed("file"))
    return {"file": call.workspace.shown_file(file.id, shares=True), "comments": []}


def _share(
    call: Call, channel: Channel, thread_ts: str | None, files: tuple[str, ...], blocks: tuple[JsonObject, ...]
) -> None:
    workspace, said = call.workspace, call.text("initial_comment")
    message = Message(
        channel=channel.id,
        ts=workspace.next_ts(),
        user=workspace.app.bot_user,
        bot_id=workspace.app.bot_id,
        text=text.posted(said),
        blocks=blocks,
        thread_ts=thread_ts,
        subtype="file_share",
        files=files,
        pings=text.pings(said, blocks),
    )
    for file in files:
        workspace.files.share(file, channel.id, message.ts)
    workspace.post(message)


def _channels(call: Call) -> list[Channel]:
    one = call.text("channel_id")
    if one and not _CHANNEL.fullmatch(one):
        raise ApiRefusedError("invalid_arguments", _NO_CHANNEL)
    several = [name.strip() for name in call.text("channels").split(",") if name.strip()]
    if len(several) > CHANNELS_MAX:
        raise ApiRefusedError("channels_limit_exceeded")
    found = [_writable(call, one, "channel_not_found")] if one else []
    return found + [_writable(call, name, "invalid_channel") for name in several if name != one]


def _writable(call: Call, channel_id: str, unknown: str) -> Channel:
    workspace = call.workspace
    if channel_id in workspace.users and not workspace.users[channel_id].is_bot:
        return workspace.dm(channel_id)
    channel = workspace.channels.get(channel_id)
    is_inside = channel is not None and workspace.app.bot_user in channel.members
    if channel is None or (not is_inside and channel.kind != "channel"):
        raise ApiRefusedError(unknown)
    if not is_inside:
        raise ApiRefusedError("not_in_channel")
    if channel.is_archived:
        raise ApiRefusedError("posting_to_channel_denied")
    return channel


def _blocks(call: Call) -> tuple[JsonObject, ...]:
    """Return the blocks of the message, which Slack reads only without `initial_comment`."""
    blocks = call.json("blocks")
    if not blocks or call.text("initial_comment"):
        return ()
    if isinstance(blocks, list) and any(as_object(block).get("type") == "markdown" for block in blocks):
        raise ApiRefusedError("internal_error")  # python-slack-sdk issue 1756
    return validate.message_blocks(blocks)
