"""The renewer: keeps leases from a thread of its own, and interrupts what was paused, cancelled or lost."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any, cast

import pytest
import redis

from bot.held import Held
from bot.renewer import Renewer
from bot.store import scripts
from bot.store.scripts import Change, Lease
from bot.store.server import Client
from tests.helpers import wait_until
from tests.runtime.stage import Stage
from tests.store.acts import THREAD, born, change, claimed, expire, now_us, stored

LEASE_US = 150_000


@pytest.fixture
def connect(redis_url: str, client: Client) -> Callable[[], object]:
    kind = redis.RedisCluster if hasattr(client, "get_primaries") else redis.Redis
    return lambda: cast("Any", kind).from_url(redis_url)


@pytest.fixture
async def renewer(connect: Callable[[], object]) -> AsyncIterator[Renewer]:
    renewer = Renewer(connect, LEASE_US)
    renewer.start()
    yield renewer
    await asyncio.to_thread(renewer.stop)


async def hold(client: Client, lease: Lease) -> Held:
    stage = Stage(client, "", {})
    return Held(stage.runtime(), lease, await stage.fold(THREAD))


async def test_a_lease_is_renewed_as_long_as_it_is_kept(store: Client, renewer: Renewer) -> None:
    await born(store)
    held = await hold(store, await claimed(store))
    seen: set[float | None] = set()

    async def renewed() -> bool:
        seen.add((await stored(store)).leased)
        return len(seen) > 4

    with renewer.keep(held):
        await wait_until(renewed)
    assert not held.lost


async def test_a_lease_is_renewed_while_the_event_loop_is_blocked(store: Client, renewer: Renewer) -> None:
    await born(store)
    held = await hold(store, await claimed(store))
    turns = threading.Event()
    with renewer.keep(held):
        turns.wait(5 * LEASE_US / 1_000_000)  # nothing of this loop runs meanwhile
        left = await stored(store)
    assert left.leased is not None
    assert left.leased > now_us()


async def test_a_lost_lease_interrupts_its_work(store: Client, renewer: Renewer) -> None:
    await born(store)
    held = await hold(store, await claimed(store))
    await expire(store)
    await claimed(store, nonce="another")
    with renewer.keep(held):
        await asyncio.wait_for(held.interrupt.wait(), 10)
    assert held.lost


@pytest.mark.parametrize("order", ["paused", "cancelled"])
async def test_an_order_interrupts_even_when_its_hint_was_lost(store: Client, renewer: Renewer, order: str) -> None:
    await born(store)
    held = await hold(store, await claimed(store))
    await scripts.ingest(store, THREAD, Change(entries=change(1).entries, head={order: "1"}))
    with renewer.keep(held):
        await asyncio.wait_for(held.interrupt.wait(), 10)
    assert not held.lost


async def test_whoever_took_the_thread_anew_is_kept_when_the_one_before_ends(store: Client, renewer: Renewer) -> None:
    await born(store)
    first = await hold(store, await claimed(store))
    await expire(store)
    second = await hold(store, await claimed(store, nonce="n2"))
    inner = renewer.keep(second)
    with renewer.keep(first):
        inner.__enter__()
    seen: set[float | None] = set()

    async def renewed() -> bool:
        seen.add((await stored(store)).leased)
        return len(seen) > 2

    try:
        await wait_until(renewed)
    finally:
        inner.__exit__(None, None, None)


async def test_a_store_that_is_away_does_not_end_the_renewer(store: Client, connect: Callable[[], object]) -> None:
    tries = 0

    def at_last() -> object:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise OSError("away")
        return connect()

    renewer = Renewer(at_last, LEASE_US)
    renewer.start()
    try:
        await born(store)
        held = await hold(store, await claimed(store))
        before = (await stored(store)).leased

        async def renewed() -> bool:
            return (await stored(store)).leased != before

        with renewer.keep(held):
            await wait_until(renewed)
    finally:
        await asyncio.to_thread(renewer.stop)
