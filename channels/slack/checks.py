"""What Slack would refuse about a message or a view that we made, found before it is sent. Pure.

`Block.parse(...).to_dict()` of slack_sdk checks the lengths and styles of what stands in a block, and lets pass:
unknown blocks and elements, ids that are there twice, too many blocks, texts that are empty, all limits of tables, and
whatever counts over a whole message. That is checked here. A fault names the place and the rule, and quotes nothing.
"""

import logging
from collections import Counter
from collections.abc import Iterator

from pydantic import JsonValue
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from channels.slack import limits
from channels.slack.limits import weight
from channels.slack.wire import JsonObject, as_object, as_objects, as_text, compact

logging.getLogger("slack_sdk.models").setLevel(logging.ERROR)  # below that it quotes whole blocks

_PARTS = frozenset({"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"})
_RUNS = frozenset({"text", "link", "user", "usergroup", "channel", "emoji", "date", "broadcast", "color"})
_CELLS = frozenset({"raw_text", "rich_text"})
_TEXT_OBJECTS = frozenset({"plain_text", "mrkdwn"})
_HOLDING = ("elements", "accessory", "element")  # where a block keeps what can be pressed or filled in


def message_faults(blocks: list[JsonObject]) -> Iterator[str]:
    """Yield what is wrong with the blocks of a message; nothing if Slack would take them.

    Sources: https://docs.slack.dev/reference/block-kit/blocks (50 blocks a message; the table and markdown blocks), and
    for the size of the whole what `channels.slack.limits` names.
    """
    yield from _block_faults(blocks, limits.BLOCKS)
    if weight(blocks) > limits.WHOLE:
        yield f"weighs {weight(blocks)}, more than {limits.WHOLE}"
    written = sum(len(as_text(block.get("text"))) for block in blocks if block.get("type") == "markdown")
    if written > limits.MARKDOWN:
        yield f"{written} characters in markdown blocks, more than {limits.MARKDOWN}"
    tables = [block for block in blocks if block.get("type") == "table"]
    if len(tables) > 1:
        yield f"{len(tables)} tables, more than one"
    if sum(map(weight, ([table] for table in tables))) > limits.TABLE:
        yield f"cells of more than {limits.TABLE} characters"


def view_faults(view: JsonObject) -> Iterator[str]:
    """Yield what is wrong with a modal or a Home tab (https://docs.slack.dev/reference/views)."""
    kind, blocks = view.get("type"), as_objects(view.get("blocks"))
    if kind not in {"modal", "home"}:
        yield "is neither a modal nor a home"
    for key in ("title", "submit", "close"):
        text = as_text(as_object(view.get(key)).get("text"))
        if len(text) > limits.VIEW_TITLE or (key in view and not text):
            yield f"{key} is empty or longer than {limits.VIEW_TITLE}"
    if kind == "modal" and "title" not in view:
        yield "has no title"
    if kind == "modal" and "submit" not in view and any(block.get("type") == "input" for block in blocks):
        yield "has inputs and no submit"
    if len(as_text(view.get("private_metadata"))) > limits.METADATA:
        yield f"private_metadata is longer than {limits.METADATA}"
    if len(as_text(view.get("callback_id"))) > limits.ACTION_ID:
        yield f"callback_id is longer than {limits.ACTION_ID}"
    if len(compact(view)) > limits.VIEW:
        yield f"is larger than {limits.VIEW}"
    yield from _block_faults(blocks, limits.VIEW_BLOCKS)


def _block_faults(blocks: list[JsonObject], most: int) -> Iterator[str]:
    if len(blocks) > most:
        yield f"{len(blocks)} blocks, more than {most}"
    ids = Counter(as_text(block.get("block_id")) for block in blocks)
    yield from (f"{count} blocks of the same id" for name, count in ids.items() if name and count > 1)
    for number, block in enumerate(blocks):
        for fault in _one_block_faults(block):
            yield f"block {number} ({_kind(block)}): {fault}"


def _one_block_faults(block: JsonObject) -> Iterator[str]:
    yield from _sdk_faults(block)
    yield from _text_faults(block)
    pressed = [
        element for key in _HOLDING for element in [*as_objects(block.get(key)), as_object(block.get(key))] if element
    ]
    names = Counter(as_text(element.get("action_id")) for element in pressed)
    yield from ("an action id is there twice" for name, count in names.items() if name and count > 1)
    if any(len(name) > limits.ACTION_ID for name in [*names, as_text(block.get("block_id"))]):
        yield f"an id is longer than {limits.ACTION_ID}"
    match block.get("type"):
        case "section" if not (block.get("text") or block.get("fields")):
            yield "has neither text nor fields"
        case "actions" | "context" | "context_actions" if not as_objects(block.get("elements")):
            yield "has no elements"
        case "markdown" if not as_text(block.get("text")).strip():
            yield "has no text"
        case "rich_text":
            yield from _rich_faults(block)
        case "table":
            yield from _table_faults(block)
        case _:
            pass


def _sdk_faults(block: JsonObject) -> Iterator[str]:
    try:
        parsed = Block.parse(dict(block))  # pyright: ignore[reportUnknownMemberType] - slack_sdk leaves its dict bare
        if parsed is None:
            yield "is no block"
            return
        parsed.to_dict()  # pyright: ignore[reportUnknownMemberType] - likewise
    except SlackObjectFormationError as error:
        yield str(error)
        return
    except (TypeError, ValueError, KeyError, AttributeError) as error:  # its text could quote ours
        yield f"cannot be read: {type(error).__name__}"
        return
    yield from (f"has {key}, which is no field of it" for key in block if key not in parsed.attributes)


def _text_faults(value: JsonValue) -> Iterator[str]:
    """Yield a fault for every text object, anywhere inside, that is empty."""
    for item in value if isinstance(value, list) else []:
        yield from _text_faults(item)
    found = as_object(value)
    if found.get("type") in _TEXT_OBJECTS and not as_text(found.get("text")):
        yield "an empty text"
    for inner in found.values():
        if isinstance(inner, list | dict):
            yield from _text_faults(inner)


def _rich_faults(block: JsonObject) -> Iterator[str]:
    for part in as_objects(block.get("elements")):
        if part.get("type") not in _PARTS:
            yield "a part that rich text does not have"
        inside = as_objects(part.get("elements"))
        if part.get("type") == "rich_text_list":
            yield from ("a list of something else than lines" for one in inside if _kind(one) != "rich_text_section")
            inside = [run for one in inside for run in as_objects(one.get("elements"))]
        if not inside:
            yield "an empty part"
        for run in inside:
            if run.get("type") not in _RUNS:
                yield "a run that rich text does not have"
            elif run.get("type") == "text" and not as_text(run.get("text")):
                yield "an empty text"
            elif run.get("type") == "link" and not as_text(run.get("url")):
                yield "a link that leads nowhere"


def _table_faults(block: JsonObject) -> Iterator[str]:
    rows = block.get("rows")
    cells = [as_objects(row) for row in rows] if isinstance(rows, list) else []
    if not 1 <= len(cells) <= limits.ROWS:
        yield f"{len(cells)} rows, not 1 to {limits.ROWS}"
    if len({len(row) for row in cells}) > 1:
        yield "rows of several lengths"
    if any(not 1 <= len(row) <= limits.COLUMNS for row in cells):
        yield f"a row that has not 1 to {limits.COLUMNS} cells"
    if len(as_objects(block.get("column_settings"))) > limits.COLUMNS:
        yield f"settings for more than {limits.COLUMNS} columns"
    for cell in (cell for row in cells for cell in row):
        if cell.get("type") not in _CELLS:
            yield "a cell that is neither raw nor rich text"
        elif cell.get("type") == "raw_text" and not as_text(cell.get("text")):
            yield "an empty cell"
        elif cell.get("type") == "rich_text":
            yield from _rich_faults(cell)


def _kind(block: JsonObject) -> str:
    return as_text(block.get("type")) or "without a type"
