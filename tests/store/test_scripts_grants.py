"""Copies of standing permissions: written with the answer that gives one, and checked inside the commit of a start."""

from dataclasses import replace

import pytest
from redis.exceptions import ResponseError

from bot.ids import thread_id
from bot.store import scripts
from bot.store.keys import ALL_SHARDS
from bot.store.scripts import Done, Lease
from bot.store.server import Client
from tests.store.acts import KEYS, THREAD, born, change, claimed, dump, now_us, raw, stored, terms

GRANT = "a grant"
GRANTS = KEYS.shard.grants
HOUR_US = 3_600_000_000


def copy(until: int, what: str = "what") -> str:
    return f"{until}:{what}"


@pytest.fixture
async def lease(store: Client) -> Lease:
    """A thread of one message, under a lease."""
    await born(store)
    return await claimed(store)


async def start(client: Client, lease: Lease, expected: str, *, seq: int = 1, basis: int = 1) -> Done:
    """Commit a start under the permission, as the worker read it."""
    under = replace(terms(seq, basis, decides=True), grant=(GRANT, expected))
    return await scripts.commit(client, lease, change(1), under)


async def test_a_start_whose_copy_is_there_is_written(store: Client, lease: Lease) -> None:
    mine = copy(now_us() + HOUR_US)
    await raw(store).hset(GRANTS, GRANT, mine)
    assert (await start(store, lease, mine)).verdict == "ok"
    assert len((await stored(store)).log) == 2


async def test_a_start_without_a_copy_is_refused_and_nothing_is_written(store: Client, lease: Lease) -> None:
    before = await dump(store)
    assert (await start(store, lease, copy(now_us() + HOUR_US))).verdict == "revoked"
    assert await dump(store) == before


async def test_a_start_with_another_copy_than_the_worker_read_is_refused(store: Client, lease: Lease) -> None:
    until = now_us() + HOUR_US
    await raw(store).hset(GRANTS, GRANT, copy(until, "revoked"))
    assert (await start(store, lease, copy(until))).verdict == "revoked"
    assert len((await stored(store)).log) == 1


async def test_a_start_after_the_time_is_refused_by_the_servers_clock(store: Client, lease: Lease) -> None:
    mine = copy(now_us() - 1)
    await raw(store).hset(GRANTS, GRANT, mine)
    assert (await start(store, lease, mine)).verdict == "revoked"
    assert len((await stored(store)).log) == 1


async def test_a_copy_in_another_shard_does_not_count(store: Client, lease: Lease) -> None:
    mine = copy(now_us() + HOUR_US)
    for shard in ALL_SHARDS:
        if shard != KEYS.shard:
            await raw(store).hset(shard.grants, GRANT, mine)
    assert (await start(store, lease, mine)).verdict == "revoked"


async def test_input_that_nobody_has_looked_at_stops_a_start_with_a_copy_too(store: Client, lease: Lease) -> None:
    mine = copy(now_us() + HOUR_US)
    await raw(store).hset(GRANTS, GRANT, mine)
    await scripts.ingest(store, THREAD, change(2))
    assert (await start(store, lease, mine)).verdict == "newer"


async def test_a_repeated_start_is_answered_as_the_first_though_it_was_taken_back_since(
    store: Client, lease: Lease
) -> None:
    mine = copy(now_us() + HOUR_US)
    await raw(store).hset(GRANTS, GRANT, mine)
    first = await start(store, lease, mine)
    await raw(store).hdel(GRANTS, GRANT)
    assert await start(store, lease, mine) == first
    assert len((await stored(store)).log) == 2


async def test_after_a_refused_start_the_lease_goes_on(store: Client, lease: Lease) -> None:
    await start(store, lease, copy(now_us() + HOUR_US))
    assert (await scripts.commit(store, lease, change(3), terms(2, 1))).verdict == "ok"


async def test_a_start_over_a_key_of_a_wrong_type_writes_nothing(client: Client) -> None:
    await born(client)
    lease = await claimed(client)
    await raw(client).set(GRANTS, "a string")
    before = await dump(client)
    with pytest.raises(ResponseError, match="WRONGKIND"):
        await start(client, lease, copy(now_us() + HOUR_US))
    assert await dump(client) == before


async def answered(client: Client, granted: dict[str, str] | None, *, digest: str = "d", source: str = "click") -> Done:
    """Answer the one request, and permit something with it."""
    what = replace(change(5), closed=["r1"])
    return await scripts.answer(client, THREAD, "r1", what, digest=digest, version=2, seen=[source], granted=granted)


@pytest.fixture
async def asked(store: Client) -> Client:
    """A thread with one open request for the next hour."""
    await born(store)
    await scripts.note(store, THREAD, replace(change(1), opened={"r1": f"d:{now_us() + HOUR_US}"}))
    return store


async def test_an_answer_leaves_the_copy_of_what_it_permits_in_its_shard(asked: Client) -> None:
    assert (await answered(asked, {GRANT: "9:what"})).verdict == "ok"
    assert await raw(asked).hgetall(GRANTS) == {GRANT.encode(): b"9:what"}


async def test_an_answer_without_a_permission_leaves_none(asked: Client) -> None:
    await answered(asked, None)
    assert not await raw(asked).exists(GRANTS)


async def test_a_refused_answer_permits_nothing(asked: Client) -> None:
    assert (await answered(asked, {GRANT: "9:what"}, digest="another")).verdict == "changed"
    assert not await raw(asked).exists(GRANTS)


async def test_the_same_click_delivered_twice_permits_once(asked: Client) -> None:
    await answered(asked, {GRANT: "9:what"})
    await scripts.note(asked, THREAD, replace(change(2), opened={"r1": f"d:{now_us() + HOUR_US}"}))
    repeated = await scripts.answer(
        asked, THREAD, "r1", change(6), digest="d", version=4, seen=["click"], granted={"another": "9:what"}
    )
    assert repeated.verdict == "duplicate"
    assert await raw(asked).hkeys(GRANTS) == [GRANT.encode()]


async def test_the_clock_of_every_shard_is_that_of_the_entries_in_it(store: Client) -> None:
    for shard in ALL_SHARDS:
        thread = next(name for n in range(999) if (name := thread_id(str(n))).startswith(f"{shard.shard:02d}"))
        before = await scripts.clock(store, shard)
        done = await scripts.ingest(store, thread, change(0, 0), seen=[thread], birth=True)
        assert before <= done.now <= await scripts.clock(store, shard)
