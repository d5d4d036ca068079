"""Several requests in one message, each whole and with buttons of its own. Pure."""

from bot.places import Batch, Card, Decision
from bot.visible import line
from channels.slack import kit
from channels.slack.cards import card_blocks, card_title, decision_blocks, decision_title
from channels.slack.limits import BLOCKS, WHOLE, weight
from channels.slack.wire import JsonObject

_DIVIDER: JsonObject = {"type": "divider"}


def batch_title(batch: Batch) -> str:
    """Return what is new in one line, without arguments, and how much there is to decide: for notifications."""
    latest = next((item for item in batch.items if _request(item) == batch.latest), None)
    told = "" if latest is None else card_title(latest) if isinstance(latest, Card) else decision_title(latest)
    return f"{told} ({batch.title})" if told else batch.title


def batch_blocks(batch: Batch) -> list[JsonObject]:
    """Return all requests under each other; outcomes in full as long as there is room.

    The core gathers only what fits (bot.gathering). Should that fail, nobody is offered what is not shown: the rest
    is named, and answered by other ways.
    """
    blocks = _under_each_other(batch, [_whole(item) for item in batch.items])
    if not _fits(blocks):
        blocks = _under_each_other(batch, [_briefly(item) for item in batch.items])
    kept = len(batch.items)
    while not _fits(blocks) and kept:
        kept -= 1
        left = len(batch.items) - kept
        more = [kit.rich(kit.paragraph(kit.run(f"and {left} more: "), kit.run("bot requests", "code")))]
        blocks = _under_each_other(batch, [*(_briefly(item) for item in batch.items[:kept]), more])
    return blocks


def _under_each_other(batch: Batch, parts: list[list[JsonObject]]) -> list[JsonObject]:
    blocks = [kit.context(kit.plain(line(batch.title, 200)))]
    for part in parts:
        blocks += [_DIVIDER, *part]
    return blocks


def _fits(blocks: list[JsonObject]) -> bool:
    return len(blocks) <= BLOCKS and weight(blocks) <= WHOLE


def _whole(item: Card | Decision) -> list[JsonObject]:
    return card_blocks(item) if isinstance(item, Card) else decision_blocks(item)


def _briefly(item: Card | Decision) -> list[JsonObject]:
    if isinstance(item, Card):
        return card_blocks(item)
    told = [kit.paragraph(kit.run(decision_title(item), "bold"))]
    told += [kit.quote(line(item.reason, 300))] if item.reason.strip() else []
    return [kit.rich(*told), kit.context(kit.small(kit.date(item.at)))]


def _request(item: Card | Decision) -> str:
    return item.request if isinstance(item, Card) else item.card.request
