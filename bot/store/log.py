"""Read what is stored: a thread's log and head, the look-ups over all shards, and the installation's facts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

from bot.errors import SettingsError
from bot.ids import SHARDS
from bot.store.batch import ask
from bot.store.keys import ALL_SHARDS, META, ShardKeys, ThreadKeys
from bot.store.server import Client


@dataclass(frozen=True, slots=True)
class Head:
    """A thread's projection, for lists and look-ups: a cache of what the log says."""

    thread: str
    version: int
    input_version: int
    status: str
    agent: str
    title: str
    at: int  # last change, us
    cancelled: bool
    paused: bool
    parked: bool
    origin: str  # a Place as JSON
    parent: str  # the thread that delegated it; empty for all others
    delegates: bool  # whether it delegated anything so far


async def load(client: Client, thread: str, start: int = 0) -> list[bytes]:
    """Read the stored entries of a thread from this version on; empty if there is no such thread."""
    return cast("list[bytes]", await cast("Any", client).lrange(ThreadKeys(thread).log, start, -1))


async def head(client: Client, thread: str) -> Head | None:
    """Read a thread's head; None if there is no such thread."""
    found: list[bytes | None] = await ask(client, "HMGET", ThreadKeys(thread).head, *_FIELDS)
    raw = {name: value for name, value in zip(_FIELDS, found, strict=True) if value is not None}
    return _head(thread, raw) if raw else None


async def has_open_requests(client: Client, thread: str) -> bool:
    """Whether somebody is asked something in this thread."""
    return bool(await ask(client, "EXISTS", ThreadKeys(thread).open))


async def recent(client: Client, limit: int = 50) -> list[Head]:
    """List the threads that changed last, newest first, over all shards."""

    async def of(shard: ShardKeys) -> list[tuple[bytes, float]]:
        return await cast("Any", client).zrevrange(shard.recent, 0, limit - 1, withscores=True)

    found = [pair for pairs in await asyncio.gather(*map(of, ALL_SHARDS)) for pair in pairs]
    newest = sorted(found, key=lambda pair: pair[1], reverse=True)[:limit]
    heads = await asyncio.gather(*(head(client, name.decode()) for name, _ in newest))
    return [one for one in heads if one is not None]


async def threads_of(client: Client, person: str) -> list[Head]:
    """List the threads in which somebody wrote, those that changed last first: the newest of each shard."""

    async def of(shard: ShardKeys) -> list[bytes]:
        return await cast("Any", client).zrange(shard.theirs(person), 0, -1)

    names = [name.decode() for part in await asyncio.gather(*map(of, ALL_SHARDS)) for name in part]
    heads = await asyncio.gather(*(head(client, name) for name in names))
    return sorted((one for one in heads if one is not None), key=lambda one: one.at, reverse=True)


async def beginning_with(client: Client, text: str) -> list[str]:
    """List the threads whose ids begin like this."""
    shards = [shard for shard in ALL_SHARDS if f"{shard.shard:02d}-".startswith(text[:3])] if text else []
    found: list[list[bytes]] = await asyncio.gather(
        *(cast("Any", client).zrange(shard.recent, 0, -1) for shard in shards)
    )
    return sorted(name for part in found for raw in part if (name := raw.decode()).startswith(text))


async def pending(client: Client) -> list[tuple[str, str]]:
    """List the open requests with their threads, over all shards."""

    async def of(shard: ShardKeys) -> dict[bytes, bytes]:
        return await cast("Any", client).hgetall(shard.pending)

    found = [item for part in await asyncio.gather(*map(of, ALL_SHARDS)) for item in part.items()]
    return sorted((request.decode(), thread.decode()) for request, thread in found)


async def sent_as(client: Client, shard: ShardKeys, delivery: str) -> str | None:
    """Look up the provider's message id of a delivery that was sent."""
    found: bytes | None = await ask(client, "GET", shard.sent(delivery))
    return found.decode() if found else None


async def fix_shards(client: Client) -> None:
    """Store the number of shards at the first start, and refuse any other later.

    Raises:
        SettingsError: this installation was made with another number of shards.

    """
    await cast("Any", client).hsetnx(META, "shards", SHARDS)
    stored = int(cast("bytes", await cast("Any", client).hget(META, "shards")))
    if stored != SHARDS:
        msg = f"REDIS_URL: its data has {stored} shards, this version makes {SHARDS}; use the version that made it"
        raise SettingsError(msg)


async def dead(client: Client, shards: Sequence[ShardKeys] = ALL_SHARDS) -> list[tuple[str, str]]:
    """List what was given up: (reason, delivery or thread as JSON)."""

    async def of(shard: ShardKeys) -> list[tuple[bytes, dict[bytes, bytes]]]:
        return await cast("Any", client).xrange(shard.dead)

    parts = await asyncio.gather(*map(of, shards))
    return [(told[b"reason"].decode(), told[b"d"].decode()) for part in parts for _, told in part]


_FIELDS = tuple(field.name for field in fields(Head) if field.name != "thread")


def _head(thread: str, raw: dict[str, bytes]) -> Head:
    def text(name: str) -> str:
        return raw.get(name, b"").decode()

    return Head(
        thread=thread,
        version=int(text("version") or 0),
        input_version=int(text("input_version") or 0),
        status=text("status"),
        agent=text("agent"),
        title=text("title"),
        at=int(float(text("at") or 0)),
        cancelled=text("cancelled") == "1",
        paused=text("paused") == "1",
        parked=text("parked") == "1",
        origin=text("origin"),
        parent=text("parent"),
        delegates=text("delegates") == "1",
    )
