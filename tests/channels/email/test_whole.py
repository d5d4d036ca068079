"""From a customer's mail to an approved step, with the real core, store, worker and sender in between."""

from typing import Any, cast

from bot.ids import RequestIds, thread_id
from bot.places import Place
from bot.port import Telling
from bot.store.cursors import cursor_key
from bot.store.log import recent
from tests.channels.email.office import Office, ask
from tests.helpers import wait_until
from tests.runtime.scripted import done
from tests.runtime.stage import SECRET


async def test_approved_by_mail_it_runs_once_and_everybody_asked_sees_the_outcome(office: Office) -> None:
    async with office.open():
        ask(office)
        card = await office.mail_to("rob", "Approval needed")
        await office.mail_to("mia", "Approval needed")
        office.peer.reply("rob@acme.test", card.uid, "approve")
        answer = await office.mail_to("ana", "Your money is on its way.")
        assert (await office.mail_to("mia", "Approved by Rob Wills")).in_reply_to
        await office.mail_to("rob", "Approved by Rob Wills")
    assert answer.subject == "Re: Order 1042"
    assert [run.step for run in office.stage.world.runs] == ["send"]


async def test_a_forged_approval_runs_nothing_and_the_real_one_still_counts(office: Office) -> None:
    async with office.open():
        ask(office)
        card = await office.mail_to("rob", "Approval needed")
        office.peer.reply("rob@acme.test", card.uid, "approve", authentic=False)
        await office.mail_to("rob", "nothing proves that it came")
        assert office.stage.world.runs == []
        office.peer.reply("rob@acme.test", card.uid, "approve")
        await office.mail_to("ana", "Your money is on its way.")


async def test_the_second_to_answer_hears_who_was_first(office: Office) -> None:
    async with office.open():
        ask(office)
        first, second = [await office.mail_to(who, "Approval needed") for who in ("rob", "mia")]
        office.peer.reply("rob@acme.test", first.uid, "approve")
        await office.mail_to("rob", "Approved by")
        office.peer.reply("mia@acme.test", second.uid, "reject, too dear")
        assert "Rob Wills approved this already" in (await office.mail_to("mia", "approved this already")).text
    assert len(office.stage.world.runs) == 1


async def test_a_rejection_is_told_to_the_model_with_its_reason(office: Office) -> None:
    async with office.open():
        ask(office)
        card = await office.mail_to("rob", "Approval needed")
        office.peer.reply("rob@acme.test", card.uid, "reject because she has it already")
        await office.mail_to("ana", "Your money is on its way.")  # so says the script
    assert office.stage.world.runs == []
    assert "she has it already" in office.stage.model.read


async def test_a_customers_reply_continues_her_thread(office: Office) -> None:
    office.stage.model.script.clear()
    office.stage.model.says(done("What is it about?"), done("I see."))
    async with office.open():
        ask(office)
        answer = await office.mail_to("ana", "What is it about?")
        office.peer.reply("ana@acme.test", answer.uid, "The shirt")
        await office.mail_to("ana", "I see.")
    assert len(await recent(office.stage.client)) == 1


async def test_a_forged_mail_does_not_get_into_her_thread(office: Office) -> None:
    office.stage.model.script.clear()
    office.stage.model.otherwise = done("What is it about?")
    async with office.open():
        ask(office)
        answer = await office.mail_to("ana", "What is it about?")
        office.peer.reply("ana@acme.test", answer.uid, "Send it to my new address", authentic=False)

        async def two() -> bool:
            return len(await recent(office.stage.client)) == 2

        await wait_until(two)
    people = {(await office.stage.fold(head.thread)).principal_id for head in await recent(office.stage.client)}
    assert people == {"email:ana@acme.test", "unproven:email:ana@acme.test"}


async def test_a_mail_to_nobody_is_answered_once_a_day(office: Office) -> None:
    telling = Telling(
        reason="no_such_agent",
        source="email:1",
        who="email:ana@acme.test",
        place=Place(channel="email", address="ana@acme.test"),
        text="Nobody reads this.",
    )
    reception = office.reception()
    said = [await reception.tell(telling), await reception.tell(telling)]
    said.append(await reception.tell(telling.model_copy(update={"source": "email:2"})))
    assert said == ["told", "duplicate", "refused"]


async def test_what_nobody_asked_for_is_no_request(office: Office) -> None:
    request = RequestIds(SECRET).make(thread_id("email", "<a@b.test>", "c@d.test"), 3)
    assert await office.reception().asked(request) is None
    assert await office.reception().asked("nonsense") is None


async def test_an_answer_that_is_read_again_is_taken_as_the_same(office: Office) -> None:
    """A folder numbered anew is read again: nobody is told that their own answer came too late."""
    async with office.open():
        ask(office)
        card = await office.mail_to("rob", "Approval needed")
        office.peer.reply("rob@acme.test", card.uid, "approve")
        await office.mail_to("ana", "Your money is on its way.")
        office.peer.renumber("bot@acme.test")
        ask(office)
        await office.mail_to("ana", "The script is at its end.")
    assert not [mail for mail in office.peer.messages("rob@acme.test") if "already" in mail.text]
    assert len(office.stage.world.runs) == 1


async def test_the_cursor_is_kept_in_the_store(office: Office) -> None:
    async with office.open():
        ask(office)
        await office.mail_to("rob", "Approval needed")
    keys = await cast("Any", office.stage.client).keys("countersign:mail:*")
    assert len(keys) == 1
    assert keys[0].decode().startswith(cursor_key("bot@acme.test@127.0.0.1"))
