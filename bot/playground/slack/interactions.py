"""Clicks and forms: the payloads Slack sends for them, and what the app's answer does to an open view."""

from typing import Literal

from pydantic import JsonValue

from bot.playground.slack import inputs, render, validate
from bot.playground.slack.core import Core
from bot.playground.slack.inputs import Value
from bot.playground.slack.models import Channel, Message, User, View
from bot.playground.slack.wire import ApiRefusedError, JsonObject, as_object, as_objects, as_text

TROUBLE = "We had some trouble connecting. Try again?"  # what Slack says when the app does not answer well


def block_actions(core: Core, user: User, message: Message, action_id: str, value: Value | None) -> JsonObject:
    """Return the payload of a click in a message."""
    channel = core.workspace.channels[message.channel]
    action = _action(core, inputs.find(message.blocks, action_id, value, user.id), value)
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
        **_payload(core, user, "block_actions"),
        "container": container,
        "channel": {"id": channel.id, "name": _channel_name(channel)},
        "state": {"values": inputs.state(_with_state(message.blocks), {})},
        "response_url": f"{core.url}/actions/{core.workspace.team.id}/{hook.id}",
        "actions": [action],
    }
    return payload if message.ephemeral_to else {**payload, "message": core.workspace.shown(message)}


def view_actions(core: Core, user: User, view: View, action_id: str, value: Value | None) -> JsonObject:
    """Return the payload of a click in a modal or Home tab."""
    action = _action(core, inputs.find(as_objects(view.body.get("blocks")), action_id, value, user.id), value)
    shown = render.view_json(view, core.workspace.team, core.workspace.app)
    return {
        **_payload(core, user, "block_actions", view.id),
        "container": {"type": "view", "view_id": view.id},
        "view": shown,
        "actions": [action],
    }


def view_event(core: Core, user: User, view: View, kind: Literal["view_submission", "view_closed"]) -> JsonObject:
    """Return the payload of a submitted or dismissed modal."""
    shown = render.view_json(view, core.workspace.team, core.workspace.app)
    payload: JsonObject = {**_payload(core, user, kind, view.id), "view": shown}
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


def _payload(core: Core, user: User, kind: str, view_id: str | None = None) -> JsonObject:
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
    if element.get("type") == "button":
        shared = {key: element[key] for key in ("text", "value", "style", "url") if key in element}
        return {**action, **shared}
    return {**action, **inputs.chosen(element, value)}


def _with_state(blocks: tuple[JsonObject, ...]) -> tuple[JsonObject, ...]:
    return tuple(block for block in blocks if block.get("type") in {"input", "actions", "section"})


def _channel_name(channel: Channel) -> str:
    return {"im": "directmessage", "group": "privategroup"}.get(channel.kind, channel.name)
