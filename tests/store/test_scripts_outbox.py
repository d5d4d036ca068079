"""`attempt` and `settle`: one fenced sender a shard, each delivery sent or given up, and noted in its thread."""

import asyncio
from dataclasses import replace

import pytest

from bot.bodies import ErrorBody
from bot.entries import decode, encode
from bot.events import Delivered, DeliveryFailed
from bot.store import log, scripts
from bot.store.keys import SEEN_TTL_S
from bot.store.outbox import Outbox, Queued
from bot.store.scripts import Change, Settled
from bot.store.server import Client
from tests.store.acts import KEYS, THREAD, born, change, delivery, dump, outbox, raw, stored

SHARD = KEYS.shard


@pytest.fixture
async def sender(store: Client) -> Outbox:
    """A thread with one delivery in the outbox, and the sender that holds the shard."""
    await scripts.ingest(store, THREAD, replace(change(0, 0), out=[delivery("d1")]), birth=True)
    sender = Outbox(store, SHARD, "me")
    assert await sender.acquire()
    return sender


async def queued(sender: Outbox) -> Queued:
    (one,) = await sender.read()
    return one


async def test_of_many_senders_one_gets_the_shard(store: Client) -> None:
    got = await asyncio.gather(*(Outbox(store, SHARD, f"s{n}").acquire() for n in range(8)))
    assert sum(got) == 1


async def test_a_sender_can_keep_what_it_has(sender: Outbox) -> None:
    assert await sender.acquire()


async def test_a_released_shard_can_be_taken_at_once(store: Client, sender: Outbox) -> None:
    await sender.release()
    assert await Outbox(store, SHARD, "other").acquire()


async def test_nobody_can_release_what_another_holds(store: Client, sender: Outbox) -> None:
    await Outbox(store, SHARD, "other").release()
    assert await raw(store).get(SHARD.out_lease) == b"me"


async def test_each_attempt_is_counted_before_it_is_made(sender: Outbox) -> None:
    one = await queued(sender)
    assert [await sender.attempt(one) for _ in range(3)] == [("ok", 1), ("ok", 2), ("ok", 3)]


async def test_a_sender_that_lost_the_shard_may_not_try(store: Client, sender: Outbox) -> None:
    one = await queued(sender)
    await raw(store).set(SHARD.out_lease, "other", ex=30)
    assert await sender.attempt(one) == ("lost", 0)
    assert not await raw(store).exists(SHARD.out_state)


async def test_what_is_about_a_closed_request_is_void(store: Client, sender: Outbox) -> None:
    one = replace(await queued(sender), delivery=delivery("d1", valid_while="r1"))
    assert await sender.attempt(one) == ("void", 0)


async def test_what_is_about_an_open_request_may_be_sent(store: Client, sender: Outbox) -> None:
    await scripts.note(store, THREAD, replace(change(1), opened={"r1": "d:9"}))
    one = replace(await queued(sender), delivery=delivery("d1", valid_while="r1"))
    assert await sender.attempt(one) == ("ok", 1)


async def test_what_was_sent_leaves_the_outbox_and_is_noted_with_the_providers_id(
    store: Client, sender: Outbox
) -> None:
    one = await queued(sender)
    await sender.attempt(one)
    await sender.sent(one, "C1/17.1")
    noted = decode((await stored(store)).log[-1])
    assert isinstance(noted, Delivered)
    assert (noted.delivery, noted.foreign) == ("d1", "C1/17.1")
    assert await outbox(store) == []
    assert await log.sent_as(store, SHARD, "d1") == "C1/17.1"
    assert not await raw(store).exists(SHARD.out_state)


async def test_the_providers_id_is_kept_for_sixty_days(store: Client, sender: Outbox) -> None:
    await sender.sent(await queued(sender), "C1/17.1")
    assert 0 <= SEEN_TTL_S - await raw(store).ttl(SHARD.sent("d1")) < 60


async def test_a_note_about_sending_does_not_wake_the_thread(store: Client, sender: Outbox) -> None:
    await raw(store).zrem(SHARD.due, THREAD)
    await sender.sent(await queued(sender), "C1/17.1")
    found = await stored(store)
    assert (found.due, found.head["input_version"]) == (None, "1")


async def test_what_was_given_up_is_kept_noted_and_told_elsewhere(store: Client, sender: Outbox) -> None:
    one = await queued(sender)
    await sender.give_up(one, "channel_not_found", [delivery("instead")])
    noted = decode((await stored(store)).log[-1])
    assert isinstance(noted, DeliveryFailed)
    assert noted.body
    assert noted.body.error == "channel_not_found"
    assert await outbox(store) == [delivery("instead")]
    assert await log.dead(store) == [("channel_not_found", one.delivery.model_dump_json(exclude_none=True))]


async def test_what_need_not_be_sent_leaves_no_note(store: Client, sender: Outbox) -> None:
    await sender.drop(await queued(sender))
    assert await sender.empty()
    assert len((await stored(store)).log) == 1


async def test_a_sender_that_lost_the_shard_settles_nothing(store: Client, sender: Outbox) -> None:
    one = await queued(sender)
    await raw(store).set(SHARD.out_lease, "other", ex=30)
    before = await dump(store)
    note = Delivered(delivery="d1", channel="slack", foreign="x")
    settled = Settled(token="me", entry=one.entry, delivery=one.delivery, foreign="x")
    done = await scripts.settle(store, settled, Change(entries=[encode(note)]))
    assert done.verdict == "lost"
    assert await dump(store) == before


async def test_what_was_settled_meanwhile_is_not_settled_again(store: Client, sender: Outbox) -> None:
    """A sender sleeps in the middle of sending, another one takes over and is done, and the first is in time again."""
    one = await queued(sender)
    await sender.attempt(one)
    await sender.release()
    other = Outbox(store, SHARD, "other")
    await other.acquire()
    await other.sent(one, "C1/17.1")
    await other.release()
    await sender.acquire()
    before = await dump(store)
    await sender.sent(one, "C1/17.2")
    assert await dump(store) == before


async def test_a_refusal_in_no_thread_is_settled_without_a_note(store: Client) -> None:
    await scripts.refuse(store, "{}", delivery("d1"), "someone", seen=[], limit=1)
    sender = Outbox(store, SHARD, "me")
    await sender.acquire()
    await sender.sent(await queued(sender), "C1/17.1")
    assert await sender.empty()
    assert not await raw(store).exists(KEYS.log)


async def test_what_cannot_be_read_is_set_aside_and_the_rest_is_sent(store: Client) -> None:
    await born(store)
    await raw(store).xadd(SHARD.out, {"d": '{"from":"the future"}'})
    await scripts.note(store, THREAD, Change(entries=[encode(_note())], out=[delivery("d2")]))
    sender = Outbox(store, SHARD, "me")
    assert [one.delivery.id for one in await sender.read()] == ["d2"]
    assert await log.dead(store) == [("unreadable", '{"from":"the future"}')]


def _note() -> DeliveryFailed:
    return DeliveryFailed(delivery="d0", channel="slack", body=ErrorBody(error="made up"))
