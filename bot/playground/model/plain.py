"""Show what a step returned to a person: any JSON as a few plain lines."""

import json
import re

from pydantic import JsonValue

_COMMIT = re.compile(r"[0-9a-f]{40}")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*(?:Z|[+-]\d\d:\d\d)?")


def as_plain(value: JsonValue, *, limit: int = 10) -> str:
    """A list as lines with dashes, an object as lines of `name: value`; what is beyond `limit` lines is counted."""
    match value:
        case dict() if len(value) == 1 and isinstance(only := next(iter(value.values())), list):
            return as_plain(only, limit=limit)
        case dict():
            lines = [f"{name.replace('_', ' ')}: {_inline(item)}" for name, item in value.items()]
        case list():
            lines = [f"- {_entry(item)}" for item in value] or ["(none)"]
        case _:
            lines = [_inline(value)]
    return "\n".join(lines if len(lines) <= limit else [*lines[:limit], f"- and {len(lines) - limit} more"])


def as_table(value: JsonValue) -> str:
    """A list of objects as a Markdown table, a column for each of their names; anything else as plain lines."""
    rows = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    if not rows:
        return as_plain(value)
    names = list(dict.fromkeys(name for row in rows for name in row))
    head = [[name.replace("_", " ") for name in names], ["---"] * len(names)]
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [*head, *cells])


def _cell(value: JsonValue) -> str:
    shown = " ".join(_inline(value).split()).replace("|", "\\|")
    return f"`{shown}`" if isinstance(value, str) and _COMMIT.fullmatch(value.strip()) else shown


def _entry(value: JsonValue) -> str:
    """One line of a list: an object's first value, and the others after it."""
    if not isinstance(value, dict) or not value:
        return _inline(value)
    first, *others = (_inline(item) for item in value.values())
    return f"{first} ({', '.join(others)})" if others else first


def _inline(value: JsonValue) -> str:
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case dict():
            return "; ".join(f"{name.replace('_', ' ')} {_inline(item)}" for name, item in value.items()) or "none"
        case list():
            return ", ".join(_entry(item) for item in value) or "none"
        case str():
            return _shortened(value.strip())
        case _:
            return json.dumps(value)


def _shortened(text: str) -> str:
    """A commit id by its first 12 digits, a moment to the minute; anything else as it is."""
    if _COMMIT.fullmatch(text):
        return text[:12]
    moment = _MOMENT.fullmatch(text)
    return f"{moment[1]} {moment[2]}" if moment else text
