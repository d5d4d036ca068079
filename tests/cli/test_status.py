"""`bot status`, `bot email old`, /metrics and posted mail, with the real command as a process."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import cast

import pytest
from aiohttp import ClientError, ClientSession

from bot.playground.mail import MailPeer
from tests.cli.conftest import Bot
from tests.helpers import wait_until
from tests.store.servers import free_ports

SECRET = "a secret of the provider's, long enough"
PEOPLE = """
[people.me]
os_user = $USER
roles = ["operators"]
[roles.operators]
[[routes]]
agent = "triage"
address = "support@acme.test"
who = "anyone"
"""
MAIL = (
    b"From: Ana <ana@acme.test>\r\nTo: support@acme.test\r\nSubject: Hi\r\nMessage-ID: <1@acme.test>\r\n\r\nHello\r\n"
)


@pytest.fixture
async def mail() -> AsyncIterator[MailPeer]:
    """Mail servers on this machine."""
    async with MailPeer() as running:
        yield running


@pytest.fixture
def by_mail(running: Bot, mail: MailPeer) -> Bot:
    """An installation that has mail and no Slack."""
    running.configure(PEOPLE)
    running.environment |= {
        "IMAP_URL": mail.imap_url,
        "SMTP_URL": mail.smtp_url,
        "MAIL_ADDRESSES": "support@acme.test",
        "MAIL_AUTH": mail.mail_auth,
        "MAIL_HOOK_SECRET": SECRET,
        "PORT": str(free_ports(1)[0]),
    }
    return running


async def status(bot: Bot) -> dict[str, object]:
    (found,) = (await bot("status", "--json")).records()
    return cast("dict[str, object]", found)


async def test_a_quiet_installation_says_that_nothing_runs(running: Bot) -> None:
    said = await running("status")
    assert said.code == 0
    assert "none is running" in said.out
    assert "0 wait for a person" in said.out


async def test_a_watched_mailbox_shows_what_came_and_what_was_left(by_mail: Bot, mail: MailPeer) -> None:
    mail.write("Ana <ana@acme.test>", "support@acme.test", "before us", "old")
    process = by_mail.start("email")
    try:
        await wait_until(lambda: any(one.idling for one in mail.imap.sessions), timeout=30)
        mail.write("Ana <ana@acme.test>", "support@acme.test", "Hi", "Hello")

        async def counted() -> bool:
            return '"taken": 1' in json.dumps(await status(by_mail))

        await wait_until(counted, timeout=30)
        shown = await by_mail("status")
        assert "email (" in shown.out
        assert "connected, last heard" in shown.out
        assert "last UID 2" in shown.out
        old = (await by_mail("email", "old", "--json")).records()
        assert [one["subject"] for one in old] == ["before us"]
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.communicate, timeout=30)
    assert "NOT connected" in (await by_mail("status")).out


async def test_web_takes_posted_mail_without_slack_and_tells_prometheus(by_mail: Bot) -> None:
    process, url = by_mail.start("web"), f"http://127.0.0.1:{by_mail.environment['PORT']}"
    headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "message/rfc822"}
    try:
        async with ClientSession() as session:

            async def posted() -> int:
                with suppress(ClientError):
                    async with session.post(f"{url}/hooks/email", data=MAIL, headers=headers) as answer:
                        return answer.status
                return 0

            assert await wait_until(posted, timeout=30) == 200

            async def counted() -> bool:
                async with session.get(f"{url}/metrics") as answer:
                    text = await answer.text()
                return 'countersign_mails_total{mailbox="hooks/email",became="taken"} 1\n' in text

            await wait_until(counted, timeout=30)
            async with session.get(f"{url}/metrics", headers={"X-Forwarded-For": "203.0.113.9"}) as answer:
                assert answer.status == 404
            async with session.post(f"{url}/slack/events") as answer:
                assert answer.status == 404
    finally:
        process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.communicate, timeout=30)


async def test_a_wish_for_mail_of_last_week_is_refused_with_the_reason(by_mail: Bot) -> None:
    said = await by_mail("email", "--since", "7d")
    assert (said.code, said.err) == (2, "bot: --since: mail older than 3 days is listed, never run: give 3d or less\n")
