"""Every thread is found, on one server and on a cluster, whatever the indexes say."""

from typing import Any, cast

import pytest

from bot.audit.threads import find, stored
from bot.ids import thread_id
from bot.store import scripts
from bot.store.keys import ShardKeys, ThreadKeys
from bot.store.server import Client
from tests.store.acts import born, change, raw

MANY = sorted(thread_id("audited", str(n)) for n in range(60))


async def test_threads_of_all_shards_are_found_in_order(client: Client) -> None:
    for name in MANY:
        await born(client, thread=name)
    found = await find(client)
    assert (found.threads, found.strays) == (MANY, [])


async def test_a_thread_that_was_taken_out_of_the_index_is_found(client: Client) -> None:
    await born(client, thread=MANY[0])
    await raw(client).zrem(ThreadKeys(MANY[0]).shard.recent, MANY[0])
    assert (await find(client)).threads == [MANY[0]]
    read = await stored(client, MANY[0])
    assert read
    assert (len(read.entries), read.version, read.listed) == (1, 1, False)


@pytest.mark.parametrize("left", ["head", "index"])
async def test_a_thread_whose_log_is_gone_is_found_by_what_is_left(client: Client, left: str) -> None:
    keys = ThreadKeys(MANY[0])
    await born(client, thread=MANY[0])
    await raw(client).delete(keys.log, *([keys.head] if left == "index" else []))
    if left == "head":
        await raw(client).zrem(keys.shard.recent, MANY[0])
    assert (await find(client)).threads == [MANY[0]]
    read = await stored(client, MANY[0])
    assert read
    assert (read.entries, read.listed) == ([], left == "index")


async def test_what_is_read_is_from_one_moment(client: Client) -> None:
    await born(client, thread=MANY[0])
    await scripts.note(client, MANY[0], change(1, 2))
    read = await stored(client, MANY[0])
    assert read
    assert (len(read.entries), read.version, read.listed) == (3, 3, True)


async def test_keys_that_lead_to_no_thread_are_told_apart(client: Client) -> None:
    keys = [
        f"{ShardKeys(3).prefix}:t:05-abcdefghijklmnop:log",
        f"{ShardKeys(3).prefix}:t:nonsense:log",
        "{s77}:t:77-abcdefghijklmnop:log",
    ]
    for key in keys:
        await raw(client).rpush(key, "x")
    await raw(client).zadd(ShardKeys(3).recent, {"nonsense": 1})
    found = await find(client)
    assert found.threads == []
    assert found.strays == sorted([*keys, f"{ShardKeys(3).recent} nonsense"])


async def test_a_key_of_another_kind_is_not_read(client: Client) -> None:
    await cast("Any", client).set(ThreadKeys(MANY[0]).log, "x")
    assert await stored(client, MANY[0]) is None
