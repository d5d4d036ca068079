"""`claim`: one due or abandoned thread at a time, by turns, each under an epoch of its own."""

import asyncio
from typing import Literal

import pytest

from bot.ids import thread_id
from bot.store import scripts
from bot.store.keys import ShardKeys
from bot.store.scripts import Lease, Release
from bot.store.server import Client
from tests.store.acts import (
    KEYS,
    LEASE_US,
    THREAD,
    born,
    change,
    claimed,
    expire,
    now_us,
    raw,
    stored,
    terms,
)

# Two threads of one shard.
OLD, NEW = [name for name in (thread_id("claims", str(n)) for n in range(100)) if name.startswith("03-")][:2]
SHARD = ShardKeys(3)


async def test_a_due_thread_is_leased_and_due_no_more(store: Client) -> None:
    await born(store)
    before = now_us()
    lease = await claimed(store)
    found = await stored(store)
    assert (lease.nonce, lease.version, lease.attempts, lease.was_lost) == ("n1", 1, 1, False)
    assert int(lease.epoch) >= before
    assert found.due is None
    assert found.leased == lease.now + LEASE_US


async def test_of_many_workers_one_gets_the_thread(store: Client) -> None:
    await born(store)
    claims = [scripts.claim(store, KEYS.shard, f"n{n}", LEASE_US, prefer="due") for n in range(8)]
    found = await asyncio.gather(*claims)
    assert sum(isinstance(lease, Lease) for lease in found) == 1


async def test_a_leased_thread_cannot_be_claimed_before_its_lease_has_run_out(store: Client) -> None:
    await born(store)
    await claimed(store)
    assert await scripts.claim(store, KEYS.shard, "n2", LEASE_US, prefer="expired") is None


async def test_an_abandoned_thread_goes_to_the_next_with_a_greater_epoch(store: Client) -> None:
    await born(store)
    first = await claimed(store)
    await expire(store)
    second = await claimed(store, nonce="n2")
    assert int(second.epoch) > int(first.epoch)
    assert (second.attempts, second.was_lost) == (2, True)


async def test_an_epoch_grows_even_when_the_servers_clock_went_back(store: Client) -> None:
    await born(store)
    tomorrow = now_us() + 86_400_000_000
    await raw(store).hset(KEYS.lease, "epoch", tomorrow)
    assert (await claimed(store)).epoch == str(tomorrow + 1)


@pytest.mark.parametrize(("prefer", "first"), [("due", NEW), ("expired", OLD)])
async def test_abandoned_and_due_threads_take_turns(
    store: Client, prefer: Literal["due", "expired"], first: str
) -> None:
    await born(store, thread=OLD)
    await claimed(store, thread=OLD)
    await expire(store, OLD)
    await born(store, thread=NEW)
    lease = await scripts.claim(store, SHARD, "n2", LEASE_US, prefer=prefer)
    assert isinstance(lease, Lease)
    assert lease.thread == first


async def test_with_nothing_due_the_time_of_the_next_timer_is_told(store: Client) -> None:
    await born(store)
    lease = await claimed(store)
    timer = now_us() + 3_600_000_000
    await scripts.commit(store, lease, change(), terms(1, 1, release=Release(timer=timer)))
    assert await scripts.claim(store, KEYS.shard, "n2", LEASE_US, prefer="due") == timer


async def test_an_empty_shard_has_nothing(store: Client) -> None:
    assert await scripts.claim(store, KEYS.shard, "n1", LEASE_US, prefer="due") is None


async def test_the_version_at_the_claim_is_that_of_the_log(store: Client) -> None:
    await born(store)
    await scripts.ingest(store, THREAD, change(1, 2))
    assert (await claimed(store)).version == 3
