"""In doubt: an action that raised, took too long, or lost its worker is asked about, and never silently run again."""

import asyncio

import pytest
from pydantic import JsonValue

from bot.events import LateResult, RequestWithdrawn, StepFinished, StepInDoubt
from bot.steps import Call
from tests.helpers import wait_until
from tests.runtime.crew import Died
from tests.runtime.scripted import done, step
from tests.runtime.stage import Stage

SEND, SHIP = step("send", text="x"), step("ship", text="x")


async def approved(stage: Stage, text: str = "do it") -> None:
    await stage.say(text)
    await stage.request()
    assert (await stage.answer("rob", "approve")).accepted


async def doubt(stage: Stage) -> None:
    """Wait until somebody is asked whether it happened."""

    async def asked() -> bool:
        return any(one.opened.kind == "doubt" for one in (await stage.fold()).open.values())

    await wait_until(asked)


async def lost(stage: Stage, name: str) -> None:
    """The worker dies while this step runs; another one finds its lease run out."""
    await wait_until(lambda: stage.world.ran(name))
    await stage.abandon()


async def test_an_action_that_raises_anything_is_in_doubt(stage: Stage) -> None:
    stage.model.says(SEND, done())
    stage.world.will("send", ConnectionResetError("in the middle of it"))
    async with stage.working():
        await approved(stage)
        await doubt(stage)
        request = await stage.request()
    assert len(stage.world.ran("send")) == 1
    assert request.opened.approvers == ("rob", "zoe")
    assert request.opened.options == ("it_did", "run_it", "stop")


async def test_an_action_that_takes_too_long_is_in_doubt(stage: Stage) -> None:
    async def forever(_: Call) -> JsonValue:
        await asyncio.Event().wait()

    stage.model.says(SEND, done())
    stage.world.will("send", forever)
    async with stage.working():
        await approved(stage)
        await doubt(stage)
    (event,) = [event for event in (await stage.fold()).events if isinstance(event, StepInDoubt)]
    assert event.how == "timed_out"


async def test_a_result_that_is_no_json_leaves_the_action_in_doubt(stage: Stage) -> None:
    async def strange(_: Call) -> JsonValue:
        return object()  # pyright: ignore[reportReturnType]  # what an agent's author may do by mistake

    stage.model.says(SEND, done())
    stage.world.will("send", strange)
    async with stage.working():
        await approved(stage)
        await doubt(stage)


async def test_an_action_whose_worker_died_is_in_doubt_and_not_run_again(stage: Stage) -> None:
    stage.model.says(SEND, done())
    stage.world.will("send", Died())
    async with stage.working():
        await approved(stage)
        await lost(stage, "send")
        await doubt(stage)
    assert len(stage.world.ran("send")) == 1


async def test_a_person_says_that_it_did_happen(stage: Stage) -> None:
    stage.model.says(SEND, done("It was sent."))
    stage.world.will("send", RuntimeError())
    async with stage.working():
        await approved(stage)
        await doubt(stage)
        assert (await stage.answer("zoe", "choose", "it_did")).accepted
        assert (await stage.settled()).status == "done"
    assert len(stage.world.ran("send")) == 1
    assert "It did happen" in stage.model.read


async def test_a_person_has_it_run_and_it_runs_once_more_under_the_same_key(stage: Stage) -> None:
    stage.model.says(SEND, done())
    stage.world.will("send", RuntimeError())
    async with stage.working():
        await approved(stage)
        await doubt(stage)
        await stage.answer("zoe", "choose", "run_it")
        assert (await stage.settled()).status == "done"
    first, second = stage.world.ran("send")
    assert first.key == second.key


async def test_a_person_stops_it_and_it_does_not_run(stage: Stage) -> None:
    stage.model.says(SEND, done())
    stage.world.will("send", RuntimeError())
    async with stage.working():
        await approved(stage)
        await doubt(stage)
        await stage.answer("zoe", "choose", "stop")
        assert (await stage.settled()).status == "done"
    assert len(stage.world.ran("send")) == 1
    assert "must not be run again" in stage.model.read


async def test_a_step_that_knows_that_it_happened_asks_nobody(stage: Stage) -> None:
    stage.model.says(SHIP, done())
    stage.world.will("ship", Died())
    stage.world.happened = True
    async with stage.working():
        await approved(stage)
        await lost(stage, "ship")
        thread = await stage.settled()
    assert thread.status == "done"
    assert [event.how for event in thread.events if isinstance(event, StepFinished)] == ["checked"]
    assert stage.world.asked_whether == [stage.world.runs[0].key]


async def test_a_step_that_knows_that_it_did_not_happen_fails(stage: Stage) -> None:
    stage.model.says(SHIP, done())
    stage.world.will("ship", RuntimeError())
    stage.world.happened = False
    async with stage.working():
        await approved(stage)
        assert (await stage.settled()).status == "done"
    assert "did not happen" in stage.model.read
    assert len(stage.world.ran("ship")) == 1


@pytest.mark.parametrize("answer", [None, RuntimeError("the tracker is down")])
async def test_a_step_that_cannot_tell_leaves_it_to_a_person(stage: Stage, answer: Exception | None) -> None:
    stage.model.says(SHIP, done())
    stage.world.will("ship", RuntimeError())
    stage.world.happened = answer
    async with stage.working():
        await approved(stage)
        await doubt(stage)
    assert len(stage.world.asked_whether) == 1


async def test_an_idempotent_action_is_run_again_under_the_same_key(stage: Stage) -> None:
    stage.model.says(step("transfer", text="x"), done())
    stage.world.will("transfer", Died())
    async with stage.working():
        await stage.say("transfer")
        await lost(stage, "transfer")
        assert (await stage.settled()).status == "done"
    first, second = stage.world.ran("transfer")
    assert first.key == second.key


async def test_a_query_whose_worker_died_just_runs_again(stage: Stage) -> None:
    stage.model.says(step("look", key="a"), done())
    stage.world.will("look", Died())
    async with stage.working():
        await stage.say("look")
        await lost(stage, "look")
        assert (await stage.settled()).status == "done"
    assert len(stage.world.ran("look")) == 2


async def test_the_late_result_of_a_zombie_settles_the_doubt_and_closes_the_request(stage: Stage) -> None:
    going_on = asyncio.Event()

    async def slow(_: Call) -> JsonValue:
        await going_on.wait()
        return {"sent": "after all"}

    stage.model.says(step("ship", text="x"), done())
    stage.world.will("ship", slow)
    async with stage.working():
        await approved(stage)
        await lost(stage, "ship")  # its worker runs on, and does not know
        await doubt(stage)
        going_on.set()
        thread = await stage.becomes("done")
    assert [event.outcome for event in thread.events if isinstance(event, LateResult)] == ["finished"]
    assert [event.reason for event in thread.events if isinstance(event, RequestWithdrawn)] == ["resolved"]
    assert "after all" in stage.model.read
    assert len(stage.world.ran("ship")) == 1


async def test_a_message_while_in_doubt_neither_settles_nor_repeats_it(stage: Stage) -> None:
    stage.model.says(SEND, step("withdraw"), step("keep_waiting"))
    stage.world.will("send", RuntimeError())
    async with stage.working():
        await approved(stage)
        await doubt(stage)
        await stage.say("forget it")
        thread = await stage.settled()
    assert thread.status == "waiting"
    assert "must be settled first" in stage.model.read
    assert len(stage.world.ran("send")) == 1


async def test_an_idempotent_action_that_raised_is_run_again_without_asking(stage: Stage) -> None:
    stage.model.says(step("transfer", text="x"), done())
    stage.world.will("transfer", RuntimeError("no answer"))
    async with stage.working():
        await stage.say("transfer")
        assert (await stage.becomes("done")).requests == {}
    assert len(stage.world.ran("transfer")) == 2


async def test_an_idempotent_action_that_keeps_raising_is_for_a_person(stage: Stage) -> None:
    stage.model.says(step("transfer", text="x"), done())
    stage.world.will("transfer", *(RuntimeError("no answer") for _ in range(9)))
    async with stage.working():
        await stage.say("transfer")
        await doubt(stage)
    assert len({run.key for run in stage.world.runs}) == 1


async def test_a_doubt_about_a_step_that_is_no_longer_offered_is_for_a_person(stage: Stage) -> None:
    stage.model.says(step("transfer", text="x"), done())
    stage.world.will("transfer", Died())
    async with stage.working():
        await stage.say("transfer")
        await wait_until(lambda: stage.world.runs)
        del stage.agents["ops"]
        await stage.abandon()
        await doubt(stage)


async def test_an_approved_step_that_is_no_longer_offered_fails_and_the_model_hears_of_it(stage: Stage) -> None:
    stage.model.says(SEND, done())
    async with stage.working():
        await stage.say("send x")
        await stage.request()
        await stage.settled()
        ops = stage.agents.pop("ops")
        await stage.answer("rob", "approve")
        await wait_until(lambda: stage.model.calls == 1)
        assert (await stage.request()).opened.kind == "stuck"
        stage.agents["ops"] = ops
        await stage.answer("rob", "choose", "go_on")
        await stage.becomes("done")
    assert "no longer offered" in stage.model.read
