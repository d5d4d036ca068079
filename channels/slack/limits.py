"""Slack's limits on a message's blocks, as numbers and as a check; most stand in its Block Kit reference."""

from collections.abc import Iterator

from pydantic import JsonValue
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from channels.slack.wire import JsonObject, as_object, as_objects, as_text

BLOCKS = 45  # of the 50 that a message may have; the rest is room for what Slack adds
SECTION = 3_000  # characters of a section's text
HEADER = 150
BUTTON = 75  # characters on a button
ACTION_ID = 255
BUTTONS = 5  # in one row; Slack takes 25, people do not
INPUT = 3_000
OPTION = 75  # characters of an option's label
OPTION_VALUE = 150
OPTIONS = 100  # in one menu
RADIOS = 10  # buttons of which one is chosen
MENTIONS = 20  # people notified by one card
TEXT = 4_000  # characters of `text`; what chat.update takes of it

# A message fails at about 13,200 characters in all its blocks, about 45 of them for each block itself. Neither number
# is documented: bolt-js issues 2509 and 2867.
WHOLE = 12_000
A_BLOCK = 45


def weight(blocks: list[JsonObject]) -> int:
    """Return how much of WHOLE these blocks take up."""
    return sum(A_BLOCK + _texts(block) for block in blocks)


def faults(blocks: list[JsonObject]) -> Iterator[str]:
    """Yield what Slack would refuse about the blocks of a message; nothing if it would take them.

    `Block.parse(...).to_dict()` of slack_sdk checks lengths and styles, but lets unknown blocks, repeated action ids
    and too many blocks pass.
    """
    if len(blocks) > BLOCKS:
        yield f"{len(blocks)} blocks are more than {BLOCKS}"
    if weight(blocks) > WHOLE:
        yield f"{weight(blocks)} characters are more than {WHOLE}"
    seen: set[str] = set()
    for block in blocks:
        yield from _block_faults(block)
        for element in as_objects(block.get("elements")):
            action = as_text(element.get("action_id"))
            if action and action in seen:
                yield f"the action id {action!a} is there twice"
            seen.add(action)
        if len(as_text(as_object(block.get("text")).get("text"))) > SECTION:
            yield "a section is too long"


def _block_faults(block: JsonObject) -> Iterator[str]:
    try:
        parsed = Block.parse(dict(block))  # pyright: ignore[reportUnknownMemberType] - slack_sdk leaves its dict bare
        if parsed is None:
            yield f"{block.get('type')} is no block"
        else:
            parsed.to_dict()  # pyright: ignore[reportUnknownMemberType] - likewise
    except (SlackObjectFormationError, TypeError, ValueError, KeyError, AttributeError) as error:
        yield str(error)


def _texts(value: JsonValue) -> int:
    if isinstance(value, list):
        return sum(_texts(item) for item in value)
    if isinstance(value, dict):
        return sum(
            len(item) if key in {"text", "fallback"} and isinstance(item, str) else _texts(item)
            for key, item in value.items()
        )
    return 0
