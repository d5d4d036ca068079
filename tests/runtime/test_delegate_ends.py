"""How delegations end: cancelled, paused for a while, set aside, stopped; and that the parent always hears of it."""

from typing import Any, cast

import pytest

from bot.store.keys import ThreadKeys
from tests.helpers import wait_until
from tests.runtime.family import Family, endings, order, request_in
from tests.runtime.scripted import step
from tests.runtime.stage import Stage


@pytest.fixture
def family(stage: Stage) -> Family:
    return Family(stage)


async def test_cancelling_the_parent_cancels_all_below_it_and_each_tells_its_parent(
    stage: Stage, family: Family
) -> None:
    family.delegates("one")
    family.plays(step("delegate", agent="ops", task="two"), step("keep_waiting"), task="one")
    family.plays(step("send", text="x"), task="two")
    async with stage.working():
        await stage.say("go")
        first = (await family.child()).id
        second = (await family.child(of=first)).id
        await request_in(stage, second)
        await stage.order("cancel")
        threads = [await stage.settled(name) for name in (stage.thread, first, second)]
    assert [thread.status for thread in threads] == ["cancelled"] * 3
    assert [how for thread in threads[:2] for how, _ in endings(thread)] == ["cancelled"] * 2
    assert not threads[2].open


async def test_pausing_the_parent_pauses_its_delegate_and_resuming_lets_both_go_on(
    stage: Stage, family: Family
) -> None:
    family.delegates("send x")
    family.plays(step("send", text="x"), task="send x")
    async with stage.working():
        await stage.say("go")
        child = (await family.child()).id
        request = (await request_in(stage, child)).request
        await stage.order("pause")
        assert (await stage.fold(child)).status == "paused"
        await stage.answer("rob", "approve", request=request)
        await stage.order("resume")
        await stage.becomes("done")
    assert len(stage.world.ran("send")) == 1


async def test_a_parent_hears_that_its_delegate_was_cancelled(stage: Stage, family: Family) -> None:
    family.delegates("send x")
    family.plays(step("send", text="x"), task="send x")
    async with stage.working():
        await stage.say("go")
        child = (await family.child()).id
        await order(stage, "cancel", child)
        parent = await stage.becomes("done")
    assert endings(parent) == [("cancelled", "It was cancelled before it was done.")]


async def set_aside(stage: Stage, child: str) -> str:
    """Let the delegate be parked while it waits for people. Returns its request."""
    request = (await request_in(stage, child)).request
    await stage.settled(child)
    store = cast("Any", stage.client)
    await store.hset(ThreadKeys(child).lease, "attempts", 5)
    assert (await stage.answer("rob", "approve", request=request)).accepted
    return request


async def test_a_parent_hears_that_its_delegate_was_set_aside(stage: Stage, family: Family) -> None:
    family.delegates("send x")
    family.plays(step("send", text="x"), task="send x")
    async with stage.working():
        await stage.say("go")
        child = (await family.child()).id
        await set_aside(stage, child)
        parent = await stage.becomes("done")
        assert (await stage.settled(child)).status == "parked"
    assert [how for how, _ in endings(parent)] == ["parked"]


async def test_what_was_set_aside_and_goes_on_is_heard_when_it_is_done(stage: Stage, family: Family) -> None:
    family.delegates("send x")
    family.plays(step("send", text="x"), task="send x")
    async with stage.working():
        await stage.say("go")
        child = (await family.child()).id
        await set_aside(stage, child)
        await stage.becomes("done")
        await order(stage, "resume", child)

        async def heard() -> bool:
            return len(endings(await stage.fold())) == 2

        await wait_until(heard)
        parent = await stage.becomes("done")
    assert [how for how, _ in endings(parent)] == ["parked", "done"]
    assert family.read[""].count("<delegate_finished") == 2


async def test_a_stuck_parent_that_an_operator_ends_takes_its_delegates_along(stage: Stage, family: Family) -> None:
    family.plays(step("delegate", agent="ops", task="send x"), "nonsense", "more nonsense")
    family.plays(step("send", text="x"), task="send x")
    async with stage.working():
        await stage.say("go")
        child = (await family.child()).id
        stuck = await stage.request()
        assert (await stage.answer("rob", "choose", "stop", request=stuck.opened.request)).accepted
        parent = await stage.becomes("done")
        assert (await stage.settled(child)).status == "cancelled"
    assert [how for how, _ in endings(parent)] == ["cancelled"]


async def test_a_delegate_that_an_operator_ends_tells_its_parent(stage: Stage, family: Family) -> None:
    family.delegates("one")
    family.plays("nonsense", "nonsense", task="one")
    async with stage.working():
        await stage.say("go")
        child = (await family.child()).id
        stuck = await request_in(stage, child)
        assert (await stage.answer("rob", "choose", "stop", request=stuck.request)).accepted
        parent = await stage.becomes("done")
    assert [how for how, _ in endings(parent)] == ["stopped"]
