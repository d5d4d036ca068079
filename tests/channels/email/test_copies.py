"""Who is copied takes part: reads the answers, may write in the thread, and sees nothing that is for one person."""

import pytest

from bot.config import parse_config
from bot.people import Directory
from bot.places import Card, Content, Decision, Notice, StatusLine, Text
from bot.playground.mail import MailPeer
from bot.port import DeliveryFailed
from bot.store.log import recent
from channels.email.copies import MOST_COPIES, copied
from channels.email.parse import read_mail
from channels.email.render import read_by
from channels.email.smtp import EmailChannel
from tests.channels.email.arriving import sent
from tests.channels.email.cards import ANA, APPROVAL, APPROVED, delivery
from tests.channels.email.mails import PASS, SETTINGS, mail
from tests.channels.email.office import CONFIG, Office
from tests.helpers import wait_until
from tests.runtime.scripted import done

COPIED = ANA.model_copy(update={"cc": ("bea@shop.test", "cai@shop.test")})
FORGED = "mx.acme.test; dmarc=fail header.from=acme.test"


def others(cc: str, *, to: str = "deploy@acme.test", auth: str = PASS) -> tuple[str, ...]:
    found = read_mail(mail(to=to, auth=auth, more={"Cc": cc}), "mx.acme.test")
    assert found.sender
    return copied(found, found.sender, SETTINGS.addresses)


def copies(content: Content) -> list[str]:
    made = sent(content, COPIED)
    return [each.addr_spec for each in made["Cc"].addresses] if made["Cc"] else []


def test_those_in_to_and_cc_are_copied_without_us_the_author_and_programs() -> None:
    cc = "Bea <bea@shop.test>, bot+x@acme.test, Rob <rob@acme.test>, noreply@shop.test"
    assert others(cc, to="deploy@acme.test, Cai <cai@shop.test>") == ("cai@shop.test", "bea@shop.test")


def test_what_looks_like_an_address_within_a_name_is_nobody() -> None:
    assert others('"eve@evil.test, ask <eve2@evil.test>" <bea@shop.test>') == ("bea@shop.test",)


def test_a_mail_that_nobody_vouches_for_copies_nobody() -> None:
    assert others("bea@shop.test", auth=FORGED) == ()


def test_a_mail_to_very_many_is_answered_to_its_author_alone() -> None:
    assert len(others(", ".join(f"p{n}@shop.test" for n in range(MOST_COPIES)))) == MOST_COPIES
    assert others(", ".join(f"p{n}@shop.test" for n in range(MOST_COPIES + 1))) == ()


def test_an_answer_goes_to_them_too() -> None:
    assert copies(Text(markdown="Done.")) == ["bea@shop.test", "cai@shop.test"]


@pytest.mark.parametrize(
    "content", [APPROVAL, APPROVED, Notice(markdown="x", to="ana@acme.test"), StatusLine(markdown="Waiting.")]
)
def test_what_asks_or_tells_one_person_does_not(content: Card | Decision | Notice | StatusLine) -> None:
    assert copies(content) == []


def test_a_reminder_of_a_request_does_not() -> None:
    made = delivery(Text(markdown="Still waiting"), COPIED).model_copy(update={"under": "a", "valid_while": "b"})
    assert read_by(made) == ()


async def test_each_gets_the_same_mail(peer: MailPeer, channel: EmailChannel) -> None:
    await channel.deliver(delivery(Text(markdown="Done."), COPIED), None)
    ids = {peer.messages(who)[0].message_id for who in ("ana@acme.test", "bea@shop.test", "cai@shop.test")}
    assert len(ids) == 1


async def test_a_refused_copy_keeps_the_mail_from_nobody_else(peer: MailPeer, channel: EmailChannel) -> None:
    peer.fail_next("smtp.rcpt", about="bea@shop.test", reply="550 5.1.1 nobody")
    await channel.deliver(delivery(Text(markdown="Done."), COPIED), None)
    assert len(peer.messages("ana@acme.test")) == len(peer.messages("cai@shop.test")) == 1


async def test_a_copy_that_is_put_off_is_waited_for_a_few_times(peer: MailPeer, channel: EmailChannel) -> None:
    peer.fail_next("smtp.rcpt", about="bea@shop.test", reply="451 4.7.1 later", times=None)
    for _ in range(3):
        with pytest.raises(DeliveryFailed) as caught:
            await channel.deliver(delivery(Text(markdown="Done."), COPIED), None)
        assert not caught.value.permanent
        assert not peer.messages("ana@acme.test")
    await channel.deliver(delivery(Text(markdown="Done."), COPIED), None)
    assert len(peer.messages("ana@acme.test")) == 1


def write(office: Office) -> None:
    headers = {"Cc": "Bea <bea@acme.test>", "Message-ID": "<root@acme.test>"}
    office.peer.write("Ana <ana@acme.test>", "support@acme.test", "Order 1042", "My money back!", headers=headers)


async def one_thread_after(office: Office, words: str) -> None:
    await office.mail_to("ana", words)
    await office.mail_to("bea", words)
    (head,) = await recent(office.stage.client)
    thread = await office.stage.fold(head.thread)
    assert thread.principal_id == "email:ana@acme.test"
    assert "email:bea@acme.test" in thread.names


@pytest.fixture
def talking(office: Office) -> Office:
    """An agent that only talks."""
    office.stage.model.script.clear()
    office.stage.model.says(done("What is it about?"), done("I see."))
    return office


async def test_who_is_copied_writes_in_the_same_thread_which_stays_its_authors(talking: Office) -> None:
    async with talking.open():
        write(talking)
        await talking.mail_to("ana", "What is it about?")
        answer = await talking.mail_to("bea", "What is it about?")
        talking.peer.reply("bea@acme.test", answer.uid, "The shirt")
        await one_thread_after(talking, "I see.")


async def test_so_does_who_answers_the_authors_own_mail(talking: Office) -> None:
    async with talking.open():
        write(talking)
        await talking.mail_to("ana", "What is it about?")
        to = ["ana@acme.test", "support@acme.test"]
        talking.peer.write("bea@acme.test", to, "Re: Order", "The shirt", references=["<root@acme.test>"])
        await one_thread_after(talking, "I see.")


async def test_who_was_not_copied_does_not_get_into_the_thread(talking: Office) -> None:
    async with talking.open():
        write(talking)
        await talking.mail_to("ana", "What is it about?")
        to = ["ana@acme.test", "support@acme.test"]
        talking.peer.write("eve@acme.test", to, "Re: Order", "The shirt", references=["<root@acme.test>"])

        async def two() -> bool:
            return len(await recent(talking.stage.client)) == 2

        await wait_until(two)


async def test_where_the_route_says_so_the_author_alone_is_answered(talking: Office) -> None:
    routes = CONFIG.replace('who = "anyone"', 'who = "anyone"\nreply_all = false')
    talking.stage.directory = Directory(parse_config(routes))
    async with talking.open():
        write(talking)
        await talking.mail_to("ana", "What is it about?")
    assert not [found for found in talking.peer.messages("bea@acme.test") if "What is it about?" in found.text]


async def test_a_request_and_what_comes_of_it_reach_nobody_who_is_copied(office: Office) -> None:
    async with office.open():
        write(office)
        card = await office.mail_to("rob", "Approval needed")
        office.peer.reply("rob@acme.test", card.uid, "approve")
        await office.mail_to("bea", "Your money is on its way.")
    assert "root@acme.test" not in " ".join([*card.references, card.in_reply_to])
    assert card.cc == ""
    subjects = [found.text for found in office.peer.messages("bea@acme.test")]
    assert not [text for text in subjects if "Approval" in text or "approved" in text.lower()]
