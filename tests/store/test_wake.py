"""Hints over pub/sub, on a single server and on a cluster; a lost connection is made anew."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from redis.asyncio import RedisCluster

from bot.held import Held
from bot.store import scripts
from bot.store.keys import WAKE
from bot.store.scripts import Change
from bot.store.server import Client
from bot.wake import Wakes
from tests.helpers import wait_until
from tests.runtime.stage import Stage
from tests.store.acts import KEYS, THREAD, born, change, claimed, delivery, expire, raw


@pytest.fixture
async def wakes(store: Client) -> AsyncIterator[Wakes]:
    """Somebody who listens."""
    wakes = Wakes(store)
    task = asyncio.create_task(wakes.listen())
    await wait_until(lambda: listeners(store))
    wakes.due()
    wakes.out()
    yield wakes
    task.cancel()


async def listeners(client: Client) -> int:
    """How many listen, on whichever node."""
    options = {"target_nodes": RedisCluster.PRIMARIES} if isinstance(client, RedisCluster) else {}
    found: list[tuple[bytes, int]] = await raw(client).pubsub_numsub(WAKE, **options)
    return sum(count for _, count in found)


async def test_a_thread_that_is_due_is_hinted_at(store: Client, wakes: Wakes) -> None:
    await born(store)
    await wait_until(lambda: KEYS.shard in wakes.due())


async def test_something_to_send_is_hinted_at(store: Client, wakes: Wakes) -> None:
    await born(store)
    await scripts.note(store, THREAD, Change(entries=change(1).entries, out=[delivery()]))
    await wait_until(lambda: KEYS.shard in wakes.out())


async def test_an_order_to_stop_interrupts_whoever_holds_the_thread(store: Client, wakes: Wakes) -> None:
    await born(store)
    stage = Stage(store, "", {})
    held = Held(stage.runtime(), await claimed(store), await stage.fold(THREAD))
    with wakes.stopping(held):
        await scripts.ingest(store, THREAD, Change(entries=change(1).entries, head={"paused": "1"}, stop=True))
        await asyncio.wait_for(held.interrupt.wait(), 10)


async def test_waiting_ends_with_a_hint_or_with_the_time(store: Client, wakes: Wakes) -> None:
    await wakes.wait(0.01)
    waiting = asyncio.create_task(wakes.wait(60))
    await born(store)
    await asyncio.wait_for(waiting, 10)


async def test_a_lost_connection_is_made_anew(store: Client, wakes: Wakes) -> None:
    options = {"target_nodes": RedisCluster.PRIMARIES} if isinstance(store, RedisCluster) else {}
    await cast("Any", store).execute_command("CLIENT KILL", "TYPE", "pubsub", **options)
    await wait_until(lambda: listeners(store))

    async def heard() -> bool:
        await raw(store).publish(WAKE, "07")
        return any(shard.shard == 7 for shard in wakes.due())

    await wait_until(heard)


async def test_whoever_took_the_thread_anew_is_the_one_to_be_stopped(store: Client, wakes: Wakes) -> None:
    await born(store)
    stage = Stage(store, "", {})
    lease = await claimed(store)
    first = Held(stage.runtime(), lease, await stage.fold(THREAD))
    await expire(store)
    second = Held(stage.runtime(), await claimed(store, nonce="n2"), await stage.fold(THREAD))
    with wakes.stopping(first):
        inner = wakes.stopping(second)
        inner.__enter__()
    try:
        await scripts.ingest(store, THREAD, Change(entries=change(1).entries, head={"paused": "1"}, stop=True))
        await asyncio.wait_for(second.interrupt.wait(), 10)
    finally:
        inner.__exit__(None, None, None)
