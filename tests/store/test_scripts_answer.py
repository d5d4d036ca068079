"""`answer`: one person's answer is appended only if nothing has changed since it was validated."""

import asyncio
from dataclasses import replace

import pytest

from bot.store import scripts
from bot.store.scripts import Change, Done
from bot.store.server import Client, connect
from tests.store.acts import KEYS, THREAD, born, change, delivery, dump, now_us, outbox, raw, stored

DIGEST = "d" * 64


@pytest.fixture
async def asked(store: Client) -> Client:
    """A thread (input version 1) with one open request for the next hour."""
    await born(store)
    until = now_us() + 3_600_000_000
    opened = replace(change(1), opened={"r1": f"{DIGEST}:{until}", "late": f"{DIGEST}:{now_us() - 1}"})
    await scripts.note(store, THREAD, opened)
    return store


async def say(
    client: Client,
    n: int = 5,
    *,
    request: str = "r1",
    digest: str = DIGEST,
    version: int = 2,
    source: str = "click 1",
    what: Change | None = None,
) -> Done:
    what = what or replace(change(n), closed=[request])
    return await scripts.answer(client, THREAD, request, what, digest=digest, version=version, seen=[source])


async def test_an_answer_is_an_input_and_closes_the_request(asked: Client) -> None:
    done = await say(asked)
    found = await stored(asked)
    assert (done.verdict, done.first, done.version) == ("ok", 2, 3)
    assert found.head["input_version"] == "3"
    assert not await raw(asked).hexists(KEYS.open, "r1")


async def test_an_answer_wakes_the_thread(asked: Client) -> None:
    await raw(asked).zrem(KEYS.shard.due, THREAD)
    await raw(asked).hset(KEYS.head, "seen", 2)
    done = await say(asked)
    assert (await stored(asked)).due == done.now


async def test_what_is_said_about_it_goes_out_with_the_answer(asked: Client) -> None:
    await say(asked, what=replace(change(5), closed=["r1"], out=[delivery()]))
    assert await outbox(asked) == [delivery()]


async def test_an_answer_to_a_request_that_is_not_open_is_refused(asked: Client) -> None:
    before = await dump(asked)
    assert (await say(asked, request="r9")).verdict == "closed"
    assert await dump(asked) == before


async def test_an_answer_to_another_digest_than_the_one_open_is_refused(asked: Client) -> None:
    before = await dump(asked)
    assert (await say(asked, digest="e" * 64)).verdict == "changed"
    assert await dump(asked) == before


async def test_an_answer_after_the_time_is_refused_by_the_servers_clock(asked: Client) -> None:
    before = await dump(asked)
    assert (await say(asked, request="late")).verdict == "expired"
    assert await dump(asked) == before


async def test_an_answer_that_has_not_seen_the_newest_input_is_refused(asked: Client) -> None:
    await scripts.ingest(asked, THREAD, change(9))
    before = await dump(asked)
    assert (await say(asked)).verdict == "newer"
    assert await dump(asked) == before


async def test_the_same_click_delivered_twice_counts_once(asked: Client) -> None:
    vote = change(5)
    assert (await say(asked, what=vote)).verdict == "ok"
    before = await dump(asked)
    assert (await say(asked, what=vote, version=3)).verdict == "duplicate"
    assert await dump(asked) == before


async def test_of_answers_at_the_same_moment_over_connections_of_their_own_one_wins(
    asked: Client, redis_url: str
) -> None:
    clients = await asyncio.gather(*(connect(redis_url) for _ in range(6)))
    try:
        for n in range(25):
            until = now_us() + 3_600_000_000
            request = f"race {n}"
            opened = await scripts.note(asked, THREAD, replace(change(n), opened={request: f"{DIGEST}:{until}"}))
            done = await asyncio.gather(
                *(
                    say(client, k, request=request, version=opened.version, source=f"{n} {k}")
                    for k, client in enumerate(clients)
                )
            )
            assert sorted(one.verdict for one in done) == [*["closed"] * 5, "ok"]
            assert len((await stored(asked)).log) == opened.version + 1
    finally:
        await asyncio.gather(*(client.aclose() for client in clients))


async def test_of_two_votes_at_the_same_moment_one_has_to_look_again(asked: Client) -> None:
    votes = await asyncio.gather(
        say(asked, what=change(5), source="rob"),
        say(asked, what=change(6), source="zoe"),
    )
    assert sorted(done.verdict for done in votes) == ["newer", "ok"]


async def test_a_cancelled_thread_takes_no_answer(asked: Client) -> None:
    await scripts.ingest(asked, THREAD, replace(change(9), close_all=True))
    assert (await say(asked, version=3)).verdict == "closed"


async def test_an_answer_in_a_thread_that_does_not_exist_is_refused(store: Client) -> None:
    assert (await say(store)).verdict == "closed"
    assert await dump(store) == {}


async def test_an_answer_is_judged_again_if_anything_at_all_was_appended_since(asked: Client) -> None:
    await scripts.note(asked, THREAD, change(7))
    assert (await say(asked)).verdict == "newer"
