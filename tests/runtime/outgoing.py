"""Deliveries of a made-up thread, and senders that run as long as a test needs them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

from bot.ids import thread_id
from bot.places import Delivery, Place, StatusLine
from bot.port import Channel
from bot.sender import Sender
from bot.store import log, scripts
from bot.store.keys import ThreadKeys
from bot.store.scripts import Change
from bot.wake import Wakes
from tests.helpers import wait_until
from tests.runtime.stage import Stage, Told
from tests.store.acts import change

THREAD = thread_id("what is sent")
KEYS = ThreadKeys(THREAD)


def line(name: str, lane: str = "1.1", **more: Any) -> Delivery:  # noqa: ANN401  # a delivery's own fields
    place = Place(channel="slack", address="T0ACME/C0OPS", thread=lane)
    return Delivery(id=name, thread=THREAD, place=place, content=StatusLine(markdown=name), **more)


@asynccontextmanager
async def sending(stage: Stage, channel: Told | None = None, **channels: Channel) -> AsyncGenerator[None]:
    wakes, stop = Wakes(stage.client), asyncio.Event()
    all_channels = channels or {"slack": cast("Channel", channel or stage.channel)}
    listening = asyncio.create_task(wakes.listen())
    running = asyncio.create_task(Sender(stage.client, all_channels, wakes).run(stop))
    try:
        yield
    finally:
        stop.set()
        wakes.nudge()
        await running
        listening.cancel()


async def put(stage: Stage, *deliveries: Delivery, **more: Any) -> None:  # noqa: ANN401  # a change's own fields
    """Lay deliveries into the outbox, in a thread that is there."""
    if not await log.load(stage.client, THREAD):
        await scripts.ingest(stage.client, THREAD, change(0, 0), birth=True)
    await scripts.note(stage.client, THREAD, Change(entries=change(1).entries, out=deliveries, **more))


def soon(tries: int) -> float:
    return 0.01 * tries


async def nothing_left(stage: Stage) -> bool:
    return not await cast("Any", stage.client).xlen(KEYS.shard.out)


async def all_sent(stage: Stage) -> list[str]:
    await wait_until(lambda: nothing_left(stage))
    return stage.channel.lines()
