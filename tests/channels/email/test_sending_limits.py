"""How much a mailbox sends in an hour, and logging in to it with an access token."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from bot.places import Text
from bot.port import DeliveryFailed
from bot.store import pacing
from channels.email.oauth import OauthSettings
from channels.email.settings import EmailSettings
from channels.email.smtp import EmailChannel
from tests.channels.email.cards import ANA, delivery
from tests.channels.email.mails import SETTINGS
from tests.runtime.stage import Stage

HELLO = delivery(Text(markdown="Hello"), ANA)


async def test_a_fourth_of_an_hours_mails_go_at_once_and_then_one_after_the_other(
    stage: Stage, settings: EmailSettings
) -> None:
    channel = EmailChannel(replace(settings, hourly_limit=8))
    waits = [await pacing.take(stage.client, channel.paces(HELLO)) for _ in range(3)]
    assert waits[:2] == [0, 0]
    assert 590 < waits[2] <= 600


async def test_in_any_hour_no_more_than_the_limit_go(settings: EmailSettings) -> None:
    for most in (1, 2, 7, 300):
        (pace,) = EmailChannel(replace(settings, hourly_limit=most)).paces(HELLO)
        assert pace.burst + int(3_600 / pace.every_s) <= max(most, 2)


async def test_each_who_is_copied_counts(settings: EmailSettings) -> None:
    copied = delivery(Text(markdown="Hello"), ANA.model_copy(update={"cc": ("bea@x.test", "cai@x.test")}))
    (pace,) = EmailChannel(replace(settings, hourly_limit=100)).paces(copied)
    assert pace.cost == 3


async def test_without_a_limit_there_is_none(settings: EmailSettings) -> None:
    assert list(EmailChannel(settings).paces(HELLO)) == []


class TokensOnly:
    """A server that takes no password."""

    def __init__(self) -> None:
        self.logins: list[bytes] = []
        self.taken: list[bytes] = []

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:  # noqa: N802 - the hook's name
        self.logins.append(args[1].encode())
        good = args[1] == GOOD
        return AuthResult(success=good, handled=good, message=None if good else "535 5.7.8 no")

    async def handle_MAIL(  # noqa: N802 - the hook's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 log in first"
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the hook's name
        self.taken.append(envelope.content if isinstance(envelope.content, bytes) else b"")
        return "250 2.0.0 queued"


GOOD = "dXNlcj1ib3RAYWNtZS50ZXN0AWF1dGg9QmVhcmVyIHRva2VuLTEBAQ=="


@pytest.fixture
async def strict(unused_tcp_port: int) -> AsyncIterator[tuple[TokensOnly, str]]:
    """Such a server."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    handler = TokensOnly()
    no_passwords = ["PLAIN", "LOGIN"]
    controller = Controller(
        handler, "127.0.0.1", unused_tcp_port, auth_require_tls=False, auth_exclude_mechanism=no_passwords
    )
    controller.start()
    yield handler, f"smtp://bot%40acme.test@127.0.0.1:{unused_tcp_port}"
    controller.stop()


async def test_a_token_logs_in_where_there_is_no_password(strict: tuple[TokensOnly, str]) -> None:
    server, url = strict
    oauth = OauthSettings(command=("echo", "token-1"))
    channel = EmailChannel(replace(SETTINGS, smtp_url=url, oauth=oauth))
    await channel.deliver(HELLO, None)
    await channel.close()
    assert len(server.taken) == 1


async def test_a_token_that_is_refused_is_tried_again_later(strict: tuple[TokensOnly, str]) -> None:
    _, url = strict
    channel = EmailChannel(replace(SETTINGS, smtp_url=url, oauth=OauthSettings(command=("echo", "token-2"))))
    with pytest.raises(DeliveryFailed) as caught:
        await channel.deliver(HELLO, None)
    assert (caught.value.permanent, caught.value.retry_after_s) == (False, 60.0)


async def test_without_a_token_it_is_said_where_one_should_come_from(strict: tuple[TokensOnly, str]) -> None:
    _, url = strict
    channel = EmailChannel(replace(SETTINGS, smtp_url=url, oauth=OauthSettings(command=("false",))))
    with pytest.raises(DeliveryFailed, match="MAIL_OAUTH_COMMAND"):
        await channel.deliver(HELLO, None)
