"""One thread as the store has it at one moment: everything that belongs to it, read at once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from bot.ids import shard_of
from bot.store.keys import ALL_SHARDS, ShardKeys, ThreadKeys
from bot.store.server import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Log, head, lease, open requests and places in the scheduler, from one transaction."""

    thread: str
    entries: list[bytes]
    head: Mapping[str, str]
    nonce: str | None  # of the worker that holds it
    epoch: int
    due: float | None  # score, us
    leased: float | None  # score, us
    open: frozenset[str]
    now: int  # the server's time, us

    @property
    def shard(self) -> int:
        """The shard that its id carries."""
        return shard_of(self.thread)

    def number(self, field: str) -> int:
        """A number of the head."""
        return int(float(self.head.get(field) or 0))


@dataclass(frozen=True, slots=True)
class Rest:
    """What a shard holds beside its threads."""

    outbox: int
    attempts: int  # of deliveries that are not settled
    dead: list[str]
    due: int
    leased: int
    pending: dict[str, str]  # request -> thread


async def read(client: Client, thread: str) -> Stored:
    """Read one thread."""
    keys = ThreadKeys(thread)
    both = cast("Any", client).pipeline(transaction=True)
    both.lrange(keys.log, 0, -1).hgetall(keys.head).hmget(keys.lease, "nonce", "epoch")
    both.zscore(keys.shard.due, thread).zscore(keys.shard.leases, thread).hkeys(keys.open).time()
    entries, head, (nonce, epoch), due, leased, opened, now = await both.execute()
    return Stored(
        thread=thread,
        entries=entries,
        head={name.decode(): value.decode() for name, value in head.items()},
        nonce=nonce.decode() if nonce else None,
        epoch=int(epoch or 0),
        due=due,
        leased=leased,
        open=frozenset(name.decode() for name in opened),
        now=now[0] * 1_000_000 + now[1],
    )


async def read_all(client: Client) -> list[Stored]:
    """Read every thread there is."""
    names: list[str] = []
    for shard in ALL_SHARDS:
        names += [name.decode() for name in await cast("Any", client).zrange(shard.recent, 0, -1)]
    return [await read(client, name) for name in names]


async def rest(client: Client, shards: tuple[ShardKeys, ...] = ALL_SHARDS) -> Rest:
    """Add up what all shards hold beside their threads."""
    total = Rest(0, 0, [], 0, 0, {})
    for shard in shards:
        both = cast("Any", client).pipeline(transaction=True)
        both.xlen(shard.out).hlen(shard.out_state).xrange(shard.dead)
        both.zcard(shard.due).zcard(shard.leases).hgetall(shard.pending)
        outbox, attempts, dead, due, leased, pending = await both.execute()
        total = Rest(
            total.outbox + outbox,
            total.attempts + attempts,
            total.dead
            + [json.dumps({name.decode(): value.decode() for name, value in one.items()}) for _, one in dead],
            total.due + due,
            total.leased + leased,
            total.pending | {request.decode(): name.decode() for request, name in pending.items()},
        )
    return total
