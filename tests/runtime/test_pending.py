"""Messages while something is pending, while the model thinks, and between an approval and its start."""

import asyncio

from bot.deciding import OVERTAKEN
from bot.events import StepChosen, StepFailed
from bot.model import Prompt
from tests.runtime.scripted import Said, done, step
from tests.runtime.stage import Stage

ASK = step("send", text="x")


async def test_an_approver_can_ask_something_first(stage: Stage) -> None:
    stage.model.says(ASK, step("look", key="size"), step("reply", message="It is small."), done())
    async with stage.working():
        await stage.say("send x")
        await stage.request()
        await stage.say("how big is it?", "rob")
        await stage.said("It is small.")
        thread = await stage.settled()
        assert thread.status == "waiting"
        await stage.answer("rob", "approve")
        assert (await stage.settled()).status == "done"
    assert len(stage.world.ran("send")) == 1


async def test_a_message_that_changes_nothing_leaves_the_request_open(stage: Stage) -> None:
    stage.model.says(ASK, step("keep_waiting"), done())
    async with stage.working():
        await stage.say("send x")
        await stage.request()
        await stage.say("thanks")
        assert (await stage.settled()).status == "waiting"
    assert stage.model.calls == 2


async def test_the_requester_can_have_it_withdrawn(stage: Stage) -> None:
    stage.model.says(ASK, step("withdraw"), done("Stopped."))
    async with stage.working():
        await stage.say("send x")
        request = await stage.request()
        await stage.say("stop, do not send it")
        assert (await stage.settled()).status == "done"
        await stage.said("decision")
        late = await stage.answer("rob", "approve", request=request.opened.request)
    assert "withdrawn" in late.text
    assert stage.world.runs == []


async def test_a_third_person_cannot_have_it_withdrawn(stage: Stage) -> None:
    stage.model.says(ASK, step("withdraw"), step("keep_waiting"))
    async with stage.working():
        await stage.say("send x")
        await stage.request()
        await stage.say("stop that", "bo")
        thread = await stage.settled()
    assert thread.status == "waiting"
    assert "Only those who asked for this" in stage.model.read


async def test_while_something_is_pending_no_other_action_is_taken(stage: Stage) -> None:
    stage.model.says(ASK, step("jot", text="y"), step("keep_waiting"))
    async with stage.working():
        await stage.say("send x")
        await stage.request()
        await stage.say("and jot y")
        thread = await stage.settled()
    assert thread.status == "waiting"
    assert stage.world.runs == []
    assert "only queries, reply, keep_waiting and withdraw fit" in stage.model.read


async def test_a_decision_that_a_message_overtook_is_made_again_with_the_message(stage: Stage) -> None:
    async def meanwhile(_: Prompt) -> Said:
        await stage.say("make that y")
        return step("jot", text="x")

    stage.model.says(meanwhile, step("jot", text="y"), done())
    async with stage.working():
        await stage.say("jot x")
        thread = await stage.settled()
    chosen = [event.body.arguments for event in thread.events if isinstance(event, StepChosen) and event.body]
    assert chosen[0] == {"text": "y"}
    assert len(stage.world.ran("jot")) == 1
    assert "make that y" in "\n".join(stage.model.prompts[1].blocks)


async def test_after_two_overtaken_decisions_a_reply_goes_through(stage: Stage) -> None:
    async def meanwhile(_: Prompt) -> Said:
        await stage.say("and another thing")
        return step("reply", message="I am reading.")

    stage.model.says(*[meanwhile] * (OVERTAKEN + 1), done())
    async with stage.working():
        await stage.say("hello there")
        await stage.settled()
        await stage.said("I am reading.")
    assert stage.channel.lines().count("I am reading.") == 1
    assert stage.model.calls == OVERTAKEN + 2


async def test_after_two_overtaken_decisions_an_action_still_does_not(stage: Stage) -> None:
    async def meanwhile(_: Prompt) -> Said:
        await stage.say("and another thing")
        return step("jot", text="x")

    stage.model.says(*[meanwhile] * (OVERTAKEN + 2), done())
    async with stage.working():
        await stage.say("hello there")
        await stage.settled()
    assert stage.world.runs == []


async def between(stage: Stage, text: str, who: str = "ana") -> None:
    """Somebody writes after the approval and before anything starts: no worker is up in between."""
    async with stage.working():
        await stage.say("send x")
        await stage.request()
        await stage.settled()
    await stage.answer("rob", "approve")
    await stage.say(text, who)


async def test_a_message_before_the_start_can_let_it_proceed(stage: Stage) -> None:
    stage.model.says(ASK, step("keep_waiting"), done())
    await between(stage, "great, thank you")
    async with stage.working():
        assert (await stage.settled()).status == "done"
    assert len(stage.world.ran("send")) == 1


async def test_a_message_before_the_start_can_withdraw_it(stage: Stage) -> None:
    stage.model.says(ASK, step("withdraw"), done())
    await between(stage, "no, stop!")
    async with stage.working():
        thread = await stage.settled()
    assert thread.status == "done"
    assert stage.world.runs == []
    assert [event.how for event in thread.events if isinstance(event, StepFailed)] == ["withdrawn"]


async def test_a_reply_before_the_start_does_not_stop_it(stage: Stage) -> None:
    stage.model.says(ASK, step("reply", message="It starts now."), done())
    await between(stage, "is it running?")
    async with stage.working():
        assert (await stage.settled()).status == "done"
    assert len(stage.world.ran("send")) == 1


async def test_no_other_action_gets_in_before_the_start(stage: Stage) -> None:
    stage.model.says(ASK, step("jot", text="y"), step("keep_waiting"), done())
    await between(stage, "also jot y")
    async with stage.working():
        await stage.settled()
    assert [run.step for run in stage.world.runs] == ["send"]


async def test_a_click_twice_at_the_same_moment_runs_it_once(stage: Stage) -> None:
    stage.model.says(ASK, done())
    async with stage.working():
        await stage.say("send x")
        request = (await stage.request()).opened.request
        both = await asyncio.gather(*(stage.answer("rob", "approve", request=request) for _ in range(2)))
        await stage.settled()
    assert sorted(one.accepted for one in both) == [False, True]
    assert len(stage.world.ran("send")) == 1


async def test_of_two_people_at_the_same_moment_the_loser_is_told_who_decided(stage: Stage) -> None:
    stage.model.says(ASK, done())
    async with stage.working():
        await stage.say("send x")
        request = (await stage.request()).opened.request
        both = await asyncio.gather(
            stage.answer("rob", "approve", request=request), stage.answer("zoe", "approve", request=request)
        )
        await stage.settled()
    (winner, loser) = sorted(both, key=lambda one: not one.accepted)
    assert (winner.accepted, loser.accepted, loser.reason) == (True, False, "decided")
    assert any(name in loser.text for name in ("Rob Wills", "Zoe Park"))
    assert len(stage.world.ran("send")) == 1


async def test_a_stranger_and_the_requester_are_refused_and_recorded(stage: Stage) -> None:
    stage.model.says(ASK, done())
    async with stage.working():
        await stage.say("send x")
        await stage.request()
        assert (await stage.answer("bo", "approve")).reason == "not_allowed"
        await stage.say("I am in a hurry", "zoe")
        assert (await stage.answer("ana", "approve")).reason == "requester"
    refused = [event.by for event in (await stage.fold()).events if event.type == "refused"]
    assert refused == ["bo", "ana"]
    assert stage.world.runs == []


async def test_an_approver_who_asked_for_it_cannot_approve_it(stage: Stage) -> None:
    stage.model.says(ASK, done())
    async with stage.working():
        await stage.say("send x", "zoe")
        assert (await stage.answer("zoe", "approve")).reason == "requester"
        assert (await stage.answer("rob", "approve")).accepted
        await stage.settled()
    assert len(stage.world.ran("send")) == 1


async def test_a_quorum_of_two_needs_two(stage: Stage) -> None:
    stage.model.says(step("pay", amount=100), done())
    async with stage.working():
        await stage.say("pay")
        first = await stage.answer("zoe", "approve")
        assert first.accepted
        assert "another one" in first.text
        assert (await stage.settled()).status == "waiting"
        assert (await stage.answer("zoe", "approve")).reason == "voted"
        assert (await stage.answer("bo", "approve")).accepted
        assert (await stage.settled()).status == "done"
    assert len(stage.world.ran("pay")) == 1
