"""What `bot doctor` finds out about email, and how it says to mend it."""

from dataclasses import replace

import pytest

from bot.playground.mail import MailPeer
from bot.playground.mail.models import FaultPoint
from channels.email.doctor import Finding, check
from channels.email.settings import EmailSettings


async def wrong(settings: EmailSettings) -> list[Finding]:
    return [found for found in await check(settings) if not found.ok]


async def test_all_is_well(settings: EmailSettings) -> None:
    assert await wrong(settings) == []


async def test_nothing_set_is_four_things_to_mend() -> None:
    found = await wrong(EmailSettings(addresses=()))
    assert [one.mend.split()[1].strip(",") for one in found] == ["IMAP_URL", "SMTP_URL", "MAIL_ADDRESSES", "MAIL_AUTH"]


async def test_wrong_passwords_are_named(settings: EmailSettings) -> None:
    urls = {name: getattr(settings, name).replace("playground", "wrong") for name in ("imap_url", "smtp_url")}
    found = await wrong(replace(settings, **urls))
    assert ["IMAP_URL" in one.mend or "SMTP_URL" in one.mend for one in found] == [True, True]
    assert "wrong" not in str(found)


async def test_a_folder_that_is_not_there_is_named(settings: EmailSettings) -> None:
    (found,) = await wrong(replace(settings, imap_url=settings.imap_url.replace("INBOX", "Agents")))
    assert "Agents" in found.what


async def test_servers_that_are_away_are_named(settings: EmailSettings, unused_tcp_port: int) -> None:
    away = f"127.0.0.1:{unused_tcp_port}"
    found = await wrong(replace(settings, imap_url=f"imap://a:b@{away}", smtp_url=f"smtp://a:b@{away}"))
    assert [away in one.what for one in found] == [True, True]


@pytest.mark.parametrize("point", ["imap.connect", "smtp.connect"])
async def test_a_server_that_hangs_up_is_named(settings: EmailSettings, peer: MailPeer, point: FaultPoint) -> None:
    peer.fail_next(point, drop="before")
    assert len(await wrong(settings)) == 1


async def test_an_address_without_room_for_a_token_is_named(settings: EmailSettings) -> None:
    (found,) = await wrong(replace(settings, addresses=("a-very-long-name-for-a-small-agent@acme.test",)))
    assert "MAIL_ADDRESSES" in found.mend


async def test_a_password_goes_to_another_machine_by_tls_only(settings: EmailSettings) -> None:
    (found,) = await wrong(replace(settings, imap_url="imap://a:b@mail.acme.test/INBOX"))
    assert "imaps://" in found.what
