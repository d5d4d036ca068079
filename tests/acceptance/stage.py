"""One installation on this machine: separate processes, a local Slack, a rehearsal model, a repository to deploy."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import quote

from bot.entries import Sealer
from bot.errors import SettingsError
from bot.events import AnyEvent
from bot.fold import fold
from bot.playground.mail import MailPeer, ShownMessage
from bot.playground.model.peer import ModelPeer, model_peer
from bot.playground.repository import DemoRepository, make_demo_repository, record_first_deployments
from bot.playground.slack import SlackPeer, Timing
from bot.store import log, valkey
from bot.store.server import Client, connect
from bot.thread import Thread
from tests.acceptance.people import STORY, bot_toml
from tests.acceptance.process import Process, Role, Said, command, state_of
from tests.helpers import wait_until
from tests.store.servers import free_ports

SIGNING = "playground-signing-secret"
DEPLOYS, RELEASES = "C0DEPLOYS", "C0RELEASES"
_DEPLOY = """
repository = {repository}
command = {command}
health_command = {health}
unattended = ["staging"]
env = {{ DEMO_DEPLOY_SECONDS = "{seconds}" }}
{state}
"""


class Stage:
    """Everything around the bot's processes; `await stage.start("web", "worker")` starts some."""

    def __init__(
        self,
        folder: Path,
        *,
        deploy_seconds: float = 0,
        lease_s: float = 2,
        drain_s: float = 30,
        socket_mode: bool = False,
        can_check: bool = True,
        people: str = STORY,
    ) -> None:
        """Choose the story's circumstances. Without `can_check` the deploy step cannot tell whether it happened."""
        self.folder = folder
        (self.port,) = free_ports(1)
        self.processes: list[Process] = []
        self.mail = MailPeer()
        self.slack = SlackPeer(timing=Timing(retry_s=(0.5, 1.0, 2.0, 4.0, 8.0)))
        self.socket_mode = socket_mode
        self._deploy_seconds = deploy_seconds
        self._knobs = {"LEASE_S": f"{lease_s:g}", "DRAIN_S": f"{drain_s:g}"}
        self._can_check = can_check
        self._people = people
        self._stack = AsyncExitStack()
        self.model: ModelPeer
        self.demo: DemoRepository

    async def __aenter__(self) -> Self:
        """Bring up the peers and write the configuration."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.demo = await asyncio.to_thread(make_demo_repository, self.folder / "shop")
        state = self.folder / "state"
        record_first_deployments(self.demo, state)
        self.model = await self._stack.enter_async_context(model_peer())
        await self._stack.enter_async_context(self.slack)
        await self._stack.enter_async_context(self.mail)
        if not self.socket_mode:
            self.slack.deliver_to(f"http://127.0.0.1:{self.port}/slack/events")
        deploy = _DEPLOY.format(
            repository=json.dumps(str(self.demo.repository)),
            command=json.dumps(list(self.demo.command)),
            health=json.dumps(list(self.demo.health_command)),
            seconds=self._deploy_seconds,
            state=f"state = {json.dumps(str(state))}" if self._can_check else "",
        )
        (self.folder / "bot.toml").write_text(bot_toml(self._people, deploy))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop what still runs, the embedded server last; show the processes' words if the story failed."""
        for process in self.processes:
            if process.alive:
                process.thaw()
                process.child.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                await asyncio.to_thread(process.child.wait, 15)  # the peers answer them meanwhile
            except subprocess.TimeoutExpired:
                process.kill()
            if error is not None:
                sys.stderr.write(f"--- {process.role}\n{process.output.read_text()[-4000:]}\n")
        await self.kill_store()
        await self._stack.aclose()

    @property
    def environment(self) -> dict[str, str]:
        """What the processes get to see."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "BOT_DATA": str(self.folder / "data"),
            "BOT_CONFIG": str(self.folder / "bot.toml"),
            "ANTHROPIC_API_KEY": "rehearsal",
            "ANTHROPIC_BASE_URL": self.model.url,
            "SLACK_BOT_TOKEN": "xoxb-playground",
            "SLACK_APP_TOKEN": "xapp-playground",
            "SLACK_SIGNING_SECRET": SIGNING,
            "SLACK_API_URL": self.slack.api_url,
            "PORT": str(self.port),
            "IMAP_URL": self.mail.imap_url,
            "SMTP_URL": self.mail.smtp_url,
            "MAIL_ADDRESSES": "support@acme.test",
            "MAIL_AUTH": self.mail.mail_auth,
            **self._knobs,
        }

    async def start(self, *roles: Role) -> list[Process]:
        """Start processes, and wait until the web one listens."""
        started = [Process(role, self.environment, self.folder) for role in roles]
        self.processes += started
        for process in started:
            ready = self._listening if process.role == "web" else lambda process=process: b"ready" in _read(process)
            await wait_until(lambda process=process, ready=ready: ready() or not process.alive, timeout=30)
            assert process.alive, process.output.read_text()
        return started

    async def kill_everything(self) -> None:
        """Kill -9 of every process, the embedded server included."""
        for process in self.processes:
            if process.alive:
                process.kill()
        await self.kill_store()

    async def kill_store(self) -> None:
        """Kill -9 of the embedded server, by the process id that it tells itself."""
        client = await self.client()
        if client is None:
            return
        info: dict[str, object] = await cast("Any", client).info("server")
        await client.aclose()
        pid = int(str(info["process_id"]))
        os.kill(pid, signal.SIGKILL)
        await wait_until(lambda: state_of(pid) in {"", "Z"}, timeout=10)

    async def client(self) -> Client | None:
        """A client of the embedded server while it runs."""
        folder = self.folder / "data" / "valkey"
        if not folder.exists():
            return None
        try:
            return await connect(f"unix://{quote(str(valkey.prepare(folder)))}")
        except SettingsError:
            return None

    def mention(self, text: str, user: str = "U0ANA") -> str:
        """Mention the bot in #deploys; returns the message's ts."""
        return self.slack.say(user, "#deploys", f"@bot {text}")

    async def card(self, number: int = 1, timeout: float = 20) -> str:
        """Wait for the n-th card with buttons in #releases; returns its ts."""

        def found() -> str | None:
            cards = [message.ts for message in self.slack.workspace.messages(RELEASES) if not message.is_reply]
            return cards[number - 1] if len(cards) >= number else None

        return await wait_until(found, timeout=timeout, what=f"card {number} in #releases") or ""

    def snapshot(self, user: str) -> dict[str, Any]:
        """What this person sees of Slack, as JSON."""
        return self.slack.snapshot(user).model_dump(mode="json")

    def said(self, root: str) -> list[str]:
        """What was said in a thread of #deploys."""
        return [message.text for message in self.slack.workspace.replies(DEPLOYS, root)]

    def told(self, user: str) -> str:
        """What this person alone sees in #releases and #deploys."""
        shown = self.snapshot(user)
        return " ".join(
            str(message)
            for channel in shown["channels"]
            if channel["id"] in {RELEASES, DEPLOYS}
            for message in [*channel["messages"], *(m for replies in channel["threads"].values() for m in replies)]
            if message["ephemeral"]
        )

    def shown(self, card: str, channel: str = RELEASES) -> str:
        """A message as it is by now, with its buttons."""
        return str(self.slack.workspace.shown(self.slack.workspace.message(channel, card)))

    def mails(self, box: str) -> list[ShownMessage]:
        """The mails in a mailbox, oldest first; none if nobody has written there yet."""
        boxes = [each.box for each in self.mail.mailboxes()]
        return self.mail.messages(box) if box in boxes else []

    async def mail_to(self, box: str, about: str) -> ShownMessage:
        """Wait for a mail with this in its subject or text."""

        def found() -> list[ShownMessage]:
            return [mail for mail in self.mails(box) if about in mail.subject or about in mail.text]

        return (await wait_until(found, timeout=30, what=f"a mail about {about!r} to {box}"))[0]

    async def card_to(self, box: str, number: int = 1) -> ShownMessage:
        """Wait for the n-th mail that asks for an approval: each begins a conversation of its own."""

        def found() -> list[ShownMessage]:
            cards = [mail for mail in self.mails(box) if "Approval needed" in mail.subject and not mail.in_reply_to]
            return cards[number - 1 :]

        return (await wait_until(found, timeout=30, what=f"card {number} by mail to {box}"))[0]

    async def bot(self, *words: str) -> Said:
        """Run a command as whoever runs the tests."""
        return await command(words, self.environment, self.folder)

    async def threads(self) -> list[Thread]:
        """Fold all threads, the one that changed last first."""
        async with self._open() as client:
            secret = (self.folder / "data" / "secret").read_bytes().strip()
            names = [head.thread for head in await log.recent(client)]
            return [fold(name, await log.load(client, name), Sealer(secret)) for name in names]

    async def statuses(self) -> list[str]:
        """The status of each thread."""
        async with self._open() as client:
            return [head.status for head in await log.recent(client)]

    async def thread(self) -> Thread:
        """Fold the only thread there is."""
        (thread,) = await self.threads()
        return thread

    async def events(self, kind: str) -> list[AnyEvent]:
        """The events of this type, the only thread's."""
        return [event for event in (await self.thread()).events if event.type == kind]

    def read_by_model(self) -> str:
        """What the model got to read when it was asked last."""
        last = self.model.requests[-1].body.messages[-1]
        return "\n".join(block.text for block in last.texts())

    @asynccontextmanager
    async def _open(self) -> AsyncGenerator[Client]:
        client = await self.client()
        assert client is not None
        try:
            yield client
        finally:
            await client.aclose()

    def _listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _read(process: Process) -> bytes:
    return process.output.read_bytes()
