"""What a person puts into Block Kit's elements: the value as payloads carry it, checked as the client checks it."""

from collections.abc import Iterator, Mapping

from bot.errors import CountersignError
from bot.playground.slack.core import text_of
from bot.playground.slack.wire import JsonObject, as_object, as_objects, as_text

Value = str | list[str]

_TYPED = frozenset({"plain_text_input", "email_text_input", "url_text_input", "number_input"})
_ONE_OPTION = frozenset({"static_select", "radio_buttons", "overflow"})
_MANY_OPTIONS = frozenset({"checkboxes", "multi_static_select"})
_PICKED = {
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
}


class ControlRefusedError(CountersignError):
    """A person cannot do that in Slack: look at the snapshot for what they see and may click."""


def elements(blocks: tuple[JsonObject, ...]) -> Iterator[tuple[JsonObject, JsonObject]]:
    """Yield every element with its block, in the order in which they are shown."""
    for block in blocks:
        for element in (
            *as_objects(block.get("elements")),
            as_object(block.get("accessory")),
            as_object(block.get("element")),
        ):
            if element:
                yield block, element


def find(
    blocks: tuple[JsonObject, ...], action_id: str, value: Value | None, user: str
) -> tuple[JsonObject, JsonObject]:
    """Return block and element of this action that the user sees; `value` tells buttons of the same action apart."""
    for block, element in elements(blocks):
        visible_to = element.get("visible_to_user_ids")
        hidden = isinstance(visible_to, list) and user not in visible_to
        other_button = element.get("type") == "button" and value is not None and element.get("value") != value
        if element.get("action_id") == action_id and not hidden and not other_button:
            return block, element
    shown = sorted({as_text(element.get("action_id")) for _, element in elements(blocks) if element.get("action_id")})
    raise ControlRefusedError(f"there is no {action_id!r} to click here; there is: {', '.join(shown) or 'nothing'}")


def chosen(element: JsonObject, value: Value | None) -> JsonObject:
    """Return the fields that tell what was typed or chosen, or else the element's initial value."""
    kind = as_text(element.get("type"))
    typed = value if isinstance(value, str) else None
    if kind in _TYPED:
        return {"type": kind, "value": typed or element.get("initial_value") or None}
    if kind in _ONE_OPTION:
        picked = _option(element, value) if isinstance(value, str) else element.get("initial_option")
        return {"type": kind, "selected_option": picked}
    if kind in _MANY_OPTIONS:
        if value is None:
            return {"type": kind, "selected_options": element.get("initial_options") or []}
        many = [value] if isinstance(value, str) else value
        return {"type": kind, "selected_options": [_option(element, each) for each in many]}
    if kind in _PICKED:
        field = _PICKED[kind]
        return {"type": kind, field: typed or element.get(field.replace("selected", "initial"))}
    return {"type": kind}


def state(blocks: tuple[JsonObject, ...], values: Mapping[str, Value]) -> JsonObject:
    """Return `state.values` of a view: block id, then action id, then what was put in.

    `values` are keyed by block id or action id. Raises ControlRefusedError for a key that the view does not have.
    """
    known = {
        as_text(owner.get(key))
        for pair in elements(blocks)
        for owner, key in zip(pair, ("block_id", "action_id"), strict=True)
    }
    if unknown := sorted(set(values) - known):
        raise ControlRefusedError(f"the view has no input {', '.join(unknown)}; it has: {', '.join(sorted(known))}")
    found: JsonObject = {}
    for block, element in elements(blocks):
        block_id, action_id = as_text(block.get("block_id")), as_text(element.get("action_id"))
        if not action_id or element.get("type") == "button":
            continue
        value = values.get(action_id, values.get(block_id))
        found[block_id] = {**as_object(found.get(block_id)), action_id: chosen(element, value)}
    return found


def missing(blocks: tuple[JsonObject, ...], values: JsonObject) -> dict[str, str]:
    """Return what the client would complain about before sending anything: block id -> complaint."""
    complaints: dict[str, str] = {}
    for block, element in elements(blocks):
        block_id = as_text(block.get("block_id"))
        put_in = as_object(as_object(values.get(block_id)).get(as_text(element.get("action_id"))))
        if block.get("type") != "input" or not put_in:
            continue
        content = [value for key, value in put_in.items() if key != "type" and value]
        if not content and not block.get("optional"):
            complaints[block_id] = "Please complete this required field."
        length, least, most = len(as_text(put_in.get("value"))), element.get("min_length"), element.get("max_length")
        if content and isinstance(least, int) and length < least:
            complaints[block_id] = f"Must be at least {least} characters."
        if isinstance(most, int) and length > most:
            complaints[block_id] = f"Must be at most {most} characters."
    return complaints


def _option(element: JsonObject, value: str) -> JsonObject:
    for option in as_objects(element.get("options")):
        if value in (option.get("value"), text_of(option.get("text"))):
            return option
    raise ControlRefusedError(f"{value!r} is none of the options of {element.get('action_id')!r}")
