"""Beyond yes and no, with a worker: edited, given on, asked something first, and nobody left to decide."""

import pytest

from bot.places import Decision, Delivery, Text
from tests.helpers import wait_until
from tests.runtime.scripted import done, step
from tests.runtime.stage import CONFIG, Stage

SEND = step("send", text="the plan")
DELEGATES = CONFIG.replace("[roles.release]\n", '[roles.release]\ndelegates = ["bo"]\n')
OUTSIDE = CONFIG.replace('agent = "ops"\n', 'agent = "ops"\nwho = "anyone"\n')


def texts(stage: Stage) -> list[Delivery]:
    return [one for one, _ in stage.channel.sent if isinstance(one.content, Text)]


def shown(delivery: Delivery) -> str:
    assert isinstance(delivery.content, Text)
    return delivery.content.markdown


async def test_what_an_approver_made_of_it_is_asked_anew_and_is_what_runs(stage: Stage) -> None:
    stage.model.says(SEND, done())
    async with stage.working():
        await stage.say("send the plan")
        first = (await stage.request()).opened
        await wait_until(lambda: len(stage.channel.cards()) == 1)
        taken = await stage.answer("rob", "edit", edits={"text": "the short plan"})
        assert taken.accepted
        await wait_until(lambda: len(stage.channel.cards()) == 2)
        again = (await stage.request()).opened
        assert again.request != first.request
        assert again.approvers == ("zoe",)
        assert again.body is not None
        assert again.body.changed == {"text": ["the plan", "the short plan"]}
        assert again.body.edited_by == "Rob Wills"
        assert not (await stage.answer("rob", "approve")).accepted
        assert stage.world.runs == []
        await stage.answer("zoe", "approve")
        thread = await stage.becomes("done")
    assert len(stage.world.ran("send")) == 1
    assert thread.calls[again.call or ""].arguments == {"text": "the short plan"}
    assert "the short plan" in stage.model.read
    edited = next(one.content for one, _ in stage.channel.sent if isinstance(one.content, Decision))
    assert (edited.outcome, edited.by) == ("edited", "Rob Wills")


async def test_an_edit_that_makes_no_sound_call_changes_nothing(stage: Stage) -> None:
    stage.model.says(step("send", text="the plan"))
    async with stage.working():
        await stage.say("send the plan")
        request = await stage.request()
        refused = await stage.answer("rob", "edit", edits={"to": "everyone"})
        assert (refused.accepted, refused.reason) == (False, "unfit")
        assert "to" in refused.problems
        assert (await stage.request()).opened == request.opened


async def test_it_is_given_to_somebody_who_then_decides_it(stage: Stage) -> None:
    stage.configure(DELEGATES)
    stage.model.says(SEND, done())
    async with stage.working():
        await stage.say("send the plan")
        await wait_until(lambda: stage.channel.cards() != [])
        assert (await stage.answer("rob", "give", to="Bo Finn")).accepted
        await wait_until(lambda: len(stage.channel.cards()) == 3)  # the first, in the channel, and to Bo directly
        opened = (await stage.request()).opened
        assert (opened.approvers, opened.delegates) == (("zoe", "bo"), ("bo",))
        assert not (await stage.answer("rob", "approve")).accepted
        assert (await stage.answer("bo", "approve")).accepted
        await stage.becomes("done")
    assert len(stage.world.ran("send")) == 1
    assert "T0ACME/U0BO" in [one.place.address for one, _ in stage.channel.sent]


async def test_whoever_it_was_given_to_cannot_approve_what_they_made_of_it(stage: Stage) -> None:
    stage.configure(DELEGATES)
    stage.model.says(SEND, done())
    async with stage.working():
        await stage.say("send the plan")
        await stage.request()
        assert (await stage.answer("rob", "give", to="Bo Finn")).accepted
        await stage.request()
        assert (await stage.answer("bo", "edit", edits={"text": "my plan"})).accepted
        opened = (await stage.request()).opened
        assert (opened.approvers, opened.delegates) == (("zoe",), ())
        assert (await stage.answer("bo", "approve")).reason == "requester"
        assert stage.world.runs == []
        await stage.answer("zoe", "approve")
        await stage.becomes("done")
    assert len(stage.world.ran("send")) == 1


async def test_a_question_before_deciding_is_answered_under_the_card_and_nowhere_else(stage: Stage) -> None:
    stage.model.says(SEND, step("look", key="plan"), step("reply", message="Three pages."), done())
    async with stage.working():
        await stage.say("send the plan")
        await stage.request()
        await wait_until(lambda: stage.channel.cards() != [])
        taken = await stage.answer("rob", "say", text="How long is it?")
        assert taken.accepted
        assert not taken.pending
        await stage.said("Three pages.")
        assert "How long is it?" in stage.model.read
        answer = [one for one in texts(stage) if shown(one) == "Three pages."]
        card = (await stage.request()).opened.cards[0]
        assert [(one.place, one.under) for one in answer] == [(card.place, card.delivery)]
        await stage.answer("rob", "approve")
        await stage.becomes("done")
    assert len(stage.world.ran("send")) == 1


async def test_whoever_asked_something_cannot_just_be_kept_waiting(stage: Stage) -> None:
    stage.model.says(SEND, step("keep_waiting"), step("reply", message="Three pages."))
    async with stage.working():
        await stage.say("send the plan")
        await stage.request()
        await stage.answer("rob", "say", text="How long is it?")
        await stage.said("Three pages.")


async def test_the_internal_part_of_a_reason_stays_among_those_who_decide(stage: Stage) -> None:
    stage.model.says(SEND, done())
    async with stage.working():
        await stage.say("send the plan")
        await wait_until(lambda: stage.channel.cards() != [])
        await stage.answer("rob", "reject", text="Not this week.", internal="They are about to leave us.")
        await stage.becomes("done")
        await stage.said("decision")
    assert "Not this week." in stage.model.read
    assert "leave us" not in stage.model.read
    told = [one for one, _ in stage.channel.sent if "leave us" in one.model_dump_json()]
    assert [one.place.address for one in told] == ["T0ACME/C0RELEASE"]


async def test_requester_and_operators_hear_at_once_that_nobody_is_left_to_decide(stage: Stage) -> None:
    stage.configure(CONFIG.replace('roles = ["release", "finance"]', 'roles = ["finance"]'))
    stage.model.says(SEND, done())
    async with stage.working():
        await stage.say("send the plan", "rob")
        await stage.becomes("done")
        await wait_until(lambda: any("needs more people" in line for line in stage.channel.lines("C0OPS")))
        await wait_until(lambda: any("Give the role to more people" in line for line in stage.channel.lines("U0ROB")))
    assert stage.world.runs == []


async def test_the_same_is_told_once_when_the_last_one_loses_the_role_meanwhile(stage: Stage) -> None:
    stage.model.says(SEND)
    async with stage.working():
        await stage.say("send the plan")
        await stage.request()
        others = CONFIG.replace('"release", ', "").replace(
            'roles = ["finance"]\n[roles.rel', 'roles = ["release"]\n[roles.rel'
        )
        stage.configure(others)
        for _ in range(2):
            assert not (await stage.answer("rob", "approve")).accepted
        await stage.said("needs more people")
        await stage.said("Give the role to more people")
        assert sum("needs more people" in line for line in stage.channel.lines("C0OPS")) == 1


async def test_an_approval_by_someone_who_lost_the_role_before_the_start_is_asked_again(stage: Stage) -> None:
    stage.model.says(SEND, done())
    async with stage.working():
        await stage.say("send the plan")
        first = (await stage.request()).opened
    await stage.answer("rob", "approve")
    stage.configure(CONFIG.replace('roles = ["release", "operators"]', 'roles = ["operators"]'))
    async with stage.working():
        again = (await stage.request()).opened
        assert (again.request != first.request, again.approvers) == (True, ("zoe",))
    assert stage.world.runs == []


@pytest.mark.parametrize("text", ["approve", "Reject!", " APPROVE "])
async def test_a_question_that_means_to_decide_is_told_to_use_the_buttons(stage: Stage, text: str) -> None:
    stage.model.says(SEND)
    async with stage.working():
        await stage.say("send the plan")
        assert (await stage.answer("rob", "say", text=text)).reason == "no_such_option"


async def test_who_approved_and_how_many_are_missing_is_said_under_the_card(stage: Stage) -> None:
    stage.model.says(step("pay", amount=10))
    async with stage.working():
        await stage.say("pay 10")
        request = (await stage.request()).opened
        await wait_until(lambda: len(stage.channel.cards()) == 2)
        assert (await stage.answer("zoe", "approve")).pending
        await stage.said("Zoe Park approved. This needs one more.")
        told = {one.under for one in texts(stage) if "This needs one more" in shown(one)}
        assert told <= {at.delivery for at in request.cards}
