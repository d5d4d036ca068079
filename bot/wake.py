"""Hints over pub/sub: which shard has something due or to send, which thread is to stop. A sweep makes up for loss."""

import asyncio
import logging
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any, cast

from bot.held import Held
from bot.store.away import AWAY
from bot.store.keys import WAKE, ShardKeys
from bot.store.server import Client

_log = logging.getLogger(__name__)


class Wakes:
    """Listens on its own connection and remembers hints until they are asked for."""

    def __init__(self, client: Client) -> None:
        """Begin with nothing heard; `listen` must run beside whatever waits."""
        self._client = client
        self._due: set[ShardKeys] = set()
        self._out: set[ShardKeys] = set()
        self._due_event = asyncio.Event()
        self._out_event = asyncio.Event()
        self._held: dict[str, Held] = {}

    async def listen(self) -> None:
        """Listen until cancelled; a lost connection is made anew."""
        while True:
            try:
                await self._listen_once()
            except AWAY:
                await asyncio.sleep(1.0)

    def due(self) -> set[ShardKeys]:
        """Take the shards that were said to have something due."""
        found, self._due = self._due, set()
        self._due_event.clear()
        return found

    def out(self) -> set[ShardKeys]:
        """Take the shards that were said to have something to send."""
        found, self._out = self._out, set()
        self._out_event.clear()
        return found

    async def wait(self, seconds: float) -> None:
        """Wait for a hint that something is due, at most so long."""
        await _wait(self._due_event, seconds)

    async def wait_out(self, seconds: float) -> None:
        """Wait for a hint that something is to be sent, at most so long."""
        await _wait(self._out_event, seconds)

    @contextmanager
    def stopping(self, held: Held) -> Generator[None]:
        """While this thread is held, an order to stop it interrupts what it is doing."""
        self._held[held.thread.id] = held
        try:
            yield
        finally:
            if self._held.get(held.thread.id) is held:  # else this worker has claimed it anew
                del self._held[held.thread.id]

    def nudge(self) -> None:
        """Wake whoever waits here: something in this process has changed."""
        self._due_event.set()
        self._out_event.set()

    async def _listen_once(self) -> None:
        pubsub = cast("Any", self._client).pubsub()  # in a cluster any node will do: messages reach them all
        try:
            await pubsub.subscribe(WAKE)
            self.nudge()
            while True:
                message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=2.0)
                if message is not None:
                    self._heard(message["data"].decode())
        finally:
            await pubsub.aclose()

    def _heard(self, text: str) -> None:
        if text.startswith("stop"):
            if held := self._held.get(text[4:]):
                held.interrupt.set()
        elif text.startswith("out"):
            self._out.add(ShardKeys(int(text[3:])))
            self._out_event.set()
        elif text.isdigit():
            self._due.add(ShardKeys(int(text)))
            self._due_event.set()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
