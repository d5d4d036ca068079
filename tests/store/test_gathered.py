"""What is kept of a message that shows several requests: written as the delivery is settled, or not at all."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from redis.exceptions import ResponseError

from bot.ids import child_id
from bot.places import Batch, Card, Decision, Delivery
from bot.store import scripts
from bot.store.changes import Change
from bot.store.keys import SEEN_TTL_S
from bot.store.outbox import Outbox
from bot.store.server import Client
from tests.store.acts import KEYS, PLACE, THREAD, born, dump, entry, raw

CHILDREN = (child_id(THREAD, "c1"), child_id(THREAD, "c2"))
KEY = KEYS.shard.gathered(THREAD, PLACE.lane())
AT = datetime(2027, 1, 2, tzinfo=UTC)


def card(number: int) -> Card:
    fields = {"request": f"r{number}", "request_kind": "approval", "title": "Send", "agent": "ops", "step": "send"}
    return Card.model_validate({**fields, "expires_at": AT, "thread": CHILDREN[number]})


def asks(number: int) -> Delivery:
    """The card of a child."""
    return Delivery(id=f"d{number}", thread=CHILDREN[number], place=PLACE, content=card(number))


def decides(number: int) -> Delivery:
    """Its outcome."""
    content = Decision(card=card(number), outcome="approved", at=AT)
    return Delivery(id=f"e{number}", thread=CHILDREN[number], place=PLACE, content=content, replaces=f"d{number}")


@pytest.fixture
async def sender(store: Client) -> Outbox:
    """Two children of one thread, each with an open request, and the sender that holds their shard."""
    for number, child in enumerate(CHILDREN):
        first = Change(entries=[entry(), entry()], head={"parent": THREAD}, opened={f"r{number}": "d:9"})
        await scripts.ingest(store, child, first, birth=True)
    sender = Outbox(store, KEYS.shard, "me")
    assert await sender.acquire()
    return sender


async def send(sender: Outbox, delivery: Delivery, foreign: str = "m1") -> Delivery:
    """Send it as the sender does. Returns what was shown."""
    await scripts.note(sender.client, delivery.thread, Change(out=[delivery]))
    (queued,) = await sender.read()
    planned = await sender.plan(delivery)
    assert planned
    await sender.sent(queued, foreign, planned)
    return planned[1].delivery


async def test_the_second_card_joins_the_message_of_the_first(sender: Outbox) -> None:
    assert (await send(sender, asks(0))).content == card(0)
    both = (await send(sender, asks(1))).content
    assert isinstance(both, Batch)
    assert both.items == (card(0), card(1))


async def test_what_is_kept_has_a_time_to_live_and_goes_when_all_is_decided(store: Client, sender: Outbox) -> None:
    await send(sender, asks(0))
    assert 0 < await raw(store).ttl(KEY) <= SEEN_TTL_S
    await send(sender, decides(0))
    assert not await raw(store).exists(KEY)


async def test_a_sender_that_lost_the_shard_changes_nothing(store: Client, sender: Outbox) -> None:
    await send(sender, asks(0))
    await scripts.note(store, CHILDREN[1], Change(out=[asks(1)]))
    (queued,) = await sender.read()
    await raw(store).set(KEYS.shard.out_lease, "other", ex=30)
    before = await dump(store)
    await sender.sent(queued, "m1", await sender.plan(asks(1)))
    assert await dump(store) == before


async def test_a_request_that_is_open_no_more_is_not_asked_again(store: Client, sender: Outbox) -> None:
    await send(sender, asks(0))
    await scripts.note(store, CHILDREN[0], Change(closed=["r0"], entries=[entry()]))
    assert (await send(sender, asks(1), "m2")).content == card(1)


@pytest.mark.parametrize("what", [asks, decides])
async def test_what_no_child_asks_is_not_gathered(
    store: Client, sender: Outbox, what: Callable[[int], Delivery]
) -> None:
    await born(store)
    assert await sender.plan(what(0).model_copy(update={"thread": THREAD})) is None


async def test_another_place_has_messages_of_its_own(sender: Outbox) -> None:
    await send(sender, asks(0))
    elsewhere = asks(1).model_copy(update={"place": PLACE.model_copy(update={"thread": "2.2"})})
    assert (await send(sender, elsewhere, "m2")).content == card(1)


async def test_a_key_of_a_wrong_type_is_refused_and_nothing_is_written(store: Client, sender: Outbox) -> None:
    await scripts.note(store, CHILDREN[0], Change(out=[asks(0)]))
    (queued,) = await sender.read()
    planned = await sender.plan(asks(0))
    await raw(store).sadd(KEY, "a set where a string should be")
    before = await dump(store)
    with pytest.raises(ResponseError, match="WRONG"):
        await sender.sent(queued, "m1", planned)
    assert await dump(store) == before
    await raw(store).expire(KEY, 60)
