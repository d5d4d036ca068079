"""A store with deliveries in it, and senders that bring them to the local Slack, as separate processes would."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from bot.places import Delivery
from bot.sender import Sender
from bot.store import log, scripts
from bot.store.keys import ALL_SHARDS, ThreadKeys
from bot.store.scripts import Change
from bot.store.server import Client, connect
from bot.wake import Wakes
from channels.slack.app import SlackSettings
from channels.slack.sender import SlackChannel
from tests.store.acts import change
from tests.store.servers import embedded_url, empty

__all__ = ["embedded_url"]


@pytest.fixture
async def store(embedded_url: str) -> AsyncIterator[Client]:
    """An empty store."""
    client = await connect(embedded_url)
    await empty(client)
    yield client
    await client.aclose()


@asynccontextmanager
async def sending(store: Client, channel: SlackSettings | SlackChannel) -> AsyncGenerator[None]:
    """Let one sender run."""
    slack = channel if isinstance(channel, SlackChannel) else SlackChannel(channel)
    wakes, stop = Wakes(store), asyncio.Event()
    listening = asyncio.create_task(wakes.listen())
    running = asyncio.create_task(Sender(store, {"slack": slack}, wakes).run(stop))
    try:
        yield
    finally:
        stop.set()
        wakes.nudge()
        await running
        listening.cancel()


async def lay(store: Client, *deliveries: Delivery, opened: str = "") -> None:
    """Lay deliveries of one thread into its outbox; `opened` is a request of the thread that is open from then on."""
    thread = deliveries[0].thread
    if not await log.load(store, thread):
        await scripts.ingest(store, thread, change(0, 0), birth=True)
    requests = {opened: "d:9"} if opened else {}
    await scripts.note(store, thread, Change(entries=change(1).entries, out=[*deliveries], opened=requests))


async def close(store: Client, thread: str, request: str, *deliveries: Delivery) -> None:
    """Close a request, as the answer to it does, which also brings its outcome."""
    await scripts.note(store, thread, Change(entries=change(1).entries, out=[*deliveries], closed=[request]))
    assert not await cast("Any", store).hexists(ThreadKeys(thread).open, request)


async def all_sent(store: Client) -> bool:
    """Whether nothing is left in any outbox."""
    left: list[int] = [await cast("Any", store).xlen(shard.out) for shard in ALL_SHARDS]
    return not any(left)
