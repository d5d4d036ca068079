"""What runs is what was approved, once: other facts, another policy or another attempt are asked about again."""

from bot.model import Prompt
from bot.steps import NotDone
from tests.helpers import wait_until
from tests.runtime.crew import Died
from tests.runtime.scripted import Said, done, step
from tests.runtime.stage import CONFIG, Stage

SHIP, PAY = step("ship", text="x"), step("pay", amount=10)
GENEROUS = CONFIG + '[agents.ops]\nunattended = ["small"]\n'


async def test_what_was_resolved_when_asking_is_shown_and_passed_on(stage: Stage) -> None:
    stage.model.says(SHIP, done())
    stage.world.facts = {"commit": "aaa"}
    async with stage.working():
        await stage.say("ship x")
        request = await stage.request()
        assert request.opened.body
        assert request.opened.body.snapshot == {"commit": "aaa"}
        await stage.answer("rob", "approve")
        await stage.settled()
    assert [dict(run.snapshot) for run in stage.world.runs] == [{"commit": "aaa"}]


async def test_other_facts_than_those_approved_are_asked_again_with_the_difference(stage: Stage) -> None:
    stage.model.says(SHIP, done())
    stage.world.facts = {"commit": "aaa", "size": 1}
    async with stage.working():
        await stage.say("ship x")
        await stage.request()
        stage.world.facts = {"commit": "bbb", "size": 1}
        await stage.answer("rob", "approve")
        again = await stage.request()
        assert again.opened.body
        assert again.opened.body.changed == {"commit": ["aaa", "bbb"]}
        assert stage.world.runs == []
        await stage.answer("rob", "approve")
        await stage.settled()
    assert [dict(run.snapshot) for run in stage.world.runs] == [{"commit": "bbb", "size": 1}]


async def test_facts_that_cannot_be_taken_any_more_mean_that_nothing_is_started(stage: Stage) -> None:
    stage.model.says(SHIP, done())
    async with stage.working():
        await stage.say("ship x")
        await stage.request()
        stage.world.facts_fail = RuntimeError("the registry is down")
        await stage.answer("rob", "approve")
        assert (await stage.settled()).status == "done"
    assert stage.world.runs == []
    assert "the registry is down" in stage.model.read


async def test_what_policy_lets_run_runs(stage: Stage) -> None:
    stage.configure(GENEROUS)
    stage.model.says(PAY, done())
    async with stage.working():
        await stage.say("pay 10")
        assert (await stage.becomes("done")).requests == {}
    assert len(stage.world.runs) == 1


async def test_a_policy_that_demands_more_before_the_start_is_asked(stage: Stage) -> None:
    stage.configure(GENEROUS)
    async with stage.working() as runtime:

        def stopping(_: Prompt) -> Said:
            runtime.draining.set()
            return PAY

        stage.model.says(stopping)
        await stage.say("pay 10")
        await wait_until(lambda: stage.model.calls)
    assert await stage.events() == ["message_received", "step_chosen"]
    stage.configure(CONFIG)
    async with stage.working():
        request = await stage.request()
    assert (request.opened.kind, request.opened.role, request.opened.quorum) == ("approval", "finance", 2)
    assert stage.world.runs == []


async def test_what_was_asked_stays_asked_though_policy_got_more_generous(stage: Stage) -> None:
    stage.model.says(PAY, done())
    async with stage.working():
        await stage.say("pay 10")
        await stage.request()
        stage.configure(GENEROUS)
        await stage.answer("zoe", "approve")
        assert (await stage.settled()).status == "waiting"
        assert stage.world.runs == []
        await stage.answer("bo", "approve")
        assert (await stage.settled()).status == "done"
    assert len(stage.world.runs) == 1


async def test_what_was_asked_is_compared_though_policy_got_more_generous(stage: Stage) -> None:
    stage.model.says(PAY, done())
    stage.world.facts = {"rate": 1}
    async with stage.working():
        await stage.say("pay 10")
        first = (await stage.request()).opened.request
        stage.configure(GENEROUS)
        stage.world.facts = {"rate": 2}
        await stage.answer("zoe", "approve", request=first)
        await stage.answer("bo", "approve", request=first)
        assert (await stage.settled()).status == "waiting"
        again = await stage.request()
    assert again.opened.body
    assert again.opened.body.changed == {"rate": [1, 2]}
    assert stage.world.runs == []


async def test_an_approval_serves_one_attempt(stage: Stage) -> None:
    stage.model.says(step("send", text="x"), step("send", text="x"), done())
    stage.world.will("send", NotDone("busy"))
    async with stage.working():
        await stage.say("send x")
        first = (await stage.request()).opened.request
        await stage.answer("rob", "approve")

        async def asked_again() -> bool:
            return any(request != first for request in (await stage.fold()).open)

        await wait_until(asked_again)
        await stage.settled()
    assert len(stage.world.ran("send")) == 1


async def test_somebody_who_lost_the_role_meanwhile_cannot_approve(stage: Stage) -> None:
    stage.model.says(step("send", text="x"), done())
    async with stage.working():
        await stage.say("send x")
        await stage.request()
        stage.configure(CONFIG.replace('roles = ["release", "operators"]', 'roles = ["operators"]'))
        assert (await stage.answer("rob", "approve")).reason == "not_allowed"
        assert (await stage.answer("zoe", "approve")).accepted
        await stage.settled()
    assert len(stage.world.ran("send")) == 1


async def test_after_a_doubt_other_facts_are_asked_again_before_it_runs(stage: Stage) -> None:
    stage.model.says(SHIP, done())
    stage.world.facts = {"commit": "aaa"}
    stage.world.will("ship", Died())
    async with stage.working():
        await stage.say("ship x")
        await stage.request()
        await stage.answer("rob", "approve")
        await wait_until(lambda: stage.world.ran("ship"))
        await stage.abandon()
        assert (await stage.request()).opened.kind == "doubt"
        stage.world.facts = {"commit": "bbb"}
        await stage.answer("rob", "choose", "run_it")
        await stage.settled()
        again = await stage.request()
    assert again.opened.kind == "approval"
    assert again.opened.body
    assert again.opened.body.changed == {"commit": ["aaa", "bbb"]}
    assert len(stage.world.runs) == 1


async def test_an_idempotent_action_is_not_run_again_with_other_facts_than_those_approved(stage: Stage) -> None:
    stage.model.says(step("book", text="x"), done())
    stage.world.facts = {"price": 1}
    stage.world.will("book", Died())
    async with stage.working():
        await stage.say("book x")
        await stage.request()
        await stage.answer("rob", "approve")
        await wait_until(lambda: stage.world.ran("book"))
        stage.world.facts = {"price": 2}
        await stage.abandon()
        assert (await stage.request()).opened.kind == "doubt"
    assert len(stage.world.runs) == 1


async def test_an_idempotent_action_is_run_again_with_the_facts_approved(stage: Stage) -> None:
    stage.model.says(step("book", text="x"), done())
    stage.world.facts = {"price": 1}
    stage.world.will("book", Died())
    async with stage.working():
        await stage.say("book x")
        await stage.request()
        await stage.answer("rob", "approve")
        await wait_until(lambda: stage.world.ran("book"))
        await stage.abandon()
        await stage.becomes("done")
    assert [dict(run.snapshot) for run in stage.world.runs] == [{"price": 1}] * 2
