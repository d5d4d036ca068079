"""The outbox of one shard: who may send, what is to be sent, and what became of it."""

from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

from bot.bodies import ErrorBody
from bot.entries import encode
from bot.errors import CountersignError
from bot.events import Delivered, DeliveryFailed
from bot.gathering import Gathered, Plan, plan, requests
from bot.places import Card, Decision, Delivery, Text
from bot.store import log, scripts
from bot.store.batch import ask
from bot.store.keys import ShardKeys, ThreadKeys
from bot.store.scripts import Change, Settled
from bot.store.server import Client

_LEASE_MS = 10_000  # kept every second; a sender that was killed holds its shards up for as long


class ShardLostError(CountersignError):
    """Another sender has this shard, or settled the delivery: what was read of the outbox is out of date."""


@dataclass(frozen=True, slots=True)
class Queued:
    """One delivery as it lies in the outbox."""

    entry: str  # stream id
    delivery: Delivery


@dataclass(slots=True)
class Outbox:
    """One shard's outbox, under a fence: only the holder of the lease with this token sends and settles."""

    client: Client
    shard: ShardKeys
    token: str

    async def acquire(self) -> bool:
        """Take or keep the right to send for this shard."""
        if await ask(self.client, "SET", self.shard.out_lease, self.token, "NX", "PX", _LEASE_MS):
            return True
        return await self._extend()

    async def keep(self) -> None:
        """Keep the right to send without a gap. Raises ShardLostError: others may have sent meanwhile."""
        if not await self._extend():
            raise ShardLostError

    async def release(self) -> None:
        """Let others send at once."""
        if await self._extend():
            await ask(self.client, "DEL", self.shard.out_lease)

    async def _extend(self) -> bool:
        mine = await ask(self.client, "GET", self.shard.out_lease) == self.token.encode()
        return mine and bool(await ask(self.client, "PEXPIRE", self.shard.out_lease, _LEASE_MS))

    async def empty(self) -> bool:
        """Whether nothing is to be sent."""
        return not await ask(self.client, "XLEN", self.shard.out)

    async def read(self, after: str = "", count: int = 500) -> list[Queued]:
        """The oldest deliveries, in order, or those after an entry. One that cannot be read is set aside."""
        client = cast("Any", self.client)
        found: list[Queued] = []
        for entry, fields in await client.xrange(self.shard.out, min=f"({after}" if after else "-", count=count):
            try:
                found.append(Queued(entry.decode(), Delivery.model_validate_json(fields[b"d"])))
            except ValidationError:
                await client.xadd(self.shard.dead, {"reason": "unreadable", "d": fields[b"d"]})
                await client.xdel(self.shard.out, entry)
        return found

    async def attempt(self, queued: Queued) -> tuple[str, int]:
        """Record that it is about to be sent: (`ok`, how often), `lost` or (`void`, how often before).

        `lost`: others have the shard, or had it and settled this.
        """
        delivery = queued.delivery
        return await scripts.attempt(
            self.client, self.shard, delivery.thread, self.token, queued.entry, delivery.id, delivery.valid_while
        )

    async def previous(self, delivery: Delivery) -> str | None:
        """The provider's id of the message that this one is to replace, or of the card that it goes under."""
        earlier = delivery.replaces or delivery.under
        return await log.sent_as(self.client, self.shard, earlier) if earlier else None

    async def plan(self, delivery: Delivery) -> tuple[str, Plan] | None:
        """How a request of a child, or its outcome, is shown with those of others, and where that is kept."""
        head = await log.head(self.client, delivery.thread) if isinstance(delivery.content, Card | Decision) else None
        if head is None or not head.parent:
            return None
        client, key = cast("Any", self.client), self.shard.gathered(head.parent, delivery.place.lane())
        stored = await client.get(key)
        gathered = Gathered.model_validate_json(stored) if stored else Gathered()
        shown = requests(gathered)
        opened = [await client.hexists(ThreadKeys(card.thread).open, card.request) for card in shown]
        still_open = frozenset(card.request for card, is_open in zip(shown, opened, strict=True) if is_open)
        found = plan(gathered, delivery, still_open)
        return (key, found) if found is not None else None

    async def sent(self, queued: Queued, foreign: str, found: tuple[str, Plan] | None = None) -> None:
        """It was sent: note it in the thread, and what its message shows now."""
        delivery = queued.delivery
        note = Delivered(
            delivery=delivery.id, channel=delivery.place.channel, foreign=foreign, request=_request(delivery)
        )
        gathered: tuple[str, str] | None = None
        if delivery.replaces and isinstance(delivery.content, Text):  # nothing may take the place of an answer again
            gathered = self.shard.sent(delivery.replaces), ""
        if found is not None:
            after = found[1].after(foreign)
            gathered = found[0], after.model_dump_json(exclude_none=True) if after.messages else ""
        settled = Settled(token=self.token, entry=queued.entry, delivery=delivery, foreign=foreign, gathered=gathered)
        await scripts.settle(self.client, settled, Change(entries=[encode(note)]))

    async def drop(self, queued: Queued) -> None:
        """It need not be sent any more."""
        settled = Settled(token=self.token, entry=queued.entry, delivery=queued.delivery)
        await scripts.settle(self.client, settled, Change())

    async def give_up(self, queued: Queued, reason: str, instead: list[Delivery]) -> None:
        """It cannot be sent: keep it where a person finds it, note it, and say so elsewhere."""
        delivery = queued.delivery
        note = DeliveryFailed(delivery=delivery.id, channel=delivery.place.channel, body=ErrorBody(error=reason))
        settled = Settled(token=self.token, entry=queued.entry, delivery=delivery, reason=reason)
        await scripts.settle(self.client, settled, Change(entries=[encode(note)], out=instead))


def _request(delivery: Delivery) -> str | None:
    match delivery.content:
        case Card(request=request) | Decision(card=Card(request=request)):
            return request
        case _:
            return None
