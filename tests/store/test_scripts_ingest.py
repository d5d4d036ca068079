"""`ingest`: one input, taken once, by whichever thread it is for."""

import asyncio
from dataclasses import replace

import pytest
from redis.exceptions import ResponseError

from bot.entries import stamped
from bot.store import log, scripts
from bot.store.keys import LISTED, SEEN_TTL_S, WAKE
from bot.store.scripts import Change
from bot.store.server import Client
from tests.store.acts import KEYS, THREAD, born, change, claimed, delivery, dump, entry, outbox, raw, stored


async def test_a_first_message_begins_a_thread_that_is_due_at_once(store: Client) -> None:
    first = Change(entries=[entry(1), entry(2)], head={"agent": "deploy"})
    done = await scripts.ingest(store, THREAD, first, seen=["m1"], birth=True)
    found = await stored(store)
    assert (done.verdict, done.first, done.version) == ("born", 0, 1)
    assert found.log == [stamped(entry(1), done.now)]
    assert found.head["agent"] == "deploy"
    assert (found.due, found.leased) == (done.now, None)


async def test_the_server_writes_its_own_time_into_each_entry(store: Client) -> None:
    await born(store)
    done = await scripts.ingest(store, THREAD, change(7, 8), seen=["m2"])
    assert (await stored(store)).log[1:] == [stamped(entry(7), done.now), stamped(entry(8), done.now)]


async def test_a_first_message_for_a_thread_that_exists_is_its_next_message(store: Client) -> None:
    await scripts.ingest(store, THREAD, Change(entries=[entry(1), entry(2)], head={"agent": "deploy"}), birth=True)
    again = Change(entries=[entry(3), entry(4)], head={"agent": "triage"})
    done = await scripts.ingest(store, THREAD, again, seen=["m2"], birth=True)
    found = await stored(store)
    assert (done.verdict, done.first, done.version) == ("ok", 1, 2)
    assert found.log[1] == stamped(entry(4), done.now)
    assert found.head["agent"] == "deploy"


async def test_of_two_first_messages_at_once_one_begins_the_thread_and_both_are_kept(store: Client) -> None:
    for n in range(20):
        thread = f"{THREAD[:-2]}a{'abcdefghijklmnopqrstuvwxyz'[n]}"
        both = await asyncio.gather(
            scripts.ingest(store, thread, change(1, 2), seen=[f"{n} a"], birth=True),
            scripts.ingest(store, thread, change(1, 2), seen=[f"{n} b"], birth=True),
        )
        log = (await stored(store, thread)).log
        assert sorted(done.verdict for done in both) == ["born", "ok"]
        assert [line.partition(b",")[2] for line in log] == [entry(1)[1:], entry(2)[1:]]


async def test_the_same_message_twice_at_once_is_taken_once(store: Client) -> None:
    many = await asyncio.gather(
        *(scripts.ingest(store, THREAD, change(1, 2), seen=["event 1", "message 1"], birth=True) for _ in range(8))
    )
    assert sorted(done.verdict for done in many) == ["born", *["duplicate"] * 7]
    assert len((await stored(store)).log) == 1


async def test_any_of_its_ids_makes_a_message_a_duplicate_and_nothing_is_written(store: Client) -> None:
    await born(store)
    await scripts.ingest(store, THREAD, change(1), seen=["event 1", "message 1"])
    before = await dump(store)
    done = await scripts.ingest(store, THREAD, change(1), seen=["event 2", "message 1"])
    assert done.verdict == "duplicate"
    assert await dump(store) == before


async def test_a_message_is_remembered_for_sixty_days(store: Client) -> None:
    await scripts.ingest(store, THREAD, change(1, 2), seen=["m1"], birth=True)
    assert 0 <= SEEN_TTL_S - await raw(store).ttl(KEYS.shard.seen("m1")) < 60


async def test_a_message_to_no_thread_is_absent_and_is_not_remembered(store: Client) -> None:
    done = await scripts.ingest(store, THREAD, change(1), seen=["m1"])
    assert done.verdict == "absent"
    assert await dump(store) == {}


async def test_an_input_that_expects_another_version_writes_nothing(store: Client) -> None:
    await born(store)
    before = await dump(store)
    done = await scripts.ingest(store, THREAD, change(1), seen=["m1"], expect=0)
    assert done.verdict == "newer"
    assert await dump(store) == before


async def test_an_input_that_expects_this_version_is_taken(store: Client) -> None:
    await born(store)
    assert (await scripts.ingest(store, THREAD, change(1), expect=1)).verdict == "ok"


async def test_a_leased_thread_keeps_its_worker_when_input_comes(store: Client) -> None:
    await born(store)
    await claimed(store)
    await scripts.ingest(store, THREAD, change(1), seen=["m2"])
    found = await stored(store)
    assert found.due is None
    assert found.leased is not None


async def test_what_is_to_be_said_goes_out_with_the_input_in_order(store: Client) -> None:
    out = [delivery("a"), delivery("b")]
    await scripts.ingest(store, THREAD, replace(change(1, 2), out=out), seen=["m1"], birth=True)
    assert await outbox(store) == out


async def test_cancelling_closes_whatever_is_open(store: Client) -> None:
    await scripts.ingest(store, THREAD, replace(change(1, 2), opened={"r1": "d:9", "r2": "d:9"}), birth=True)
    await scripts.ingest(store, THREAD, replace(change(3), close_all=True))
    assert not await raw(store).exists(KEYS.open)
    assert not await raw(store).exists(KEYS.shard.pending)


async def test_an_order_to_stop_is_called_out(store: Client) -> None:
    await born(store)
    pubsub = raw(store).pubsub()
    try:
        await pubsub.subscribe(WAKE)
        assert await pubsub.get_message(timeout=5)
        await scripts.ingest(store, THREAD, replace(change(1), head={"paused": "1"}, stop=True))
        message = await pubsub.get_message(timeout=5)
        assert message["data"].decode() == f"stop{THREAD}"
    finally:
        await pubsub.aclose()


async def test_a_thread_is_listed_for_whoever_wrote_in_it_once_and_for_nobody_else(store: Client) -> None:
    for n, who in enumerate(("ana", "bo", "ana")):
        await scripts.ingest(store, THREAD, change(n, n), seen=[f"m{n}"], birth=True, person=who)
    assert [head.thread for head in await log.threads_of(store, "ana")] == [THREAD]
    assert [head.thread for head in await log.threads_of(store, "bo")] == [THREAD]
    assert await log.threads_of(store, "zed") == []


async def test_what_was_not_taken_lists_nothing(store: Client) -> None:
    await scripts.ingest(store, THREAD, change(1), seen=["m1"], person="ana")
    await born(store)
    await scripts.ingest(store, THREAD, change(1, 1), seen=[f"birth of {THREAD}"], birth=True, person="ana")
    assert await log.threads_of(store, "ana") == []


async def test_of_somebody_s_threads_the_newest_of_each_shard_are_listed(store: Client) -> None:
    names = [f"{THREAD[:3]}{'a' * 14}{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(LISTED + 2)]
    for name in names:
        await scripts.ingest(store, name, change(0, 0), birth=True, person="ana")
    assert {head.thread for head in await log.threads_of(store, "ana")} == set(names[2:])


async def test_a_list_of_another_type_is_refused_before_anything_is_written(store: Client) -> None:
    await raw(store).set(KEYS.shard.theirs("ana"), "x", ex=60)
    with pytest.raises(ResponseError, match="WRONGKIND"):
        await scripts.ingest(store, THREAD, change(0, 0), seen=["m1"], birth=True, person="ana")
    assert await log.head(store, THREAD) is None
