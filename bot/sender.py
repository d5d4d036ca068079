"""The sender: strict order in a lane, lanes beside each other, an unknown outcome looked up before it is repeated."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress

from redis.exceptions import RedisClusterException, RedisError

from bot.gathering import Plan
from bot.ids import fresh_id
from bot.places import Card, Delivery, Place, StatusLine
from bot.port import Channel, DeliveryFailed
from bot.store import log, scripts
from bot.store.away import AWAY
from bot.store.keys import ALL_SHARDS, ShardKeys
from bot.store.outbox import Outbox, Queued
from bot.store.scripts import Change
from bot.store.server import Client
from bot.wake import Wakes

_log = logging.getLogger(__name__)
_SWEEP_S = 1.0
_SEND_S = 30.0
TELL_AT = 3  # tries after which those who wait hear of the delay
MAX_TRIES = 100  # with the pauses between them, about eight hours


class Sender:
    """Sends what lies in the outboxes of all shards, as far as this process can get the right to."""

    def __init__(self, client: Client, channels: Mapping[str, Channel], wakes: Wakes) -> None:
        """Take the channels by name; a delivery for any other is given up at once."""
        self._client = client
        self._channels = channels
        self._wakes = wakes
        self._token = fresh_id()
        self._busy: dict[ShardKeys, asyncio.Task[None]] = {}
        self._again: set[ShardKeys] = set()  # those that were hinted at while they were busy
        self._complained = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Send until stopped; what is being sent then is finished first."""
        swept = 0.0
        while not stop.is_set():
            shards: Sequence[ShardKeys] = list(self._wakes.out())
            if time.monotonic() - swept > _SWEEP_S:
                shards, swept = ALL_SHARDS, time.monotonic()
            for shard in shards:
                if shard in self._busy:
                    self._again.add(shard)
                    continue
                task = asyncio.create_task(self._shard(shard, stop))
                self._busy[shard] = task
                task.add_done_callback(lambda _, shard=shard: self._busy.pop(shard, None))
            await self._wakes.wait_out(_SWEEP_S)
        if self._busy:
            await asyncio.wait(self._busy.values(), timeout=_SEND_S)

    async def _shard(self, shard: ShardKeys, stop: asyncio.Event) -> None:
        outbox = Outbox(self._client, shard, self._token)
        try:
            while True:
                self._again.discard(shard)
                if await outbox.empty() or not await outbox.acquire():
                    return
                await _Lanes(outbox, self._channels).run(stop)
                await outbox.release()
                if shard not in self._again or stop.is_set():
                    return
        except AWAY as error:
            if time.monotonic() - self._complained > 60:
                self._complained = time.monotonic()
                _log.warning("the store is away (%s); what is to be sent waits", type(error).__name__)


class _Lanes:
    """The lanes of one shard while it is held."""

    def __init__(self, outbox: Outbox, channels: Mapping[str, Channel]) -> None:
        self._outbox = outbox
        self._channels = channels
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._not_before: dict[str, float] = {}  # lane -> monotonic time

    async def run(self, stop: asyncio.Event) -> None:
        """Send until the outbox is empty or somebody else has the shard."""
        try:
            while not stop.is_set() and await self._outbox.acquire():
                waiting = await self._outbox.read()
                if not waiting:
                    break
                for queued in _heads(waiting):
                    lane = queued.delivery.place.lane()
                    if lane not in self._busy and self._not_before.get(lane, 0.0) <= time.monotonic():
                        self._busy[lane] = asyncio.create_task(self._send(lane, queued))
                if self._busy:
                    await asyncio.wait(self._busy.values(), timeout=_SWEEP_S, return_when=asyncio.FIRST_COMPLETED)
                    self._reap()
                else:
                    await asyncio.sleep(0.1)
        finally:
            await self._finish()

    async def _finish(self) -> None:
        """Let what is being sent come to its end, under our right to send: nobody may begin the same meanwhile."""
        while pending := [task for task in self._busy.values() if not task.done()]:
            with suppress(*AWAY):
                await self._outbox.acquire()
            await asyncio.wait(pending, timeout=_SWEEP_S)
        self._reap()

    def _reap(self) -> None:
        done = {lane: task for lane, task in self._busy.items() if task.done()}
        for lane in done:
            del self._busy[lane]
        if errors := [error for task in done.values() if (error := task.exception())]:
            raise errors[0]

    async def _send(self, lane: str, queued: Queued) -> None:
        verdict, tries = await self._outbox.attempt(queued)
        if verdict == "lost":
            return
        if verdict == "void" and not tries:
            await self._outbox.drop(queued)
            return
        channel = self._channels.get(queued.delivery.place.channel)
        if channel is None:
            await self._give_up(queued, f"no channel {queued.delivery.place.channel} is set up")
            return
        try:
            void = verdict == "void"
            await self._deliver(channel, queued, again=void or tries > 1, void=void)
        except DeliveryFailed as failure:
            if failure.permanent or tries >= MAX_TRIES:
                await self._give_up(queued, str(failure))
            else:
                self._later(lane, failure.retry_after_s or _pause(tries))
                if tries == TELL_AT:
                    await self._tell_of_delay(queued.delivery)
        except (RedisError, RedisClusterException):
            raise
        except Exception as error:  # noqa: BLE001  # whatever a provider's client raises: the outcome is unknown
            _log.warning("%s: unknown outcome (%s); it is looked up first", queued.delivery.id, type(error).__name__)
            if tries >= MAX_TRIES:
                await self._give_up(queued, f"{type(error).__name__}, {tries} times")
            else:
                self._later(lane, _pause(tries))

    async def _deliver(self, channel: Channel, queued: Queued, *, again: bool, void: bool) -> None:
        """Send it. What is `void` was tried before: if that showed it, it is noted, so that its end can replace it."""
        delivery = queued.delivery
        planned = await self._outbox.plan(delivery)
        if planned is not None and planned[1].previous is not None:
            await self._gather(channel, queued, planned, again=again, void=void)
            return
        if again and delivery.replaces is None:
            found = await asyncio.wait_for(channel.find(delivery), _SEND_S)
            if found is not None:
                await self._outbox.sent(queued, found, planned)
                return
        if void:
            await self._outbox.drop(queued)
            return
        previous = await self._outbox.previous(delivery)
        if delivery.replaces is not None and previous is None:
            await self._outbox.drop(queued)  # the card was never sent, so there is nothing to replace
            return
        foreign = await asyncio.wait_for(channel.deliver(delivery, previous), _SEND_S)
        await self._outbox.sent(queued, foreign, planned)

    async def _gather(
        self, channel: Channel, queued: Queued, planned: tuple[str, Plan], *, again: bool, void: bool
    ) -> None:
        """Change the message that shows it with others (bot.gathering). A card whose message is gone begins one."""
        delivery, (key, plan) = queued.delivery, planned
        if void and plan.undone is not None:  # the attempt before may have shown it: what is closed asks nobody
            await asyncio.wait_for(channel.deliver(plan.undone, plan.previous), _SEND_S)
            await self._outbox.drop(queued)
            return
        try:
            foreign = await asyncio.wait_for(channel.deliver(plan.delivery, plan.previous), _SEND_S)
        except DeliveryFailed as failure:
            if not failure.permanent or not isinstance(delivery.content, Card):
                raise
            plan = plan.alone(delivery)
            there = await asyncio.wait_for(channel.find(delivery), _SEND_S) if again else None
            foreign = there or await asyncio.wait_for(channel.deliver(delivery, None), _SEND_S)
        await self._outbox.sent(queued, foreign, (key, plan))

    def _later(self, lane: str, seconds: float) -> None:
        self._not_before[lane] = time.monotonic() + seconds

    async def _give_up(self, queued: Queued, reason: str) -> None:
        """Keep it for a person to look at; if people were to be asked, those who wait hear that they were not."""
        delivery = queued.delivery
        _log.error("%s for thread %s was given up: %s", delivery.id, delivery.thread, reason)
        instead: list[Delivery] = []
        origin = await self._origin(delivery)
        if origin is not None:
            said = StatusLine(markdown="I could not reach those who have to decide this; please tell an operator.")
            instead = [Delivery(id=fresh_id(), thread=delivery.thread, place=origin, content=said)]
        await self._outbox.give_up(queued, reason, instead)

    async def _tell_of_delay(self, delivery: Delivery) -> None:
        """A channel is away: whoever waits for a decision hears of it by the other one, once a card."""
        origin = await self._origin(delivery)
        if origin is None or origin.channel == delivery.place.channel:
            return
        where = {"email": "by mail", "slack": "in Slack"}.get(delivery.place.channel, "there")
        said = StatusLine(markdown=f"I cannot reach those who have to decide this {where} just now; I keep trying.")
        late = Delivery(id=fresh_id(), thread=delivery.thread, place=origin, content=said)
        await scripts.note(self._outbox.client, delivery.thread, Change(out=[late]))

    async def _origin(self, delivery: Delivery) -> Place | None:
        """Where those wait who asked for what this card asks; None if it is no card, or goes there itself."""
        if not isinstance(delivery.content, Card):
            return None
        head = await log.head(self._outbox.client, delivery.thread)
        origin = Place.model_validate_json(head.origin) if head and head.origin else None
        known = origin is not None and origin != delivery.place and origin.channel in self._channels
        return origin if known else None


def _heads(waiting: Sequence[Queued]) -> list[Queued]:
    """The first of each lane."""
    first: dict[str, Queued] = {}
    for queued in waiting:
        first.setdefault(queued.delivery.place.lane(), queued)
    return list(first.values())


def _pause(tries: int) -> float:
    """Seconds until the next try."""
    return min(300.0, 0.5 * 2**tries)
