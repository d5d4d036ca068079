"""Mail servers on this machine, and the adapter between them and an intake that records."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.config import parse_config
from bot.people import Directory
from bot.playground.mail import MailPeer
from bot.store.server import connect
from channels.email.settings import EmailSettings
from channels.email.smtp import EmailChannel
from tests.channels.email.intake import KeptCursor, RecordingIntake
from tests.channels.email.mails import SETTINGS
from tests.channels.email.office import CONFIG, Office
from tests.channels.email.watching import Watching
from tests.runtime.crew import crew
from tests.runtime.scripted import done, step
from tests.runtime.stage import SECRET, Stage
from tests.store.servers import embedded, empty


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


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an embedded server."""
    with embedded(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture
async def stage(server_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """An empty installation whose people have mail."""
    client = await connect(server_url)
    await empty(client)
    yield Stage(client, server_url, crew(tmp_path), directory=Directory(parse_config(CONFIG)))
    await client.aclose()


@pytest.fixture
def office(stage: Stage, peer: MailPeer, settings: EmailSettings) -> Office:
    """Nobody works yet."""
    stage.model.says(step("send", text="the money"), done("Your money is on its way."))
    return Office(stage, peer, replace(settings, secret=SECRET))
