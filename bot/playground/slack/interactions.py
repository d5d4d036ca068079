"""Clicks and forms: the payloads Slack sends for them, and what the app's answer does to an open view."""

from typing import Literal

from pydantic import Field, JsonValue

from bot.playground.slack import inputs, render, validate
from bot.playground.slack.core import Core
from bot.playground.slack.inputs import ControlRefusedError, Value
from bot.playground.slack.models import Channel, Frozen, Message, User, View
from bot.playground.slack.wire import ApiRefusedError, JsonObject, as_object, as_objects, as_text

_TOLD_OF_BUTTONS = frozenset({"text", "value", "style", "url", "confirm"})
_TOLD_OF_FIELDS = frozenset({"placeholder", "confirm"})

TROUBLE = "We had some trouble connecting. Try again?"  # what Slack says when the app does not answer well


class Doing(Frozen):
    """What a person clicks or chooses; `values` is what stands in the other elements, as of `inputs.state`."""

    action_id: str
    block_id: str = ""  # needed if several blocks have the action
    value: Value | None = None
    values: dict[str, Value] = Field(default_factory=dict)


def block_actions(core: Core, user: User, message: Message, doing: Doing) -> JsonObject:
    """Return the payload of a click in a message."""
    channel = core.workspace.channels[message.channel]
    found = inputs.find(message.blocks, doing.action_id, doing.value, user.id, doing.block_id)
    action = _action(core, found, doing.value)
    hook = core.surfaces.hook(channel.id, user.id, message.ts, core.timing.response_url_s)
    container: JsonObject = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": channel.id,
        "is_ephemeral": message.ephemeral_to is not None,
    }
    if message.is_reply:
        container["thread_ts"] = message.thread_ts
    payload: JsonObject = {
        **shared_payload(core, user, "block_actions"),
        "container": container,
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "state": {"values": _state_after(message.blocks, found, doing)},
        "response_url": f"{core.url}/actions/{core.workspace.team.id}/{hook.id}",
        "actions": [action],
    }
    return payload if message.ephemeral_to else {**payload, "message": core.workspace.shown(message)}


def view_actions(core: Core, user: User, view: View, doing: Doing) -> JsonObject:
    """Return the payload of a click in a modal or Home tab; what stands in its fields is kept with the view."""
    blocks = as_objects(view.body.get("blocks"))
    block, element = found = inputs.find(blocks, doing.action_id, doing.value, user.id, doing.block_id)
    if block.get("type") == "input" and not block.get("dispatch_action"):
        raise ControlRefusedError(f"{doing.action_id!r} is sent with its form: its block has no dispatch_action")
    action = _action(core, (block, element), doing.value)
    filled = core.surfaces.put(view.model_copy(update={"values": _state_after(blocks, found, doing)}))
    return {
        **shared_payload(core, user, "block_actions", view.id),
        "container": {"type": "view", "view_id": view.id},
        "view": render.view_json(filled, core.workspace.team, core.workspace.app),
        "actions": [action],
    }


def view_event(core: Core, user: User, view: View, kind: Literal["view_submission", "view_closed"]) -> JsonObject:
    """Return the payload of a submitted or dismissed modal."""
    shown = render.view_json(view, core.workspace.team, core.workspace.app)
    payload: JsonObject = {**shared_payload(core, user, kind, view.id), "view": shown}
    if kind == "view_closed":
        return {**{key: item for key, item in payload.items() if key != "trigger_id"}, "is_cleared": False}
    return {**payload, "response_urls": []}


def apply_answer(core: Core, view: View, body: JsonValue) -> str:
    """Do what the app answered to a submission: close, clear, update, push or show errors; return what went wrong."""
    surfaces = core.surfaces
    current = surfaces.views.get(view.id, view)
    answer = as_object(body)
    try:
        match answer.get("response_action"):
            case None:
                surfaces.close(current)
            case "clear":
                surfaces.close_all(view.user)
            case "update":
                surfaces.update(current, validate.view_body(answer.get("view")))
            case "push":
                surfaces.open(view.user, validate.view_body(answer.get("view")), above=current)
            case "errors":
                errors = {block: as_text(told) for block, told in as_object(answer.get("errors")).items()}
                inside = {
                    as_text(block.get("block_id"))
                    for block in as_objects(view.body.get("blocks"))
                    if block.get("type") == "input"
                }
                if not errors or not set(errors) <= inside:
                    return TROUBLE
                surfaces.put(current.model_copy(update={"errors": errors}))
            case _:
                return TROUBLE
    except ApiRefusedError:
        return TROUBLE
    return ""


def shared_payload(core: Core, user: User, kind: str, view_id: str | None = None) -> JsonObject:
    """Return what the payloads of all interactions have in common."""
    team, app = core.workspace.team, core.workspace.app
    return {
        "type": kind,
        "user": {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id},
        "api_app_id": app.id,
        "token": app.verification_token,
        "trigger_id": core.surfaces.trigger(user.id, core.timing.trigger_s, view_id),
        "team": {"id": team.id, "domain": team.domain},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _action(core: Core, found: tuple[JsonObject, JsonObject], value: Value | None) -> JsonObject:
    block, element = found
    action: JsonObject = {
        "type": element.get("type"),
        "action_id": element.get("action_id"),
        "block_id": block.get("block_id"),
        "action_ts": core.workspace.next_ts(),
    }
    told = _TOLD_OF_BUTTONS if element.get("type") == "button" else _TOLD_OF_FIELDS
    shared = {key: item for key, item in element.items() if key in told or key.startswith("initial_")}
    return {**action, **shared, **({} if told is _TOLD_OF_BUTTONS else inputs.chosen(element, value))}


def _state_after(blocks: tuple[JsonObject, ...], found: tuple[JsonObject, JsonObject], doing: Doing) -> JsonObject:
    """Return what stands in every field once the person has done this."""
    own = {inputs.key_of(*found): doing.value} if doing.value is not None and inputs.keeps(found[1]) else {}
    return inputs.state(blocks, {**doing.values, **own})


def channel_name(channel: Channel) -> str:
    """Return what payloads call a channel; those without a name have one word for all of them."""
    return {"im": "directmessage", "group": "privategroup"}.get(channel.kind, channel.name)
