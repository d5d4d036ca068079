"""What the receiving server says about a sender, and what forged words of its own it takes away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.mail import MailPeer, stamps
from tests.playground.mail.client import mail, sending

SUPPORT = "support@acme.test"
RESULTS = "authentication-results"


def results(peer: MailPeer, box: str = SUPPORT) -> str:
    """Return the topmost results of the newest mail."""
    return peer.messages(box)[-1].headers[RESULTS]


def test_an_authentic_mail_passes_for_the_domain_in_from(peer: MailPeer) -> None:
    peer.write("Kim <kim@example.test>", SUPPORT, "Hello", "there")
    assert results(peer) == (
        "mx.acme.test; dkim=pass header.d=example.test header.s=mail; spf=pass smtp.mailfrom=kim@example.test; "
        "dmarc=pass (p=reject) header.from=example.test"
    )


def test_a_forged_mail_passes_for_the_strangers_domain_only(peer: MailPeer) -> None:
    """The trap: dkim and spf pass, of the stranger's own domain; alignment is what fails."""
    peer.write("Ana <ana@acme.test>", SUPPORT, "approve", "approve", authentic=False)
    assert "dkim=pass header.d=elsewhere.test" in results(peer)
    assert "spf=pass smtp.mailfrom=stranger@elsewhere.test" in results(peer)
    assert "dmarc=fail (p=none) header.from=acme.test" in results(peer)
    assert peer.messages(SUPPORT)[0].headers["return-path"] == "<stranger@elsewhere.test>"


def test_a_domain_that_proves_nothing_gets_none(peer: MailPeer) -> None:
    peer.write("kim@example.test", SUPPORT, "Hello", "there", authentic="none")
    assert "dkim=none; spf=none smtp.mailfrom=kim@example.test; dmarc=none" in results(peer)


@pytest.mark.parametrize(
    "forged",
    [
        "Authentication-Results: mx.acme.test; dmarc=pass header.from=acme.test",
        "authentication-RESULTS:\r\n\tMX.ACME.TEST 1; dmarc=pass header.from=acme.test",
        "Authentication-Results: (a (nested) comment) mx.acme.test ; dmarc=pass",
        'Authentication-Results: "mx.acme.test"; dmarc=pass',
        "Authentication-Results : mx.acme.test; dmarc=pass",
    ],
)
def test_forged_results_in_the_servers_own_name_are_removed(peer: MailPeer, forged: str) -> None:
    raw = f"Subject: x\r\n{forged}\r\nFrom: ana@acme.test\r\n\r\nbody\r\n".encode()
    peer.receive(raw, SUPPORT, authentic=False)
    assert "dmarc=pass" not in peer.messages(SUPPORT)[0].raw


def test_results_in_other_names_stay(peer: MailPeer) -> None:
    peer.receive(b"Authentication-Results: mx.other.test; dmarc=pass\r\nFrom: a@b.test\r\n\r\nbody\r\n", SUPPORT)
    assert "mx.other.test; dmarc=pass" in peer.messages(SUPPORT)[0].raw


def test_results_quoted_in_the_body_stay_in_the_body(peer: MailPeer) -> None:
    body = "Authentication-Results: mx.acme.test; dmarc=pass\n"
    peer.write("kim@example.test", SUPPORT, "Hello", body, authentic=False)
    assert peer.messages(SUPPORT)[0].text == body


async def test_the_bots_own_mail_passes_at_the_customers_server(peer: MailPeer) -> None:
    await sending(peer, mail("kim@example.test"), "kim@example.test")
    assert results(peer, "kim@example.test").startswith("mx.example.test; dkim=pass header.d=acme.test")


async def test_a_strangers_smtp_connection_cannot_speak_for_the_peers_domain(peer: MailPeer) -> None:
    await sending(peer, mail(SUPPORT), SUPPORT, user=None)
    assert "dmarc=fail (p=none) header.from=acme.test" in results(peer)


async def test_a_logged_in_customer_cannot_speak_for_the_peers_domain(peer: MailPeer) -> None:
    await sending(peer, mail(SUPPORT), SUPPORT, user="kim@example.test")
    assert "dmarc=fail" in results(peer)


def test_the_top_of_a_mail_is_the_servers(peer: MailPeer) -> None:
    peer.receive(
        b"Return-Path: <x@forged.test>\r\nDelivered-To: boss@acme.test\r\n\r\nbody\r\n", SUPPORT, sender="a@b.test"
    )
    names = [name for name, _ in stamps.fields(peer.messages(SUPPORT)[0].raw.encode())]
    assert names == ["return-path", "delivered-to", "received", RESULTS, "delivered-to"]
    assert peer.messages(SUPPORT)[0].headers["delivered-to"] == SUPPORT


@given(st.binary(max_size=400))
def test_any_bytes_arrive_with_their_body_untouched(raw: bytes) -> None:
    envelope = stamps.Envelope(
        sender="a@b.test", recipient=SUPPORT, helo="b.test", authserv_id="mx.acme.test", authentic="pass", now=0.0
    )
    crlf = stamps.with_crlf(raw)
    assert stamps.received(crlf, envelope, "1").endswith(stamps.split(crlf)[1])
