"""What the tests of the scripts do again and again: make changes, claim threads, look at what is stored."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import RedisCluster

from bot.ids import thread_id
from bot.places import Delivery, Place, StatusLine
from bot.store import scripts
from bot.store.keys import ShardKeys, ThreadKeys
from bot.store.scripts import Change, Lease, Release, Terms
from bot.store.server import Client

THREAD = thread_id("a test")
KEYS = ThreadKeys(THREAD)
LEASE_US = 30_000_000
PLACE = Place(channel="slack", address="T0ACME/C0DEPLOYS", thread="1.1")

PERMANENT = re.compile(
    r"countersign:meta"
    r"|countersign:mail:cursor:.+"
    r"|\{s\d\d\}:(t:\d\d-[a-z2-7]{16}:(log|head|lease|open)|due|leases|grants|out|out:state|dead|refused|by:recent|by:pending)"
)
"""The keys that stay for good. Every other one has a time to live."""


def entry(n: int = 0) -> bytes:
    """An entry as Python writes it; the scripts do not look into it."""
    return b'{"type":"made_up","n":%d}\n{"text":"body %d"}' % (n, n)


def change(*numbers: int) -> Change:
    """A change of these entries and nothing else."""
    return Change(entries=[entry(n) for n in numbers])


def delivery(name: str = "d1", *, valid_while: str | None = None, thread: str = THREAD) -> Delivery:
    """Something to be sent."""
    content = StatusLine(markdown=f"line {name}")
    return Delivery(id=name, thread=thread, place=PLACE, content=content, valid_while=valid_while)


async def born(client: Client, *, thread: str = THREAD) -> None:
    """Begin a thread by its first message."""
    done = await scripts.ingest(client, thread, change(0, 0), seen=[f"birth of {thread}"], birth=True)
    assert done.verdict == "born"


async def claimed(client: Client, *, thread: str = THREAD, nonce: str = "n1") -> Lease:
    """Claim the one thread that is due in its shard."""
    lease = await scripts.claim(client, ThreadKeys(thread).shard, nonce, LEASE_US, prefer="due")
    assert isinstance(lease, Lease)
    assert lease.thread == thread
    return lease


async def expire(client: Client, thread: str = THREAD) -> None:
    """Let the thread's lease have run out, without waiting for that."""
    await raw(client).zadd(ThreadKeys(thread).shard.leases, {thread: 1}, xx=True)


def terms(
    seq: int, basis: int, *, decides: bool = False, progress: bool = False, release: Release | None = None
) -> Terms:
    """Commit under these terms, with the usual length of a lease."""
    return Terms(seq=seq, basis=basis, lease_us=LEASE_US, decides=decides, progress=progress, release=release)


@dataclass(frozen=True)
class Stored:
    """What is stored of a thread, as the scheduler and readers find it."""

    log: list[bytes]
    head: dict[str, str]
    lease: dict[str, str]
    due: float | None
    leased: float | None


async def stored(client: Client, thread: str = THREAD) -> Stored:
    """Read all of it."""
    keys = ThreadKeys(thread)
    read = raw(client)
    return Stored(
        await read.lrange(keys.log, 0, -1),
        _text(await read.hgetall(keys.head)),
        _text(await read.hgetall(keys.lease)),
        await read.zscore(keys.shard.due, thread),
        await read.zscore(keys.shard.leases, thread),
    )


async def outbox(client: Client, shard: ShardKeys = KEYS.shard) -> Sequence[Delivery]:
    """What is to be sent in this shard."""
    return [Delivery.model_validate_json(fields[b"d"]) for _, fields in await raw(client).xrange(shard.out)]


async def dump(client: Client) -> dict[bytes, bytes]:
    """Everything that is stored, key by key."""
    return {key: await raw(client).dump(key) for key in await all_keys(client)}


async def lasting(client: Client) -> list[str]:
    """The keys that would stay for good though they are not on the list."""
    keys = [key.decode() for key in await all_keys(client)]
    return [key for key in keys if not PERMANENT.fullmatch(key) and await raw(client).ttl(key) < 0]


async def all_keys(client: Client) -> list[bytes]:
    """Every key, on every primary."""
    options = {"target_nodes": RedisCluster.PRIMARIES} if isinstance(client, RedisCluster) else {}
    found: list[bytes] = await raw(client).keys("*", **options)
    return sorted(found)


def raw(client: Client) -> Any:  # noqa: ANN401  # redis-py leaves the types of its commands open
    """The client, for commands that no script wraps."""
    return cast("Any", client)


def now_us() -> int:
    """The time of this machine (us), which is the server's too."""
    return time.time_ns() // 1000


def _text(found: dict[bytes, bytes]) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in found.items()}
