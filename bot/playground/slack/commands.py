"""Slash commands and the entries in a message's menu: the payloads Slack sends for them, and what an answer shows."""

from pydantic import JsonValue

from bot.playground.slack import text, validate
from bot.playground.slack.core import Core
from bot.playground.slack.events import Ack
from bot.playground.slack.inputs import ControlRefusedError
from bot.playground.slack.interactions import channel_name, shared_payload
from bot.playground.slack.models import Channel, Message, User
from bot.playground.slack.wire import ApiRefusedError, JsonObject, as_object, as_text

_TOO_LATE, _FAILED = "operation_timeout", "dispatch_failed"


def parted(core: Core, typed: str, *, in_thread: bool) -> tuple[str, str]:
    """Return command and text of what was typed, or refuse as Slack's client does: also anywhere in a thread.

    https://docs.slack.dev/interactivity/implementing-slash-commands
    """
    name, _, rest = typed.strip().partition(" ")
    app = core.workspace.app
    known = app.commands if "commands" in app.scopes else ()
    if name not in known:
        raise ControlRefusedError(f"{name} is not a valid command; there is: {', '.join(known) or 'none'}")
    if in_thread:
        raise ControlRefusedError(f"{name} is not supported in threads. Sorry!")
    return name, rest.strip()


def slash_command(core: Core, user: User, channel: Channel, name: str, rest: str) -> JsonObject:
    """Return the fields that Slack posts for a slash command."""
    team, app = core.workspace.team, core.workspace.app
    hook = core.surfaces.hook(channel.id, user.id, "", core.timing.response_url_s)
    return {
        "token": app.verification_token,
        "team_id": team.id,
        "team_domain": team.domain,
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user.id,
        "user_name": user.name,
        "command": name,
        "text": rest,
        "api_app_id": app.id,
        "is_enterprise_install": "false",
        "response_url": f"{core.url}/commands/{team.id}/{hook.id}",
        "trigger_id": core.surfaces.trigger(user.id, core.timing.trigger_s),
    }


def message_action(core: Core, user: User, channel: Channel, message: Message, callback_id: str) -> JsonObject:
    """Return the payload of a shortcut in a message's menu; what one person alone sees has no such menu."""
    app = core.workspace.app
    found = next((one for one in app.shortcuts if one.callback_id == callback_id), None)
    if found is None or message.ephemeral_to or "commands" not in app.scopes:
        raise ControlRefusedError(f"there is no {callback_id!r} in the menu of this message")
    hook = core.surfaces.hook(channel.id, user.id, message.ts, core.timing.response_url_s)
    return {
        **shared_payload(core, user, "message_action"),
        "action_ts": core.workspace.next_ts(),
        "callback_id": callback_id,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "response_url": f"{core.url}/actions/{core.workspace.team.id}/{hook.id}",
        "message_ts": message.ts,
        "message": core.workspace.shown(message),
    }


def answered(core: Core, user: User, channel: Channel, name: str, ack: Ack) -> str:
    """Show what the app answered with its acknowledgement; return what Slack says where there is none."""
    if ack.result != "acked":
        return f"{name} failed with the error “{_TOO_LATE if ack.result == 'http_timeout' else _FAILED}”"
    shown = _shown(core, user, channel, ack.body)
    if shown is not None:
        core.workspace.post(shown)
    return ""


def _shown(core: Core, user: User, channel: Channel, body: JsonValue) -> Message | None:
    answer: JsonObject = {"text": body} if isinstance(body, str) else as_object(body)
    said, blocks = as_text(answer.get("text")), answer.get("blocks")
    if not said and not blocks:
        return None
    try:
        made = validate.message_blocks(blocks) if blocks else ()
    except ApiRefusedError:
        made, said = (), said or "This app sent blocks that Slack does not take."
    workspace = core.workspace
    return Message(
        channel=channel.id,
        ts=workspace.next_ts(),
        user=workspace.app.bot_user,
        bot_id=workspace.app.bot_id,
        text=text.posted(said),
        blocks=made,
        ephemeral_to=None if answer.get("response_type") == "in_channel" else user.id,
        pings=text.pings(said, [as_object(block) for block in made]),
    )
