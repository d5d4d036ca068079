"""Mail that comes back: who was asked is asked elsewhere, who waits hears of it, and no report decides anything."""

import re

import pytest

from bot.config import parse_config
from bot.events import DeliveryFailed, RequestShown
from bot.people import Directory
from bot.places import Card, Decision
from bot.playground.mail import ShownMessage
from bot.playground.mail.bounces import report
from bot.port import Returned
from bot.store.log import recent
from bot.thread import Thread
from channels.email.receive import Receiver
from tests.channels.email.cards import THREAD
from tests.channels.email.intake import RecordingIntake
from tests.channels.email.mails import SETTINGS
from tests.channels.email.office import CONFIG, Office, ask
from tests.channels.email.test_receive import IDS
from tests.helpers import wait_until

ROB = "rob@acme.test"
NOBODY = "550 5.1.1 no such user"
ALSO_IN_SLACK = CONFIG.replace(
    'email = "rob@acme.test"', 'email = "rob@acme.test"\nslack = "T0ACME/U0ROB"\nask = "email"'
)
ANA_IS_STAFF = ALSO_IN_SLACK + '[people.ana]\nname = "Ana Lima"\nemail = "ana@acme.test"\nslack = "T0ACME/U0ANA"\n'


def bounce(message_id: str, recipient: str = ROB, reply: str = NOBODY) -> bytes:
    raw = f"Message-ID: {message_id}\r\nSubject: x\r\n\r\nx".encode()
    return report(raw, sender="bot@acme.test", recipient=recipient, reply=reply, host="mx.acme.test")


@pytest.fixture
def reachable(office: Office) -> Office:
    """Rob and Ana are in Slack, too, and asked by mail."""
    office.stage.directory = Directory(parse_config(ANA_IS_STAFF))
    return office


def in_slack(office: Office, who: str) -> list[Card | Decision]:
    found = [sent.content for sent, _ in office.slack.sent if sent.place.address.endswith(who)]
    return [content for content in found if isinstance(content, Card | Decision)]


async def thread_of(office: Office) -> Thread:
    (head,) = await recent(office.stage.client)
    return await office.stage.fold(head.thread)


async def noted(office: Office, count: int) -> Thread:
    async def enough() -> Thread | None:
        if not await recent(office.stage.client):
            return None
        thread = await thread_of(office)
        notes = [event for event in thread.events if isinstance(event, DeliveryFailed)]
        return thread if len(notes) >= count else None

    found = await wait_until(enough)
    assert found
    return found


async def read(office: Office, raw: bytes) -> None:
    """Let a report arrive, and wait until it was taken."""
    before = len(office.peer.messages("bot@acme.test"))
    office.peer.receive(raw, "bot@acme.test", sender="")

    def seen() -> bool:
        mails: list[ShownMessage] = office.peer.messages("bot@acme.test")
        return len(mails) > before and all("\\Seen" in mail.flags for mail in mails)

    await wait_until(seen)


async def test_who_cannot_be_reached_by_mail_is_asked_in_slack_and_decides_there(reachable: Office) -> None:
    reachable.peer.fail_next("smtp.delivery", about=ROB, reply=NOBODY, times=None)
    async with reachable.open():
        ask(reachable)
        await wait_until(lambda: in_slack(reachable, "U0ROB"))
        await reachable.mail_to("ana", "Rob Wills could not be reached by mail (5.1.1); I asked in Slack instead.")
        mia = await reachable.mail_to("mia", "Approval needed")
        reachable.peer.reply("mia@acme.test", mia.uid, "approve")
        await reachable.mail_to("ana", "Your money is on its way.")
        await wait_until(lambda: len(in_slack(reachable, "U0ROB")) == 2)
    card, outcome = in_slack(reachable, "U0ROB")
    assert isinstance(card, Card)
    assert isinstance(outcome, Decision)
    assert outcome.outcome == "approved"


async def test_so_it_is_when_the_server_refuses_the_address_at_once(reachable: Office) -> None:
    reachable.peer.fail_next("smtp.rcpt", about=ROB, reply=NOBODY, times=None)
    async with reachable.open():
        ask(reachable)
        await wait_until(lambda: in_slack(reachable, "U0ROB"))
        found = await reachable.mail_to("ana", "I asked in Slack instead.")
    assert "5.1.1 no such user" in found.text
    assert len([event for event in (await thread_of(reachable)).events if isinstance(event, RequestShown)]) == 1


async def test_a_customer_does_not_hear_who_decides_here(office: Office) -> None:
    office.stage.directory = Directory(parse_config(ALSO_IN_SLACK))
    office.peer.fail_next("smtp.delivery", about=ROB, reply=NOBODY, times=None)
    async with office.open():
        ask(office)
        await wait_until(lambda: in_slack(office, "U0ROB"))
        await noted(office, 1)
    assert not [mail for mail in office.peer.messages("ana@acme.test") if "Rob" in mail.text]


async def test_without_another_way_operators_and_who_waits_are_told(office: Office) -> None:
    office.peer.fail_next("smtp.delivery", about="mia@acme.test", reply=NOBODY, times=None)
    async with office.open():
        ask(office)
        told = await office.mail_to("rob", "Mia Chen could not be reached by mail (5.1.1)")
        waiting = await office.mail_to("ana", "I could not reach those who have to decide this")
    assert "bot.toml" in told.text
    assert "the operators were told" in waiting.text


async def test_a_delay_is_noted_and_nobody_is_asked_again(reachable: Office) -> None:
    reachable.peer.fail_next("smtp.delivery", about=ROB, reply="450 4.2.0 greylisted", times=None)
    async with reachable.open():
        ask(reachable)
        thread = await noted(reachable, 1)
    assert in_slack(reachable, "U0ROB") == []
    (note,) = [event for event in thread.events if isinstance(event, DeliveryFailed)]
    assert note.body
    assert note.body.error == "returned: 4.2.0"


async def test_the_same_report_counts_once_however_often_it_comes(reachable: Office) -> None:
    async with reachable.open():
        ask(reachable)
        card = await reachable.mail_to("rob", "Approval needed")
        for _ in range(3):
            await read(reachable, bounce(card.message_id))
        await wait_until(lambda: in_slack(reachable, "U0ROB"))
        thread = await thread_of(reachable)
    assert len([event for event in thread.events if isinstance(event, RequestShown)]) == 1
    assert len(in_slack(reachable, "U0ROB")) == 1


async def test_a_report_about_an_id_that_only_looks_like_ours_changes_nothing(reachable: Office) -> None:
    async with reachable.open():
        ask(reachable)
        card = await reachable.mail_to("rob", "Approval needed")
        forged = re.sub(r"\.[a-z2-7]{13}@", f".{'a' * 13}@", card.message_id)
        await read(reachable, bounce(forged))
        thread = await thread_of(reachable)
    assert not [event for event in thread.events if isinstance(event, DeliveryFailed | RequestShown)]


async def test_reports_about_a_request_that_is_closed_ask_nobody(reachable: Office) -> None:
    async with reachable.open():
        ask(reachable)
        card = await reachable.mail_to("rob", "Approval needed")
        reachable.peer.reply(ROB, card.uid, "approve")
        await reachable.mail_to("ana", "Your money is on its way.")
        await read(reachable, bounce(card.message_id))
        thread = await noted(reachable, 1)
    assert in_slack(reachable, "U0ROB") == []
    assert thread.status == "done"


async def test_who_invents_reports_fills_no_log(reachable: Office) -> None:
    async with reachable.open():
        ask(reachable)
        card = await reachable.mail_to("rob", "Approval needed")
        for n in range(25):
            await read(reachable, bounce(card.message_id, reply=f"450 4.2.{n} later"))
        thread = await thread_of(reachable)
    assert len([event for event in thread.events if isinstance(event, DeliveryFailed)]) == 20
    assert thread.status == "waiting"


async def test_an_answer_that_comes_back_is_told_in_slack(reachable: Office) -> None:
    async with reachable.open():
        ask(reachable)
        card = await reachable.mail_to("rob", "Approval needed")
        reachable.peer.reply(ROB, card.uid, "approve")
        answer = await reachable.mail_to("ana", "Your money is on its way.")
        await read(reachable, bounce(answer.message_id, "ana@acme.test"))
        await wait_until(lambda: any("came back (5.1.1)" in text for text in reachable.slack.lines("U0ANA")))


async def test_a_copy_that_comes_back_is_told_to_the_author(reachable: Office) -> None:
    async with reachable.open():
        cc = {"Cc": "bea@shop.test"}
        reachable.peer.write("ana@acme.test", "support@acme.test", "Order 1042", "My money back!", headers=cc)
        card = await reachable.mail_to("rob", "Approval needed")
        reachable.peer.reply(ROB, card.uid, "approve")
        answer = await reachable.mail_to("ana", "Your money is on its way.")
        await read(reachable, bounce(answer.message_id, "bea@shop.test"))
        told = await reachable.mail_to("ana", "What I wrote to bea@shop.test came back (5.1.1)")
    assert told.cc == ""


async def test_a_report_is_read_as_what_it_says_and_listed() -> None:
    intake = RecordingIntake()
    ours = IDS.message_id(THREAD, "aaaabbbbccccdddd", "acme.test")
    assert await Receiver(SETTINGS, intake).take(bounce(ours, "Rob@ACME.test")) == "bounce"
    delivery = "aaaabbbbccccdddd"
    expected = Returned(thread=THREAD, delivery=delivery, channel="email", recipient=ROB, status="5.1.1", for_good=True)
    assert intake.came_back == [expected]
    assert intake.reasons() == ["bounce"]
    assert intake.told[0].thread == THREAD


async def test_who_sees_the_card_in_a_channel_is_not_asked_again(office: Office) -> None:
    shared = ANA_IS_STAFF.replace("[roles.finance]", '[roles.finance]\nchannel = "slack:T0ACME/C0FINANCE"\nmail = true')
    office.stage.directory = Directory(parse_config(shared))
    office.peer.fail_next("smtp.delivery", about=ROB, reply=NOBODY, times=None)
    async with office.open():
        ask(office)
        await wait_until(lambda: in_slack(office, "C0FINANCE"))
        thread = await noted(office, 1)
    assert in_slack(office, "U0ROB") == []
    assert not [event for event in thread.events if isinstance(event, RequestShown)]
