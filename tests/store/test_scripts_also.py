"""What one call writes to several threads of a shard: a child that begins, a parent that hears of an end."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from redis.exceptions import ResponseError

from bot.entries import stamped
from bot.ids import child_id
from bot.store import scripts
from bot.store.changes import Also
from bot.store.keys import WAKE, ThreadKeys
from bot.store.scripts import Change, Lease, Release
from bot.store.server import Client
from tests.store.acts import KEYS, THREAD, born, change, claimed, dump, entry, raw, stored, terms

OTHER = child_id(THREAD, "c1")
THIRD = child_id(THREAD, "c2")


def told(number: int = 9, thread: str = OTHER, head: Mapping[str, str] | None = None, *, birth: bool = False) -> Also:
    """An input for another thread, or its beginning."""
    return Also(thread=thread, entries=[entry(number)], head=head or {}, birth=birth)


@pytest.fixture
async def lease(store: Client) -> Lease:
    """A thread of one message, under a lease."""
    await born(store)
    return await claimed(store)


async def test_a_commit_begins_a_child_that_is_due_at_once(store: Client, lease: Lease) -> None:
    whole = replace(change(1), also=[told(head={"agent": "shop", "parent": THREAD}, birth=True)])
    done = await scripts.commit(store, lease, whole, terms(1, 1, decides=True))
    child = await stored(store, OTHER)
    assert child.log == [stamped(entry(9), done.now)]
    assert (child.head["version"], child.head["input_version"], child.head["parent"]) == ("1", "1", THREAD)
    assert (child.due, child.leased) == (done.now, None)


async def test_a_repeated_commit_begins_one_child(store: Client, lease: Lease) -> None:
    whole = replace(change(1), also=[told(birth=True)])
    first = await scripts.commit(store, lease, whole, terms(1, 1))
    before = await dump(store)
    assert await scripts.commit(store, lease, whole, terms(1, 1)) == first
    assert await dump(store) == before


async def test_a_child_that_exists_does_not_begin_again(store: Client, lease: Lease) -> None:
    await scripts.commit(store, lease, replace(change(1), also=[told(1, birth=True)]), terms(1, 1))
    before = await stored(store, OTHER)
    await scripts.commit(store, lease, replace(change(2), also=[told(2, birth=True)]), terms(2, 2))
    assert await stored(store, OTHER) == before


async def test_a_decision_that_came_too_late_begins_no_child(store: Client, lease: Lease) -> None:
    await scripts.ingest(store, THREAD, change(5))
    whole = replace(change(1), also=[told(birth=True)])
    assert (await scripts.commit(store, lease, whole, terms(1, 1, decides=True))).verdict == "newer"
    assert (await stored(store, OTHER)).log == []


async def test_an_input_for_another_thread_wakes_it(store: Client, lease: Lease) -> None:
    await born(store, thread=OTHER)
    await raw(store).zrem(KEYS.shard.due, OTHER)
    done = await scripts.commit(store, lease, replace(change(1), also=[told(7)]), terms(1, 1))
    other = await stored(store, OTHER)
    assert other.log[1:] == [stamped(entry(7), done.now)]
    assert (other.head["input_version"], other.due) == ("2", done.now)


async def test_a_hint_says_that_another_thread_is_due(store: Client, lease: Lease) -> None:
    await born(store, thread=OTHER)
    async with raw(store).pubsub() as heard:
        await heard.subscribe(WAKE)
        await scripts.commit(store, lease, replace(change(1), also=[told()]), terms(1, 1))
        messages = [await heard.get_message(timeout=5) for _ in range(2)]
    assert messages[1]["data"] == f"{KEYS.shard.shard:02d}".encode()


async def test_a_thread_under_a_lease_stays_with_its_worker_and_is_due_afterwards(store: Client, lease: Lease) -> None:
    await born(store, thread=OTHER)
    other = await claimed(store, thread=OTHER, nonce="n2")
    await scripts.commit(store, lease, replace(change(1), also=[told()]), terms(1, 1))
    assert (await stored(store, OTHER)).due is None
    assert (await scripts.commit(store, other, change(2), terms(1, 1, decides=True))).verdict == "newer"
    await scripts.commit(store, other, change(), terms(2, 1, release=Release()))
    assert (await stored(store, OTHER)).due is not None


async def test_a_paused_thread_gets_the_input_and_rests(store: Client, lease: Lease) -> None:
    await born(store, thread=OTHER)
    await scripts.ingest(store, OTHER, Change(entries=[entry(3)], head={"paused": "1"}))
    await scripts.commit(store, lease, replace(change(1), also=[told()]), terms(1, 1))
    other = await stored(store, OTHER)
    assert (len(other.log), other.due) == (3, None)


async def test_nothing_is_written_to_a_thread_that_is_not_there(store: Client, lease: Lease) -> None:
    assert (await scripts.commit(store, lease, replace(change(1), also=[told()]), terms(1, 1))).ok
    assert await stored(store, OTHER) == await stored(store, THIRD)


async def test_an_input_that_is_taken_tells_others_once(store: Client) -> None:
    await born(store)
    await born(store, thread=OTHER)
    whole = replace(change(1), also=[told()])
    assert (await scripts.ingest(store, THREAD, whole, seen=["order 1"])).verdict == "ok"
    assert (await scripts.ingest(store, THREAD, whole, seen=["order 1"])).verdict == "duplicate"
    assert len((await stored(store, OTHER)).log) == 2
    assert await raw(store).exists(KEYS.shard.seen("order 1"))


async def test_one_call_begins_one_thread_and_tells_another(store: Client, lease: Lease) -> None:
    await born(store, thread=OTHER)
    whole = Change(also=[told(), told(8, THIRD, birth=True)])
    done = await scripts.commit(store, lease, whole, terms(1, 1))
    assert (await stored(store, OTHER)).log[1:] == [stamped(entry(9), done.now)]
    assert (await stored(store, THIRD)).log == [stamped(entry(8), done.now)]


async def test_words_of_every_kind_arrive_to_the_byte(store: Client, lease: Lease) -> None:
    words = '{"type":"made_up"}\n{"text":"\\u0000 \\"quoted\\" \\\\ é ⇢ 𝄞 \x7f"}'.encode()
    also = Also(thread=OTHER, entries=[words], birth=True)
    done = await scripts.commit(store, lease, replace(change(1), also=[also]), terms(1, 1))
    assert (await stored(store, OTHER)).log == [stamped(words, done.now)]


@pytest.mark.parametrize("kind", ["log", "head", "lease"])
async def test_a_wrong_type_in_another_thread_is_refused_and_nothing_is_written(
    store: Client, lease: Lease, kind: str
) -> None:
    await born(store, thread=OTHER)
    key = str(getattr(ThreadKeys(OTHER), kind))
    await raw(store).delete(key)
    await raw(store).set(key, "a string")
    before = await dump(store)
    with pytest.raises(ResponseError, match="WRONG"):
        await scripts.commit(store, lease, replace(change(1), also=[told()]), terms(1, 1))
    assert await dump(store) == before
