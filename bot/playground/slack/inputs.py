"""What a person puts into Block Kit's elements, as payloads carry it."""

from collections.abc import Iterable, Iterator, Mapping

from bot.errors import CountersignError
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
_MANY_PICKED = {"multi_users_select": "selected_users"}
_KEEPING = (_TYPED | _ONE_OPTION | _MANY_OPTIONS | {*_PICKED, *_MANY_PICKED}) - {"overflow"}  # that is but buttons


class ControlRefusedError(CountersignError):
    """A person cannot do that in Slack: look at the snapshot for what they see and may click."""


def elements(blocks: Iterable[JsonObject]) -> Iterator[tuple[JsonObject, JsonObject]]:
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
    blocks: tuple[JsonObject, ...], action_id: str, value: Value | None, user: str, block_id: str = ""
) -> tuple[JsonObject, JsonObject]:
    """Return block and element of this action that the user sees.

    `value` tells buttons of the same action apart, and `block_id` the same action in several blocks.
    """
    for block, element in elements(blocks):
        if block_id and block.get("block_id") != block_id:
            continue
        visible_to = element.get("visible_to_user_ids")
        hidden = isinstance(visible_to, list) and user not in visible_to
        other_button = element.get("type") == "button" and value is not None and element.get("value") != value
        if element.get("action_id") == action_id and not hidden and not other_button:
            return block, element
    shown = sorted({as_text(element.get("action_id")) for _, element in elements(blocks) if element.get("action_id")})
    raise ControlRefusedError(f"there is no {action_id!r} to click here; there is: {', '.join(shown) or 'nothing'}")


def chosen(element: JsonObject, value: Value | None) -> JsonObject:
    """Return the fields that tell what was typed or chosen.

    None: the person left it alone, so that the initial value counts; nothing at all (`""`, `[]`): they cleared it.
    """
    kind = as_text(element.get("type"))
    if kind in _TYPED:
        return {"type": kind, "value": (element.get("initial_value") if value is None else _single(value)) or None}
    if kind in _ONE_OPTION:
        initial = element.get("initial_option")
        return {"type": kind, "selected_option": initial if value is None else _option(element, _single(value))}
    if kind == "feedback_buttons":
        return _felt(element, _single(value or ""))
    if kind in _MANY_OPTIONS:
        if value is None:
            return {"type": kind, "selected_options": element.get("initial_options") or []}
        return {"type": kind, "selected_options": [_option(element, each) for each in _several(value)]}
    if kind in _PICKED:
        field = _PICKED[kind]
        initial = element.get(field.replace("selected", "initial"))
        return {"type": kind, field: (initial if value is None else _single(value)) or None}
    if kind in _MANY_PICKED:
        field = _MANY_PICKED[kind]
        initial = element.get(field.replace("selected", "initial")) or []
        return {"type": kind, field: initial if value is None else [*_several(value)]}
    return {"type": kind}


def key_of(block: JsonObject, element: JsonObject) -> str:
    """Return the key that names one element for sure; block id or action id alone may be shared."""
    return f"{as_text(block.get('block_id'))}/{as_text(element.get('action_id'))}"


def state(blocks: tuple[JsonObject, ...], values: Mapping[str, Value]) -> JsonObject:
    """Return `state.values`: block id, then action id, then what was put in.

    `values` are keyed by `key_of`, by action id, or by block id. Raises ControlRefusedError for any other key.
    """
    keeping = [*_keeping(blocks)]
    known = {key for block, element in keeping for key in _keys(block, element)}
    if unknown := sorted(set(values) - known):
        raise ControlRefusedError(f"there is no input {', '.join(unknown)}; there is: {', '.join(sorted(known))}")
    found: JsonObject = {}
    for block, element in keeping:
        value = next((values[key] for key in _keys(block, element) if key in values), None)
        block_id, action_id = as_text(block.get("block_id")), as_text(element.get("action_id"))
        found[block_id] = {**as_object(found.get(block_id)), action_id: chosen(element, value)}
    return found


def options(element: JsonObject) -> Iterator[JsonObject]:
    """Yield the options of an element, whether or not they are in groups."""
    yield from as_objects(element.get("options"))
    for group in as_objects(element.get("option_groups")):
        yield from as_objects(group.get("options"))


def keeps(element: JsonObject) -> bool:
    """Whether the element keeps what was put in, so that payloads tell it as state."""
    return element.get("type") in _KEEPING


def _keeping(blocks: tuple[JsonObject, ...]) -> Iterator[tuple[JsonObject, JsonObject]]:
    return (pair for pair in elements(blocks) if keeps(pair[1]))


def _keys(block: JsonObject, element: JsonObject) -> Iterable[str]:
    return key_of(block, element), as_text(element.get("action_id")), as_text(block.get("block_id"))


def _single(value: Value) -> str:
    return value if isinstance(value, str) else "".join(value[:1])


def _several(value: Value) -> list[str]:
    return [each for each in ([value] if isinstance(value, str) else value) if each]


def _felt(element: JsonObject, value: str) -> JsonObject:
    """Return the button of the two that was pressed."""
    offered = [as_object(element.get(name)) for name in ("positive_button", "negative_button")]
    found = next((one for one in offered if one.get("value") == value), None)
    if found is None:
        raise ControlRefusedError("neither of the two buttons has this value")
    return {"type": "feedback_buttons", "text": found.get("text"), "value": value}


def _option(element: JsonObject, value: str) -> JsonObject | None:
    if not value:
        return None
    for option in options(element):
        if value in (option.get("value"), as_object(option.get("text")).get("text")):
            return option
    raise ControlRefusedError(f"{value!r} is none of the options of {element.get('action_id')!r}")
