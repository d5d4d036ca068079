"""A running peer, and a real Bolt app that hears its events over HTTP."""

from collections.abc import AsyncIterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import SlackPeer, Timing
from tests.playground.slack.bolt import BoltBot
from tests.playground.slack.client import Call


@pytest.fixture
async def peer() -> AsyncIterator[SlackPeer]:
    """A peer that retries without waiting."""
    async with SlackPeer(timing=Timing().retries_scaled(0)) as running:
        yield running


@pytest.fixture
async def bot(peer: SlackPeer) -> AsyncIterator[BoltBot]:
    """A Bolt app to which the peer delivers over HTTP."""
    async with BoltBot(peer) as running:
        yield running


@pytest.fixture
def client(peer: SlackPeer) -> AsyncWebClient:
    """The app's Web API client."""
    return AsyncWebClient(token=peer.workspace.app.bot_token, base_url=peer.api_url)


@pytest.fixture
def call(client: AsyncWebClient) -> Call:
    """The same, typed."""
    return Call(client)
