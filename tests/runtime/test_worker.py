"""The worker: drains, parks what does not come forward, stops at what it cannot read, keeps its leases, is fenced."""

import asyncio
import time
from typing import Any, cast

import pytest

from bot.events import Replied, StepInDoubt
from bot.model import Prompt
from bot.store import log, scripts
from bot.store.keys import WAKE, ShardKeys, ThreadKeys
from bot.store.scripts import Change
from tests.helpers import wait_until
from tests.runtime.scripted import Said, done, step
from tests.runtime.stage import Stage
from tests.runtime.test_orders import Gate
from tests.store.acts import claimed, expire, stored


async def test_draining_releases_a_thread_at_once_and_counts_no_attempt(stage: Stage) -> None:
    gate = Gate()
    stage.model.says(gate.model)
    async with stage.working():
        await stage.say("go")
        await gate.entered.wait()
    found = await stored(stage.client, stage.thread)
    assert gate.interrupted == 1
    assert (found.lease["attempts"], found.leased) == ("0", None)
    assert found.due is not None
    assert found.due <= time.time_ns() // 1000


async def test_what_was_drained_is_taken_up_by_the_next_worker(stage: Stage) -> None:
    gate = Gate()
    stage.model.says(gate.model, done())
    async with stage.working():
        await stage.say("go")
        await gate.entered.wait()
    async with stage.working():
        await stage.becomes("done")
    assert stage.model.calls == 2


async def test_a_draining_worker_lets_a_running_action_finish_and_starts_nothing_new(stage: Stage) -> None:
    gate = Gate()
    stage.model.says(step("jot", text="x"), done())
    stage.world.will("jot", gate.tool)
    async with stage.working() as runtime:
        await stage.say("go")
        await gate.entered.wait()
        runtime.draining.set()
        gate.opened.set()
    assert (await stage.events())[-1] == "step_finished"
    assert stage.model.calls == 1


async def test_an_action_that_outlasts_the_draining_is_in_doubt_visibly(stage: Stage) -> None:
    gate = Gate()
    stage.model.says(step("jot", text="x"), done())
    stage.world.will("jot", gate.tool)
    async with stage.working(drain_s=0.1):
        await stage.say("go")
        await gate.entered.wait()
    (event,) = [event for event in (await stage.fold()).events if isinstance(event, StepInDoubt)]
    assert (event.how, gate.interrupted) == ("worker_lost", 1)
    async with stage.working():
        assert (await stage.request()).opened.kind == "doubt"


async def hurry(stage: Stage, attempts: int) -> None:
    """Wait for the back-off after this many attempts, and skip it."""
    keys, store = ThreadKeys(stage.thread), cast("Any", stage.client)

    async def tried() -> bool:
        lease = await store.hgetall(keys.lease)
        return lease.get(b"attempts") == str(attempts).encode() and b"nonce" not in lease

    await wait_until(tried)
    await store.zadd(keys.shard.due, {stage.thread: 1}, xx=True)
    await store.publish(WAKE, f"{keys.shard.shard:02d}")


async def test_a_thread_that_never_comes_forward_is_parked_and_people_are_told(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.model.says(*[RuntimeError("a bug of ours")] * 5, done("Better now."))
    async with stage.working():
        await stage.say("go")
        for attempts in range(1, 6):
            await hurry(stage, attempts)
        thread = await stage.becomes("parked")
        await stage.said("Something is wrong here")
        await stage.said("was set aside")
        assert [line for line in stage.channel.lines("U0ROB") if "5 times" in line] != []
        assert await stage.order("resume") == "resumed"
        await stage.becomes("done")
    assert [event.type for event in thread.events][:2] == ["message_received", "parked"]
    assert "a bug of ours" in caplog.text


async def test_an_answer_that_comes_while_a_thread_is_parked_does_not_unpark_it(stage: Stage) -> None:
    stage.model.says(step("send", text="x"), RuntimeError(), RuntimeError(), RuntimeError(), RuntimeError(), done())
    async with stage.working():
        await stage.say("go")
        request = (await stage.request()).opened.request
        await stage.settled()
        store = cast("Any", stage.client)
        await store.hset(ThreadKeys(stage.thread).lease, "attempts", 5)
        await stage.say("and?")
        await stage.becomes("parked")
        assert (await stage.answer("rob", "approve", request=request)).accepted
        head = await log.head(stage.client, stage.thread)
        assert head
        assert (head.status, head.parked) == ("parked", True)
        await stage.settled()
        assert stage.world.runs == []


async def test_an_entry_that_cannot_be_read_stops_its_thread_alone_and_people_are_told_once(stage: Stage) -> None:
    stage.model.says(done("one"), done("two"))
    async with stage.working():
        await stage.say("go")
        await stage.becomes("done")
        future = b'{"type":"from_the_future","v":9}\n'
        await scripts.ingest(stage.client, stage.thread, Change(entries=[future]))
        await stage.said("stopped: entry")
        await stage.say("hello?")
        assert (await stage.settled()).status == "unreadable"
        await stage.say("another thread", root="2.2")
        await stage.said("two")
        head = await log.head(stage.client, stage.thread)
    assert head
    assert head.status == "unreadable"
    assert len([line for line in stage.channel.lines() if "Something is wrong" in line]) == 1
    assert len([line for line in stage.channel.lines("U0ROB") if "from_the_future" in line]) == 1


async def test_a_log_that_was_forged_stops_its_thread(stage: Stage) -> None:
    stage.model.says(done())
    async with stage.working():
        await stage.say("go")
        thread = await stage.becomes("done")
        said = next(event for event in thread.events if isinstance(event, Replied))
        forged = said.model_copy(update={"seal": "0" * 32, "at": None, "body_hash": None})
        await scripts.ingest(stage.client, stage.thread, Change(entries=[stage.sealer.entry(stage.thread, forged)]))
        assert "its seal does not match" in ((await stage.becomes("unreadable")).unreadable or "")


async def test_an_abandoned_thread_gets_its_turn_among_many_that_are_due(stage: Stage) -> None:
    here = ThreadKeys(stage.thread).shard
    first, *others = [f"{n}.8" for n in range(200) if stage.named(f"{n}.8").startswith(f"{here.shard:02d}-")][:6]
    await stage.say(f"from {first}", root=first)
    await claimed(stage.client, thread=stage.named(first))
    await expire(stage.client, stage.named(first))
    for root in others:
        await stage.say(f"from {root}", root=root)
    async with stage.working(slots=1):
        await stage.finished(first)
    turn = next(n for n, prompt in enumerate(stage.model.prompts) if f"from {first}" in prompt.blocks[0])
    assert turn < 2


async def test_no_more_threads_are_worked_on_than_there_are_slots(stage: Stage) -> None:
    gate, most, now = asyncio.Event(), 0, 0

    async def counted(_: Prompt) -> Said:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await gate.wait()
        now -= 1
        return done()

    stage.model.says(*[counted] * 6)
    async with stage.working(slots=3):
        for n in range(6):
            await stage.say("go", root=f"{n}.1")
        await wait_until(lambda: now == 3)
        gate.set()
        await wait_until(lambda: stage.model.calls == 6)
    assert most == 3


async def test_a_shard_whose_keys_are_broken_holds_up_no_other(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    broken = ShardKeys((ThreadKeys(stage.thread).shard.shard + 1) % 16)
    await cast("Any", stage.client).set(broken.due, "not a zset")
    async with stage.working():
        await stage.say("go")
        await stage.becomes("done")
    assert "WRONGKIND" in caplog.text


async def test_shards_take_turns_even_when_one_has_more_than_there_are_slots(stage: Stage) -> None:
    here = ThreadKeys(stage.thread).shard.shard
    roots = [f"{n}.7" for n in range(200)]
    many = [root for root in roots if stage.named(root).startswith(f"{here:02d}-")][:6]
    other = next(root for root in roots if not stage.named(root).startswith(f"{here:02d}-"))
    for root in [*many, other]:
        await stage.say(f"from {root}", root=root)
    async with stage.working(slots=1):
        await stage.finished(other)
    turn = next(n for n, prompt in enumerate(stage.model.prompts) if f"from {other}" in prompt.blocks[0])
    assert turn < 2
