"""Which schemas are refused, as the original refuses them."""

import pytest
from pydantic import JsonValue, TypeAdapter

from bot.menu import Menu
from bot.playground.model.schema import schema_problem
from bot.steps import STANDARD
from tests.playground.model.offered import DEPLOY_SCHEMA, TRIAGE_SCHEMA


def many(count: int, schema: JsonValue) -> dict[str, JsonValue]:
    return {f"p{n}": schema for n in range(count)}


def closed(**properties: JsonValue) -> dict[str, JsonValue]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


@pytest.mark.parametrize("schema", [DEPLOY_SCHEMA, TRIAGE_SCHEMA], ids=["deploy", "triage"])
def test_what_the_client_library_makes_of_our_steps_is_taken(schema: dict[str, JsonValue]) -> None:
    assert schema_problem(schema) is None


def test_what_the_runtime_makes_of_its_standard_steps_is_taken() -> None:
    assert schema_problem(TypeAdapter(dict[str, JsonValue]).validate_python(Menu(STANDARD).schema)) is None


def test_definition_used_twice_is_taken() -> None:
    ref: JsonValue = {"$ref": "#/$defs/A"}
    assert schema_problem({**closed(a=ref, b=ref), "$defs": {"A": {"type": "string"}}}) is None


REFUSED: dict[str, tuple[dict[str, JsonValue], str]] = {
    "an open object": ({"type": "object", "properties": {}}, "additionalProperties"),
    "an open object inside": (closed(a={"type": "object", "properties": {}}), "additionalProperties"),
    "a minimum": (closed(a={"type": "integer", "minimum": 1}), "minimum"),
    "a minimal length": (closed(a={"type": "string", "minLength": 1}), "minLength"),
    "a pattern": (closed(a={"type": "string", "pattern": "^a$"}), "pattern"),
    "oneOf": (closed(a={"oneOf": [{"type": "string"}]}), "oneOf"),
    "more than one item": (closed(a={"type": "array", "items": {"type": "string"}, "minItems": 2}), "minItems"),
    "an unknown format": (closed(a={"type": "string", "format": "iban"}), "iban"),
    "an enum of objects": (closed(a={"enum": [{"b": 1}]}), "enum"),
    "a reference to elsewhere": (closed(a={"$ref": "https://acme.test/schema.json"}), "acme.test"),
    "a reference to nothing": (closed(a={"$ref": "#/$defs/A"}), "#/$defs/A"),
    "a definition of itself": (
        {**closed(a={"$ref": "#/$defs/A"}), "$defs": {"A": closed(b={"$ref": "#/$defs/A"})}},
        "recursive",
    ),
    "two definitions of each other": (
        {
            **closed(a={"$ref": "#/$defs/A"}),
            "$defs": {"A": closed(b={"$ref": "#/$defs/B"}), "B": closed(a={"$ref": "#/$defs/A"})},
        },
        "recursive",
    ),
    "25 optional properties": (
        {**closed(**many(25, {"type": "string"})), "required": []},
        "25, limit 24",
    ),
    "17 unions": (closed(**many(17, {"type": ["string", "null"]})), "17, limit 16"),
}


@pytest.mark.parametrize(("schema", "about"), REFUSED.values(), ids=REFUSED)
def test_schema_is_refused_with_the_reason(schema: dict[str, JsonValue], about: str) -> None:
    assert about in (schema_problem(schema) or "")
