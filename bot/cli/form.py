"""What is typed to change a call: `field=value` words, questions on a terminal, and the difference that it makes."""

import json
import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer
from pydantic import JsonValue

from bot.cli.opened import RefusedError
from bot.cli.output import one_line
from bot.cli.request_text import described
from bot.places import EditField
from bot.visible import exact, exact_value

_LONG = 200  # characters; what is longer, or has more than one line, is changed in an editor
_EMPTY = "-"


def parse(words: Sequence[str]) -> dict[str, str]:
    """Read `field=value` words.

    Raises:
        RefusedError: one is none, or a field is named twice.

    """
    typed: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        name = name.strip()
        if not equals or not name:
            raise RefusedError(f"{word!a} is no change: write field=value, such as tag=v1.4.1")
        if name in typed:
            raise RefusedError(f"{name!a} is given twice: give one value")
        typed[name] = value
    return typed


def ask_fields(fields: Sequence[EditField], typed: Mapping[str, str]) -> dict[str, str]:
    """Ask for each of these fields; what was typed before stands in the place of what it is now."""
    found: dict[str, str] = {}
    for field in fields:
        now = typed.get(field.name, as_typed(field.value))
        typer.echo(described(field))
        new = _in_editor(field, now) if "\n" in now or len(now) > _LONG else _in_line(field, now)
        if new != as_typed(field.value):
            found[field.name] = new
    return found


def as_typed(value: JsonValue) -> str:
    """A value as one would type it."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)


def typed_lines(fields: Sequence[EditField], typed: Mapping[str, str]) -> list[str]:
    """What changes by what was typed: field: before → after."""
    now = {field.name: field.value for field in fields}
    return [f"  {exact(name)}: {exact_value(now.get(name))} → {exact_value(value)}" for name, value in typed.items()]


def changed_lines(changes: Mapping[str, Sequence[JsonValue]]) -> list[str]:
    """What was changed, as the log has it: field: before → after."""
    return [f"  {exact(name)}: {' → '.join(map(exact_value, values))}" for name, values in changes.items()]


def _in_line(field: EditField, now: str) -> str:
    can = "Enter keeps it" if field.required or not now else f"Enter keeps it, {_EMPTY} empties it"
    line = read_line(f"  now {one_line(exact(now)) or 'empty'} ({can}): ")
    if not line.strip():
        return now
    return "" if not field.required and line.strip() == _EMPTY else line


def _in_editor(field: EditField, now: str) -> str:
    lines = now.count("\n") + 1
    if not yes(f"  now {lines} {'line' if lines == 1 else 'lines'} of text. Change it in your editor?"):
        return now
    new = _edited(field, now)
    return new if now.endswith("\n") else new.rstrip("\n")


def _edited(field: EditField, now: str) -> str:
    """What the person's editor makes of a text."""
    editor = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    if not editor:
        raise RefusedError(f'set EDITOR to the name of your editor, or give the text here: {field.name}="..."')
    with tempfile.TemporaryDirectory() as folder:  # for this user alone
        file = Path(folder, "text.txt")
        file.write_text(now, encoding="utf-8")
        try:
            subprocess.run([*editor, str(file)], check=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise RefusedError(f"nothing was changed, since the editor failed: {error}") from None
        return file.read_text(encoding="utf-8")


def yes(question: str) -> bool:
    """Ask something that only a clear yes agrees to."""
    return read_line(f"{question} [y/N] ").strip().casefold() in {"y", "yes"}


def read_line(prompt: str) -> str:
    """Read one line from the terminal.

    Raises:
        RefusedError: it was closed instead (Ctrl-D).

    """
    try:
        return input(prompt)
    except EOFError:
        typer.echo()
        raise RefusedError("nothing was changed, since nothing was typed") from None
