"""Editing, asking back, giving on and refusing in part, by mail alone, from the card to what ran."""

from typing import cast

from bot.bodies import AnswerBody
from bot.events import RequestAnswered
from bot.store.log import recent
from bot.thread import Thread
from tests.channels.email.office import Office, ask
from tests.runtime.scripted import done, step


async def thread_of(office: Office) -> Thread:
    (head,) = await recent(office.stage.client)
    return await office.stage.fold(head.thread)


async def answers(office: Office) -> list[RequestAnswered]:
    return [event for event in (await thread_of(office)).events if isinstance(event, RequestAnswered)]


async def test_what_one_changes_by_mail_the_other_approves_by_mail_and_that_is_what_runs(office: Office) -> None:
    async with office.open():
        ask(office)
        card = await office.mail_to("rob", "Approval needed")
        assert "text: the money" in card.text
        office.peer.reply("rob@acme.test", card.uid, "text: |\n| half of\n| the money\n\nThanks, Rob")
        told = await office.mail_to("rob", "I understood")
        assert "text: the money → half of the money" in told.text
        await office.mail_to("rob", "Changed, and asked again, by Rob Wills")
        again = await office.mail_to("mia", "Changed by Rob Wills")
        assert "text (before → now)" in again.text
        office.peer.reply("mia@acme.test", again.uid, "approve")
        await office.mail_to("ana", "Your money is on its way.")
        thread = await thread_of(office)
    assert [run.step for run in office.stage.world.runs] == ["send"]
    bodies = [cast("AnswerBody", event.body) for event in await answers(office)]
    assert bodies[0].arguments == {"text": "half of\nthe money"}
    assert [request.outcome for request in thread.requests.values()] == ["edited", "approved"]


async def test_an_approver_may_ask_first_hears_the_answer_and_approves_by_replying_to_it(office: Office) -> None:
    """Whoever waits reads neither the question nor the answer."""
    office.stage.model.script.clear()
    office.stage.model.says(
        step("send", text="the money"), step("reply", message="Since Monday, says the shop."), done("It is sent.")
    )
    async with office.open():
        ask(office)
        card = await office.mail_to("rob", "Approval needed")
        office.peer.reply("rob@acme.test", card.uid, "Since when does she wait?")
        await office.mail_to("rob", "I passed your question to the agent; nothing was decided.")
        answer = await office.mail_to("rob", "Since Monday, says the shop.")
        assert (answer.in_reply_to, answer.subject) == (card.message_id, f"Re: {card.subject}")
        assert office.stage.world.runs == []
        office.peer.reply("rob@acme.test", answer.uid, "approve")
        await office.mail_to("ana", "It is sent.")
    assert not [mail for mail in office.peer.messages("ana@acme.test") if "Monday" in mail.text]
    assert not [mail for mail in office.peer.messages("mia@acme.test") if "Monday" in mail.text]
    assert [event.answer for event in await answers(office)] == ["say", "approve"]


async def test_given_on_by_mail_it_is_asked_of_that_person(office: Office) -> None:
    async with office.open():
        ask(office)
        card = await office.mail_to("rob", "Approval needed")
        office.peer.reply("rob@acme.test", card.uid, "give to: Mia Chen")
        await office.mail_to("rob", "Given to somebody else by Rob Wills")
        thread = await thread_of(office)
    assert [request.outcome for request in thread.requests.values()] == ["given", None]


async def test_the_internal_part_of_a_reason_is_neither_the_models_nor_the_customers(office: Office) -> None:
    office.stage.model.script.clear()
    office.stage.model.says(step("send", text="the money"), done("Sorry: not now."))
    async with office.open():
        ask(office)
        card = await office.mail_to("rob", "Approval needed")
        office.peer.reply("rob@acme.test", card.uid, "reject 1\n\ninternal: a known fraud")
        await office.mail_to("ana", "Sorry: not now.")
    assert "Not now" in office.stage.model.read
    assert "fraud" not in office.stage.model.read
    assert not [mail for mail in office.peer.messages("ana@acme.test") if "fraud" in mail.text]
    assert office.stage.world.runs == []


async def test_an_answer_to_what_was_changed_meanwhile_is_told_so(office: Office) -> None:
    async with office.open():
        ask(office)
        first, second = [await office.mail_to(who, "Approval needed") for who in ("rob", "mia")]
        office.peer.reply("rob@acme.test", first.uid, "text: half of the money")
        await office.mail_to("mia", "Changed by Rob Wills")
        office.peer.reply("mia@acme.test", second.uid, "approve")
        told = await office.mail_to("mia", "so your answer does not count")
    assert "Rob Wills changed this meanwhile" in told.text
    assert "It is asked again as request" in told.text
    assert office.stage.world.runs == []
