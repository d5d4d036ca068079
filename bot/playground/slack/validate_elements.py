"""What Slack refuses in the elements of a block: a missing field, a wrong place, options that do not fit."""

import re
from collections.abc import Iterator
from datetime import date

from bot.playground.slack.complaints import number_of
from bot.playground.slack.inputs import options
from bot.playground.slack.limits import limit_faults, text_faults
from bot.playground.slack.wire import JsonObject, as_list, as_object, as_objects, as_text

_NEEDED = {
    "header": ("text",),
    "actions": ("elements",),
    "context": ("elements",),
    "input": ("label", "element"),
    "markdown": ("text",),
    "button": ("text",),
    "overflow": ("options",),
    "radio_buttons": ("options",),
    "checkboxes": ("options",),
    "number_input": ("is_decimal_allowed",),
    "option": ("text", "value"),
    "group": ("label", "options"),
    "confirm": ("title", "text", "confirm", "deny"),
    "plan": ("title",),
    "task_card": ("task_id", "title", "status"),
    "context_actions": ("elements",),
    "feedback_buttons": ("positive_button", "negative_button"),
}
_FIELDS_ALONE = frozenset(  # elements that stand in input blocks and nowhere else
    ["plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input", "file_input"]
)
_NEVER_FIELDS = frozenset({"button", "overflow", "image", "workflow_button"})
_MARKED_UP_OPTIONS = frozenset({"radio_buttons", "checkboxes"})
_TASK_STATUS = frozenset({"pending", "in_progress", "complete", "error"})
_INPUT_MAX = 3_000  # characters of a plain_text_input
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def element_faults(element: JsonObject, kind: str, spot: str) -> Iterator[str]:
    """Yield what is wrong with a block or element by itself, each fault ending in a JSON pointer."""
    yield from _missing(element, kind, spot)
    yield from limit_faults(element, kind, spot)
    if confirm := as_object(element.get("confirm")):
        yield from _missing(confirm, "confirm", f"{spot}/confirm")
        yield from limit_faults(confirm, "confirm", f"{spot}/confirm")
        yield from _style_faults(confirm, f"{spot}/confirm")
    match kind:
        case "plan":
            for number, task in enumerate(as_objects(element.get("tasks"))):
                yield from element_faults(task, "task_card", f"{spot}/tasks/{number}")
        case "task_card" if element.get("status") not in _TASK_STATUS:
            yield f"must be a valid enum value [json-pointer:{spot}/status]"
        case "feedback_buttons":
            for key in ("positive_button", "negative_button"):
                yield from _missing(as_object(element.get(key)), "option", f"{spot}/{key}")
        case "button":
            yield from _style_faults(element, spot)
        case "static_select" | "multi_static_select" | "overflow" | "radio_buttons" | "checkboxes":
            yield from _option_faults(element, kind, spot)
        case "plain_text_input":
            yield from _length_faults(element, spot)
        case "number_input":
            yield from _number_faults(element, spot)
        case "datepicker" if "initial_date" in element and not _is_date(as_text(element["initial_date"])):
            yield f"must be a date as YYYY-MM-DD [json-pointer:{spot}/initial_date]"
        case _:
            pass
    if "max_selected_items" in element and not _whole(element, "max_selected_items", 1, 100):
        yield f"must be greater than 0 [json-pointer:{spot}/max_selected_items]"


def place_faults(block: str, element: str, spot: str) -> Iterator[str]:
    """Yield a fault if this kind of element does not belong into this kind of block."""
    is_misplaced = element in (_NEVER_FIELDS if block == "input" else _FIELDS_ALONE)
    if is_misplaced and block in {"input", "section", "actions"}:
        yield f"unsupported type: {element} [json-pointer:{spot}/type]"


def _missing(owner: JsonObject, kind: str, spot: str) -> Iterator[str]:
    for key in _NEEDED.get(kind, ()):
        if owner.get(key) in (None, "", [], {}):
            yield f"missing required field: {key} [json-pointer:{spot}]"


def _style_faults(owner: JsonObject, spot: str) -> Iterator[str]:
    if owner.get("style") not in {None, "primary", "danger"}:
        yield f"must be a valid enum value [json-pointer:{spot}/style]"


def _option_faults(element: JsonObject, kind: str, spot: str) -> Iterator[str]:
    groups = as_objects(element.get("option_groups"))
    if kind.endswith("select") and not groups and not as_list(element.get("options")):
        yield f"missing required field: options [json-pointer:{spot}]"
    for number, group in enumerate(groups):
        yield from _missing(group, "group", f"{spot}/option_groups/{number}")
        yield from limit_faults(group, "group", f"{spot}/option_groups/{number}")
        yield from _each_option(group, kind, f"{spot}/option_groups/{number}")
    yield from _each_option(element, kind, spot)
    offered = [*options(element)]
    if "initial_option" in element and element["initial_option"] not in offered:
        yield f"must be one of the options, exactly [json-pointer:{spot}/initial_option]"
    for number, initial in enumerate(as_list(element.get("initial_options"))):
        if initial not in offered:
            yield f"must be one of the options, exactly [json-pointer:{spot}/initial_options/{number}]"


def _each_option(owner: JsonObject, kind: str, spot: str) -> Iterator[str]:
    for number, option in enumerate(as_objects(owner.get("options"))):
        at = f"{spot}/options/{number}"
        yield from _missing(option, "option", at)
        yield from limit_faults(option, "option", at)
        if kind not in _MARKED_UP_OPTIONS and as_object(option.get("text")).get("type") == "mrkdwn":
            yield from text_faults(option["text"], 75, f"{at}/text", plain=True)


def _length_faults(element: JsonObject, spot: str) -> Iterator[str]:
    if "min_length" in element and not _whole(element, "min_length", 0, _INPUT_MAX):
        yield f"must be between 0 and {_INPUT_MAX} [json-pointer:{spot}/min_length]"
    if "max_length" in element and not _whole(element, "max_length", 1, _INPUT_MAX):
        yield f"must be between 1 and {_INPUT_MAX} [json-pointer:{spot}/max_length]"
    least, most = element.get("min_length"), element.get("max_length")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield f"must be less than or equal to max_length [json-pointer:{spot}/min_length]"


def _number_faults(element: JsonObject, spot: str) -> Iterator[str]:
    found = {key: element[key] for key in ("min_value", "max_value", "initial_value") if key in element}
    for key, value in found.items():
        if not isinstance(value, str):
            yield f"must provide a string [json-pointer:{spot}/{key}]"
        elif (number := number_of(value)) is None:
            yield f"must be a number [json-pointer:{spot}/{key}]"
        elif not element.get("is_decimal_allowed") and number != number.to_integral_value():
            yield f"must be a whole number [json-pointer:{spot}/{key}]"
    least, most = (number_of(as_text(found.get(key))) for key in ("min_value", "max_value"))
    if least is not None and most is not None and least > most:
        yield f"must be less than or equal to max_value [json-pointer:{spot}/min_value]"


def _whole(element: JsonObject, key: str, least: int, most: int) -> bool:
    value = element.get(key)
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return _DATE.fullmatch(text) is not None  # fromisoformat also takes 20260102 and 2026-W01-5
