"""What is delivered, as messages: a text for notifications and blocks within Slack's limits. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from bot.places import Batch, Card, Content, Decision, Notice, StatusLine, Text
from bot.visible import line
from channels.slack import kit
from channels.slack.batch import batch_blocks, batch_title
from channels.slack.cards import (
    Below,
    called,
    card_blocks,
    card_title,
    decision_blocks,
    decision_title,
    users_of,
)
from channels.slack.limits import BLOCKS, SECTION, WHOLE, weight
from channels.slack.mrkdwn import convert, pieces
from channels.slack.visible import escape
from channels.slack.wire import JsonObject

_NOTIFICATION = 300  # characters; clients show less
_SMALL = 2_000  # characters of a context's text


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message: `text` is what notifications and screen readers say."""

    text: str
    blocks: list[JsonObject]


def render(content: Content) -> tuple[Rendered, ...]:
    """Return the message that carries this, and for a text that is too long for one, those that follow it."""
    match content:
        case Card():
            return (card_message(content),)
        case Decision():
            return (Rendered(escape(decision_title(content)), decision_blocks(content)),)
        case Batch():
            return (Rendered(escape(batch_title(content)), batch_blocks(content)),)
        case StatusLine():
            shown = (pieces(convert(content.markdown), _SMALL) or ["…"])[0]
            return (Rendered(_told(content.markdown), [kit.context(kit.small(shown))]),)
        case Text():
            return text_messages(content.markdown, users_of(content.mention))
        case Notice():
            return text_messages(content.markdown)
        case _:
            assert_never(content)


def card_message(card: Card, below: Below = "nothing") -> Rendered:
    """Return the message of a card; `below` says where the file is, if the call needs one."""
    return Rendered(_calling(called(card)) + escape(card_title(card)), card_blocks(card, below))


def text_messages(markdown: str, users: Sequence[str] = ()) -> tuple[Rendered, ...]:
    """Return standard Markdown as one message, or as several if it is long; the first notifies these users."""
    messages: list[list[JsonObject]] = [[kit.people(users)] if users else []]
    for piece in pieces(convert(markdown), SECTION) or ["(nothing)"]:
        block = kit.section(piece)
        if messages[-1] and (weight([*messages[-1], block]) > WHOLE or len(messages[-1]) >= BLOCKS):
            messages.append([])
        messages[-1].append(block)
    told = _calling(users) + _told(markdown)
    total = len(messages)
    return tuple(
        Rendered(told if number == 0 else f"(part {number + 1} of {total})", blocks)
        for number, blocks in enumerate(messages)
    )


def _calling(users: Sequence[str]) -> str:
    return "".join(f"<@{user}> " for user in users)


def _told(markdown: str) -> str:
    return escape(line(markdown, _NOTIFICATION)) or "…"
