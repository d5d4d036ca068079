"""The form in which an approver changes a call, made from its fields, and what was changed in it. Pure."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from bot.places import EditField
from bot.visible import line
from channels.slack import inputs, kit
from channels.slack.limits import INPUT, OPTION, OPTIONS
from channels.slack.payloads import View
from channels.slack.wire import JsonObject, compact

MOST_FIELDS = 90  # of the hundred blocks that a form may have
_SHORT = 80  # characters that are edited on one line
_PLAIN_NUMBER = re.compile(r"(-?[0-9]{1,30}(\.[0-9]{1,30})?)?")  # one that Slack's input for numbers takes for sure
_YES_NO = {"yes": "Yes", "no": "No"}


def blocks(fields: tuple[EditField, ...]) -> list[JsonObject]:
    """Return an input for each field, filled in with what it is now, and a word about those that do not fit."""
    offered = dict(_offered(fields))
    left_out = [field.name for field in fields if field not in offered.values()]
    made = [_input(name, field) for name, field in offered.items()]
    if left_out:
        told = f"Too long to be changed in Slack: {line(', '.join(left_out), 300)}. It can be done with `bot edit`."
        made.append(kit.context(kit.plain(told)))
    return made


def can_be_filled_in(fields: tuple[EditField, ...]) -> bool:
    """Whether any field is short enough to be changed in a form."""
    return any(True for _ in _offered(fields))


def edits(view: View, fields: tuple[EditField, ...]) -> dict[str, str | bool]:
    """Return the fields that are other than they were, as they were typed; whatever else is in the form is not read."""
    found: dict[str, str | bool] = {}
    for name, field in _offered(fields):
        typed = inputs.put_in(view, name)
        if typed is not None and not _is_same(field, typed):
            answer = _answer(field, typed)
            found |= {} if answer is None else {field.name: answer}
    return found


def complaints(problems: dict[str, str], fields: tuple[EditField, ...], otherwise: str) -> dict[str, str]:
    """Return what is wrong, by input; what is about none of them stands at the first."""
    names = {field.name: name for name, field in _offered(fields)}
    told = {names[field]: line(problem, INPUT) for field, problem in problems.items() if field in names}
    return told or {next(iter(names.values())): line(otherwise, INPUT)}


def _offered(fields: tuple[EditField, ...]) -> Iterator[tuple[str, EditField]]:
    """Yield those fields that fit into a form, with the names of their inputs."""
    for place, field in enumerate(fields[:MOST_FIELDS]):
        if len(_shown(field)) <= INPUT:
            yield f"field-{place}", field


def _input(name: str, field: EditField) -> JsonObject:
    shown = _shown(field)
    match field.kind:
        case "yes_no":
            element = inputs.radio(name, _YES_NO, shown)
        case "choice" if _is_list(field):
            options = {str(place): choice for place, choice in enumerate(field.choices)}
            element = inputs.select(name, options, _place(field, shown))
        case "number" | "whole" if _PLAIN_NUMBER.fullmatch(shown):
            element = inputs.number(name, shown, whole=field.kind == "whole")
        case _:
            is_long = field.kind == "json" or len(shown) > _SHORT or "\n" in shown
            element = inputs.words(name, shown, multiline=is_long)
    # An empty text is a text: Slack would not send it from an input that is required.
    can_be_empty = not field.required or (field.kind == "text" and shown == "")
    return inputs.block(element, field.name, hint=field.description, optional=can_be_empty)


def _is_list(field: EditField) -> bool:
    return 0 < len(field.choices) <= OPTIONS and all(0 < len(line(one, OPTION + 1)) <= OPTION for one in field.choices)


def _place(field: EditField, choice: str) -> str:
    return str(field.choices.index(choice)) if choice in field.choices else ""


def _shown(field: EditField) -> str:
    """Return the value as it stands in its input."""
    value = field.value
    if value is None:
        return ""
    if field.kind == "yes_no":
        return "yes" if value is True else "no"
    return value if isinstance(value, str) and field.kind != "json" else compact(value)


def _is_same(field: EditField, typed: str) -> bool:
    shown = _shown(field)
    if field.kind == "choice" and _is_list(field):
        return typed == _place(field, shown)
    if field.kind in {"number", "whole"}:
        return typed.strip() == shown or (_number(shown) is not None and _number(shown) == _number(typed))
    if field.kind == "json":
        return _canonical(typed) == _canonical(shown)
    return typed == shown


def _answer(field: EditField, typed: str) -> str | bool | None:
    """Return what was typed as an answer carries it; None if it is none of what was offered."""
    if field.kind == "yes_no":
        return typed == "yes" if typed in _YES_NO else None
    if field.kind == "choice" and _is_list(field):
        known = {str(place): choice for place, choice in enumerate(field.choices)}
        return known.get(typed)
    return typed


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _canonical(text: str) -> str:
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except (ValueError, RecursionError):
        return text.strip()
