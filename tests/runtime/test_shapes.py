"""The shapes that a thread's way can take: query, action, question, done, hand-off."""

from bot.events import Replied, StepChosen, StepFailed
from bot.places import Card
from tests.helpers import wait_until
from tests.runtime.scripted import done, step
from tests.runtime.stage import Stage


async def test_a_query_runs_at_once_and_its_result_goes_back_to_the_model(stage: Stage) -> None:
    stage.model.says(step("look", key="a"), done())
    stage.world.will("look", {"found": "a needle"})
    async with stage.working():
        await stage.say("find it")
        thread = await stage.settled()
    assert thread.status == "done"
    assert await stage.events() == ["message_received", "step_chosen", "step_finished", "step_chosen", "replied"]
    assert "a needle" in stage.model.read


async def test_an_action_that_policy_lets_run_runs_without_asking(stage: Stage) -> None:
    stage.model.says(step("jot", text="x"), done())
    async with stage.working():
        await stage.say("note x")
        await stage.settled()
    assert len(stage.world.ran("jot")) == 1
    assert await stage.events() == [
        "message_received",
        "step_chosen",
        "step_started",
        "step_finished",
        "step_chosen",
        "replied",
    ]


async def test_an_action_that_asks_runs_once_approved(stage: Stage) -> None:
    stage.model.says(step("send", text="x"), done("Sent."))
    async with stage.working():
        await stage.say("send x")
        thread = await stage.settled()
        assert thread.status == "waiting"
        assert stage.world.runs == []
        assert (await stage.answer("rob", "approve")).accepted
        thread = await stage.settled()
        await stage.said("Sent.")
    assert thread.status == "done"
    assert len(stage.world.ran("send")) == 1


async def test_a_rejection_with_a_reason_leads_to_another_proposal(stage: Stage) -> None:
    stage.model.says(step("send", text="x"), step("send", text="y"), done())
    async with stage.working():
        await stage.say("send something")
        await stage.answer("rob", "reject", text="x is not ready")
        await stage.settled()
        assert "x is not ready" in stage.model.read
        await stage.answer("rob", "approve")
        await stage.settled()
    assert len(stage.world.ran("send")) == 1


async def test_a_free_text_question_is_answered_by_a_plain_message(stage: Stage) -> None:
    stage.model.says(step("request_human_input", question="Which one?"), done())
    async with stage.working():
        await stage.say("do it")
        request = await stage.request()
        assert request.opened.kind == "question"
        assert await stage.say("the blue one") == "answered"
        await stage.settled()
    assert "the blue one" in stage.model.read
    assert (await stage.events()).count("message_received") == 1


async def test_a_message_of_somebody_else_does_not_answer_the_question(stage: Stage) -> None:
    stage.model.says(step("request_human_input", question="Which one?"), step("keep_waiting"), done())
    async with stage.working():
        await stage.say("do it")
        await stage.request()
        assert await stage.say("the red one", "bo") == "taken"
        thread = await stage.settled()
    assert thread.status == "waiting"


async def test_a_yes_no_question_takes_yes(stage: Stage) -> None:
    options = {"format": "yes_no"}
    stage.model.says(step("request_human_input", question="Really?", options=options), done())
    async with stage.working():
        await stage.say("do it")
        assert (await stage.answer("ana", "choose", "yes")).accepted
        await stage.settled()
    assert "yes" in stage.model.read


async def test_a_multiple_choice_question_takes_only_its_choices(stage: Stage) -> None:
    options = {"format": "multiple_choice", "choices": ["red", "blue"]}
    stage.model.says(step("request_human_input", question="Which?", options=options), done())
    async with stage.working():
        await stage.say("do it")
        assert (await stage.answer("ana", "choose", "green")).reason == "no_such_option"
        assert (await stage.answer("ana", "choose", "blue")).accepted
        await stage.settled()
    assert "blue" in stage.model.read


async def test_a_question_to_a_role_goes_to_its_channel_and_only_to_its_people(stage: Stage) -> None:
    stage.model.says(step("request_human_input", question="May I?", ask="release"), done())
    async with stage.working():
        await stage.say("do it")
        request = await stage.request()
        assert request.opened.approvers == ("rob", "zoe")
        await wait_until(stage.channel.cards)
        assert await stage.say("yes, do", "zoe") == "answered"
        await stage.settled()
    (shown,) = [one.place for one, _ in stage.channel.sent if isinstance(one.content, Card)]
    assert shown.address == "T0ACME/C0RELEASE"


async def test_a_question_to_nobody_is_told_to_the_model(stage: Stage) -> None:
    stage.model.says(step("request_human_input", question="May I?", ask="nobody"), done())
    async with stage.working():
        await stage.say("do it")
        await stage.settled()
    assert "nobody to ask" in stage.model.read


async def test_done_rests_until_somebody_writes_again(stage: Stage) -> None:
    stage.model.says(done("First."), done("Second."))
    async with stage.working():
        await stage.say("one")
        assert (await stage.settled()).status == "done"
        assert stage.model.calls == 1
        await stage.say("two")
        await stage.settled()
        await stage.said("Second.")
    assert stage.model.calls == 2


async def test_a_reply_is_said_and_work_goes_on(stage: Stage) -> None:
    stage.model.says(step("reply", message="One moment."), step("look", key="a"), done())
    async with stage.working():
        await stage.say("look")
        thread = await stage.settled()
        await stage.said("One moment.")
    assert [event.final for event in thread.events if isinstance(event, Replied)] == [False, True]


async def test_a_hand_off_gives_the_thread_to_the_other_agent(stage: Stage) -> None:
    stage.model.says(step("hand_off", agent="other"), done())
    async with stage.working():
        await stage.say("who can help?")
        thread = await stage.settled()
    assert (thread.agent, thread.approvers) == ("other", "operators")
    assert [prompt.system for prompt in stage.model.prompts] == ["You are ops.\n", "You are other.\n"]


async def test_a_hand_off_to_an_unknown_agent_is_refused_and_told_to_the_model(stage: Stage) -> None:
    stage.model.says(step("hand_off", agent="nobody"), done())
    async with stage.working():
        await stage.say("who can help?")
        thread = await stage.settled()
    assert thread.agent == "ops"
    assert "There is no agent" in stage.model.read


async def test_a_hand_off_to_an_agent_that_does_not_take_the_principal_is_refused(stage: Stage) -> None:
    stage.model.says(step("hand_off", agent="closed"), done())
    async with stage.working():
        await stage.say("who can help?")
        thread = await stage.settled()
    assert thread.agent == "ops"
    assert "does not take requests" in stage.model.read


async def test_an_action_that_its_policy_forbids_never_runs(stage: Stage) -> None:
    stage.model.says(step("pay", amount=-1), done())
    async with stage.working():
        await stage.say("pay")
        thread = await stage.settled()
    assert stage.world.runs == []
    assert [event.how for event in thread.events if isinstance(event, StepFailed)] == ["denied"]
    assert "less than nothing" in stage.model.read


async def test_a_choice_says_why_and_with_which_prompt_it_was_made(stage: Stage) -> None:
    stage.model.says(done())
    async with stage.working():
        await stage.say("hi there")
        thread = await stage.settled()
    (chosen,) = [event for event in thread.events if isinstance(event, StepChosen)]
    assert chosen.body
    assert (chosen.body.why, chosen.prompt, chosen.usage.cached) == (
        "because of done_for_now",
        stage.agents["ops"].version,
        80,
    )
