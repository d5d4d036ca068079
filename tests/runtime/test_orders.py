"""Pause, resume and cancel, at every stage; a running action is never interrupted."""

import asyncio

from pydantic import JsonValue

from bot.events import Prefetched, Refused
from bot.model import Prompt
from bot.steps import Call
from bot.store import log, scripts
from bot.store.scripts import Change
from tests.helpers import wait_until
from tests.runtime.scripted import Said, done, step
from tests.runtime.stage import Stage


class Gate:
    """Something in the middle of which the test can act."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.opened = asyncio.Event()
        self.interrupted = 0

    async def model(self, _: Prompt) -> Said:
        await self.wait()
        return done("The model was let finish.")

    async def tool(self, _: Call) -> JsonValue:
        await self.wait()
        return "the tool was let finish"

    async def wait(self) -> None:
        self.entered.set()
        try:
            await self.opened.wait()
        except asyncio.CancelledError:
            self.interrupted += 1
            raise


async def test_cancelling_interrupts_a_model_call(stage: Stage) -> None:
    gate = Gate()
    stage.model.says(gate.model)
    async with stage.working():
        await stage.say("go")
        await gate.entered.wait()
        assert "cancelled" in await stage.order("cancel")
        thread = await stage.settled()
    assert (thread.status, gate.interrupted) == ("cancelled", 1)
    assert await stage.events() == ["message_received", "cancelled"]


async def test_cancelling_interrupts_a_query(stage: Stage) -> None:
    gate = Gate()
    stage.model.says(step("look", key="a"))
    stage.world.will("look", gate.tool)
    async with stage.working():
        await stage.say("go")
        await gate.entered.wait()
        await stage.order("cancel")
        thread = await stage.settled()
    assert (thread.status, gate.interrupted) == ("cancelled", 1)
    assert stage.model.calls == 1


async def test_cancelling_lets_a_running_action_finish_and_nothing_follows(stage: Stage) -> None:
    gate = Gate()
    stage.model.says(step("jot", text="x"), done())
    stage.world.will("jot", gate.tool)
    async with stage.working():
        await stage.say("go")
        await gate.entered.wait()
        await stage.order("cancel")
        gate.opened.set()
        thread = await stage.settled()
    assert (thread.status, gate.interrupted) == ("cancelled", 0)
    assert (await stage.events())[-2:] == ["cancelled", "step_finished"]
    assert stage.model.calls == 1


async def test_cancelling_closes_what_is_open_and_tells_whoever_was_asked(stage: Stage) -> None:
    stage.model.says(step("send", text="x"))
    async with stage.working():
        await stage.say("go")
        request = (await stage.request()).opened.request
        await wait_until(stage.channel.cards)
        await stage.order("cancel")
        await stage.said("decision")
        late = await stage.answer("rob", "approve", request=request)
        thread = await stage.settled()
    assert (late.accepted, late.reason) == (False, "cancelled")
    assert thread.open == {}
    assert await log.pending(stage.client) == []


async def test_a_message_to_a_cancelled_thread_is_answered_and_changes_nothing(stage: Stage) -> None:
    async with stage.working():
        await stage.say("go")
        await stage.settled()
        await stage.order("cancel")
        await stage.settled()
        assert await stage.say("hello?") == "told"
        await stage.said("was cancelled")
    assert stage.model.calls == 1


async def test_a_paused_thread_waits_and_goes_on_once_resumed(stage: Stage) -> None:
    gate = Gate()
    stage.model.says(gate.model, done("Here."))
    async with stage.working():
        await stage.say("go")
        await gate.entered.wait()
        await stage.order("pause")
        assert (await stage.settled()).status == "paused"
        assert await stage.say("still there?") == "taken"
        await stage.said("is paused")
        assert (await stage.settled()).status == "paused"
        assert stage.model.calls == 1
        assert await stage.order("resume") == "resumed"
        await stage.becomes("done")
    assert "still there?" in stage.model.read


async def test_pausing_lets_a_running_action_finish(stage: Stage) -> None:
    gate = Gate()
    stage.model.says(step("jot", text="x"), done())
    stage.world.will("jot", gate.tool)
    async with stage.working():
        await stage.say("go")
        await gate.entered.wait()
        await stage.order("pause")
        gate.opened.set()
        assert (await stage.settled()).status == "paused"
        assert (await stage.events())[-1] == "step_finished"
        await stage.order("resume")
        assert (await stage.becomes("done")).status == "done"
    assert len(stage.world.ran("jot")) == 1


async def test_an_approval_in_a_paused_thread_is_taken_and_runs_once_resumed(stage: Stage) -> None:
    stage.model.says(step("send", text="x"), done())
    async with stage.working():
        await stage.say("go")
        await stage.request()
        await stage.order("pause")
        assert (await stage.answer("rob", "approve")).accepted
        assert (await stage.settled()).status == "paused"
        assert stage.world.runs == []
        await stage.order("resume")
        await stage.becomes("done")
    assert len(stage.world.ran("send")) == 1


async def test_orders_that_change_nothing_say_so(stage: Stage) -> None:
    async with stage.working():
        await stage.say("go")
        await stage.settled()
        assert await stage.order("resume") == "it is not paused"
        await stage.order("pause")
        assert await stage.order("pause") == "it is paused already"
        await stage.order("cancel")
        assert "cancelled before" in await stage.order("resume")


async def test_pausing_interrupts_a_prefetch_which_is_made_again_later(stage: Stage) -> None:
    gate = Gate()

    async def slow() -> JsonValue:
        await gate.wait()
        return ["v1", "v2"]

    stage.world.prefetch = slow
    stage.channel_id = "C0EAGER"
    async with stage.working():
        await stage.say("go")
        await gate.entered.wait()
        await stage.order("pause")
        assert (await stage.settled()).status == "paused"
        gate.opened.set()
        await stage.order("resume")
        thread = await stage.becomes("done")
    found = [event.body.data for event in thread.events if isinstance(event, Prefetched) and event.body]
    assert found == [["v1", "v2"]]
    assert gate.interrupted == 1


async def test_of_orders_at_the_same_moment_a_cancellation_is_never_undone(stage: Stage) -> None:
    async with stage.working():
        await stage.say("go")
        await stage.settled()
        cancelled, *paused = await asyncio.gather(*(stage.order(what) for what in ("cancel", "pause", "pause")))
        assert (await stage.settled()).status == "cancelled"
        head = await log.head(stage.client, stage.thread)
    assert head
    assert (head.cancelled, head.paused) == (True, False)
    assert cancelled.startswith("cancelled")
    assert len([said for said in paused if said.startswith("paused")]) <= 1


async def test_a_note_while_the_model_thinks_does_not_discard_its_decision(stage: Stage) -> None:
    async def noted(_: Prompt) -> Said:
        note = Refused(by="bo", reason="not_allowed")
        await scripts.note(stage.client, stage.thread, Change(entries=[stage.sealer.entry(stage.thread, note)]))
        return done()

    stage.model.says(noted)
    async with stage.working():
        await stage.say("go")
        await stage.becomes("done")
    assert stage.model.calls == 1
