"""What Slack refuses: blocks and views outside its limits, each with a message that points at the spot."""

import json
from collections.abc import Iterator

from pydantic import JsonValue
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block, BlockElement

from bot.playground.slack.inputs import elements
from bot.playground.slack.limits import limit_faults
from bot.playground.slack.validate_elements import element_faults, place_faults
from bot.playground.slack.validate_rich import rich_faults, table_faults, whole_faults
from bot.playground.slack.wire import ApiRefusedError, JsonObject, as_list, as_object, as_objects, as_text

TEXT_MAX = 40_000  # longer texts are cut by chat.postMessage, with a warning
UPDATE_TEXT_MAX = 4_000  # longer texts are refused by chat.update (seen by users; the documentation says 40,000)
MESSAGE_BLOCKS_MAX = 50
VIEW_BLOCKS_MAX = 100
VIEW_MAX = 250_000  # characters of JSON (https://docs.slack.dev/reference/methods/views.open)

# Undocumented; bolt-js issue 2509 measured about 13,200 characters, and issue 2867 fits about 45 more a block.
ALL_BLOCKS_MAX = 13_200
BLOCK_OVERHEAD = 45

_BLOCK_TYPES = frozenset(str(getattr(kind, "type", "")) for kind in Block.__subclasses__())


def message_blocks(blocks: JsonValue) -> tuple[JsonObject, ...]:
    """Return a message's blocks with the ids that Slack adds, or refuse them (`invalid_blocks`, `msg_blocks_too_long`).

    Raises:
        ApiRefusedError: with one message a fault, each ending in a JSON pointer.

    """
    if not isinstance(blocks, list):
        raise ApiRefusedError("invalid_blocks_format")
    faults = [*_block_faults(blocks, "/blocks", MESSAGE_BLOCKS_MAX), *whole_faults(as_objects(blocks), "/blocks")]
    if faults:
        raise ApiRefusedError("invalid_blocks", *faults)
    if sum(as_object(block).get("type") == "table" for block in blocks) > 1:
        raise ApiRefusedError("invalid_attachments", "only_one_table_allowed [json-pointer:/blocks]")
    if _all_text(blocks) + BLOCK_OVERHEAD * len(blocks) > ALL_BLOCKS_MAX:
        raise ApiRefusedError("msg_blocks_too_long")
    return with_ids(blocks)


def view_body(view: JsonValue) -> JsonObject:
    """Return a view with the ids that Slack adds, or refuse it (`invalid_arguments`, `view_too_large`)."""
    if not isinstance(view, dict):
        raise ApiRefusedError("invalid_arguments", "must be a valid view object [json-pointer:/view]")
    if len(json.dumps(view)) > VIEW_MAX:
        raise ApiRefusedError("view_too_large")
    faults = [*_view_faults(view)]
    if faults:
        raise ApiRefusedError("invalid_arguments", *faults)
    return {**view, "blocks": [*with_ids(as_list(view.get("blocks")))]}


def with_ids(blocks: list[JsonValue]) -> tuple[JsonObject, ...]:
    """Return the blocks with a `block_id` each, and an `action_id` for every interactive element without one."""
    completed: list[JsonObject] = []
    for number, block in enumerate(as_object(item) for item in blocks):
        block_id = as_text(block.get("block_id")) or f"b{number}"
        filled: JsonObject = {**block, "block_id": block_id}
        for key in ("elements", "accessory", "element"):
            value = filled.get(key)
            if isinstance(value, list):
                filled[key] = [_with_action_id(item, f"{block_id}-{index}") for index, item in enumerate(value)]
            elif isinstance(value, dict):
                filled[key] = _with_action_id(value, f"{block_id}-0")
        completed.append(filled)
    return tuple(completed)


def _with_action_id(element: JsonValue, default: str) -> JsonValue:
    interactive = isinstance(element, dict) and element.get("type") in _INTERACTIVE
    return {"action_id": default, **as_object(element)} if interactive else element


def _types_of(base: type[BlockElement]) -> Iterator[str]:
    for kind in base.__subclasses__():
        yield str(getattr(kind, "type", ""))
        yield from _types_of(kind)


_ELEMENT_TYPES = frozenset({"mrkdwn", "plain_text", *_types_of(BlockElement)})
_INTERACTIVE = frozenset(
    [
        "button",
        "checkboxes",
        "datepicker",
        "timepicker",
        "datetimepicker",
        "email_text_input",
        "number_input",
        "plain_text_input",
        "url_text_input",
        "overflow",
        "radio_buttons",
        "static_select",
        "users_select",
        "conversations_select",
        "channels_select",
        "external_select",
        "multi_static_select",
        "multi_users_select",
        "rich_text_input",
        "workflow_button",
    ]
)


def _view_faults(view: JsonObject) -> Iterator[str]:
    blocks = as_list(view.get("blocks"))
    if view.get("type") not in {"modal", "home"}:
        yield "must be a valid enum value [json-pointer:/view/type]"
    if "blocks" not in view:
        yield "missing required field: blocks [json-pointer:/view]"
    if view.get("type") == "modal" and not view.get("title"):
        yield "missing required field: title [json-pointer:/view]"
    has_input = any(as_object(block).get("type") == "input" for block in blocks)
    if view.get("type") == "modal" and has_input and not view.get("submit"):
        yield "missing required field: submit (a view with input blocks needs it) [json-pointer:/view]"
    if sum(element.get("focus_on_load") is True for _, element in elements(as_objects(blocks))) > 1:
        yield "only one element may have focus_on_load [json-pointer:/view/blocks]"
    yield from limit_faults(view, "view", "/view")
    yield from _block_faults(blocks, "/view/blocks", VIEW_BLOCKS_MAX)


def _block_faults(blocks: list[JsonValue], pointer: str, most: int) -> Iterator[str]:
    if len(blocks) > most:
        yield f"no more than {most} items allowed [json-pointer:{pointer}]"
        return
    seen: set[str] = set()
    for number, item in enumerate(blocks):
        spot = f"{pointer}/{number}"
        block = as_object(item)
        block_id = as_text(block.get("block_id"))
        if block_id and block_id in seen:
            yield f"`block_id` {block_id} already exists [json-pointer:{spot}/block_id]"
        seen.add(block_id)
        faults = [*_one_block_faults(block, spot)]
        yield from faults or _sdk_faults(block, spot)


def _one_block_faults(block: JsonObject, spot: str) -> Iterator[str]:
    kind = as_text(block.get("type"))
    if not kind:
        yield f"missing required field: type [json-pointer:{spot}]"
        return
    if kind not in _BLOCK_TYPES:
        yield f"unsupported type: {kind} [json-pointer:{spot}/type]"
        return
    yield from element_faults(block, kind, spot)
    if kind == "section" and not (block.get("text") or block.get("fields")):
        yield f"must define either `text` or `fields` [json-pointer:{spot}]"
    if kind == "table":
        yield from table_faults(block, spot)
    if kind == "rich_text":
        yield from rich_faults(block, spot)
        return
    seen: set[str] = set()
    for key in ("elements", "accessory", "element"):
        value = block.get(key)
        for number, element in enumerate(value if isinstance(value, list) else [value]):
            inner = as_object(element)
            at = f"{spot}/{key}/{number}" if isinstance(value, list) else f"{spot}/{key}"
            if inner and inner.get("type") not in _ELEMENT_TYPES | _BLOCK_TYPES:
                yield f"unsupported type: {inner.get('type')} [json-pointer:{at}/type]"
            yield from place_faults(kind, as_text(inner.get("type")), at)
            yield from element_faults(inner, as_text(inner.get("type")), at)
            action_id = as_text(inner.get("action_id"))
            if action_id and action_id in seen:
                yield f"`action_id` {action_id} already exists in this block [json-pointer:{at}/action_id]"
            seen.add(action_id)


def _sdk_faults(block: JsonObject, spot: str) -> Iterator[str]:
    """Ask slack_sdk's own models about what is not checked above."""
    try:
        parsed = Block.parse(dict(block))  # pyright: ignore[reportUnknownMemberType] - slack_sdk leaves its dict bare
        if parsed is None:
            return
        parsed.to_dict()  # pyright: ignore[reportUnknownMemberType] - likewise
    except (SlackObjectFormationError, TypeError, ValueError, KeyError, AttributeError) as error:
        yield f"{error} [json-pointer:{spot}]"
        return
    for key in block:
        if key not in parsed.attributes:
            yield f"invalid additional property: {key} [json-pointer:{spot}]"


def _all_text(value: JsonValue) -> int:
    if isinstance(value, list):
        return sum(_all_text(item) for item in value)
    total = 0
    for key, inner in as_object(value).items():
        total += len(inner) if key == "text" and isinstance(inner, str) else _all_text(inner)
    return total
