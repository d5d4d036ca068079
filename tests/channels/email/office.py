"""An installation at work between its mailboxes: the real core, store, worker and sender."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, cast

from redis import Redis

from bot.ids import RequestIds
from bot.playground.mail import MailPeer, ShownMessage
from bot.port import Channel
from bot.reception import Reception
from bot.renewer import Renewer
from bot.sender import Sender
from bot.store.cursors import RedisCursor
from bot.undelivered import Undelivered
from bot.wake import Wakes
from bot.worker import Worker
from channels.email.receive import Receiver
from channels.email.settings import EmailSettings
from channels.email.smtp import EmailChannel
from channels.email.watch import serve_email
from tests.helpers import wait_until
from tests.runtime.stage import SECRET, Stage, Told

CONFIG = """
[people.rob]
name = "Rob Wills"
email = "rob@acme.test"
roles = ["finance", "operators"]
[people.mia]
name = "Mia Chen"
email = "mia@acme.test"
roles = ["finance"]
[roles.finance]
[roles.operators]
[[routes]]
agent = "ops"
address = "support@acme.test"
who = "anyone"
approvers = "finance"
[[routes]]
agent = "other"
approvers = "operators"
"""


class Office:
    """The installation at work between its mailboxes."""

    def __init__(self, stage: Stage, peer: MailPeer, settings: EmailSettings) -> None:
        self.stage = stage
        self.peer = peer
        self.settings = settings
        self.slack = Told()

    def reception(self) -> Reception:
        """What the channel calls."""
        directory = self.stage.directory
        ids = RequestIds(SECRET)
        agents = self.stage.agents
        return Reception(
            self.stage.client,
            self.stage.sealer,
            ids,
            lambda: directory,
            lambda: {"ops": "ops"},
            default_agent="other",
            form=lambda agent, step: agents[agent].menu.steps.get(step),
        )

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[None]:
        """Watch, work and send."""
        stage, wakes, stop = self.stage, Wakes(self.stage.client), asyncio.Event()
        runtime = stage.runtime()
        renewer = Renewer(lambda: cast("Any", Redis).from_url(stage.url, retry=None), stage.lease_us)
        mail = EmailChannel(self.settings)
        channels: dict[str, Channel] = {
            "email": mail,
            "slack": cast("Channel", self.slack),
        }
        elsewhere = Undelivered(stage.client, stage.sealer, lambda: stage.directory, frozenset(channels))
        receiver = Receiver(self.settings, self.reception())
        listening = asyncio.create_task(wakes.listen())
        renewer.start()
        sending = asyncio.create_task(Sender(stage.client, channels, wakes, elsewhere.given_up).run(stop))
        working = asyncio.create_task(Worker(runtime, wakes, renewer, slots=4).run(drain_s=5.0))
        try:
            cursor = RedisCursor(stage.client)
            async with serve_email(self.settings.imap_url, receiver, cursor) as watch:
                await wait_until(lambda: watch.status.last_idle)
                yield
        finally:
            runtime.draining.set()
            stop.set()
            wakes.nudge()
            await asyncio.gather(sending, working)
            await mail.close()
            listening.cancel()
            await asyncio.to_thread(renewer.stop)

    async def mail_to(self, who: str, about: str) -> ShownMessage:
        """Wait for a mail in somebody's mailbox with these words in subject or text."""

        def found() -> ShownMessage | None:
            mails = self.peer.messages(f"{who}@acme.test")
            return next((mail for mail in mails if about in mail.subject or about in mail.text), None)

        return cast("ShownMessage", await wait_until(found, what=f"a mail to {who} about {about}"))


def ask(office: Office, *, authentic: bool = True) -> None:
    office.peer.write("Ana <ana@acme.test>", "support@acme.test", "Order 1042", "My money back!", authentic=authentic)
