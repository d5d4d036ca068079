"""`field: value` lines: a call's fields as they stand in a mail to be changed, and read back from a reply."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.places import EditField
from bot.visible import exact_value, readable

MARK = "|"
"""What every line of a value of several lines begins with: it outlives programs that eat spaces and blank lines."""
SHORT = 500  # characters of a value that is repeated, ready to be changed; a longer one stands with the call above
_FIELD = re.compile(r"\s*(?P<name>[^\W\d][\w -]{0,99}?)\s*:(?P<value>.*)")
_WIDTH = 72  # columns; the programs that break long lines break them between here and column 80


@dataclass(frozen=True, slots=True)
class Edits:
    """What the field lines of a mail say. `other` are its lines that are neither of a field nor blank."""

    values: dict[str, str]  # as typed; those that are as they were before are left out
    other: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def value_text(field: EditField) -> str:
    """Return a field's present value as one types it."""
    match field.value:
        case None:
            return ""
        case bool():
            return "yes" if field.value else "no"
        case str() if field.kind != "json":
            return readable(field.value)
        case _:
            return json.dumps(field.value, ensure_ascii=False)


def field_lines(field: EditField) -> str:
    """Return the field with its present value, ready to be changed and sent back: one line, or several with marks."""
    text = value_text(field)
    if "\n" not in text and not text.startswith(MARK):
        return f"{field.name}: {text}"
    return "\n".join([f"{field.name}: {MARK}", *(f"{MARK} {line}".rstrip() for line in text.split("\n"))])


def is_short(field: EditField) -> bool:
    """Whether a mail repeats the field's value below the call."""
    return len(value_text(field)) <= SHORT


def read_fields(lines: Sequence[str], fields: Sequence[EditField]) -> Edits | None:
    """Read a mail's own lines; None if no line of them begins with the name of a field that may be changed.

    Spaces do not count as a difference, and nor does how the call itself is shown, since that may be quoted without a
    mark. A line that begins with `|` goes on with the value above it. So does one right below a line that was full:
    programs break long lines in two. The word `edit` may stand first.
    """
    offered = {_folded(field.name): field for field in fields}
    typed: dict[str, list[str]] = {}
    other: list[str] = []
    problems: list[str] = []
    name, before = "", ""
    for line in _after_edit(lines):
        match = _FIELD.fullmatch(line)
        marked = line.lstrip().startswith(MARK)
        if match is not None and (field := offered.get(_folded(match["name"]))) is not None:
            name = field.name
            problems += [f"{name} stands there twice"] if name in typed else []
            typed[name] = [match["value"].strip()]
        elif name and marked:
            typed[name].append(line.lstrip().removeprefix(MARK).removeprefix(" "))
        elif name and line.strip() and _was_full(before, line):
            typed[name][-1] = f"{typed[name][-1]} {line.strip()}"
        elif line.strip():
            name = ""
            other.append(line.strip())
        before = line
    if not typed:
        return None
    values: dict[str, str] = {}
    for field in fields:
        if field.name in typed:
            value = _value(typed[field.name])
            if value is None and (field.required or typed[field.name][0] == MARK):
                problems.append(f"{field.name} has no value")
            elif (value or "").split() not in (value_text(field).split(), exact_value(field.value).split()):
                values[field.name] = value or ""
    return Edits(values, tuple(other), tuple(problems))


def _value(typed: Sequence[str]) -> str | None:
    """Join the lines of a value; None if there is none. After a name alone, or a name and a mark, it begins below."""
    first, *rest = typed
    if first in {"", MARK}:
        return "\n".join(rest) if rest else None
    return "\n".join([first, *rest])


def _after_edit(lines: Sequence[str]) -> Sequence[str]:
    for number, line in enumerate(lines):
        if line.strip():
            return lines[number + 1 :] if line.strip(" \t*_.:").lower() == "edit" else lines
    return lines


def _was_full(before: str, line: str) -> bool:
    """Whether this line's first word had no room at the end of the line before it."""
    return bool(before.strip()) and len(before) + 1 + len(line.split(maxsplit=1)[0]) > _WIDTH


def _folded(name: str) -> str:
    """Return the name as phones and people write it: `Order ID` is `order_id`."""
    return re.sub(r"[ _-]+", "_", name.strip().casefold())
