"""What an approver may change in a call: the fields as a form needs them, and what was typed read back as a step."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar, cast

from pydantic import JsonValue, ValidationError

from bot.places import EditField
from bot.steps import Action

_MOST_CHOICES = 100  # of a list to choose from, which is what Slack shows
Kind = Literal["text", "number", "whole", "yes_no", "choice", "json"]
Form = TypeVar("Form", bound=Action)
_KINDS: dict[str, Kind] = {"string": "text", "integer": "whole", "number": "number", "boolean": "yes_no"}


@dataclass(frozen=True, slots=True)
class Unfit:
    """What was typed makes no sound call; `problems` says why, by field."""

    problems: Mapping[str, str]

    def __str__(self) -> str:
        """All of it in one line."""
        return "; ".join(f"{name}: {problem}" for name, problem in self.problems.items())


def fields(step: Action) -> tuple[EditField, ...]:
    """The fields of this call that its author lets approvers change, in their order, as they are now."""
    schema = cast("dict[str, JsonValue]", type(step).model_json_schema())
    properties = cast("dict[str, dict[str, JsonValue]]", schema.get("properties", {}))
    defined = cast("dict[str, dict[str, JsonValue]]", schema.get("$defs", {}))
    now = step.arguments()
    return tuple(
        _field(name, _resolved(properties.get(name, {}), defined), now[name]) for name in now if name in step.editable
    )


def edited(step: Form, edits: Mapping[str, str | bool]) -> Form | Unfit:
    """The call with these fields as they were typed; only listed fields, checked by the step's own form."""
    offered = {field.name: field for field in fields(step)}
    problems = {name: _not_offered(name, offered) for name in edits if name not in offered}
    values: dict[str, JsonValue] = {}
    for name, typed in edits.items():
        if name in offered:
            try:
                values[name] = _read(offered[name], typed)
            except ValueError:
                problems[name] = "this should be JSON, such as [1, 2]"
    if problems:
        return Unfit(problems)
    try:
        changed = type(step).model_validate({**step.arguments(), **values})
    except ValidationError as error:
        return Unfit({_field_of(one["loc"], edits): one["msg"] for one in error.errors(include_url=False)})
    if changed.call_hash() == step.call_hash():
        return Unfit(dict.fromkeys(list(edits)[:1] or ["edit"], "that is what it is already"))
    return changed


def changes(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> dict[str, list[JsonValue]]:
    """What is different: name -> [before, after]."""
    names = [*before, *(name for name in after if name not in before)]
    return {name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)}


def _field(name: str, schema: Mapping[str, JsonValue], value: JsonValue) -> EditField:
    forms, required = _forms(schema)
    choices = _choices(forms)
    kinds: set[Kind] = {_kind(form.get("type")) for form in forms}
    kind: Kind = kinds.pop() if len(kinds) == 1 else "number" if kinds == {"number", "text"} else "json"
    about = schema.get("description")
    return EditField(
        name=name,
        kind="choice" if choices else kind,
        value=value,
        choices=choices,
        description=about if isinstance(about, str) else "",
        required=required,
    )


def _kind(name: JsonValue) -> Kind:
    return _KINDS.get(name, "json") if isinstance(name, str) else "json"


def _forms(schema: Mapping[str, JsonValue]) -> tuple[list[Mapping[str, JsonValue]], bool]:
    """The forms that a value may have, and whether there must be one."""
    found = schema.get("anyOf")
    if not isinstance(found, list):
        return [schema], True
    forms = [form for form in found if isinstance(form, dict)]
    kept = [form for form in forms if form.get("type") != "null"]
    return [*kept], len(kept) == len(forms)


def _choices(forms: list[Mapping[str, JsonValue]]) -> tuple[str, ...]:
    if len(forms) != 1:
        return ()
    listed = forms[0].get("enum")
    if not isinstance(listed, list) or len(listed) > _MOST_CHOICES:
        return ()
    words = [choice for choice in listed if isinstance(choice, str)]
    return tuple(words) if len(words) == len(listed) else ()


def _resolved(
    schema: Mapping[str, JsonValue], defined: Mapping[str, Mapping[str, JsonValue]]
) -> Mapping[str, JsonValue]:
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return {**defined.get(reference.rpartition("/")[2], {}), **schema}
    return schema


def _read(field: EditField, typed: str | bool) -> JsonValue:  # noqa: FBT001  # a box is ticked, or it is not
    """What was typed as JSON; pydantic makes numbers and dates of texts by itself. Raises ValueError."""
    if isinstance(typed, bool):
        return typed
    if not field.required and not typed.strip():
        return None
    match field.kind:
        case "json":
            return cast("JsonValue", json.loads(typed))
        case "text":
            return typed
        case _:
            return typed.strip()


def _not_offered(name: str, offered: Mapping[str, EditField]) -> str:
    del name
    return f"this cannot be changed; what can: {', '.join(offered) or 'nothing'}"


def _field_of(where: tuple[int | str, ...], edits: Mapping[str, str | bool]) -> str:
    """The field that an error is about; one about the whole call is shown at the first that was typed."""
    return str(where[0]) if where else next(iter(edits), "edit")
