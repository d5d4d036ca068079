"""The store goes away in the middle of it: nothing is lost, nothing is done twice, and work goes on."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from pydantic import JsonValue

from bot.model import Prompt
from bot.steps import Call
from bot.store import scripts
from bot.store.keys import ShardKeys
from bot.store.server import Client, connect
from tests.helpers import wait_until
from tests.runtime.proxy import Proxy, proxied
from tests.runtime.scripted import Said, done, step
from tests.runtime.stage import Stage


@pytest.fixture
async def proxy(embedded_url: str) -> AsyncIterator[Proxy]:
    async with proxied(embedded_url) as proxy:
        yield proxy


@pytest.fixture
async def far(stage: Stage, proxy: Proxy) -> AsyncIterator[Stage]:
    """The same stage, whose workers reach the store through the proxy; the test itself does not."""
    client = await connect(proxy.url)
    yield replace(stage, client=client, url=proxy.url, lease_us=1_500_000)
    await client.aclose()


async def test_a_result_is_committed_once_the_store_is_back(
    stage: Stage, far: Stage, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "bot.held")

    async def and_cut(_: Call) -> JsonValue:
        await proxy.cut()
        return "a result"

    stage.model.says(step("jot", text="x"), done())
    stage.world.will("jot", and_cut)
    async with far.working():
        await stage.say("go")
        await wait_until(lambda: "did not answer" in caplog.text)
        await proxy.mend()
        thread = await stage.becomes("done")
    assert len(stage.world.runs) == 1
    assert thread.requests == {}
    assert "a result" in stage.model.read


async def test_while_the_store_is_away_a_worker_says_so_in_one_line_and_goes_on_afterwards(
    stage: Stage, far: Stage, proxy: Proxy, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    tried = 0
    async with far.working():
        await proxy.cut()
        original = scripts.claim

        async def counted(client: Client, shard: ShardKeys, nonce: str, lease_us: int, *, prefer: Any) -> object:  # noqa: ANN401
            nonlocal tried
            tried += 1
            return await original(client, shard, nonce, lease_us, prefer=prefer)

        monkeypatch.setattr(scripts, "claim", counted)  # to see it try
        await stage.say("go")
        await wait_until(lambda: tried >= 3)
        await proxy.mend()
        await stage.becomes("done")
    assert caplog.text.count("the store is away") <= 2  # the worker's line and the sender's
    assert "waiting for it" in caplog.text


async def test_lost_answers_neither_lose_nor_repeat_anything(stage: Stage, far: Stage, proxy: Proxy) -> None:
    def one_in_seven(answer: bytes) -> bool:
        """By chance: of a round of seven commands, every seventh would be the same one for ever."""
        return secrets.randbelow(7) == 0

    def jot_and_done(prompt: Prompt) -> Said:
        return done() if "<result" in "".join(prompt.blocks) else step("jot", text="x")

    roots = [f"{n}.5" for n in range(6)]
    stage.model.otherwise = jot_and_done
    async with far.working():
        proxy.loses = one_in_seven
        for root in roots:
            await stage.say("go", root=root)
        logs = await asyncio.gather(*(stage.finished(root) for root in roots))
    assert proxy.lost > 0
    assert len(stage.world.runs) == len({run.key for run in stage.world.runs}) == 6
    for thread in logs:
        assert [call.attempts for call in thread.calls.values() if call.chosen.kind == "action"] == [1]
        assert [event.type for event in thread.events].count("step_finished") == 1
