"""JSON as Slack speaks it: its types, and readers that do not trust its shape."""

import json
from collections.abc import Sequence

from pydantic import JsonValue

JsonObject = dict[str, JsonValue]


def as_object(value: JsonValue) -> JsonObject:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_objects(value: JsonValue) -> list[JsonObject]:
    """Return the objects in a list, without whatever else is in it."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def as_text(value: JsonValue) -> str:
    """Return the value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def array(items: Sequence[JsonObject]) -> list[JsonValue]:
    """Return objects as a JSON array: the same list, typed as a value."""
    return [*items]


def compact(value: JsonValue) -> str:
    """Return the value as JSON on few lines, for people to read."""
    return json.dumps(value, ensure_ascii=False, indent=2, sort_keys=False)
