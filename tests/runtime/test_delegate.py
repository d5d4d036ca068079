"""Delegation: a part of the task in a thread of its own, and its end told to the parent in the commit that ends it."""

import time

import pytest

from bot.events import StepFailed
from bot.port import Inbound
from bot.thread import Thread
from tests.helpers import wait_until
from tests.runtime.family import Family, endings, request_in
from tests.runtime.scripted import done, step
from tests.runtime.stage import Stage, person


@pytest.fixture
def family(stage: Stage) -> Family:
    return Family(stage)


def refusals(thread: Thread) -> list[str]:
    """What code refused, in words for the model."""
    return [event.body.error for event in thread.events if isinstance(event, StepFailed) and event.body]


async def finished(stage: Stage) -> Thread:
    async with stage.working():
        await stage.say("go")
        return await stage.becomes("done")


async def test_a_delegates_last_word_goes_to_its_parent_and_not_to_people(stage: Stage, family: Family) -> None:
    family.delegates("look at a")
    family.plays(step("look", key="a"), done("a is blue"), task="look at a")
    async with stage.working():
        await stage.say("go")
        parent = await stage.becomes("done")
        await stage.said("the whole is done")
    assert endings(parent) == [("done", "a is blue")]
    assert "a is blue" in family.read[""]
    assert not any("a is blue" in line for line in stage.channel.lines())


async def test_the_parent_rests_while_its_delegate_waits_for_people(stage: Stage, family: Family) -> None:
    family.delegates("send x")
    family.plays(step("send", text="x"), task="send x")
    async with stage.working():
        await stage.say("go")
        child = (await family.child()).id
        request = await request_in(stage, child)
        assert (await stage.becomes("waiting")).awaiting
        assert (await stage.answer("rob", "approve", request=request.request)).accepted
        await stage.becomes("done")
    assert [run.key for run in stage.world.runs] == [f"{child}.c1"]


async def test_several_delegates_work_at_a_time_and_each_is_heard(stage: Stage, family: Family) -> None:
    tasks = [f"task {n}" for n in range(5)]
    family.delegates(*tasks)
    async with stage.working(), stage.working():
        await stage.say("go")
        parent = await stage.becomes("done")
    assert sorted(endings(parent)) == [("done", f"task {n} is done") for n in range(5)]
    assert parent.steps < parent.limits.steps


async def test_a_delegate_acts_for_the_same_person_at_the_same_place(stage: Stage, family: Family) -> None:
    family.delegates("look")
    parent = await finished(stage)
    child = await family.child()
    assert (child.principal, child.origin) == (parent.principal, parent.origin)
    assert child.birth
    assert (child.birth.parent, child.birth.depth, child.approvers) == (parent.id, 1, "release")


async def test_a_delegates_reply_goes_to_people(stage: Stage, family: Family) -> None:
    family.delegates("look")
    family.plays(step("reply", message="I am looking."), task="look")
    async with stage.working():
        await stage.say("go")
        await stage.said("I am looking.")


async def test_whoever_asked_for_something_in_the_parent_cannot_approve_what_its_delegate_asks(
    stage: Stage, family: Family
) -> None:
    family.delegates("send x")
    family.plays(step("send", text="x"), task="send x")
    async with stage.working():
        await stage.say("go", "zoe")
        child = (await family.child()).id
        request = await request_in(stage, child)
        assert (request.requesters, request.approvers) == (("zoe",), ("rob",))
        refused = await stage.answer("zoe", "approve", request=request.request)
    assert not refused.accepted


async def test_a_question_of_a_delegate_to_the_requester_goes_to_whoever_asked_the_parent(
    stage: Stage, family: Family
) -> None:
    family.delegates("ask")
    family.plays(step("request_human_input", question="Which one?"), task="ask")
    async with stage.working():
        await stage.say("go")
        child = (await family.child()).id
        request = await request_in(stage, child)
        assert request.approvers == ("ana",)
        assert (await stage.answer("ana", "say", text="the blue one", request=request.request)).accepted
        await stage.becomes("done")
    assert "the blue one" in family.read["ask"]


async def test_a_plain_message_answers_the_question_of_a_delegate(stage: Stage, family: Family) -> None:
    family.delegates("ask")
    family.plays(step("request_human_input", question="Which one?"), task="ask")
    async with stage.working():
        await stage.say("go")
        await request_in(stage, (await family.child()).id)
        assert await stage.say("the blue one") == "answered"
        await stage.becomes("done")
    assert "the blue one" in family.read["ask"]
    assert "the blue one" not in family.read[""]


async def test_a_plain_message_while_two_delegates_ask_goes_to_their_parent(stage: Stage, family: Family) -> None:
    family.delegates("ask", "ask more")
    for task in ("ask", "ask more"):
        family.plays(step("request_human_input", question="Which one?"), task=task)
    async with stage.working():
        await stage.say("go")
        for number in range(2):
            await request_in(stage, (await family.child(number)).id)
        assert await stage.say("the blue one") == "taken"
        await wait_until(lambda: "the blue one" in family.read[""])


async def test_what_follows_a_mail_of_a_delegate_goes_to_the_thread_that_it_works_for(
    stage: Stage, family: Family
) -> None:
    family.delegates("look")
    parent = await finished(stage)
    child = (await family.child()).id
    mail = Inbound(
        source="mail 2",
        identity=person("ana"),
        root=("email", "<new@acme.test>"),
        thread=child,
        place=parent.origin,
        text="and now?",
        starts=True,
        sent_at=time.time_ns() // 1000,
    )
    assert await stage.intake().message(mail) == "taken"
    assert (await stage.fold()).unattended
    assert not (await stage.fold(child)).unattended


async def test_the_same_task_is_not_given_out_twice_at_a_time(stage: Stage, family: Family) -> None:
    family.delegates("look", "look")
    parent = await finished(stage)
    assert len(parent.children) == 1
    assert "delegated to ops already" in refusals(parent)[0]


async def test_a_sixth_delegate_has_to_wait(stage: Stage, family: Family) -> None:
    family.delegates(*(f"send {n}" for n in range(6)))
    for n in range(6):
        family.plays(step("send", text=str(n)), task=f"send {n}")
    async with stage.working():
        await stage.say("go")
        parent = await stage.becomes("waiting")
    assert len(parent.live_children) == 5
    assert "5 agents are at work" in refusals(parent)[0]


async def test_a_delegate_may_delegate_once_more_and_no_deeper(stage: Stage, family: Family) -> None:
    family.delegates("one")
    family.plays(step("delegate", agent="ops", task="two"), step("keep_waiting"), task="one")
    family.plays(step("delegate", agent="ops", task="three"), task="two")
    await finished(stage)
    first = await family.child()
    second = await family.child(of=first.id)
    assert (len(first.children), len(second.children)) == (1, 0)
    assert "over several agents" in refusals(second)[0]


async def test_a_delegate_cannot_give_its_own_task_on_to_its_like(stage: Stage, family: Family) -> None:
    family.delegates("one")
    family.plays(step("delegate", agent="ops", task=" one "), task="one")
    await finished(stage)
    assert "the very task" in refusals(await family.child())[0]


async def test_a_task_goes_only_to_agents_that_take_requests_from_the_principal(stage: Stage, family: Family) -> None:
    family.delegates("look", agent="closed")
    parent = await finished(stage)
    assert not parent.children
    assert "does not take requests from the person" in refusals(parent)[0]


async def test_nothing_is_finished_while_a_delegate_is_at_work(stage: Stage, family: Family) -> None:
    family.plays(step("delegate", agent="ops", task="send x"), done("Too early."))
    family.plays(step("send", text="x"), task="send x")
    async with stage.working():
        await stage.say("go")
        parent = await stage.becomes("waiting")
    assert "still at work" in refusals(parent)[0]


async def test_a_message_meanwhile_gets_a_decision_and_then_the_parent_waits_on(stage: Stage, family: Family) -> None:
    family.delegates("send x")
    family.plays(step("send", text="x"), task="send x")
    async with stage.working():
        await stage.say("go")
        await stage.becomes("waiting")
        family.plays(step("reply", message="Still at it."), step("keep_waiting"))
        await stage.say("how far are you?")
        await stage.said("Still at it.")
        await stage.becomes("waiting")
