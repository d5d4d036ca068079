"""Which JSON schemas structured output takes (platform documentation, "Structured outputs", "Limitations")."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

OBJECTS = frozenset({"properties", "required", "additionalProperties", "$defs", "definitions", "$ref"})
VALUES = frozenset({"type", "enum", "const", "anyOf", "allOf", "items", "minItems", "format", "default"})
KEYWORDS = OBJECTS | VALUES | {"title", "description"}
FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"})
MAX_OPTIONAL = 24  # optional properties in the whole schema
MAX_UNIONS = 16  # properties with anyOf or several types in the whole schema

Schema = Mapping[str, JsonValue]


def schema_problem(root: Schema) -> str | None:
    """Say why the original would refuse this schema; None if it would take it."""
    parts = list(_parts(root))
    for part in parts:
        if problem := _problem_of(part, root):
            return problem
    if (optional := sum(_optional_properties(part) for part in parts)) > MAX_OPTIONAL:
        return f"too many optional properties ({optional}, limit {MAX_OPTIONAL}); make some of them required"
    if (unions := sum(_union_properties(part) for part in parts)) > MAX_UNIONS:
        return f"too many properties with union types ({unions}, limit {MAX_UNIONS})"
    return _recursion(root)


def _problem_of(part: Schema, root: Schema) -> str | None:
    if unknown := sorted(set(part) - KEYWORDS):
        return f"for type '{part.get('type')}', '{unknown[0]}' is not supported"
    if part.get("type") == "object" and part.get("additionalProperties") is not False:
        return "for type 'object', 'additionalProperties' must be explicitly set to false"
    if part.get("minItems", 0) not in (0, 1):
        return "for type 'array', 'minItems' can only be 0 or 1"
    if (format_ := part.get("format")) is not None and format_ not in FORMATS:
        return f"format '{format_}' is not supported"
    if isinstance(values := part.get("enum"), list) and any(isinstance(value, dict | list) for value in values):
        return "an enum can only hold strings, numbers, booleans and null"
    if (ref := part.get("$ref")) is not None and resolve(ref, root) is None:
        return f"$ref '{ref}' does not lead to a definition in this schema"
    return None


def _parts(schema: Schema) -> Iterator[Schema]:
    """The schema and every schema within it, definitions included and references not followed."""
    yield schema
    for child in _children(schema):
        yield from _parts(child)


def _children(schema: Schema) -> Iterator[Schema]:
    for key in ("properties", "$defs", "definitions"):
        named = schema.get(key)
        yield from (child for child in (named.values() if isinstance(named, dict) else ()) if isinstance(child, dict))
    for key in ("anyOf", "allOf"):
        listed = schema.get(key)
        yield from (child for child in (listed if isinstance(listed, list) else ()) if isinstance(child, dict))
    if isinstance(items := schema.get("items"), dict):
        yield items


def resolve(ref: JsonValue, root: Schema) -> Schema | None:
    """What a reference within this schema means; None if nothing."""
    found: JsonValue = dict(root)
    if not isinstance(ref, str) or not ref.startswith("#/"):
        return None
    for key in ref.removeprefix("#/").split("/"):
        if not isinstance(found, dict) or key not in found:
            return None
        found = found[key]
    return found if isinstance(found, dict) else None


def _optional_properties(part: Schema) -> int:
    properties, required = part.get("properties"), part.get("required")
    names = set(properties) if isinstance(properties, dict) else set[str]()
    return len(names.difference(required if isinstance(required, list) else ()))


def _union_properties(part: Schema) -> int:
    properties = part.get("properties")
    return sum(
        isinstance(child, dict) and ("anyOf" in child or isinstance(child.get("type"), list))
        for child in (properties.values() if isinstance(properties, dict) else ())
    )


def _recursion(root: Schema) -> str | None:
    """The grammar is compiled in full, so a definition must not lead back to itself."""
    for key in ("$defs", "definitions"):
        definitions = root.get(key)
        for name in definitions if isinstance(definitions, dict) else ():
            start = f"#/{key}/{name}"
            if start in _reachable(start, root):
                return f"recursive schemas are not supported ('{start}')"
    return "recursive schemas are not supported ('#')" if "#" in _refs(root) else None


def _reachable(start: str, root: Schema) -> set[str]:
    seen = set[str]()
    todo = [start]
    while todo:
        schema = resolve(todo.pop(), root)
        fresh = _refs(schema) - seen if schema is not None else set[str]()
        seen |= fresh
        todo += fresh
    return seen


def _refs(schema: Schema) -> set[str]:
    return {ref for part in _parts(schema) if isinstance(ref := part.get("$ref"), str)}
