"""What goes wrong with the model or a tool: told to the model, tried again, and in the end a person is asked."""

import time

import pytest

from bot import deciding
from bot.bodies import RequestKind
from bot.events import StepFailed
from bot.model import ModelFailed as NoAnswer
from bot.model import ModelFailure
from bot.steps import NotDone
from tests.runtime.crew import crew
from tests.runtime.scripted import done, overloaded, step
from tests.runtime.stage import Stage


async def stuck(stage: Stage) -> str:
    """Wait for the request that says why the agent is stuck."""
    opened = (await stage.request()).opened
    kind: RequestKind = "stuck"
    assert opened.kind == kind
    assert opened.approvers == ("rob",)
    assert opened.body
    return opened.body.text


async def test_an_invalid_answer_is_told_to_the_model_which_gets_it_right(stage: Stage) -> None:
    stage.model.says("no JSON at all", done())
    async with stage.working():
        await stage.say("go")
        assert (await stage.settled()).status == "done"
    assert "not JSON" in stage.model.read


async def test_two_invalid_answers_in_a_row_are_for_a_person(stage: Stage) -> None:
    stage.model.says("nonsense", step("fly", height=3), done())
    async with stage.working():
        await stage.say("go")
        assert "no valid step" in await stuck(stage)
    assert stage.model.calls == 2


async def test_a_failing_query_is_told_to_the_model_in_one_line(stage: Stage) -> None:
    stage.model.says(step("look", key="a"), done())
    stage.world.will("look", RuntimeError("the disk\n  is full"))
    async with stage.working():
        await stage.say("look")
        await stage.settled()
    assert "RuntimeError: the disk is full" in stage.model.read


async def test_three_failures_in_a_row_are_for_a_person_who_lets_it_go_on(stage: Stage) -> None:
    stage.model.says(*(step("look", key=str(n)) for n in range(4)), done())
    stage.world.will("look", *(RuntimeError("no") for _ in range(3)))
    async with stage.working():
        await stage.say("look")
        assert "3 steps failed in a row" in await stuck(stage)
        assert stage.model.calls == 3
        assert (await stage.answer("rob", "choose", "go_on")).accepted
        assert (await stage.settled()).status == "done"
    assert len(stage.world.ran("look")) == 4


async def test_a_person_can_end_a_stuck_thread(stage: Stage) -> None:
    stage.model.says("nonsense", "nonsense")
    async with stage.working():
        await stage.say("look")
        await stuck(stage)
        await stage.answer("rob", "choose", "stop")
        assert (await stage.settled()).status == "done"
        await stage.said("ended it here")
    assert stage.model.calls == 2


async def test_a_success_in_between_starts_the_count_of_failures_anew(stage: Stage) -> None:
    stage.model.says(*(step("look", key=str(n)) for n in range(5)), done())
    stage.world.will("look", RuntimeError(), RuntimeError(), 1, RuntimeError(), RuntimeError())
    async with stage.working():
        await stage.say("look")
        assert (await stage.settled()).status == "done"


async def test_not_done_is_a_failure_like_any_other_and_never_a_doubt(stage: Stage) -> None:
    stage.model.says(step("jot", text="x"), done())
    stage.world.will("jot", NotDone("the pen is dry"))
    async with stage.working():
        await stage.say("jot")
        thread = await stage.settled()
    assert [event.how for event in thread.events if isinstance(event, StepFailed)] == ["not_done"]
    assert "the pen is dry" in stage.model.read


async def test_at_the_step_limit_a_person_is_asked(stage: Stage) -> None:
    stage.model.says(*(step("look", key=str(n)) for n in range(20)))
    async with stage.working():
        await stage.say("look")
        assert "limit of 12 steps" in await stuck(stage)
    assert stage.model.calls == 12


async def test_the_step_limit_is_the_agents_own(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> None:
    stage.agents = crew(tmp_path_factory.mktemp("short"), steps=2)
    stage.model.says(*(step("look", key=str(n)) for n in range(20)))
    async with stage.working():
        await stage.say("look")
        assert "limit of 2 steps" in await stuck(stage)


async def test_the_same_call_without_news_is_refused(stage: Stage) -> None:
    stage.model.says(step("look", key="a"), step("look", key="a"), done())
    async with stage.working():
        await stage.say("look")
        await stage.settled()
    assert len(stage.world.ran("look")) == 1
    assert "nothing is new since" in stage.model.read


async def test_the_same_call_after_a_no_is_refused(stage: Stage) -> None:
    stage.model.says(step("send", text="x"), step("send", text="x"), done())
    async with stage.working():
        await stage.say("send x")
        await stage.answer("rob", "reject", text="no")
        thread = await stage.settled()
    assert len(thread.requests) == 1
    assert "A person rejected exactly this call" in stage.model.read


async def test_the_same_call_after_a_no_and_a_new_message_is_asked_again(stage: Stage) -> None:
    stage.model.says(step("send", text="x"), done(), step("send", text="x"), done())
    async with stage.working():
        await stage.say("send x")
        await stage.answer("rob", "reject", text="not before noon")
        await stage.settled()
        await stage.say("it is noon now")
        await stage.answer("rob", "approve")
        await stage.settled()
    assert len(stage.world.ran("send")) == 1


async def test_an_overloaded_model_is_asked_again_and_the_person_is_told_once(stage: Stage) -> None:
    stage.model.says(overloaded(0.05), done("Here I am."))
    async with stage.working():
        await stage.say("go")
        await stage.said("Here I am.")
    assert stage.model.calls == 2
    assert len([line for line in stage.channel.lines() if "cannot be reached" in line]) == 1


async def test_the_pause_that_the_api_asks_for_is_kept_by_the_scheduler(stage: Stage) -> None:
    stage.model.says(overloaded(120.0))
    async with stage.working():
        await stage.say("go")
        thread = await stage.settled()
    assert thread.retry_at is not None
    assert thread.retry_at > time.time_ns() // 1000 + 100_000_000
    assert stage.model.calls == 1


async def test_while_the_model_is_away_a_new_message_does_not_call_it_sooner(stage: Stage) -> None:
    stage.model.says(overloaded(120.0))
    async with stage.working():
        await stage.say("go")
        await stage.settled()
        await stage.say("hello?")
        await stage.settled()
        await stage.said("cannot be reached")
    assert stage.model.calls == 1
    assert len([line for line in stage.channel.lines() if "cannot be reached" in line]) == 1


@pytest.mark.parametrize(
    "kind", [ModelFailure.SPEND_LIMIT, ModelFailure.REFUSED, ModelFailure.TOO_LONG, ModelFailure.CREDENTIALS]
)
async def test_what_does_not_pass_by_itself_is_for_a_person(stage: Stage, kind: ModelFailure) -> None:
    stage.model.says(NoAnswer(kind, "made up"), done())
    async with stage.working():
        await stage.say("go")
        assert kind.replace("_", " ") in await stuck(stage)
        await stage.said("needs a look")
        await stage.answer("rob", "choose", "go_on")
        assert (await stage.settled()).status == "done"


async def test_a_model_that_stays_away_is_for_a_person_in_the_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding, "MAX_PASSING", 0)  # the pauses before would take minutes
    stage.model.says(NoAnswer(ModelFailure.RATE_LIMITED, "429"))
    async with stage.working():
        await stage.say("go")
        assert "rate limited" in await stuck(stage)


async def test_a_policy_that_raises_forbids_the_step_and_the_model_is_told(stage: Stage) -> None:
    stage.model.says(step("pay", amount=13), done())
    async with stage.working():
        await stage.say("pay")
        assert (await stage.settled()).status == "done"
    assert stage.world.runs == []
    assert "could not be applied" in stage.model.read


async def test_a_failing_prefetch_is_told_to_the_model(stage: Stage) -> None:
    stage.world.prefetch = RuntimeError("no tags")
    stage.channel_id = "C0EAGER"
    async with stage.working():
        await stage.say("go")
        await stage.becomes("done")
    assert "no tags" in stage.model.read


async def test_an_agent_that_is_gone_is_for_a_person(stage: Stage) -> None:
    del stage.agents["ops"]
    async with stage.working():
        await stage.say("go")
        assert "no such agent" in await stuck(stage)
