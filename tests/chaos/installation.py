"""The installation under attack: two workers, the channels, their embedded server, and local peers."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Collection
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import quote

from bot.entries import Sealer
from bot.errors import SettingsError
from bot.playground.mail import MailPeer
from bot.playground.slack import SlackPeer, Timing
from bot.store import valkey
from bot.store.away import AWAY
from bot.store.server import Client, connect
from tests.chaos.staff import CHANNELS, GRANT_S, USERS, config, next_dawn
from tests.chaos.warehouse import Warehouse
from tests.helpers import ROOT, wait_until
from tests.store.servers import alive, free_ports

LEASE_S = 1.5
FENCED, UNFENCED = "tests.chaos.process", "tests.chaos.worker_without_fence"
_RETRY_S = (0.5, 1.0, 2.0, 2.0, 4.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0, 8.0)


class Process:
    """One process of the bot; started again, it is another one in the same place."""

    def __init__(self, role: str, module: str, environment: dict[str, str], folder: Path) -> None:
        """Choose what runs; nothing does yet."""
        self.role = role
        self.output = folder / f"{role}.{secrets.token_hex(2)}.log"
        self._start = ([sys.executable, "-m", module, role], environment)
        self.child: subprocess.Popen[bytes]
        self.start()

    def start(self) -> None:
        """Start it; what it prints is added to its file."""
        argv, environment = self._start
        with self.output.open("ab") as output:
            self.child = subprocess.Popen(
                argv,
                env=environment,
                cwd=self.output.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    async def kill(self) -> None:
        """End it as a machine that loses power does."""
        os.kill(self.child.pid, signal.SIGKILL)
        await asyncio.to_thread(self.child.wait, 20)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.child.pid, number)

    @property
    def is_stopped(self) -> bool:
        """Whether SIGSTOP holds it."""
        try:
            return Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        except OSError:
            return False

    @property
    def cpu_s(self) -> float:
        """The CPU time that it has used so far."""
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def said(self, text: str) -> int:
        """How many lines of what it printed hold this."""
        return sum(text in line for line in self.output.read_text(errors="replace").splitlines())


class Installation:
    """`async with Installation(folder) as it`: everything is up."""

    def __init__(self, folder: Path, *, fenced: bool = True) -> None:
        """Choose where, and whether the workers' commits check their epoch."""
        self.folder = folder
        self.data = folder / "data"
        self.port = free_ports(1)[0]
        self.dawn = next_dawn(datetime.now(UTC))
        self.slack = SlackPeer(users=USERS, channels=CHANNELS, timing=Timing(retry_s=_RETRY_S, ack_s=5.0))
        self.mail = MailPeer(aliases={"shop@acme.test": "bot@acme.test"})
        self.warehouse = Warehouse(folder / "warehouse")
        self.workers: list[Process] = []
        self.web: Process
        self.email: Process
        self._worker = FENCED if fenced else UNFENCED
        self._stack = AsyncExitStack()
        self._client: Client | None = None

    async def __aenter__(self) -> Self:
        """Start everything."""
        self.data.mkdir(parents=True)
        self.configure()
        await self._stack.enter_async_context(self.slack)
        await self._stack.enter_async_context(self.mail)
        self._start()
        try:
            await self._ready()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything, by SIGTERM first, the server last."""
        for process in self.processes:
            if process.child.poll() is None:
                process.signal(signal.SIGCONT)
                process.signal(signal.SIGTERM)
        for process in self.processes:
            try:
                await asyncio.to_thread(process.child.wait, 20)
            except subprocess.TimeoutExpired:
                await process.kill()
        pid = await self.server_pid()
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        if self._client is not None:
            await self._client.aclose()
        await self._stack.aclose()

    @property
    def processes(self) -> list[Process]:
        """All processes of the bot."""
        return [self.web, self.email, *self.workers]

    @property
    def events_url(self) -> str:
        """Where Slack's requests go by HTTP."""
        return f"http://127.0.0.1:{self.port}/slack/events"

    @property
    def secret(self) -> bytes:
        """What the processes seal with."""
        return (self.data / "secret").read_bytes().strip()

    @property
    def sealer(self) -> Sealer:
        """Seals as the processes do."""
        return Sealer(self.secret)

    async def store(self) -> Any:  # noqa: ANN401  # redis-py leaves the types of its answers open
        """A client of the embedded server, once it answers."""
        while True:
            try:
                if self._client is None:
                    self._client = await connect(f"unix://{quote(str(valkey.prepare(self.data / 'valkey')))}")
                await cast("Any", self._client).ping()
            except (*AWAY, SettingsError):
                await asyncio.sleep(0.1)
            else:
                return self._client

    async def server_pid(self) -> int | None:
        """The process id of the embedded server, by its own word; None if it does not answer."""
        try:
            async with asyncio.timeout(2):
                client: Any = await self.store()
                info: dict[str, object] = await client.info("server")
        except (*AWAY, TimeoutError):
            return None
        return int(str(info["process_id"]))

    async def kill_server(self) -> bool:
        """End the embedded server by kill -9; whether another one came up by itself."""
        pid = await self.server_pid()
        if pid is None:
            return False
        os.kill(pid, signal.SIGKILL)
        await wait_until(lambda: not alive(pid), timeout=20)

        async def again() -> bool:
            return await self.server_pid() not in {None, pid}

        return bool(await wait_until(again, timeout=60, what="the embedded server is started again"))

    def configure(self, *, lost: Collection[str] = (), grant_s: int = GRANT_S) -> None:
        """Write bot.toml anew, as an editor does that saves safely; it is in force after a second at most."""
        written = self.folder / "bot.toml.new"
        dawn = self.dawn.strftime("%H:%M")
        written.write_text(config(self.folder / "warehouse", lost=lost, grant_s=grant_s, dawn=dawn))
        written.replace(self.folder / "bot.toml")

    @property
    def mail_is_read(self) -> bool:
        """Whether the bot has taken all mail that came for it."""
        return all("\\Seen" in flags for flags in self.mail.office.store.flags("bot@acme.test", "INBOX").values())

    def said(self, text: str) -> int:
        """How many lines of all processes hold this."""
        return sum(process.said(text) for process in self.processes)

    def _start(self) -> None:
        """Start the processes of the bot."""
        self.slack.deliver_to(self.events_url)
        self.web, self.email = self._process("web", FENCED), self._process("email", FENCED)
        self.workers = [self._process("worker", self._worker) for _ in range(2)]

    async def _ready(self) -> None:
        for process in self.processes:
            await wait_until(lambda process=process: process.said("ready") or process.child.poll(), timeout=60)
            assert process.child.poll() is None, process.output.read_text()

    def _process(self, role: str, module: str) -> Process:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "BOT_DATA": str(self.data),
            "BOTCONFIG": str(self.folder / "bot.toml"),
            "ANTHROPIC_API_KEY": "instant",
            "SLACK_BOT_TOKEN": self.slack.workspace.app.bot_token,
            "SLACK_APP_TOKEN": self.slack.workspace.app.app_token,
            "SLACK_SIGNING_SECRET": self.slack.workspace.app.signing_secret,
            "SLACK_API_URL": self.slack.api_url,
            "MAIL_HOURLY_LIMIT": "0",
            "SLACK_PACE_S": "0",  # the local Slack has no limit, and this is about more than one message a second
            "PORT": str(self.port),
            "IMAP_URL": self.mail.imap_url,
            "SMTP_URL": self.mail.smtp_url,
            "MAIL_AUTH": self.mail.mail_auth,
            "LEASE_S": f"{LEASE_S:g}",
        }
        return Process(role, module, environment, self.folder)
