"""The lanes of one shard: strict order in each of them, all beside each other, and none waits for another."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial

from bot.places import Batch, Card, Decision, Notice, Progress, Text
from bot.sending import Sending
from bot.store.away import AWAY
from bot.store.outbox import Outbox, Queued

SWEEP_S = 1.0
MOST = 2_000
"""Deliveries of one shard that are looked at together: lanes beyond them wait until there is room again."""


class Lanes:
    """What waits in one outbox while this sender holds it; nobody else takes anything out meanwhile."""

    def __init__(self, outbox: Outbox, sending: Sending) -> None:
        """Take an outbox that was just acquired."""
        self._outbox = outbox
        self._sending = sending
        self._lanes: dict[str, deque[Queued]] = {}
        self._busy: dict[str, asyncio.Task[float | None]] = {}
        self._not_before: dict[str, float] = {}  # lane -> monotonic time
        self._last = ""  # entry that was read

    async def run(self, stop: asyncio.Event, hint: asyncio.Event) -> None:
        """Send until the outbox is empty. `hint`: something may have been put in.

        Raises ShardLostError once somebody else has the shard, and redis errors.
        """
        kept = time.monotonic()
        try:
            while not stop.is_set():
                if time.monotonic() - kept > SWEEP_S:
                    await self._outbox.keep()
                    kept = time.monotonic()
                hint.clear()
                await self._read()
                if not self._lanes:
                    break
                self._begin()
                await self._wait(hint)
                self._reap()
        finally:
            await self._finish()

    async def _read(self) -> None:
        room = MOST - sum(map(len, self._lanes.values()))
        for queued in await self._outbox.read(self._last, room) if room > 0 else ():
            self._lanes.setdefault(queued.delivery.place.lane(), deque()).append(queued)
            self._last = queued.entry

    def _begin(self) -> None:
        now = time.monotonic()
        for lane, waiting in self._lanes.items():
            if lane not in self._busy and self._not_before.get(lane, 0.0) <= now:
                self._busy[lane] = asyncio.create_task(self._act(waiting)(waiting[0]))

    def _act(self, waiting: deque[Queued]) -> Callable[[Queued], Coroutine[None, None, float | None]]:
        if _is_superseded(waiting):
            return self._sending.drop
        if _is_answered(waiting):
            return self._sending.skip
        return partial(self._sending.send, hurry=_is_in_the_way(waiting))

    async def _wait(self, hint: asyncio.Event) -> None:
        """Wait for something to do: a call came back, a lane's time has come, something was put in."""
        due = [self._not_before.get(lane, 0.0) for lane in self._lanes if lane not in self._busy]
        seconds = min(due, default=math.inf) - time.monotonic()
        hinted = asyncio.create_task(hint.wait())
        watched = {hinted, *self._busy.values()}
        await asyncio.wait(watched, timeout=max(0.0, min(SWEEP_S, seconds)), return_when=asyncio.FIRST_COMPLETED)
        hinted.cancel()

    async def _finish(self) -> None:
        """Let what is being sent come to its end, under our right to send: nobody may begin the same meanwhile."""
        while pending := [task for task in self._busy.values() if not task.done()]:
            with suppress(*AWAY):
                await self._outbox.acquire()
            await asyncio.wait(pending, timeout=SWEEP_S)
        self._reap()

    def _reap(self) -> None:
        done = {lane: task for lane, task in self._busy.items() if task.done()}
        for lane in done:
            del self._busy[lane]
        if errors := [error for task in done.values() if (error := task.exception())]:
            raise errors[0]
        for lane, task in done.items():
            again = task.result()
            if again is None:
                self._sent(lane)
            else:
                self._not_before[lane] = time.monotonic() + again

    def _sent(self, lane: str) -> None:
        self._not_before.pop(lane, None)
        self._lanes[lane].popleft()
        if not self._lanes[lane]:
            del self._lanes[lane]


def _is_superseded(waiting: deque[Queued]) -> bool:
    """Whether the first would only be replaced at once by one that waits behind it; what asks or decides never is."""
    first = waiting[0].delivery
    if first.replaces is None or isinstance(first.content, Card | Decision | Batch | Notice | Text):
        return False
    return any(later.delivery.replaces == first.replaces for later in list(waiting)[1:])


def _is_in_the_way(waiting: deque[Queued]) -> bool:
    """Whether the first only says how far a turn is, while something that people wait for stands behind it."""
    is_change = isinstance(waiting[0].delivery.content, Progress) and waiting[0].delivery.replaces is not None
    return is_change and any(not isinstance(one.delivery.content, Progress) for one in waiting)


def _is_answered(waiting: deque[Queued]) -> bool:
    """Whether the first is to say how far a turn is whose answer waits behind it already."""
    first = waiting[0].delivery
    if first.replaces is not None or not isinstance(first.content, Progress):
        return False
    return any(isinstance(one.delivery.content, Text) and one.delivery.replaces == first.id for one in waiting)
