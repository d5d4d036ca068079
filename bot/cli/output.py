"""What commands print: text that cannot steer the terminal, tables, and one JSON object a line."""

import json
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import typer
from pydantic import JsonValue
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

_WIDE = 160  # columns, where the output is no terminal
_GAP = 2  # columns between two of a table
_NARROW = 20  # columns that are left for what a table is about, at least


def plain(text: str) -> str:
    """Keep line breaks; show every other character that could move the cursor, or turn text around, as a dot."""
    return "".join(char if char.isprintable() or char == "\n" else " " if char == "\t" else "·" for char in text)


def one_line(text: str, limit: int = 0) -> str:
    """The text in one line; with a limit (characters), cut off visibly."""
    line = plain(" ".join(text.split()))
    return f"{line[: limit - 1]}…" if 0 < limit < len(line) else line


def console() -> Console:
    """Where people read: markup in what others wrote stays what it is."""
    width = None if sys.stdout.isatty() else _WIDE
    return Console(markup=False, emoji=False, highlight=False, width=width)


def columns() -> int:
    """How wide a line may be."""
    return shutil.get_terminal_size((_WIDE, 24)).columns if sys.stdout.isatty() else _WIDE


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print aligned columns; the last one takes the room that is left, and the first one, an id, is never cut."""
    cells = [[one_line(cell) for cell in row] for row in rows]
    titled = sys.stdout.isatty()
    table = Table(box=None, pad_edge=False, show_header=titled, header_style="dim", padding=(0, _GAP, 0, 0))
    left = columns()
    for number, heading in enumerate(headings):
        wide = max(cell_len(text) for text in [heading if titled else "", *(row[number] for row in cells)])
        if number == len(headings) - 1:
            table.add_column(heading, no_wrap=True, overflow="ellipsis", max_width=max(left, _NARROW))
        else:
            table.add_column(heading, no_wrap=True, overflow="ellipsis", min_width=wide if number == 0 else None)
        left -= wide + _GAP
    for row in cells:
        table.add_row(*row)
    console().print(table)


def print_json(record: Mapping[str, JsonValue]) -> None:
    """Print one object on one line."""
    typer.echo(json.dumps(record, ensure_ascii=True))  # ASCII, so that nothing in it steers a terminal


def local(us: int, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    """A time (us since 1970) as this machine's clock shows it."""
    return datetime.fromtimestamp(us / 1_000_000).astimezone().strftime(form)


def ago(us: int) -> str:
    """How long ago a time (us since 1970) was, or how far ahead it is, in its largest unit."""
    seconds = time.time() - us / 1_000_000
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if abs(seconds) >= unit:
            return f"{abs(seconds) / unit:.0f} {name}"
    return f"{abs(seconds):.0f} s"


def ahead(us: int) -> str:
    """A time (us since 1970) that is still to come, or that should have come by now."""
    return f"in {ago(us)}" if us > time.time_ns() // 1000 else "due"


def on_terminal() -> bool:
    """Whether somebody sits there who can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()
