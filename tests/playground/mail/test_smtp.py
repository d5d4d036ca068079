"""The SMTP server, through aiosmtplib: what it takes, whom it delivers to, how it fails."""

import aiosmtplib
import pytest

from bot.playground.mail import MailPeer
from tests.playground.mail.client import mail, sending

KIM = "kim@example.test"


async def test_the_bot_writes_to_a_customer(peer: MailPeer) -> None:
    await sending(peer, mail(KIM), KIM)
    (arrived,) = peer.messages(KIM)
    assert (arrived.from_, arrived.subject, arrived.text) == ("Support <support@acme.test>", "Hello", "Shall we?\n")


async def test_the_message_id_is_kept_however_long(peer: MailPeer) -> None:
    long_id = f"<{'a' * 120}@acme.test>"
    await sending(peer, mail(KIM, headers={"Message-ID": long_id, "References": f"<x@a.test> {long_id}"}), KIM)
    (arrived,) = peer.messages(KIM)
    assert (arrived.message_id, arrived.references) == (long_id, ("<x@a.test>", long_id))


async def test_a_wrong_password_is_refused(peer: MailPeer) -> None:
    with pytest.raises(aiosmtplib.SMTPAuthenticationError):
        await aiosmtplib.send(
            mail(KIM),
            hostname="127.0.0.1",
            port=peer.smtp.port,
            start_tls=False,
            username="bot@acme.test",
            password="wrong",
        )


@pytest.mark.parametrize("mechanism", ["auth_plain", "auth_login"])
async def test_both_ways_to_log_in_work_without_tls(peer: MailPeer, mechanism: str) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=peer.smtp.port, start_tls=False) as client:
        await client.ehlo()
        login = client.auth_plain if mechanism == "auth_plain" else client.auth_login
        assert (await login("bot@acme.test", "playground")).code == 235


async def test_the_size_limit_is_announced_and_held(peer: MailPeer) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=peer.smtp.port, start_tls=False) as client:
        await client.ehlo()
        assert client.esmtp_extensions["size"] == str(25 * 1024 * 1024)
        with pytest.raises(aiosmtplib.SMTPResponseException, match="size") as refused:
            await client.mail("ana@acme.test", options=[f"SIZE={26 * 1024 * 1024}"])
        assert refused.value.code == 552


async def test_nobody_relays_without_logging_in(peer: MailPeer) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await sending(peer, mail(KIM), KIM, user=None)


async def test_a_plus_address_leads_to_its_base_and_is_kept_in_delivered_to(peer: MailPeer) -> None:
    await sending(peer, mail("support+r.abc@acme.test"), "support+r.abc@acme.test", user=None)
    (arrived,) = peer.messages("bot@acme.test")
    assert arrived.headers["delivered-to"] == "support+r.abc@acme.test"


async def test_one_recipient_may_be_put_off_once(peer: MailPeer) -> None:
    peer.fail_next("smtp.rcpt", about=KIM, reply="450 4.2.1 try later")
    refused, _ = await sending(peer, mail(KIM), [KIM, "ana@acme.test"])
    assert refused[KIM].code == 450
    assert not (await sending(peer, mail(KIM), KIM))[0]
    assert [len(peer.messages(box)) for box in (KIM, "ana@acme.test")] == [1, 1]


async def test_a_recipient_may_be_refused_for_good_until_healed(peer: MailPeer) -> None:
    peer.fail_next("smtp.rcpt", about=KIM, reply="550 5.1.1 no such user", times=None)
    for _ in range(2):
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
            await sending(peer, mail(KIM), KIM)
    peer.heal()
    assert not (await sending(peer, mail(KIM), KIM))[0]


async def test_the_content_may_be_put_off(peer: MailPeer) -> None:
    peer.fail_next("smtp.data", reply="451 4.7.1 greylisted")
    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        await sending(peer, mail("ana@acme.test"), "ana@acme.test")
    assert refused.value.code == 451
    assert peer.messages("ana@acme.test") == []


@pytest.mark.parametrize(("drop", "arrived"), [("before", 0), ("after", 1)])
async def test_the_connection_may_break_before_or_after_the_mail_is_taken(
    peer: MailPeer, drop: str, arrived: int
) -> None:
    peer.fail_next("smtp.data", drop="after" if drop == "after" else "before")
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await sending(peer, mail("ana@acme.test"), "ana@acme.test")
    assert len(peer.messages("ana@acme.test")) == arrived


async def test_an_answer_may_never_come(peer: MailPeer) -> None:
    peer.fail_next("smtp.data", hang=True)
    client = aiosmtplib.SMTP(hostname="127.0.0.1", port=peer.smtp.port, start_tls=False, timeout=0.2)
    await client.connect()
    with pytest.raises(aiosmtplib.SMTPTimeoutError):
        await client.send_message(mail("ana@acme.test"))
    client.close()


async def test_a_slow_answer_comes(peer: MailPeer) -> None:
    peer.fail_next("smtp.data", delay_s=0.05)
    assert not (await sending(peer, mail("ana@acme.test"), "ana@acme.test"))[0]


async def test_a_bounce_comes_back_as_a_delivery_status_report(peer: MailPeer) -> None:
    peer.fail_next("smtp.delivery", about=KIM, reply="550 5.1.1 no such user", times=None)
    await sending(peer, mail(KIM, headers={"Message-ID": "<m1@acme.test>"}), KIM)
    (report,) = peer.messages("bot@acme.test")
    assert report.headers["return-path"] == "<>"
    assert report.headers["content-type"].startswith("multipart/report; report-type=delivery-status")
    assert "Final-Recipient: rfc822; kim@example.test\r\nAction: failed\r\nStatus: 5.1.1" in report.raw
    assert "<m1@acme.test>" in report.raw.partition("text/rfc822-headers")[2]


async def test_a_late_mail_is_reported_and_arrives(peer: MailPeer) -> None:
    peer.fail_next("smtp.delivery", about=KIM, reply="451 4.4.1 no answer from host")
    await sending(peer, mail(KIM), KIM)
    assert "Action: delayed" in peer.messages("bot@acme.test")[0].raw
    assert len(peer.messages(KIM)) == 1


async def test_a_bounce_that_cannot_be_delivered_is_not_bounced(peer: MailPeer) -> None:
    peer.fail_next("smtp.delivery", reply="550 5.1.1 no such user", times=None)
    peer.receive(b"Subject: x\r\n\r\n", KIM, sender="")
    assert [box for box in peer.mailboxes() if box.messages] == []
