"""A running peer, and the adapter hearing it over HTTP with an intake that records."""

from collections.abc import AsyncIterator, Iterator

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import SlackPeer, Timing
from bot.store.server import Client, connect
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.calls import reading_client
from channels.slack.http import PATH, serve_http
from channels.slack.sender import SlackChannel
from tests.channels.slack.intake import RecordingIntake
from tests.store.servers import embedded, empty


@pytest.fixture
async def peer() -> AsyncIterator[SlackPeer]:
    """A peer that retries without waiting."""
    async with SlackPeer(timing=Timing().retries_scaled(0)) as running:
        yield running


@pytest.fixture
def settings(peer: SlackPeer) -> SlackSettings:
    """The peer's credentials."""
    app = peer.workspace.app
    return SlackSettings(bot_token=app.bot_token, signing_secret=app.signing_secret, api_url=peer.api_url)


@pytest.fixture
def intake() -> RecordingIntake:
    """Where input ends up."""
    return RecordingIntake()


@pytest.fixture
async def slack(peer: SlackPeer, settings: SlackSettings, intake: RecordingIntake) -> AsyncIterator[SlackApp]:
    """The adapter, to which the peer delivers over HTTP."""
    app = build(settings, intake)
    async with serve_http(app, host="127.0.0.1", port=0) as port:
        peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
        yield app


@pytest.fixture
def channel(settings: SlackSettings) -> SlackChannel:
    """The sender's end."""
    return SlackChannel(settings)


@pytest.fixture
def client(settings: SlackSettings) -> AsyncWebClient:
    """The client that reads."""
    return reading_client(settings.bot_token, settings.api_url)


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an embedded server."""
    with embedded(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture
async def store(server_url: str) -> AsyncIterator[Client]:
    """A client of an empty store."""
    client = await connect(server_url)
    await empty(client)
    yield client
    await client.aclose()
