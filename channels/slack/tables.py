"""Tables of an answer: Slack's own where they fit, in parts with the head repeated where not, else aligned code. Pure.

A table block (https://docs.slack.dev/reference/block-kit/blocks/table-block) has 100 rows and 20 columns at most, a
message has one table, and all its cells together 10,000 characters.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from channels.slack import kit
from channels.slack.inline import length, text_of
from channels.slack.limits import COLUMNS, ROWS, TABLE, weight
from channels.slack.lines import Line, rich_blocks
from channels.slack.wire import JsonObject, array

_WIDE = 40  # characters from which on a column's text is wrapped
_ROOM = TABLE - 200  # for the block itself

Cell = list[JsonObject]  # its runs


@dataclass(frozen=True, slots=True)
class Table:
    """A head and rows, each of as many cells; `aligned` says how each column is: left, center or right."""

    head: list[Cell]
    rows: list[list[Cell]]
    aligned: list[str]


def table_blocks(table: Table, room: int) -> Iterator[JsonObject]:
    """Yield blocks that have all of a table, each of a weight of at most `room`: tables, or code."""
    most = min(room, _ROOM)
    if len(table.head) > COLUMNS or max(_weight([table.head, row]) for row in table.rows or [[]]) > most:
        yield from rich_blocks([Line("code", (kit.run("\n".join(_drawn(table))),))], room)
        return
    held: list[list[Cell]] = []
    for row in table.rows:
        if len(held) + 2 > ROWS or _weight([table.head, *held, row]) > most:
            yield _block(table, held)
            held = []
        held.append(row)
    yield _block(table, held)


def _block(table: Table, rows: list[list[Cell]]) -> JsonObject:
    made: list[JsonValue] = [array([_cell([_bold(run) for run in cell]) for cell in table.head])]
    made += [array([_cell(cell) for cell in row]) for row in rows]
    settings: list[JsonObject] = [
        {"align": align, "is_wrapped": any(length(row[place]) > _WIDE for row in [table.head, *rows])}
        for place, align in enumerate(table.aligned)
    ]
    return {"type": "table", "column_settings": array(settings), "rows": made}


def _weight(rows: Sequence[Sequence[Cell]]) -> int:
    return weight([{"type": "table", "cells": array([run for row in rows for cell in row for run in cell])}])


def _cell(cell: Cell) -> JsonObject:
    if not cell:
        return {"type": "raw_text", "text": " "}  # Slack refuses an empty one
    if len(cell) == 1 and cell[0]["type"] == "text" and "style" not in cell[0]:
        return {"type": "raw_text", "text": cell[0]["text"]}
    return kit.rich(kit.paragraph(*cell))


def _bold(run: JsonObject) -> JsonObject:
    style = run.get("style")
    return {**run, "style": {**(style if isinstance(style, dict) else {}), "bold": True}}


def _drawn(table: Table) -> Iterator[str]:
    """Yield the rows of a table as text, in columns of one width each."""
    rows = [[" ".join(text_of(cell).split()) for cell in row] for row in [table.head, *table.rows]]
    widths = [max(_width(row[place]) for row in rows) for place in range(len(table.head))]
    for number, row in enumerate(rows):
        yield " | ".join(_filled(text, width) for text, width in zip(row, widths, strict=True)).rstrip()
        if number == 0:
            yield "-+-".join("-" * width for width in widths)


def _filled(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
