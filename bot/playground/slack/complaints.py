"""What Slack's client says about a form before it sends anything, in its words for people."""

import re
from decimal import Decimal
from urllib.parse import urlsplit

from bot.playground.slack.inputs import elements
from bot.playground.slack.wire import JsonObject, as_list, as_object, as_text

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def complaints(blocks: tuple[JsonObject, ...], values: JsonObject) -> dict[str, str]:
    """Return what is wrong with the inputs of a form: block id -> complaint. `values` as of `inputs.state`."""
    found: dict[str, str] = {}
    for block, element in elements(blocks):
        block_id = as_text(block.get("block_id"))
        put_in = as_object(as_object(values.get(block_id)).get(as_text(element.get("action_id"))))
        if block.get("type") != "input" or not put_in:
            continue
        content = [value for key, value in put_in.items() if key != "type" and value]
        if not content and not block.get("optional"):
            found[block_id] = "Please complete this required field."
        elif content and (complaint := _complaint(element, put_in)):
            found[block_id] = complaint
    return found


def _complaint(element: JsonObject, put_in: JsonObject) -> str:
    text = as_text(put_in.get("value"))
    match element.get("type"):
        case "plain_text_input":
            return _length(element, len(text))
        case "number_input":
            return _number(element, text)
        case "email_text_input" if not _EMAIL.fullmatch(text):
            return "Enter an email address, such as ana@acme.test."
        case "url_text_input" if urlsplit(text).scheme not in {"http", "https"} or not urlsplit(text).netloc:
            return "Enter a whole address, such as https://acme.test."
        case "multi_static_select" | "multi_users_select":
            most = element.get("max_selected_items")
            count = max(len(as_list(value)) for value in put_in.values())
            return f"Choose at most {most}." if isinstance(most, int) and count > most else ""
        case _:
            return ""


def _length(element: JsonObject, length: int) -> str:
    least, most = element.get("min_length"), element.get("max_length")
    if isinstance(least, int) and length < least:
        return f"Must be at least {least} characters."
    if isinstance(most, int) and length > most:
        return f"Must be at most {most} characters."
    return ""


def _number(element: JsonObject, text: str) -> str:
    number = number_of(text)
    if number is None:
        return "Enter a number."
    if not element.get("is_decimal_allowed") and number != number.to_integral_value():
        return "Enter a whole number."
    least, most = number_of(as_text(element.get("min_value"))), number_of(as_text(element.get("max_value")))
    if least is not None and number < least:
        return f"Must be {least} or more."
    if most is not None and number > most:
        return f"Must be {most} or less."
    return ""


def number_of(text: str) -> Decimal | None:
    """Read a number as people write it, or return None."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None
