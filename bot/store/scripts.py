"""The Lua scripts as typed functions: a function's signature is its script's contract."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Literal, cast

from pydantic_core import to_json
from redis.exceptions import NoScriptError

from bot.ids import shard_of
from bot.places import Delivery
from bot.store.batch import batch_of
from bot.store.changes import Also, Change
from bot.store.keys import LISTED, SEEN_TTL_S, ShardKeys, ThreadKeys
from bot.store.server import Client

Verdict = Literal[
    "ok", "born", "duplicate", "absent", "newer", "stale", "closed", "changed", "expired", "lost", "revoked"
]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a script: the first and the next version of what it appended, and the server's time (us)."""

    verdict: Verdict
    first: int
    version: int
    now: int

    @property
    def ok(self) -> bool:
        """Whether it was written."""
        return self.verdict in {"ok", "born"}


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to commit to one thread. `epoch` grows with every claim, by whomever."""

    thread: str
    epoch: str
    nonce: str
    version: int  # of the log when it was claimed
    now: int  # server time, us
    attempts: int  # claims since the last progress, this one included
    was_lost: bool  # the one before ran out


@dataclass(frozen=True, slots=True)
class Release:
    """How a thread is given back."""

    timer: int | None = None  # wake it at this time (us) even if nobody writes
    backoff: int | None = None  # and not before this one
    uncounted: bool = False  # this claim was not an attempt


async def ingest(
    client: Client,
    thread: str,
    change: Change,
    *,
    seen: Sequence[str] = (),
    birth: bool = False,
    expect: int | None = None,
    person: str | None = None,
) -> Done:
    """Take one input once: `duplicate` if one of the `seen` ids was taken, `absent` if there is no such thread.

    With `birth`, the change has two entries: the first for a new thread, the second for one that exists.
    With `expect`, `newer` if the thread's input version is another.
    With `person`, the id of whoever wrote, the thread is listed among theirs (`bot.store.log.threads_of`).
    """
    keys = ThreadKeys(thread)
    options = change.options() | {"seen_ttl": SEEN_TTL_S, "birth": birth}
    if expect is not None:
        options["expect"] = expect
    options |= {"listed": LISTED} if person else {}
    theirs = [keys.shard.theirs(person)] if person else []
    marks = [keys.shard.seen(source) for source in seen]
    return await _change(client, "ingest", keys, [*theirs, *marks], options, change)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Under which terms a worker commits."""

    seq: int  # of this commit under its lease: a repeated one is answered as the first was
    basis: int  # the version of the thread that was folded
    lease_us: int  # how long the lease holds from here
    decides: bool = False  # refused when input is newer than `basis`
    progress: bool = False  # a step finished or failed: the claims so far do not count as attempts any more
    release: Release | None = None
    grant: tuple[str, str] | None = None  # the standing permission that an action starts under, and its copy


async def commit(client: Client, lease: Lease, change: Change, terms: Terms) -> Done:
    """Write what a worker decided or found. `stale`: the lease is lost. `newer`: input came that it has not seen.

    `revoked`: the copy of the standing permission is not there any more, is another one, or its time is over.
    """
    options = change.options() | {
        "epoch": lease.epoch,
        "nonce": lease.nonce,
        "seq": str(terms.seq),
        "basis": terms.basis,
        "decides": terms.decides,
        "lease_us": terms.lease_us,
        "progress": terms.progress,
    }
    if terms.release is not None:
        release = terms.release
        options |= {"release": True, "uncounted": release.uncounted}
        options |= {"timer": str(release.timer)} if release.timer is not None else {}
        options |= {"backoff": str(release.backoff)} if release.backoff is not None else {}
    keys = ThreadKeys(lease.thread)
    options |= {"grant": list(terms.grant)} if terms.grant is not None else {}
    extra = [keys.shard.grants] if terms.grant is not None else []
    return await _change(client, "commit", keys, extra, options, change)


async def answer(
    client: Client,
    thread: str,
    request: str,
    change: Change,
    *,
    digest: str,
    version: int,
    seen: Sequence[str] = (),
    granted: Mapping[str, str] | None = None,
) -> Done:
    """Append one person's answer if nothing has changed since it was validated against a fold.

    `closed`, `changed` (another digest was shown), `expired`, `newer` (validate again), `duplicate`.
    `version`: how many entries were folded.
    `granted`: standing permission -> its copy, for this shard.
    """
    keys = ThreadKeys(thread)
    options = change.options() | {
        "request": request,
        "digest": digest,
        "version": version,
        "seen_ttl": SEEN_TTL_S,
    }
    options |= {"granted": dict(granted)} if granted else {}
    extra = [keys.shard.grants, *(keys.shard.seen(source) for source in seen)]
    return await _change(client, "answer", keys, extra, options, change)


async def note(client: Client, thread: str, change: Change) -> Done:
    """Append what informs and never moves a thread."""
    return await _change(client, "note", ThreadKeys(thread), [], change.options(), change)


async def claim(
    client: Client, shard: ShardKeys, nonce: str, lease_us: int, *, prefer: Literal["due", "expired"]
) -> Lease | int | None:
    """Take one thread that is due or whose lease ran out; else the time (us) of the next due one, or None."""
    prefix = f"{shard.prefix}:t:"
    reply = await run(client, "claim", [shard.due, shard.leases], [prefix, nonce, lease_us, prefer])
    if not reply[0]:
        return int(float(reply[1])) if reply[1] else None
    thread, epoch, attempts, version, now, lost = reply
    return Lease(thread.decode(), epoch.decode(), nonce, version, int(now), attempts, bool(lost))


async def attempt(
    client: Client, shard: ShardKeys, thread: str, token: str, entry: str, delivery: str, request: str | None
) -> tuple[str, int]:
    """Record that a delivery is about to be sent: (`ok`, how often), `lost` (shard or entry), `void` (request closed).

    With `void` comes how often it was tried before: any of those may have shown it.
    """
    keys = [shard.out_lease, shard.out_state, ThreadKeys(thread).open, shard.out]
    reply = await run(client, "attempt", keys, [token, delivery, request or "", entry])
    return reply[0].decode(), reply[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of a delivery: the provider's id, or why it was given up."""

    token: str
    entry: str  # id in the outbox stream
    delivery: Delivery
    foreign: str | None = None
    reason: str | None = None
    gathered: tuple[str, str] | None = None  # a key, and what it holds from now on; empty: nothing


async def settle(client: Client, settled: Settled, change: Change) -> Done:
    """Take a delivery out of the outbox and note in its thread what became of it."""
    keys = ThreadKeys(settled.delivery.thread)
    shard = keys.shard
    options = change.options() | {
        "token": settled.token,
        "entry": settled.entry,
        "delivery": settled.delivery.id,
        "seen_ttl": SEEN_TTL_S,
    }
    if settled.foreign is not None:
        options["foreign"] = settled.foreign
    if settled.reason is not None:
        options |= {"reason": settled.reason, "dead": settled.delivery.model_dump_json(exclude_none=True)}
    extra = [shard.out_lease, shard.out_state, shard.sent(settled.delivery.id), shard.dead]
    if settled.gathered is not None:
        extra.append(settled.gathered[0])
        options["gathered"] = settled.gathered[1]
    return await _change(client, "settle", keys, extra, options, change)


async def refuse(client: Client, record: str, delivery: Delivery, who: str, *, seen: Sequence[str], limit: int) -> str:
    """Record a refusal and tell the person, at most `limit` times a day: `told`, `recorded` or `duplicate`."""
    shard = ThreadKeys(delivery.thread).shard
    counter = f"{shard.prefix}:refusals:{who}"
    keys = [shard.refused, shard.out, counter, *(shard.seen(source) for source in seen)]
    number = f"{shard_of(delivery.thread):02d}"
    argv = [record, delivery.model_dump_json(exclude_none=True), limit, 86_400, SEEN_TTL_S, number]
    return cast("bytes", await run(client, "refuse", keys, argv)).decode()


async def clock(client: Client, shard: ShardKeys) -> int:
    """Read the time (us) of the server that has this shard, which is the one that log entries get."""
    return int(await run(client, "clock", [shard.due], []))


async def reserve(client: Client, key: str, call: str, amount: int | None, limit: int) -> bool:
    """Count a call towards a limit, in hundredths; False if it does not fit. Without an amount, take it out again."""
    argv = [call, "" if amount is None else amount, limit, _SPENT_TTL_S]
    return bool(await run(client, "reserve", [key], argv))


_SPENT_TTL_S = 3 * 86_400
_THREAD_SCRIPTS = {"ingest", "commit", "answer", "note", "settle"}


@cache
def source(name: str) -> tuple[str, str]:
    """Read one script's text and its SHA-1, by which the server knows it."""
    folder = files("bot.store") / "lua"
    parts = ["kinds", "thread", name] if name in _THREAD_SCRIPTS else ["kinds", name]
    text = "".join((folder / f"{part}.lua").read_text() for part in parts)
    return text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


async def _change(
    client: Client,
    name: str,
    keys: ThreadKeys,
    extra: Sequence[str],
    options: Mapping[str, object],
    change: Change,
) -> Done:
    argv = [keys.thread, to_json(dict(options)), *change.entries]
    others = [key for other in change.also for key in _others(other)]
    reply = await run(client, name, [*_names(keys), *extra, *others], argv)
    verdict, first, version, now = reply
    return Done(cast("Verdict", verdict.decode()), first, version, int(now))


@lru_cache(1_000)
def _names(keys: ThreadKeys) -> tuple[str, ...]:
    """KEYS 1 to 9 of the scripts that change one thread; it is the same threads again and again."""
    shard = keys.shard
    mine = (keys.log, keys.head, keys.lease, keys.open)
    return (*mine, shard.due, shard.leases, shard.out, shard.recent, shard.pending)


def _others(also: Also) -> tuple[str, str, str]:
    """What a change may touch of another thread."""
    keys = ThreadKeys(also.thread)
    return keys.log, keys.head, keys.lease


async def run(client: Client, name: str, keys: Sequence[str], argv: Sequence[str | bytes | int]) -> Any:  # noqa: ANN401  # what a script returns is known to its function alone
    """Run one script by its name; its caller knows what it takes and returns."""
    text, sha = source(name)
    arguments = [*keys, *argv]
    batch = batch_of(client)
    if batch is not None:
        try:
            return await batch.call("EVALSHA", sha, len(keys), *arguments)
        except NoScriptError:
            return await batch.call("EVAL", text, len(keys), *arguments)
    try:
        return await cast("Any", client).evalsha(sha, len(keys), *arguments)
    except NoScriptError:
        return await cast("Any", client).eval(text, len(keys), *arguments)
