"""`bot doctor --mail`: what a mail to ourselves shows of servers that do as they should, and of those that do not."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bot.playground.mail import MailPeer
from bot.playground.mail.models import Quirks
from channels.email.finding import Finding
from channels.email.proven import Probe
from channels.email.selftest import prove_mail
from channels.email.settings import EmailSettings

BOT = "bot@acme.test"


async def found(settings: EmailSettings, *, wait_s: float = 20.0) -> list[Finding]:
    return await prove_mail(settings, lambda _: None, wait_s=wait_s, lookup=lambda _: None)


async def wrong(peer: MailPeer, settings: EmailSettings, quirks: Mapping[str, object]) -> list[Finding]:
    peer.office.quirks = Quirks.model_validate(quirks)
    return [each for each in await found(settings) if not each.ok or each.warns]


async def test_all_is_well(settings: EmailSettings) -> None:
    told = await found(settings)
    assert [each.what for each in told if not each.ok or each.warns] == []
    assert "bot+doctor." in told[0].what
    assert "MAIL_AUTH=mx.acme.test proves who sent it" in told[-1].what


async def test_its_mails_are_deleted(peer: MailPeer, settings: EmailSettings) -> None:
    await found(settings)
    assert [mail.flags for mail in peer.messages(BOT) if "\\Deleted" not in mail.flags] == []


async def test_one_hears_that_it_waits(settings: EmailSettings) -> None:
    heard: list[str] = []
    await prove_mail(settings, heard.append, wait_s=20.0, lookup=lambda _: None)
    assert heard == ["sent two mails to bot@acme.test; they may take a while, at most 20 s"]


@pytest.mark.parametrize(("plus", "says"), [("refused", "is refused"), ("bounced", "comes back")])
async def test_a_server_without_plus_addressing_is_found(
    peer: MailPeer, settings: EmailSettings, plus: str, says: str
) -> None:
    (told,) = await wrong(peer, settings, {"plus": plus})
    assert not told.ok
    assert says in told.what
    assert "recipient_delimiter" in told.mend


async def test_one_that_drops_what_follows_the_plus_is_found(peer: MailPeer, settings: EmailSettings) -> None:
    told = await wrong(peer, settings, {"plus": "dropped"})
    assert "drops what follows the plus" in told[0].what


@pytest.mark.parametrize(
    ("quirk", "says", "ok"),
    [
        ("keeps_message_ids", "rewrites Message-ID", True),
        ("keeps_references", "arrive changed", True),
        ("keeps_reply_to", "rewrites Reply-To", False),
    ],
)
async def test_a_relay_that_changes_the_head_is_found(
    peer: MailPeer, settings: EmailSettings, *, quirk: str, says: str, ok: bool
) -> None:
    (told,) = await wrong(peer, settings, {quirk: False})
    assert says in told.what
    assert told.ok is ok


async def test_a_server_that_stamps_nothing_is_found(peer: MailPeer, settings: EmailSettings) -> None:
    (told,) = await wrong(peer, settings, {"stamps": False})
    assert told.warns
    assert "stamped by nobody" in told.what


async def test_without_mail_auth_the_right_one_is_named(settings: EmailSettings) -> None:
    told = await found(replace(settings, mail_auth=None))
    assert told[-1].mend == "set MAIL_AUTH=mx.acme.test"


async def test_a_wrong_mail_auth_is_found(settings: EmailSettings) -> None:
    told = await found(replace(settings, mail_auth="mx.other.test"))
    assert "MAIL_AUTH=mx.other.test does not prove who sent it" in told[-1].what
    assert told[-1].mend == "set MAIL_AUTH=mx.acme.test"


async def test_mail_that_does_not_arrive_is_said(peer: MailPeer, settings: EmailSettings) -> None:
    other = replace(settings, imap_url=peer.imap_url.replace("bot%40", "ana%40"))
    (told,) = await found(other, wait_s=1.5)
    assert "did not arrive" in told.what


async def test_servers_that_are_away_are_said(settings: EmailSettings, unused_tcp_port: int) -> None:
    away = f"127.0.0.1:{unused_tcp_port}"
    for urls in ({"imap_url": f"imap://a:b@{away}"}, {"smtp_url": f"smtp://a:b@{away}"}):
        (told,) = await found(replace(settings, **urls))
        assert not told.ok


def test_a_mail_of_another_run_is_not_taken_for_one_of_this() -> None:
    raw = b"Subject: Countersign doctor, plus: 00ff\r\n\r\n00ff"
    assert Probe("00ff", BOT).kind_of(raw) == "plus"
    assert Probe("11ff", BOT).kind_of(raw) == ""
