"""Every thread that the store holds, found by its keys and not by the indexes, which others could have altered."""

import re
from dataclasses import dataclass
from typing import Any, cast

from redis.exceptions import ResponseError

from bot.audit.verify import Stored
from bot.ids import SHARDS, is_thread_id, shard_of
from bot.store.keys import ALL_SHARDS, ThreadKeys
from bot.store.server import Client

_KEYS = "{s??}:t:*"
_KEY = re.compile(r"\{s([0-9]{2})\}:t:([^:]*):[a-z:]+")
_MANY = 1_000  # keys that the server looks at for one answer


@dataclass(frozen=True, slots=True)
class Found:
    """The names of all threads, in order, and keys that look like a thread's and lead to none."""

    threads: list[str]
    strays: list[str]


async def find(client: Client) -> Found:
    """Walk through all keys, of every primary of a cluster; the indexes can only add to what is found.

    A thread that begins meanwhile may be left out. Takes about 100 bytes a thread.
    """
    threads: set[str] = set()
    strays: set[str] = set()
    async for raw in cast("Any", client).scan_iter(match=_KEYS, count=_MANY):
        key = cast("bytes", raw).decode(errors="backslashreplace")
        name = _thread_of(key)
        if name is None:
            strays.add(key)
        else:
            threads.add(name)
    for shard in ALL_SHARDS:
        listed = cast("list[bytes]", await cast("Any", client).zrange(shard.recent, 0, -1))
        for name in (each.decode(errors="backslashreplace") for each in listed):
            if _belongs(name, shard.shard):
                threads.add(name)
            else:
                strays.add(f"{shard.recent} {name}")
    return Found(sorted(threads), sorted(strays))


async def stored(client: Client, thread: str) -> Stored | None:
    """Read what belongs to a thread, in one transaction; None if one of its keys is not of the kind it must be."""
    keys = ThreadKeys(thread)
    together = cast("Any", client).pipeline(transaction=True)
    together.lrange(keys.log, 0, -1).hget(keys.head, "version").zscore(keys.shard.recent, thread)
    try:
        entries, version, listed = await together.execute()
    except ResponseError as error:
        if "WRONGTYPE" not in str(error):
            raise
        return None
    known = cast("bytes | None", version) or b"0"
    return Stored(thread, cast("list[bytes]", entries), int(known) if known.isdigit() else 0, listed is not None)


def _thread_of(key: str) -> str | None:
    match = _KEY.fullmatch(key)
    return match[2] if match and _belongs(match[2], int(match[1])) else None


def _belongs(name: str, shard: int) -> bool:
    return is_thread_id(name) and shard_of(name) == shard < SHARDS
