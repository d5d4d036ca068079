"""How an installation is, by what its store knows: what is being worked on, what is late, what was given up."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, cast

from bot.ids import SHARDS
from bot.port_desk import Status
from bot.store.keys import ALL_SHARDS, ShardKeys
from bot.store.scripts import clock
from bot.store.server import Client, ServerFacts


@dataclass(frozen=True, slots=True)
class _Part:
    """One shard at one moment."""

    working: int
    overdue: int
    overdue_s: float
    sends: bool
    unsent: int
    unsent_s: float
    waiting: int
    dead: int


async def look(client: Client, server: ServerFacts, refused: str, versions: Mapping[str, str]) -> Status:
    """Look at every shard. `refused`: why the newest bot.toml is not in force. Raises redis errors."""
    parts = await asyncio.gather(*(_part(client, shard) for shard in ALL_SHARDS))
    return Status(
        version=version("countersign"),
        store=server.name,
        durable=server.durable_always,
        config=refused,
        agents=dict(versions),
        working=sum(part.working for part in parts),
        overdue=sum(part.overdue for part in parts),
        overdue_s=max(part.overdue_s for part in parts),
        senders=sum(part.sends for part in parts),
        shards=SHARDS,
        unsent=sum(part.unsent for part in parts),
        unsent_s=max(part.unsent_s for part in parts),
        waiting=sum(part.waiting for part in parts),
        dead=sum(part.dead for part in parts),
    )


async def _part(client: Client, shard: ShardKeys) -> _Part:
    raw = cast("Any", client)
    now = await clock(client, shard)
    first: list[tuple[bytes, float]] = await raw.zrange(shard.due, 0, 0, withscores=True)
    oldest: list[tuple[bytes, object]] = await raw.xrange(shard.out, count=1)
    return _Part(
        working=await raw.zcard(shard.leases),
        overdue=await raw.zcount(shard.due, "-inf", now),
        overdue_s=max(0.0, (now - first[0][1]) / 1_000_000) if first else 0.0,
        sends=bool(await raw.exists(shard.out_lease)),
        unsent=await raw.xlen(shard.out),
        unsent_s=max(0.0, now / 1_000_000 - int(oldest[0][0].partition(b"-")[0]) / 1_000) if oldest else 0.0,
        waiting=await raw.hlen(shard.pending),
        dead=await raw.xlen(shard.dead),
    )
