"""Leases: kept while a worker lives, lost when it does not, and then whatever it still says is fenced or comes late."""

import asyncio
import logging
import time
from typing import Any, cast

import pytest
from pydantic import JsonValue

from bot.events import LateResult, StepInDoubt
from bot.model import Prompt
from bot.steps import Call
from bot.store.keys import ThreadKeys
from tests.helpers import wait_until
from tests.runtime.scripted import Said, done, step
from tests.runtime.stage import Stage
from tests.store.acts import stored


async def test_a_long_action_keeps_its_lease(stage: Stage) -> None:
    stage.lease_us = 300_000
    leases = cast("Any", stage.client)

    async def long(_: Call) -> JsonValue:
        seen: set[float] = set()

        async def renewed() -> bool:
            seen.add(await leases.zscore(ThreadKeys(stage.thread).shard.leases, stage.thread))
            return len(seen) > 5

        return await wait_until(renewed)

    stage.model.says(step("jot", text="x"), done())
    stage.world.will("jot", long)
    async with stage.working(), stage.working():
        await stage.say("go")
        thread = await stage.becomes("done")
    assert len(stage.world.runs) == 1
    assert thread.requests == {}


async def test_a_blocked_event_loop_does_not_lose_its_leases(stage: Stage) -> None:
    stage.lease_us = 200_000

    async def blocking(_: Call) -> JsonValue:
        until = time.monotonic() + 0.7
        while time.monotonic() < until:  # neither this loop nor the other worker gets a turn
            pass
        return "done"

    stage.model.says(step("jot", text="x"), done())
    stage.world.will("jot", blocking)
    async with stage.working(), stage.working():
        await stage.say("go")
        thread = await stage.becomes("done")
    assert len(stage.world.runs) == 1
    assert not [event for event in thread.events if isinstance(event, LateResult | StepInDoubt)]


async def test_a_worker_that_was_stopped_longer_than_its_lease_is_fenced_and_its_result_comes_late(
    stage: Stage,
) -> None:
    stage.lease_us = 200_000
    stage.renews = False  # as when the whole process is stopped

    async def stopped(_: Call) -> JsonValue:
        before = (await stored(stage.client, stage.thread)).lease["epoch"]

        async def taken_over() -> bool:
            return (await stored(stage.client, stage.thread)).lease["epoch"] != before

        await wait_until(taken_over)
        return "done after all"

    stage.model.says(step("send", text="x"), done())
    stage.agents["ops"].menu.steps["send"].timeout_s = 20
    stage.world.will("send", stopped)
    async with stage.working(), stage.working():
        await stage.say("go")
        await stage.request()
        await stage.answer("rob", "approve")
        thread = await stage.becomes("done")
    assert len(stage.world.runs) == 1
    assert [event.outcome for event in thread.events if isinstance(event, LateResult)] == ["finished"]
    assert "done after all" in stage.model.read


async def test_a_decision_under_a_lost_lease_is_dropped(stage: Stage) -> None:
    async def slow(_: Prompt) -> Said:
        await stage.abandon()

        async def taken_over() -> bool:
            return stage.model.calls == 2

        await wait_until(taken_over)
        return done("from the zombie")

    stage.model.says(slow, done("from the living"))
    async with stage.working(), stage.working():
        await stage.say("go")
        await stage.becomes("done")
        await stage.said("from the living")
    assert "from the zombie" not in stage.channel.lines()


async def test_a_worker_that_hears_of_its_loss_asks_the_model_no_more(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bot.worker")
    stage.lease_us = 300_000
    interrupted = asyncio.Event()

    async def lost(_: Prompt) -> Said:
        try:
            return await overtaken()
        except asyncio.CancelledError:
            interrupted.set()
            raise

    async def overtaken() -> Said:
        mine = (await stored(stage.client, stage.thread)).lease["epoch"]

        async def taken_over() -> bool:
            if (await stored(stage.client, stage.thread)).lease["epoch"] != mine:
                return True
            await stage.abandon()  # again and again: its renewer keeps the lease as long as nobody else has it
            return False

        await wait_until(taken_over)
        await asyncio.Event().wait()
        return done("The model was let finish.")

    async def living(_: Prompt) -> Said:
        await wait_until(lambda: "another worker has this thread" in caplog.text)
        return done()

    stage.model.says(lost, living)
    async with stage.working(), stage.working():
        await stage.say("go")
        await stage.becomes("done")
    assert interrupted.is_set()
    assert stage.model.calls == 2
