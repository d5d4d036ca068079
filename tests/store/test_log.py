"""What is read back: logs, heads, the look-ups over all shards, and the number of shards, fixed at the first start."""

from dataclasses import replace

import pytest

from bot.errors import SettingsError
from bot.ids import SHARDS, thread_id
from bot.store import log, scripts
from bot.store.keys import META
from bot.store.scripts import Change
from bot.store.server import Client
from tests.store.acts import KEYS, THREAD, born, change, entry, raw

MANY = [thread_id("of many shards", str(n)) for n in range(40)]


async def test_a_log_is_read_from_any_version_on(store: Client) -> None:
    await born(store)
    await scripts.ingest(store, THREAD, change(1, 2))
    whole = await log.load(store, THREAD)
    assert len(whole) == 3
    assert await log.load(store, THREAD, 1) == whole[1:]
    assert await log.load(store, THREAD, 3) == []


async def test_a_thread_that_does_not_exist_has_no_log_and_no_head(store: Client) -> None:
    assert await log.load(store, THREAD) == []
    assert await log.head(store, THREAD) is None
    assert not await log.has_open_requests(store, THREAD)


async def test_a_head_says_what_lists_need(store: Client) -> None:
    head = {"status": "waiting", "agent": "deploy", "title": "née é 🚀", "origin": "{}", "paused": "1"}
    done = await scripts.ingest(store, THREAD, Change(entries=[entry(1), entry(2)], head=head), birth=True)
    found = await log.head(store, THREAD)
    assert found
    assert (found.thread, found.version, found.input_version, found.at) == (THREAD, 1, 1, done.now)
    assert (found.status, found.agent, found.title, found.origin) == ("waiting", "deploy", "née é 🚀", "{}")
    assert (found.paused, found.cancelled) == (True, False)


async def test_the_recent_threads_of_all_shards_come_newest_first(store: Client) -> None:
    for name in MANY:
        await born(store, thread=name)
    await scripts.note(store, MANY[3], change(1))
    found = [head.thread for head in await log.recent(store, limit=10)]
    assert found == [MANY[3], *reversed(MANY[-9:])]


async def test_the_open_requests_of_all_shards_are_found(store: Client) -> None:
    for n, name in enumerate(MANY):
        await born(store, thread=name)
        await scripts.note(store, name, replace(change(1), opened={f"r{n}": "d:9"}))
    await scripts.note(store, MANY[0], replace(change(2), closed=["r0"]))
    assert await log.pending(store) == sorted((f"r{n}", name) for n, name in enumerate(MANY) if n)


async def test_whether_anybody_is_asked_in_a_thread(store: Client) -> None:
    await born(store)
    await scripts.note(store, THREAD, replace(change(1), opened={"r1": "d:9"}))
    assert await log.has_open_requests(store, THREAD)


async def test_what_was_never_sent_has_no_id(store: Client) -> None:
    assert await log.sent_as(store, KEYS.shard, "d1") is None


async def test_the_number_of_shards_is_stored_once_and_checked(store: Client) -> None:
    await log.fix_shards(store)
    await log.fix_shards(store)
    assert await raw(store).hget(META, "shards") == str(SHARDS).encode()


async def test_an_installation_with_another_number_of_shards_is_refused_with_the_mend(store: Client) -> None:
    await raw(store).hset(META, "shards", SHARDS * 2)
    with pytest.raises(SettingsError, match=r"REDIS_URL.*32 shards.*use the version that made it"):
        await log.fix_shards(store)
