"""What people do with their mail: answer with any program, be away, look into a mailbox."""

import base64
from email.utils import parseaddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.mail import Attachment, MailPeer, MailRefusedError
from bot.playground.mail.models import Client, ShownMessage, Stored
from bot.playground.mail.reading import shown
from tests.playground.mail.client import mail, sending

KIM = "kim@example.test"
BOT = "bot@acme.test"
TOKEN = "support+r.abc234@acme.test"


@pytest.fixture
async def asked(peer: MailPeer) -> ShownMessage:
    """A question by the bot in kim's mailbox, with a reply address of its own."""
    headers = {"Reply-To": TOKEN, "Message-ID": "<q1@acme.test>", "References": "<q0@acme.test>"}
    await sending(peer, mail(f"Kim North <{KIM}>", headers=headers), KIM)
    return peer.messages(KIM)[0]


async def test_a_reply_goes_to_reply_to_in_the_same_conversation(peer: MailPeer, asked: ShownMessage) -> None:
    peer.reply(KIM, asked.uid, "approve")
    (reply,) = peer.messages(BOT)
    assert parseaddr(reply.to)[1] == reply.headers["delivered-to"] == TOKEN
    assert (reply.from_, reply.subject) == (f"Kim North <{KIM}>", "Re: Hello")
    assert (reply.in_reply_to, reply.references) == ("<q1@acme.test>", ("<q0@acme.test>", "<q1@acme.test>"))


@pytest.mark.parametrize(
    ("client", "in_text", "in_html"),
    [
        ("gmail", "<support@acme.test> wrote:\n\n> Shall we?", '<div class="gmail_quote'),
        ("outlook", "_" * 32 + "\nFrom: Support <support@acme.test>\nSent: ", '<div id="divRplyFwdMsg"'),
        ("apple", "wrote:\n> \n> Shall we?", '<blockquote type="cite">'),
        ("plain", "Support wrote:\n> Shall we?", ""),
    ],
)
async def test_each_program_quotes_in_its_own_way(
    peer: MailPeer, asked: ShownMessage, client: Client, in_text: str, in_html: str
) -> None:
    peer.reply(KIM, asked.uid, "approve", client=client)
    (reply,) = peer.messages(BOT)
    assert reply.text.startswith("approve\n\n")
    assert in_text in reply.text
    assert in_html in reply.html


async def test_outlooks_message_ids_are_long_and_whole(peer: MailPeer, asked: ShownMessage) -> None:
    posted = peer.reply(KIM, asked.uid, "approve", client="outlook")
    assert len(posted.message_id) > 78
    assert f"Message-ID: {posted.message_id}\r\n" in peer.messages(BOT)[0].raw


async def test_a_reply_without_a_quote_is_its_text_alone(peer: MailPeer, asked: ShownMessage) -> None:
    peer.reply(KIM, asked.uid, "approve", quote=False)
    assert (peer.messages(BOT)[0].text, peer.messages(BOT)[0].has_html) == ("approve\n", False)


async def test_another_person_may_answer_a_forwarded_token(peer: MailPeer, asked: ShownMessage) -> None:
    peer.reply(KIM, asked.uid, "approve", from_="zed@acme.test")
    (reply,) = peer.messages(BOT)
    assert reply.from_ == "zed@acme.test"
    assert "dmarc=pass" in reply.headers["authentication-results"]


async def test_an_out_of_office_note_says_that_it_is_one(peer: MailPeer, asked: ShownMessage) -> None:
    peer.auto_reply(KIM, asked.uid)
    (note,) = peer.messages(BOT)
    assert note.headers["auto-submitted"] == "auto-replied"
    assert note.headers["return-path"] == "<>"
    assert note.headers["delivered-to"] == TOKEN


def test_what_a_person_sent_is_in_sent_and_what_was_forged_is_not(peer: MailPeer) -> None:
    peer.write(KIM, BOT, "mine", "text")
    peer.write(KIM, BOT, "forged", "text", authentic=False)
    assert [sent.subject for sent in peer.messages(KIM, "Sent")] == ["mine"]


def test_a_mail_is_shown_with_all_its_parts(peer: MailPeer) -> None:
    photo = Attachment(name="caf\u00e9.png", type="image/png", content_base64=base64.b64encode(b"12345").decode())
    posted = peer.write(
        "J\u00f6rg <j@example.test>", [BOT, KIM], "Gr\u00fc\u00dfe", "hi", "<p>hi</p>", attachments=[photo]
    )
    seen = peer.messages(BOT)[0]
    assert (seen.from_, seen.subject, seen.text) == ("J\u00f6rg <j@example.test>", "Gr\u00fc\u00dfe", "hi\n")
    assert (seen.has_html, seen.html) == (True, "<p>hi</p>\n")
    assert seen.attachments == (Attachment(name="caf\u00e9.png", type="image/png", size=5),)
    assert posted.uids == {BOT: 1, KIM: 1}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all",
        b"Content-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe",
        b"Subject: =?utf-8?b?!!?=\r\nCc: <\r\nFrom: a@b.test\r\nFrom: c@d.test\r\n\r\nx",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nnever ends",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%",
    ],
)
def test_a_broken_mail_is_kept_and_shown(peer: MailPeer, raw: bytes) -> None:
    peer.receive(raw, BOT)
    assert len(peer.messages(BOT)) == 1


@given(st.binary(max_size=300))
def test_any_bytes_can_be_shown(raw: bytes) -> None:
    assert shown(BOT, "INBOX", Stored(uid=1, flags=frozenset(), date=0.0, raw=raw)).size == len(raw)


def test_the_snapshot_tells_whose_mailboxes_are_outside(peer: MailPeer) -> None:
    peer.write(BOT, KIM, "Hello", "there")
    outside = {mailbox.box: mailbox.is_outside for mailbox in peer.snapshot().mailboxes}
    assert (outside[KIM], outside[BOT]) == (True, False)
    assert [message.subject for message in peer.snapshot(KIM).messages] == ["Hello"]


@pytest.mark.parametrize(("from_", "to"), [("kim", BOT), (KIM, f"{BOT}, nobody"), (f"{KIM}\r\nBcc: x@y.test", BOT)])
def test_what_no_mail_can_be_made_of_is_explained(peer: MailPeer, from_: str, to: str) -> None:
    with pytest.raises(MailRefusedError):
        peer.write(from_, to, "Hello", "there")
    assert [box for box in peer.mailboxes() if box.messages] == []


def test_a_mail_that_is_not_there_is_explained(peer: MailPeer) -> None:
    with pytest.raises(MailRefusedError, match="has no message 7; it has: none"):
        peer.reply(BOT, 7, "hello")


def test_a_blind_copy_arrives_unseen_by_the_others(peer: MailPeer) -> None:
    posted = peer.write(KIM, BOT, "Hello", "there", headers={"Cc": "ana@acme.test", "Bcc": "rob@acme.test"})
    assert set(posted.uids) == {BOT, "ana@acme.test", "rob@acme.test"}
    assert "rob@" not in peer.messages("ana@acme.test")[0].raw
