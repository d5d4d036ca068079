"""A running peer, and the bot's connection to its mailbox."""

from collections.abc import AsyncIterator

import pytest

from bot.playground.mail import MailPeer
from tests.playground.mail.client import Mailbox


@pytest.fixture
async def peer() -> AsyncIterator[MailPeer]:
    async with MailPeer() as running:
        yield running


@pytest.fixture
async def box(peer: MailPeer) -> AsyncIterator[Mailbox]:
    """The bot's mailbox, as the bot watches it."""
    async with Mailbox(peer, "bot@acme.test") as open_box:
        yield open_box
