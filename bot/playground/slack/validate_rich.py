"""What Slack refuses in rich text, in tables and in Markdown: blocks whose contents nest."""

from collections.abc import Iterator, Sequence

from pydantic import JsonValue

from bot.playground.slack.wire import JsonObject, as_list, as_object, as_objects, as_text

ROWS_MAX = 100
COLUMNS_MAX = 20
CELLS_MAX = 10_000  # characters in all cells of a message together
MARKDOWN_MAX = 12_000  # characters in all markdown blocks of a message together

_PARTS = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
_RUNS = ("text", "link", "user", "usergroup", "channel", "emoji", "date", "broadcast", "color")
_NEEDED = {"text": "text", "link": "url", "user": "user_id", "channel": "channel_id", "emoji": "name"}


def whole_faults(blocks: Sequence[JsonObject], pointer: str) -> Iterator[str]:
    """Yield what all markdown blocks of a message, or all cells, have too much of.

    See https://docs.slack.dev/reference/block-kit/blocks/markdown-block and .../table-block.
    """
    written = sum(len(as_text(block.get("text"))) for block in blocks if block.get("type") == "markdown")
    if written > MARKDOWN_MAX:
        yield f"must be less than {MARKDOWN_MAX + 1} characters in all markdown blocks [json-pointer:{pointer}]"
    cells = sum(_length(block.get("rows")) for block in blocks if block.get("type") == "table")
    if cells > CELLS_MAX:
        yield f"must be less than {CELLS_MAX + 1} characters in all table cells [json-pointer:{pointer}]"


def rich_faults(block: JsonObject, spot: str) -> Iterator[str]:
    """Yield what is wrong with a rich text: a block, or a cell of a table."""
    for number, part in enumerate(as_objects(block.get("elements"))):
        at = f"{spot}/elements/{number}"
        if part.get("type") not in _PARTS:
            yield f"unsupported type: {part.get('type')} [json-pointer:{at}/type]"
        if not as_list(part.get("elements")):
            yield f"must have at least one element [json-pointer:{at}/elements]"
        for place, inner in enumerate(as_objects(part.get("elements"))):
            inside = f"{at}/elements/{place}"
            if part.get("type") != "rich_text_list":
                yield from _run_faults(inner, inside)
            elif inner.get("type") != "rich_text_section":
                yield f"unsupported type: {inner.get('type')} [json-pointer:{inside}/type]"
            else:
                for run_place, run in enumerate(as_objects(inner.get("elements"))):
                    yield from _run_faults(run, f"{inside}/elements/{run_place}")


def table_faults(block: JsonObject, spot: str) -> Iterator[str]:
    """Yield what is wrong with a table by itself."""
    rows = as_list(block.get("rows"))
    if not 1 <= len(rows) <= ROWS_MAX:
        yield f"must have 1 to {ROWS_MAX} rows [json-pointer:{spot}/rows]"
    if len(as_list(block.get("column_settings"))) > COLUMNS_MAX:
        yield f"no more than {COLUMNS_MAX} items allowed [json-pointer:{spot}/column_settings]"
    for number, row in enumerate(rows):
        cells = as_list(row)
        if not 1 <= len(cells) <= COLUMNS_MAX:
            yield f"must have 1 to {COLUMNS_MAX} cells [json-pointer:{spot}/rows/{number}]"
        if len(cells) != len(as_list(rows[0])):
            yield f"must have as many cells as the first row [json-pointer:{spot}/rows/{number}]"
        for place, item in enumerate(cells):
            yield from _cell_faults(as_object(item), f"{spot}/rows/{number}/{place}")


def _cell_faults(cell: JsonObject, spot: str) -> Iterator[str]:
    match cell.get("type"):
        case "raw_text":
            if not as_text(cell.get("text")):
                yield f"must be more than 0 characters [json-pointer:{spot}/text]"
        case "rich_text":
            yield from rich_faults(cell, spot)
        case kind:
            yield f"unsupported type: {kind} [json-pointer:{spot}/type]"


def _run_faults(run: JsonObject, spot: str) -> Iterator[str]:
    kind = as_text(run.get("type"))
    if kind not in _RUNS:
        yield f"unsupported type: {kind} [json-pointer:{spot}/type]"
    needed = _NEEDED.get(kind)
    if needed and not as_text(run.get(needed)):
        yield f"must be more than 0 characters [json-pointer:{spot}/{needed}]"


def _length(value: JsonValue) -> int:
    if isinstance(value, list):
        return sum(_length(item) for item in value)
    return sum(
        len(inner) if key == "text" and isinstance(inner, str) else _length(inner)
        for key, inner in as_object(value).items()
    )
