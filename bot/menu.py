"""The steps on offer: the JSON schema that is shown to the model, and its answer read back as a step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from pydantic import JsonValue, ValidationError
from pydantic.json_schema import models_json_schema
from pydantic_core import from_json

from bot.errors import CountersignError
from bot.steps import Action, Step, hash_of

WHY = "One or two sentences for the people who read along: why this step, now."
OWN_FIELDS = frozenset({"step", "why"})  # of every answer; no step may have fields of these names
_MAX_DETAIL = 600  # characters of an error that the model gets to read
_MAX_NAME = 60


class InvalidOutput(CountersignError):
    """The model's answer is not one of the steps on offer."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A validated answer: the step as a value, and the model's words about it."""

    step: Step
    why: str


class Menu:
    """All steps of one agent; the list never changes within a thread, so that the provider's prompt cache hits."""

    def __init__(self, steps: Sequence[type[Step]]) -> None:
        """Take the steps in the order in which they are offered."""
        self.steps = {step.name(): step for step in steps}

    @cached_property
    def schema(self) -> dict[str, object]:
        """The form of the answer, for `output_config`; built when it is first asked for."""
        return _schema(tuple(self.steps.values()))

    @cached_property
    def version(self) -> str:
        """A hash of the schema."""
        return hash_of(cast("JsonValue", self.schema))[:16]

    def parse(self, text: str) -> Chosen:
        """Read the model's answer.

        Raises:
            InvalidOutput: it is not JSON, names no step on offer, or its fields do not validate; the message is
                short and meant for the model.

        """
        try:
            answer: object = from_json(text, allow_inf_nan=False)  # refuses half a character too: it cannot be stored
        except ValueError as error:
            raise InvalidOutput(f"The answer is not JSON: {error}"[:_MAX_DETAIL]) from error
        fields = cast("dict[str, object]", answer).get("next") if isinstance(answer, dict) else None
        if not isinstance(fields, dict):
            raise InvalidOutput('The answer must be one object with the key "next".')
        rest = cast("dict[str, JsonValue]", dict(cast("dict[str, object]", fields)))
        name, why = rest.pop("step", None), rest.pop("why", "")
        step = self.steps.get(name) if isinstance(name, str) else None
        if step is None:
            raise InvalidOutput(f"There is no step {str(name)[:_MAX_NAME]!r}. The steps are: {', '.join(self.steps)}.")
        try:
            return Chosen(step.model_validate(rest), str(why))
        except ValidationError as error:
            raise InvalidOutput(f"{name}: {problems(error)}") from error


def problems(error: ValidationError) -> str:
    """Say what did not validate, in one short line."""
    said = [
        f"{'.'.join(str(part) for part in one['loc']) or 'the step'}: {one['msg']}"
        for one in error.errors(include_url=False, include_input=False)
    ]
    return "; ".join(said)[:_MAX_DETAIL]


def step_version(step: type[Step]) -> str:
    """A hash of one step's own schema and class: an approval of another form of the step does not count."""
    form = cast("dict[str, JsonValue]", step.model_json_schema())
    if issubclass(step, Action) and step.reversibility is not None:
        form["reversibility"] = step.reversibility
    return hash_of(form)[:16]


def _schema(steps: Sequence[type[Step]]) -> dict[str, object]:
    from anthropic import transform_schema  # noqa: PLC0415  # a second to import, and only workers need it

    references, definitions = models_json_schema([(step, "validation") for step in steps])
    shared = cast("dict[str, dict[str, object]]", definitions.get("$defs", {}))
    variants: list[dict[str, object]] = []
    for step in steps:
        reference = cast("str", references[(step, "validation")]["$ref"])
        own = shared[reference.rpartition("/")[2]]
        properties = {"step": {"const": step.name()}, "why": {"type": "string", "description": WHY}}
        variants.append(
            {
                "type": "object",
                "description": step.description(),
                "properties": properties | cast("dict[str, object]", own.get("properties", {})),
                "required": ["step", "why", *cast("list[str]", own.get("required", []))],
            }
        )
    root: dict[str, object] = {
        "type": "object",
        "properties": {"next": {"anyOf": variants}},
        "required": ["next"],
        "additionalProperties": False,
    }
    if used := _used(root, shared):
        root["$defs"] = used
    return transform_schema(root)


def _used(schema: object, definitions: Mapping[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    """The definitions that a schema leads to, by themselves or through one another; a step's own is not among them."""
    found: dict[str, dict[str, object]] = {}
    todo = [schema]
    while todo:
        part = todo.pop()
        if isinstance(part, list):
            todo += cast("list[object]", part)
        elif isinstance(part, dict):
            fields = cast("dict[str, object]", part)
            todo += fields.values()
            name = str(fields.get("$ref", "")).rpartition("/")[2]
            if name in definitions and name not in found:
                found[name] = definitions[name]
                todo.append(definitions[name])
    return found
