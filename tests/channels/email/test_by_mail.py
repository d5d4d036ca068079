"""Deciding by mail: from the card that is sent to the answer that comes back, as people's programs write it."""

import pytest

from bot.places import Text
from bot.playground.mail.models import Client
from bot.port import Asked
from channels.email.smtp import EmailChannel
from tests.channels.email.cards import APPROVAL, FULL, REQUEST, THREAD, delivery
from tests.channels.email.watching import Watching
from tests.helpers import wait_until


@pytest.fixture
async def uid(watching: Watching, channel: EmailChannel) -> int:
    """The card lies in Rob's mailbox."""
    watching.intake.requests[REQUEST] = Asked(thread=THREAD, kind="approval", is_open=True, fields=FULL.fields)
    await channel.deliver(delivery(APPROVAL), None)
    (found,) = watching.peer.messages("rob@acme.test")
    return found.uid


@pytest.mark.parametrize("client", ["gmail", "outlook", "apple", "plain"])
async def test_approve_is_an_approval(watching: Watching, uid: int, client: Client) -> None:
    async with watching():
        watching.peer.reply("rob@acme.test", uid, "approve", client=client)
        await wait_until(lambda: watching.intake.answers)
    (found,) = watching.intake.answers
    assert (found.request, found.answer, found.identity.key) == (REQUEST, "approve", "email:rob@acme.test")


@pytest.mark.parametrize("client", ["gmail", "outlook", "apple", "plain"])
async def test_a_reply_that_decides_nothing_is_a_question_to_the_agent(
    watching: Watching, uid: int, client: Client
) -> None:
    async with watching():
        watching.peer.reply("rob@acme.test", uid, "Since when?", client=client)
        await wait_until(lambda: watching.intake.reasons() == ["counted"])
    assert [(found.answer, found.text) for found in watching.intake.answers] == [("say", "Since when?")]
    assert watching.intake.messages == []


@pytest.mark.parametrize("client", ["gmail", "outlook", "apple", "plain"])
async def test_a_reply_that_only_quotes_decides_nothing(watching: Watching, uid: int, client: Client) -> None:
    async with watching():
        watching.peer.reply("rob@acme.test", uid, "", client=client)
        await wait_until(lambda: watching.intake.reasons() == ["unclear"])
    assert (watching.intake.answers, watching.intake.messages) == ([], [])


@pytest.mark.parametrize("client", ["gmail", "outlook", "apple", "plain"])
async def test_lines_of_the_form_change_the_call(watching: Watching, uid: int, client: Client) -> None:
    async with watching():
        text = "edit\ntag: v1.5.0\nnote: |\n| One\n|\n|   two\n\nThanks, Rob"
        watching.peer.reply("rob@acme.test", uid, text, client=client)
        await wait_until(lambda: watching.intake.answers)
    (found,) = watching.intake.answers
    assert (found.answer, found.edits) == ("edit", {"tag": "v1.5.0", "note": "One\n\n  two"})


async def test_an_answer_below_the_agents_answer_decides_the_request(
    watching: Watching, channel: EmailChannel, uid: int
) -> None:
    kept = await channel.deliver(delivery(FULL, delivery_id="bbbbbbbbbbbbbbbb"), None)
    said = delivery(Text(markdown="Since Monday."), delivery_id="cccccccccccccccc")
    await channel.deliver(said.model_copy(update={"under": "bbbbbbbbbbbbbbbb"}), kept)
    *_, last = watching.peer.messages("rob@acme.test")
    async with watching():
        watching.peer.reply("rob@acme.test", last.uid, "approve")
        await wait_until(lambda: watching.intake.answers)
    assert (watching.intake.answers[0].request, watching.intake.answers[0].answer) == (REQUEST, "approve")
    assert last.subject.startswith("Re: Urgent: Approval needed")


async def test_a_forged_reply_decides_nothing(watching: Watching, uid: int) -> None:
    async with watching():
        watching.peer.reply("rob@acme.test", uid, "approve", authentic=False)
        await wait_until(lambda: watching.intake.reasons() == ["unproven"])
    assert watching.intake.answers == []


async def test_a_reply_by_somebody_else_decides_nothing(watching: Watching, uid: int) -> None:
    async with watching():
        watching.peer.reply("rob@acme.test", uid, "approve", from_="Mia <mia@acme.test>")
        await wait_until(lambda: watching.intake.reasons() == ["wrong_sender"])
    assert watching.intake.answers == []


async def test_an_out_of_office_note_decides_nothing_and_is_not_answered(watching: Watching, uid: int) -> None:
    async with watching():
        watching.peer.auto_reply("rob@acme.test", uid, "approve")
        await wait_until(watching.receiver.counts.total)
    assert (watching.intake.answers, [telling.place for telling in watching.intake.told]) == ([], [None])


async def test_a_bounce_decides_nothing_and_is_not_answered(watching: Watching, channel: EmailChannel) -> None:
    watching.peer.fail_next("smtp.delivery", reply="550 5.1.1 no such mailbox")
    async with watching():
        await channel.deliver(delivery(APPROVAL), None)
        await wait_until(lambda: watching.receiver.counts["bounce"])
    assert (watching.intake.answers, watching.intake.messages) == ([], [])
    assert [telling.place for telling in watching.intake.told] == [None]
