"""Which steps a request offers: read from the schema that the answer must have."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from bot.playground.model.schema import Schema, resolve


@dataclass(frozen=True, slots=True)
class Offer:
    """The steps on offer, each with the schemas of its fields; and the system prompt, which names the other agents."""

    steps: Mapping[str, Schema]
    root: Schema
    system: str

    def fit(self, step: str, fields: Mapping[str, JsonValue]) -> dict[str, JsonValue] | None:
        """The fields as this step takes them; None if the step is not on offer or they do not suit it."""
        if step not in self.steps:
            return None
        properties, required = _properties(self.steps[step]), self.steps[step].get("required")
        fitting = {name: value for name, value in fields.items() if name in properties}
        for name in required if isinstance(required, list) else ():
            if isinstance(name, str) and name not in {*fitting, "step", "why"}:
                if not self._takes_null(properties.get(name)):
                    return None
                fitting[name] = None
        if not all(self._allows(properties[name], value) for name, value in fitting.items()):
            return None
        return fitting if step != "hand_off" or self._knows_agent(fitting.get("agent")) else None

    def _schema(self, schema: JsonValue) -> Schema:
        if not isinstance(schema, dict):
            return {}
        return resolve(schema["$ref"], self.root) or {} if "$ref" in schema else schema

    def _allows(self, schema: JsonValue, value: JsonValue) -> bool:
        enum = self._schema(schema).get("enum")
        return not isinstance(enum, list) or value in enum

    def _takes_null(self, schema: JsonValue) -> bool:
        meant = self._schema(schema)
        variants = meant.get("anyOf")
        kinds = [self._schema(v).get("type") for v in variants] if isinstance(variants, list) else [meant.get("type")]
        return any(kind == "null" or (isinstance(kind, list) and "null" in kind) for kind in kinds)

    def _knows_agent(self, agent: JsonValue) -> bool:
        """Allowed by the schema's list, or else named in the system prompt."""
        if "enum" in self._schema(_properties(self.steps["hand_off"]).get("agent")):
            return True
        return re.search(rf"\b{re.escape(str(agent))}\b", self.system) is not None


def read_offer(root: Schema, system: str) -> Offer:
    """The steps in `{"next": anyOf [...]}`; none if the schema is not of that form."""
    following = _properties(root).get("next")
    listed = following.get("anyOf") if isinstance(following, dict) else None
    steps = dict[str, Schema]()
    for variant in listed if isinstance(listed, list) else ():
        schema = resolve(variant["$ref"], root) if isinstance(variant, dict) and "$ref" in variant else variant
        if isinstance(schema, dict) and isinstance(name := _const(_properties(schema).get("step")), str):
            steps[name] = schema
    return Offer(steps, root, system)


def _properties(schema: Schema) -> Mapping[str, JsonValue]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def _const(schema: JsonValue) -> JsonValue:
    """The one value that is allowed, written as `const` or as an `enum` of one."""
    if not isinstance(schema, dict):
        return None
    enum = schema.get("enum")
    return schema.get("const") or (enum[0] if isinstance(enum, list) and len(enum) == 1 else None)
