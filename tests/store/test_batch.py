"""Calls that are sent together: each gets its own answer, and none is forgotten."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from bot.store.batch import Batch
from bot.store.server import connect
from tests.helpers import wait_until


@pytest.fixture
async def one(embedded_url: str) -> AsyncIterator[Redis]:
    """A client of a single server: a cluster has no batches."""
    client = await connect(embedded_url)
    assert isinstance(client, Redis)
    await cast("Any", client).flushall()
    yield client
    await client.aclose()


async def test_each_caller_gets_its_own_answer(one: Redis) -> None:
    batch = Batch(one)
    answers = await asyncio.gather(*(batch.call("ECHO", f"call {n}") for n in range(200)))
    assert answers == [f"call {n}".encode() for n in range(200)]


async def test_an_error_is_that_of_its_own_call(one: Redis) -> None:
    batch = Batch(one)
    before, wrong, after = await asyncio.gather(
        batch.call("ECHO", "a"), batch.call("NO-SUCH-COMMAND"), batch.call("ECHO", "b"), return_exceptions=True
    )
    assert (before, after) == (b"a", b"b")
    assert isinstance(wrong, ResponseError)


async def test_a_caller_that_gave_up_disturbs_nobody(one: Redis) -> None:
    batch = Batch(one)
    calls = [asyncio.create_task(cast("Any", batch.call("ECHO", str(n)))) for n in range(10)]
    await asyncio.sleep(0)
    calls[3].cancel()
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(found.pop(3), asyncio.CancelledError)
    assert found == [str(n).encode() for n in range(10) if n != 3]


async def test_what_is_asked_while_a_batch_ends_is_not_forgotten(one: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    batch, pool = Batch(one), one.connection_pool
    release, late = pool.release, list[asyncio.Task[object]]()

    async def slow(connection: Any) -> None:  # noqa: ANN401  # redis-py's own
        if not late:
            late.append(asyncio.create_task(cast("Any", batch.call("ECHO", "late"))))
            await asyncio.sleep(0)
        await release(connection)

    monkeypatch.setattr(pool, "release", slow)
    await batch.call("ECHO", "first")
    await wait_until(lambda: late)
    assert await asyncio.wait_for(late[0], 5) == b"late"


async def test_after_a_lost_connection_all_without_an_answer_hear_of_it_and_the_next_is_served(one: Redis) -> None:
    batch = Batch(one)
    lost = await asyncio.gather(
        batch.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"),
        *(batch.call("ECHO", str(n)) for n in range(5)),
        return_exceptions=True,
    )
    assert any(isinstance(answer, RedisConnectionError) for answer in lost)
    assert await batch.call("ECHO", "again") == b"again"
