"""The bot's mailbox, watched, with everything around it at hand."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime

from bot.playground.mail import MailPeer
from channels.email.receive import Receiver
from channels.email.settings import EmailSettings
from channels.email.watch import Watch, serve_email
from tests.channels.email.intake import KeptCursor, RecordingIntake
from tests.helpers import wait_until

BOT = "bot@acme.test"


class Watching:
    """Everything there is around one watched mailbox."""

    def __init__(self, peer: MailPeer, settings: EmailSettings, recording: RecordingIntake, cursor: KeptCursor) -> None:
        self.peer = peer
        self.settings = settings
        self.intake = recording
        self.cursor = cursor
        self.receiver = Receiver(settings, recording)

    @asynccontextmanager
    async def __call__(self, since: datetime | None = None) -> AsyncGenerator[Watch]:
        """Watch, and wait until the server is listened to."""
        url = self.settings.imap_url
        async with serve_email(url, self.receiver, self.cursor, since=since, idle_s=60.0, pause_s=0.01) as watch:
            await self.idling(watch)
            yield watch

    async def idling(self, watch: Watch) -> None:
        await wait_until(
            lambda: watch.status.connected and any(one.idling for one in self.peer.imap.sessions), timeout=60
        )

    def write(self, text: str = "Hello", *, authentic: bool = True, subject: str = "Hi") -> None:
        self.peer.write("Ana <ana@acme.test>", "support@acme.test", subject, text, authentic=authentic)

    async def heard(self, *texts: str) -> None:
        await wait_until(lambda: [found.text for found in self.intake.messages] == [*texts])

    def flags(self) -> list[bool]:
        return ["\\Seen" in found.flags for found in self.peer.messages(BOT)]
