"""`commit`: what a worker decided or found out, under its lease, written once or refused."""

from dataclasses import replace

import pytest

from bot.entries import stamped
from bot.store import scripts
from bot.store.scripts import Lease, Release
from bot.store.server import Client
from tests.store.acts import (
    KEYS,
    LEASE_US,
    THREAD,
    born,
    change,
    claimed,
    delivery,
    dump,
    entry,
    expire,
    now_us,
    outbox,
    raw,
    stored,
    terms,
)


@pytest.fixture
async def lease(store: Client) -> Lease:
    """A thread of one message, under a lease."""
    await born(store)
    return await claimed(store)


async def test_what_is_committed_is_appended_and_its_place_told(store: Client, lease: Lease) -> None:
    done = await scripts.commit(store, lease, change(1, 2), terms(1, 1))
    assert (done.verdict, done.first, done.version) == ("ok", 1, 3)
    assert (await stored(store)).log[1:] == [stamped(entry(1), done.now), stamped(entry(2), done.now)]


async def test_everything_of_a_commit_is_written_together(store: Client, lease: Lease) -> None:
    whole = replace(change(1), head={"status": "waiting"}, opened={"r1": "digest:9"}, out=[delivery()])
    await scripts.commit(store, lease, whole, terms(1, 1))
    assert (await stored(store)).head["status"] == "waiting"
    assert await raw(store).hgetall(KEYS.open) == {b"r1": b"digest:9"}
    assert await raw(store).hgetall(KEYS.shard.pending) == {b"r1": THREAD.encode()}
    assert await outbox(store) == [delivery()]


async def test_a_closed_request_is_open_nowhere(store: Client, lease: Lease) -> None:
    await scripts.commit(store, lease, replace(change(1), opened={"r1": "d:9", "r2": "d:9"}), terms(1, 1))
    await scripts.commit(store, lease, replace(change(2), closed=["r1"]), terms(2, 2))
    assert await raw(store).hgetall(KEYS.open) == {b"r2": b"d:9"}
    assert await raw(store).hgetall(KEYS.shard.pending) == {b"r2": THREAD.encode()}


async def test_a_repeated_commit_is_answered_as_the_first_and_writes_nothing(store: Client, lease: Lease) -> None:
    whole = replace(change(1), out=[delivery()])
    first = await scripts.commit(store, lease, whole, terms(1, 1))
    before = (await stored(store)).log, await outbox(store)
    assert await scripts.commit(store, lease, whole, terms(1, 1)) == first
    assert ((await stored(store)).log, await outbox(store)) == before


async def test_a_repeated_decision_counts_though_input_came_after_the_first_try(store: Client, lease: Lease) -> None:
    first = await scripts.commit(store, lease, change(1), terms(1, 1, decides=True))
    await scripts.ingest(store, THREAD, change(2))
    assert await scripts.commit(store, lease, change(1), terms(1, 1, decides=True)) == first


async def test_a_repeated_release_is_answered_as_the_first(store: Client, lease: Lease) -> None:
    release = terms(1, 1, release=Release(timer=now_us() + 3_600_000_000))
    first = await scripts.commit(store, lease, change(1), release)
    before = await dump(store)
    assert await scripts.commit(store, lease, change(1), release) == first
    assert await dump(store) == before


async def test_a_repeated_release_does_not_take_the_thread_from_the_next_worker(store: Client, lease: Lease) -> None:
    release = terms(1, 1, release=Release(timer=1))
    await scripts.commit(store, lease, change(1), release)
    await claimed(store, nonce="n2")
    before = await dump(store)
    assert (await scripts.commit(store, lease, change(1), release)).verdict == "stale"
    assert await dump(store) == before


async def test_a_worker_whose_lease_was_taken_over_writes_nothing(store: Client, lease: Lease) -> None:
    await expire(store)
    await claimed(store, nonce="n2")
    before = await dump(store)
    assert (await scripts.commit(store, lease, change(1), terms(1, 1))).verdict == "stale"
    assert await dump(store) == before


async def test_the_same_epoch_under_another_nonce_writes_nothing(store: Client, lease: Lease) -> None:
    other = replace(lease, nonce="another")
    assert (await scripts.commit(store, other, change(1), terms(1, 1))).verdict == "stale"


async def test_a_worker_that_gave_the_thread_back_writes_nothing_more(store: Client, lease: Lease) -> None:
    await scripts.commit(store, lease, change(1), terms(1, 1, release=Release()))
    assert (await scripts.commit(store, lease, change(2), terms(2, 2))).verdict == "stale"


async def test_an_expired_lease_that_nobody_took_over_still_counts(store: Client, lease: Lease) -> None:
    await expire(store)
    assert (await scripts.commit(store, lease, change(1), terms(1, 1))).verdict == "ok"


async def test_a_decision_that_has_not_seen_the_newest_input_is_refused(store: Client, lease: Lease) -> None:
    await scripts.ingest(store, THREAD, change(1))
    before = await dump(store)
    assert (await scripts.commit(store, lease, change(2), terms(1, 1, decides=True))).verdict == "newer"
    assert await dump(store) == before


async def test_a_decision_that_has_seen_it_is_taken(store: Client, lease: Lease) -> None:
    await scripts.ingest(store, THREAD, change(1))
    assert (await scripts.commit(store, lease, change(2), terms(1, 2, decides=True))).verdict == "ok"


async def test_a_result_is_appended_whatever_came_meanwhile(store: Client, lease: Lease) -> None:
    await scripts.ingest(store, THREAD, change(1))
    done = await scripts.commit(store, lease, change(2), terms(1, 1))
    assert (done.verdict, done.first) == ("ok", 2)


async def test_a_note_does_not_overtake_a_decision(store: Client, lease: Lease) -> None:
    await scripts.note(store, THREAD, change(1))
    assert (await scripts.commit(store, lease, change(2), terms(1, 1, decides=True))).verdict == "ok"


async def test_each_commit_prolongs_the_lease(store: Client, lease: Lease) -> None:
    await expire(store)
    done = await scripts.commit(store, lease, change(1), terms(1, 1))
    assert (await stored(store)).leased == done.now + LEASE_US


async def test_progress_makes_the_attempts_count_from_none(store: Client, lease: Lease) -> None:
    await scripts.commit(store, lease, change(1), terms(1, 1, progress=True))
    await expire(store)
    assert (await claimed(store, nonce="n2")).attempts == 1


async def test_without_progress_attempts_add_up(store: Client, lease: Lease) -> None:
    await scripts.commit(store, lease, change(1), terms(1, 1, release=Release(timer=1)))
    assert (await claimed(store, nonce="n2")).attempts == 2


@pytest.mark.parametrize("progress", [False, True])
async def test_an_uncounted_release_was_no_attempt(store: Client, lease: Lease, *, progress: bool) -> None:
    uncounted = Release(timer=1, uncounted=True)
    await scripts.commit(store, lease, change(), terms(1, 1, progress=progress, release=uncounted))
    assert (await claimed(store, nonce="n2")).attempts == 1
