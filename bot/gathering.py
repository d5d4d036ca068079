"""What the children of one thread ask at one place stands in one message, decidable one by one.

It is gathered where it is sent, not in the parent's log: a shard has one sender at a time, and that sends one after
the other what goes to one place, so that no two of the children can ask past each other, whichever workers they are
on. Their logs stay the truth, each about its own requests. What is kept here is what a message shows, so that the
next card can join it and an outcome take its own card's place in it; it is written in the call that takes the delivery
out of the outbox. The first request is a plain card, and at once; the second makes a batch of it.

By itself stands what is urgent (a message that is changed notifies nobody), what is answered in free words (a plain
reply says not which), and what a message has no room for.
"""

from dataclasses import dataclass
from typing import TypeAlias

from pydantic import JsonValue

from bot.places import Batch, Card, Decision, Delivery, Frozen
from bot.visible import exact, exact_value

MOST = 4  # requests in one message: with all their buttons, Slack takes no more
_ROOM = 10_000  # characters of all of them; Slack fails at about 13,200
_EACH = 900  # of them, what a card has besides: buttons, names, ids


class Item(Frozen):
    """One request of a message: the delivery that brought its card, and what is shown of it."""

    delivery: str
    content: Card | Decision


class Message(Frozen):
    """One message that was sent, by the provider's id of it, and what it shows."""

    foreign: str
    items: tuple[Item, ...]


class Gathered(Frozen):
    """The messages of one family at one place, as far as not all in them is decided."""

    messages: tuple[Message, ...] = ()


Found: TypeAlias = frozenset[str]
"""Requests that are open in the store."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to send instead of a delivery, in the place of which message, and what is to be kept then."""

    delivery: Delivery
    previous: str | None  # the message that it changes; None: it begins one
    before: Gathered
    items: tuple[Item, ...]
    index: int  # of the message
    undone: Delivery | None = None  # what the message showed before; None: there was none

    def alone(self, delivery: Delivery) -> "Plan":
        """The same card as a message of its own: the one that it was to join is not there any more."""
        return Plan(delivery, None, self.before, self.items[-1:], len(self.before.messages))

    def after(self, foreign: str) -> Gathered:
        """What is shown once it was sent under this id."""
        messages = list(self.before.messages)
        messages[self.index : self.index + 1] = [Message(foreign=foreign, items=self.items)]
        return Gathered(messages=tuple(message for message in messages if _asks(message)))


def plan(gathered: Gathered, delivery: Delivery, still_open: Found) -> Plan | None:
    """Decide how a card or an outcome is shown; None: as it is, and nothing is kept of it."""
    match delivery.content:
        case Card() as card if _joins(card):
            return _card(gathered, delivery, card, still_open)
        case Decision() as decision:
            return _decision(gathered, delivery, decision, still_open)
        case _:
            return None


def requests(gathered: Gathered) -> list[Card]:
    """Return what is shown as undecided: whether it is still open is the store's to say."""
    items = (item for message in gathered.messages for item in message.items)
    return [item.content for item in items if isinstance(item.content, Card)]


def _card(gathered: Gathered, delivery: Delivery, card: Card, still_open: Found) -> Plan:
    for index, message in enumerate(gathered.messages):
        asking = any(isinstance(one.content, Card) and one.content.request in still_open for one in message.items)
        items = (*message.items, Item(delivery=delivery.id, content=card))
        if asking and len(items) <= MOST and sum(_size(_card_of(item)) for item in items) <= _ROOM:
            return _changed(gathered, delivery, items, index, still_open | {card.request})
    first = (Item(delivery=delivery.id, content=card),)
    return Plan(delivery, None, gathered, first, len(gathered.messages))


def _decision(gathered: Gathered, delivery: Delivery, decision: Decision, still_open: Found) -> Plan | None:
    for index, message in enumerate(gathered.messages):
        if any(item.delivery == delivery.replaces for item in message.items):
            items = tuple(
                Item(delivery=item.delivery, content=decision) if item.delivery == delivery.replaces else item
                for item in message.items
            )
            return _changed(gathered, delivery, items, index, still_open)
    return None


def _changed(gathered: Gathered, delivery: Delivery, items: tuple[Item, ...], index: int, still_open: Found) -> Plan:
    card = delivery.content.card if isinstance(delivery.content, Decision) else delivery.content
    latest = card.request if isinstance(card, Card) else None
    content = delivery.content if len(items) == 1 else _shown(items, latest, still_open)
    changed = delivery.model_copy(update={"content": content, "replaces": items[0].delivery})
    message = gathered.messages[index]
    undone = changed.model_copy(update={"content": _shown(message.items, None, still_open)})
    return Plan(changed, message.foreign, gathered, items, index, undone)


def _shown(items: tuple[Item, ...], latest: str | None, still_open: Found) -> Batch | Card | Decision:
    """All of it but what was answered and whose outcome has not come here yet; it may never, by mail."""
    shown = [one.content for one in items if isinstance(one.content, Decision) or one.content.request in still_open]
    shown = shown or [items[-1].content]
    waiting = sum(isinstance(content, Card) for content in shown)
    title = f"{waiting} of {len(shown)} requests to be decided" if waiting else f"{len(shown)} requests, all decided"
    return Batch(title=title, items=tuple(shown), latest=latest) if len(items) > 1 else shown[0]


def _asks(message: Message) -> bool:
    return any(isinstance(item.content, Card) for item in message.items)


def _joins(card: Card) -> bool:
    return card.urgency != "high" and not card.mention and card.format != "free_text" and _size(card) <= _ROOM


def _card_of(item: Item) -> Card:
    return item.content.card if isinstance(item.content, Decision) else item.content


def _size(card: Card) -> int:
    """About how many characters a card takes up, as it is shown."""
    values: list[dict[str, JsonValue]] = [card.arguments, card.snapshot, {**card.changed}]
    call = sum(len(exact(name)) + len(exact_value(value)) for each in values for name, value in each.items())
    said = sum(map(len, (card.title, card.why, card.text, card.context, card.warning, *card.options, *card.approvers)))
    return _EACH + call + said
