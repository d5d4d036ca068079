"""The inputs of forms, one to a block, and what was put into them."""

import re
from collections.abc import Mapping

from bot.visible import line
from channels.slack import kit
from channels.slack.limits import INPUT
from channels.slack.payloads import View
from channels.slack.wire import JsonObject, array, as_object, as_text

_USER = re.compile(r"[UW][A-Z0-9]+")
_LABEL = 150  # characters; Slack takes 2,000
_HINT = 300


def block(element: JsonObject, label: str, *, name: str = "", hint: str = "", optional: bool = False) -> JsonObject:
    """Return the block of an input, by whose name it is read; without one it has that of the input itself."""
    made: JsonObject = {
        "type": "input",
        "block_id": name or element["action_id"],
        "optional": optional,
        "label": kit.plain(line(label, _LABEL) or "?"),
        "element": element,
    }
    return {**made, "hint": kit.plain(line(hint, _HINT))} if hint.strip() else made


def words(name: str, initial: str = "", *, multiline: bool = True) -> JsonObject:
    """Return an input for text."""
    made: JsonObject = {
        "type": "plain_text_input",
        "action_id": name,
        "multiline": multiline,
        "max_length": INPUT,
    }
    return {**made, "initial_value": initial} if initial else made


def number(name: str, initial: str = "", *, whole: bool) -> JsonObject:
    """Return an input for a number, which Slack checks while it is typed."""
    made: JsonObject = {"type": "number_input", "action_id": name, "is_decimal_allowed": not whole}
    return {**made, "initial_value": initial} if initial else made


def radio(name: str, options: Mapping[str, str], initial: str = "") -> JsonObject:
    """Return buttons of which one can be chosen; `options`: value -> label."""
    return _one_of("radio_buttons", name, options, initial)


def select(name: str, options: Mapping[str, str], initial: str = "") -> JsonObject:
    """Return a list of which one can be chosen; `options`: value -> label."""
    return _one_of("static_select", name, options, initial)


def user(name: str) -> JsonObject:
    """Return a list of the workspace's people."""
    return {"type": "users_select", "action_id": name}


def put_in(view: View, name: str) -> str | None:
    """Return what was typed or chosen; empty if nothing was, None if the form has no such input."""
    found = _element(view, name)
    if not found:
        return None
    return as_text(found.get("value")) or as_text(as_object(found.get("selected_option")).get("value"))


def user_in(view: View, name: str) -> str:
    """Return the user who was chosen from the workspace's people; empty if nobody was."""
    chosen = as_text(_element(view, name).get("selected_user"))
    return chosen if _USER.fullmatch(chosen) else ""


def _element(view: View, name: str) -> JsonObject:
    """Return the state of the one input in this block."""
    inside = [*as_object(as_object(view.state.get("values")).get(name)).values()]
    return as_object(inside[0]) if len(inside) == 1 else {}


def _one_of(kind: str, name: str, options: Mapping[str, str], initial: str) -> JsonObject:
    shown = {value: kit.option(label, value) for value, label in options.items()}
    made: JsonObject = {"type": kind, "action_id": name, "options": array([*shown.values()])}
    return {**made, "initial_option": shown[initial]} if initial in shown else made
