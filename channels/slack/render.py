"""What is delivered, as messages: a text for notifications and blocks within Slack's limits. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import assert_never

from bot.places import Batch, Card, Content, Decision, Notice, Progress, StatusLine, Text
from bot.visible import line, readable
from channels.slack import kit, rating
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
from channels.slack.mrkdwn import convert, pieces
from channels.slack.pages import pages
from channels.slack.progress import plain_blocks, plan_blocks, progress_text
from channels.slack.spoken import brief
from channels.slack.visible import escape
from channels.slack.wire import JsonObject

MOST_MESSAGES = 5  # of one answer
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
            return text_messages(content.markdown, users_of(content.mention), _below(content))
        case Notice():
            return text_messages(content.markdown)
        case Progress():
            return (progress_message(content),)
        case _:
            assert_never(content)


def card_message(card: Card, below: Below = "nothing") -> Rendered:
    """Return the message of a card; `below` says where the file is, if the call needs one."""
    return Rendered(_calling(called(card)) + escape(card_title(card)), card_blocks(card, below))


def progress_message(progress: Progress, *, plain: bool = False) -> Rendered:
    """Return how far a turn is; `plain`: without the blocks that not every workspace has."""
    blocks = plain_blocks(progress) if plain else plan_blocks(progress)
    return Rendered(progress_text(progress), blocks)


def text_messages(markdown: str, users: Sequence[str] = (), below: Sequence[JsonObject] = ()) -> tuple[Rendered, ...]:
    """Return standard Markdown as one message, or as several if it is long.

    The first notifies these users; the last one ends with the blocks `below`.
    """
    found = pages(markdown, below=below)
    told = _calling(users) + brief(found[0], _NOTIFICATION)
    found[0] = [*([kit.people(users)] if users else []), *found[0]]
    return tuple(
        Rendered(told if number == 1 else f"(part {number} of {len(found)})", blocks)
        for number, blocks in enumerate(found, 1)
    )


@dataclass(frozen=True, slots=True)
class LongAnswer:
    """A text of more messages than people read in a chat: how it begins, and a file that has all of it."""

    first: tuple[Rendered, ...]
    closing: Rendered  # says where the rest is
    file: str  # its name
    text: str


def long_answer(content: Content, messages: tuple[Rendered, ...]) -> LongAnswer | None:
    """Return how a text is said that was rendered as more than MOST_MESSAGES; None: it is none."""
    if not isinstance(content, Text) or len(messages) <= MOST_MESSAGES:
        return None
    text = readable(content.markdown)
    name = f"answer-{sha256(text.encode()).hexdigest()[:8]}.md"
    told = f"This is the beginning. The whole answer, {len(text):,} characters, is in the file above: "
    line_of_it = kit.rich(kit.paragraph(kit.run(told, "bold"), kit.run(name, "code")))
    closing = Rendered(f"{told}{name}", [line_of_it, *_below(content)])
    return LongAnswer(messages[: MOST_MESSAGES - 1], closing, name, text)


def _below(content: Text) -> list[JsonObject]:
    """Return what stands below an answer, in its last message."""
    return [rating.buttons(content.rate)] if content.rate else []


def _calling(users: Sequence[str]) -> str:
    return "".join(f"<@{user}> " for user in users)


def _told(markdown: str) -> str:
    return escape(line(markdown, _NOTIFICATION)) or "…"
