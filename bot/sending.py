"""One delivery on its way out: when it may go, the attempt on record before the call, and what became of it."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

from redis.exceptions import RedisClusterException, RedisError

from bot.gathering import Plan
from bot.ids import fresh_id
from bot.places import Card, Delivery, Place, Progress, StatusLine, Text
from bot.port import Channel, DeliveryFailed
from bot.store import log, pacing, scripts
from bot.store.outbox import Outbox, Queued, ShardLostError
from bot.store.scripts import Change

_log = logging.getLogger(__name__)
SEND_S = 30.0
_LONG_S = 5.0  # a wait from here on is told in the log
TELL_AT = 3  # tries after which those who wait hear of the delay
MAX_TRIES = 100  # with the pauses between them, about eight hours

Elsewhere = Callable[[Delivery, str], Awaitable[list[Delivery] | None]]
"""Asks elsewhere what a card would have asked, and returns what to tell those who wait; None: nobody asks by it."""


class Sending:
    """Sends what lies in one outbox while it is held. Of one lane, one delivery at a time."""

    def __init__(self, outbox: Outbox, channels: Mapping[str, Channel], elsewhere: Elsewhere | None = None) -> None:
        """Take the channels by name (a delivery for any other is given up at once), and who asks elsewhere instead."""
        self._outbox = outbox
        self._elsewhere = elsewhere
        self._quiet_until = 0.0
        self._channels = channels

    async def send(self, queued: Queued, *, hurry: bool = False) -> float | None:
        """Send it, or see that it need not be sent, and return None; else return in how many seconds to try again.

        In a `hurry` it waits only as long as the provider asks for it, and not for a limit that we keep by ourselves.

        Raises ShardLostError, and redis errors.
        """
        channel = self._channels.get(queued.delivery.place.channel)
        paces = channel.paces(queued.delivery) if channel is not None else ()
        paces = [pace for pace in paces if not (hurry and pace.every_s)]
        if channel is not None and (wait := await pacing.take(self._outbox.client, paces)):
            self._tell_of_limit(channel, wait)
            return wait
        verdict, tries = await self._outbox.attempt(queued)
        if verdict == "lost":
            raise ShardLostError
        void = verdict == "void"
        if void and not tries:
            await self._outbox.drop(queued)
        elif channel is None:
            await self._give_up(queued, f"no channel {queued.delivery.place.channel} is set up")
        else:
            return await self._try(channel, queued, tries, void=void)
        return None

    def _tell_of_limit(self, channel: Channel, wait: float) -> None:
        """One line a minute for the operator: a limit that people notice is not to be looked for."""
        if wait >= _LONG_S and time.monotonic() >= self._quiet_until:
            self._quiet_until = time.monotonic() + 60
            _log.warning("%s: the limit of sending is reached; the next one goes in %.0f s", channel.name, wait)

    async def drop(self, queued: Queued) -> None:
        """Leave it unsent: something later in its lane takes its place."""
        await self._outbox.drop(queued)

    async def skip(self, queued: Queued) -> float | None:
        """Leave it unsent likewise, unless an earlier attempt may have shown it: then see to that as `send` does."""
        verdict, tries = await self._outbox.attempt(queued)
        if verdict == "lost":
            raise ShardLostError
        if tries > 1:
            return await self.send(queued)
        await self._outbox.drop(queued)
        return None

    async def _try(self, channel: Channel, queued: Queued, tries: int, *, void: bool) -> float | None:
        try:
            await self._deliver(channel, queued, again=void or tries > 1, void=void)
        except DeliveryFailed as failure:
            return await self._failed(channel, queued, tries, failure)
        except (RedisError, RedisClusterException):
            raise
        except Exception as error:  # noqa: BLE001  # whatever a provider's client raises: the outcome is unknown
            name = type(error).__name__
            _log.warning("%s: unknown outcome (%s); it is looked up first", queued.delivery.id, name)
            if tries < MAX_TRIES:
                return pause(tries)
            await self._give_up(queued, f"{name}, {tries} times")
        return None

    async def _failed(self, channel: Channel, queued: Queued, tries: int, failure: DeliveryFailed) -> float | None:
        delivery = queued.delivery
        if failure.everybody and failure.retry_after_s:
            await pacing.hold(self._outbox.client, channel.paces(delivery), failure.retry_after_s)
        if failure.permanent and isinstance(delivery.content, Progress):
            await self._outbox.drop(queued)  # somebody deleted the message, or it may not be shown; the answer comes
            return None
        if failure.permanent or tries >= MAX_TRIES:
            await self._give_up(queued, str(failure))
            return None
        if tries == TELL_AT:
            await self._tell_of_delay(delivery)
        return failure.retry_after_s or pause(tries)

    async def _deliver(self, channel: Channel, queued: Queued, *, again: bool, void: bool) -> None:
        """Send it. What is `void` was tried before: if that showed it, it is noted, so that its end can replace it."""
        delivery = queued.delivery
        planned = await self._outbox.plan(delivery)
        if planned is not None and planned[1].previous is not None:
            await self._gather(channel, queued, planned, again=again, void=void)
            return
        previous = await self._outbox.previous(delivery)
        replacing = delivery.replaces is not None and previous is not None
        if again and not replacing:
            found = await asyncio.wait_for(channel.find(delivery), SEND_S)
            if found is not None:
                await self._outbox.sent(queued, found, planned)
                return
        if void or (delivery.replaces is not None and not replacing and not isinstance(delivery.content, Text)):
            await self._outbox.drop(queued)  # of a card that was never sent, there is nothing to replace
            return
        try:
            foreign = await asyncio.wait_for(channel.deliver(delivery, previous), SEND_S)
        except DeliveryFailed as failure:
            if not (failure.permanent and replacing and isinstance(delivery.content, Text)):
                raise
            foreign = await self._anew(channel, delivery, again=again)
        await self._outbox.sent(queued, foreign, planned)

    async def _anew(self, channel: Channel, delivery: Delivery, *, again: bool) -> str:
        """Say what was to take the place of a message as a message of its own: the other one is not there any more."""
        alone = delivery.model_copy(update={"replaces": None})
        found = await asyncio.wait_for(channel.find(alone), SEND_S) if again else None
        return found or await asyncio.wait_for(channel.deliver(alone, None), SEND_S)

    async def _gather(
        self, channel: Channel, queued: Queued, planned: tuple[str, Plan], *, again: bool, void: bool
    ) -> None:
        """Change the message that shows it with others (bot.gathering). A card whose message is gone begins one."""
        delivery, (key, plan) = queued.delivery, planned
        if void and plan.undone is not None:  # the attempt before may have shown it: what is closed asks nobody
            await asyncio.wait_for(channel.deliver(plan.undone, plan.previous), SEND_S)
            await self._outbox.drop(queued)
            return
        try:
            foreign = await asyncio.wait_for(channel.deliver(plan.delivery, plan.previous), SEND_S)
        except DeliveryFailed as failure:
            if not failure.permanent or not isinstance(delivery.content, Card):
                raise
            plan = plan.alone(delivery)
            there = await asyncio.wait_for(channel.find(delivery), SEND_S) if again else None
            foreign = there or await asyncio.wait_for(channel.deliver(delivery, None), SEND_S)
        await self._outbox.sent(queued, foreign, (key, plan))

    async def _give_up(self, queued: Queued, reason: str) -> None:
        """Keep it for a person to look at; if people were to be asked, those who wait hear that they were not."""
        delivery = queued.delivery
        _log.error("%s for thread %s was given up: %s", delivery.id, delivery.thread, reason)
        told = None
        if self._elsewhere is not None and isinstance(delivery.content, Card):
            told = await self._elsewhere(delivery, reason)
        instead: list[Delivery] = told or []
        origin = await self._origin(delivery)
        if told is None and origin is not None:
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


def pause(tries: int) -> float:
    """Seconds until the next try."""
    return min(300.0, 0.5 * 2**tries)
