"""Mail that we sign ourselves: what our own check says of it, and the DNS record that goes with the key."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.places import Text
from bot.playground.mail import MailPeer
from channels.email.dkim import aligned_signature
from channels.email.doctor import check
from channels.email.render import render
from channels.email.settings import EmailSettings
from channels.email.signing import Signing, SigningError, load
from channels.email.smtp import EmailChannel
from tests.channels.email.cards import ANA, APPROVAL, delivery
from tests.channels.email.keys import PRIVATE, PUBLIC
from tests.channels.email.mails import SETTINGS

SIGNING = Signing("acme.test", "bot1", PRIVATE.encode())
NAME = "bot1._domainkey.acme.test"


def lookup(name: str) -> bytes | None:
    return PUBLIC if name == NAME else None


def signed() -> bytes:
    return SIGNING.sign(render(delivery(APPROVAL), None, SETTINGS).as_bytes())


def test_what_we_sign_is_proven_to_our_own_check() -> None:
    assert aligned_signature(signed(), "acme.test", lookup) == ""


@pytest.mark.parametrize("field", [b"Subject", b"Reply-To", b"To", b"Message-ID", b"Date"])
def test_no_field_can_be_changed(field: bytes) -> None:
    raw = signed()
    assert b"\r\n" + field + b": " in raw
    changed = raw.replace(b"\r\n" + field + b": ", b"\r\n" + field + b": x", 1)
    assert aligned_signature(changed, "acme.test", lookup) == "the signature is not valid"


@pytest.mark.parametrize("field", [b"Cc: eve@evil.test", b"In-Reply-To: <x@y.test>", b"References: <x@y.test>"])
def test_no_field_can_be_added(field: bytes) -> None:
    head, _, rest = signed().partition(b"\r\nFrom: ")
    added = head + b"\r\n" + field + b"\r\nFrom: " + rest
    assert aligned_signature(added, "acme.test", lookup) == "the signature is not valid"


async def test_every_mail_that_is_sent_is_signed(peer: MailPeer, settings: EmailSettings) -> None:
    channel = EmailChannel(replace(settings, signing=SIGNING))
    await channel.deliver(delivery(Text(markdown="Grüße"), ANA), None)
    await channel.close()
    (found,) = peer.messages("ana@acme.test")
    raw = found.raw.encode()
    assert aligned_signature(raw, "acme.test", lookup) == ""


def test_the_record_is_the_public_half_of_the_key() -> None:
    assert SIGNING.record() == (NAME, PUBLIC.decode())


@pytest.mark.parametrize("text", ["", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", "x"])
def test_what_is_no_key_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text)
    with pytest.raises(SigningError, match="DKIM_KEY_FILE"):
        load("acme.test", "bot1", tmp_path / "key")


def test_a_key_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SigningError, match="DKIM_KEY_FILE cannot be read"):
        load("acme.test", "bot1", tmp_path / "none")


@pytest.mark.parametrize(("published", "says"), [(PUBLIC, "2048 bits"), (None, "no TXT"), (b"p=abc", "another key")])
async def test_the_doctor_compares_the_dns_and_prints_the_record(
    settings: EmailSettings, published: bytes | None, says: str
) -> None:
    found = await check(replace(settings, signing=SIGNING), lambda _: published)
    (one,) = [each for each in found if NAME in each.what]
    assert says in one.what
    assert one.ok or PUBLIC.decode() in one.mend
