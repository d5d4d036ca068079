"""Mail servers on this machine, and the adapter between them and an intake that records."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bot.playground.mail import MailPeer
from channels.email.settings import EmailSettings
from channels.email.smtp import EmailChannel
from tests.channels.email.intake import KeptCursor, RecordingIntake
from tests.channels.email.mails import SETTINGS
from tests.channels.email.watching import Watching


@pytest.fixture
async def peer() -> AsyncIterator[MailPeer]:
    """Running mail servers of acme.test; the bot's mailbox takes deploy@ and support@ too."""
    async with MailPeer() as running:
        yield running


@pytest.fixture
def settings(peer: MailPeer) -> EmailSettings:
    """The bot's mailbox there."""
    return replace(SETTINGS, imap_url=peer.imap_url, smtp_url=peer.smtp_url, mail_auth=peer.mail_auth)


@pytest.fixture
def recording() -> RecordingIntake:
    """Where input ends up."""
    return RecordingIntake()


@pytest.fixture
def cursor() -> KeptCursor:
    """How far the mailbox was read."""
    return KeptCursor()


@pytest.fixture
def watching(peer: MailPeer, settings: EmailSettings, recording: RecordingIntake, cursor: KeptCursor) -> Watching:
    """The mailbox of the bot, not yet watched."""
    return Watching(peer, settings, recording, cursor)


@pytest.fixture
async def channel(settings: EmailSettings) -> AsyncIterator[EmailChannel]:
    """The sender's end."""
    made = EmailChannel(settings)
    yield made
    await made.close()
