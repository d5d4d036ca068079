"""The views.* methods: modals and the Home tab."""

from bot.playground.slack import render, validate
from bot.playground.slack.core import Call
from bot.playground.slack.models import View
from bot.playground.slack.wire import ApiRefusedError, JsonObject


def open_view(call: Call) -> JsonObject:
    """views.open: a modal for whoever caused the trigger, within three seconds and once."""
    body = _body(call, "modal")
    trigger = call.core.surfaces.exchange(call.needed("trigger_id"))
    return _answer(call, call.core.surfaces.open(trigger.user, body))


def push_view(call: Call) -> JsonObject:
    """views.push: a modal on top of the one in which the trigger arose."""
    body = _body(call, "modal")
    trigger = call.core.surfaces.exchange(call.needed("trigger_id"))
    below = call.core.surfaces.views.get(trigger.view_id or "")
    if below is None:
        raise ApiRefusedError("not_found")
    return _answer(call, call.core.surfaces.open(trigger.user, body, above=below))


def update_view(call: Call) -> JsonObject:
    """views.update: by id or external id, refused with `hash_conflict` if `hash` is stale."""
    view = call.core.surfaces.view(call.text("view_id") or call.text("external_id"))
    return _answer(call, call.core.surfaces.update(view, _body(call, view.kind), call.text("hash")))


def publish_view(call: Call) -> JsonObject:
    """views.publish: a user's Home tab, refused with `not_enabled` if the app has none."""
    user = call.workspace.user(call.needed("user_id"))
    if not call.workspace.app.home_tab:
        raise ApiRefusedError("not_enabled")
    return _answer(call, call.core.surfaces.publish(user.id, _body(call, "home"), call.text("hash")))


def _body(call: Call, kind: str) -> JsonObject:
    body = validate.view_body(call.json("view"))
    if body.get("type") != kind:
        raise ApiRefusedError("invalid_arguments", f"must be a view of type {kind} [json-pointer:/view/type]")
    return body


def _answer(call: Call, view: View) -> JsonObject:
    return {"view": render.view_json(view, call.workspace.team, call.workspace.app)}
