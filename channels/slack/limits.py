"""Slack's limits on messages and views, as numbers; most stand in its Block Kit reference."""

from pydantic import JsonValue

from channels.slack.wire import JsonObject

BLOCKS = 45  # of the 50 that a message may have; the rest is room for what Slack adds
SECTION = 3_000  # characters of a section's text
HEADER = 150
BUTTON = 75  # characters on a button
ACTION_ID = 255  # characters; of the id of a block or a form too
BUTTONS = 5  # in one row; Slack takes 25, people do not
INPUT = 3_000
OPTION = 75  # characters of an option's label
OPTION_VALUE = 150
OPTIONS = 100  # in one menu
RADIOS = 10  # buttons of which one is chosen
MENTIONS = 20  # people notified by one card
TEXT = 4_000  # characters of `text`; what chat.update takes of it
MARKDOWN = 12_000  # characters in all markdown blocks of a message together
ROWS = 100  # of a table, its head among them; a message has one table at most
COLUMNS = 20
TABLE = 10_000  # characters in all cells of a message together
VIEW_BLOCKS = 100
VIEW_TITLE = 24  # characters of a view's title, and of its two buttons
METADATA = 3_000
VIEW = 250_000  # characters of a view as JSON

# A message fails at about 13,200 characters in all its blocks, about 45 of them for each block itself. Neither number
# is documented: bolt-js issues 2509 and 2867.
WHOLE = 12_000
A_BLOCK = 45


def weight(blocks: list[JsonObject]) -> int:
    """Return how much of WHOLE these blocks take up."""
    return sum(A_BLOCK + _texts(block) for block in blocks)


def _texts(value: JsonValue) -> int:
    if isinstance(value, list):
        return sum(_texts(item) for item in value)
    if isinstance(value, dict):
        return sum(
            len(item) if key in {"text", "title", "fallback", "url"} and isinstance(item, str) else _texts(item)
            for key, item in value.items()
        )
    return 0
