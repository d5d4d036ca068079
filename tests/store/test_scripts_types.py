"""Every script refuses a key of a wrong type before its first write: a script error does not roll back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

import pytest
from redis.exceptions import ResponseError

from bot.store import scripts
from bot.store.scripts import Lease, Release, Settled
from bot.store.server import Client
from tests.store.acts import KEYS, LEASE_US, THREAD, born, change, claimed, delivery, dump, now_us, raw, terms

SHARD = KEYS.shard
COUNTER = f"{SHARD.prefix}:refusals:zed"
EVERYTHING = replace(change(1), head={"status": "x"}, opened={"r2": "d:9"}, closed=["r1"], out=[delivery()])
OF_A_THREAD = (KEYS.log, KEYS.head, KEYS.lease, KEYS.open, SHARD.due, SHARD.leases, SHARD.out, SHARD.recent)
PENDING = SHARD.pending


async def _ingest(client: Client, lease: Lease) -> object:
    return await scripts.ingest(client, THREAD, EVERYTHING, seen=["m2"])


async def _commit(client: Client, lease: Lease) -> object:
    return await scripts.commit(client, lease, EVERYTHING, terms(1, 1, release=Release(timer=1)))


async def _note(client: Client, lease: Lease) -> object:
    return await scripts.note(client, THREAD, EVERYTHING)


async def _answer(client: Client, lease: Lease) -> object:
    return await scripts.answer(client, THREAD, "r1", EVERYTHING, digest="d", version=2, seen=["c1"])


async def _settle(client: Client, lease: Lease) -> object:
    settled = Settled(token="me", entry="1-1", delivery=delivery(), foreign="x", reason="y")
    return await scripts.settle(client, settled, EVERYTHING)


async def _claim(client: Client, lease: Lease) -> object:
    return await scripts.claim(client, SHARD, "n2", LEASE_US, prefer="due")


async def _attempt(client: Client, lease: Lease) -> object:
    return await scripts.attempt(client, SHARD, THREAD, "me", "1-1", "d1", "r1")


async def _refuse(client: Client, lease: Lease) -> object:
    return await scripts.refuse(client, "{}", delivery(), "zed", seen=["m3"], limit=3)


Script = Callable[[Client, Lease], Awaitable[object]]
SCRIPTS: Mapping[str, tuple[Script, tuple[str, ...]]] = {
    "ingest": (_ingest, (*OF_A_THREAD, PENDING)),
    "commit": (_commit, (*OF_A_THREAD, PENDING)),
    "note": (_note, (*OF_A_THREAD, PENDING)),
    "answer": (_answer, (*OF_A_THREAD, PENDING, SHARD.grants)),
    "settle": (_settle, (*OF_A_THREAD, PENDING, SHARD.out_lease, SHARD.out_state, SHARD.sent("d1"), SHARD.dead)),
    "claim": (_claim, (SHARD.due, SHARD.leases, KEYS.lease, KEYS.log)),
    "attempt": (_attempt, (SHARD.out_lease, SHARD.out_state, KEYS.open, SHARD.out)),
    "refuse": (_refuse, (SHARD.refused, SHARD.out, COUNTER)),
}
CASES = [pytest.param(name, key, id=f"{name} {key}") for name, (_, keys) in SCRIPTS.items() for key in keys]


async def prepared(client: Client, name: str) -> Lease:
    """A leased thread with an open request and a held outbox; for `claim`, it is due again."""
    if name in {"attempt", "settle"}:
        await raw(client).xadd(SHARD.out, {"d": delivery().model_dump_json()}, id="1-1")
    await born(client)
    await scripts.note(client, THREAD, replace(change(2), opened={"r1": f"d:{now_us() + 3_600_000_000}"}))
    await raw(client).set(SHARD.out_lease, "me", ex=30)
    lease = await claimed(client)
    if name == "claim":
        await scripts.commit(client, lease, change(), terms(1, 1, release=Release(timer=1)))
    return lease


@pytest.mark.parametrize(("name", "key"), CASES)
async def test_a_wrong_type_is_refused_and_nothing_is_written(client: Client, name: str, key: str) -> None:
    lease = await prepared(client, name)
    await raw(client).delete(key)
    if key in {COUNTER, SHARD.out_lease, SHARD.sent("d1")}:
        await raw(client).sadd(key, "a set where a string should be")
    else:
        await raw(client).set(key, "a string")
    before = await dump(client)
    script, _ = SCRIPTS[name]
    with pytest.raises(ResponseError, match="WRONG"):
        await script(client, lease)
    assert await dump(client) == before


@pytest.mark.parametrize("name", SCRIPTS)
async def test_with_keys_of_the_right_types_it_does_write(client: Client, name: str) -> None:
    lease = await prepared(client, name)
    before = await dump(client)
    await SCRIPTS[name][0](client, lease)
    assert await dump(client) != before
