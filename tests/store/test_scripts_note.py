"""`note`: what informs, and never moves a thread."""

from dataclasses import replace

from bot.entries import stamped
from bot.store import scripts
from bot.store.server import Client
from tests.store.acts import KEYS, THREAD, born, change, claimed, delivery, dump, entry, outbox, raw, stored, terms


async def test_a_note_is_appended_and_is_no_input(store: Client) -> None:
    await born(store)
    done = await scripts.note(store, THREAD, change(1))
    found = await stored(store)
    assert (done.verdict, done.first, done.version) == ("ok", 1, 2)
    assert found.log[1] == stamped(entry(1), done.now)
    assert (found.head["version"], found.head["input_version"]) == ("2", "1")


async def test_a_note_leaves_the_schedule_alone(store: Client) -> None:
    await born(store)
    lease = await claimed(store)
    await scripts.commit(store, lease, change(), terms(1, 1, release=scripts.Release()))
    await scripts.note(store, THREAD, change(1))
    found = await stored(store)
    assert (found.due, found.leased) == (None, None)


async def test_a_note_can_have_something_sent(store: Client) -> None:
    await born(store)
    await scripts.note(store, THREAD, replace(change(1), out=[delivery()]))
    assert await outbox(store) == [delivery()]


async def test_a_note_to_no_thread_writes_nothing(store: Client) -> None:
    assert (await scripts.note(store, THREAD, change(1))).verdict == "absent"
    assert await dump(store) == {}


async def test_a_note_makes_the_thread_a_recent_one(store: Client) -> None:
    await born(store)
    done = await scripts.note(store, THREAD, change(1))
    assert await raw(store).zscore(KEYS.shard.recent, THREAD) == done.now
