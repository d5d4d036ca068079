"""A demo as its user has it: `bot demo` as a process, and its page's server as the page talks to it."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from pydantic import JsonValue, TypeAdapter

from bot.playground.page.mail import Letter, Letters
from bot.playground.page.models import Around, ThreadView
from bot.playground.repository import DemoRepository
from bot.playground.slack import Snapshot

OBJECT = TypeAdapter(dict[str, JsonValue])
NOT_OURS = {  # what a user may have set for the real thing: none of it must be used
    "REDIS_URL": "redis://127.0.0.1:1",
    "ANTHROPIC_API_KEY": "a-real-key",
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:1",
    "SLACK_BOT_TOKEN": "xoxb-real",
    "SLACK_API_URL": "http://127.0.0.1:1/api/",
    "IMAP_URL": "imap://real@127.0.0.1:1",
    "SMTP_URL": "smtp://real@127.0.0.1:1",
    "MAIL_ADDRESSES": "real@acme.test",
    "BOT_CONFIG": "nowhere.toml",
}


def until(look: Callable[[], object], what: str, timeout: float = 45) -> None:
    """Wait until something is so; `timeout` is in seconds."""
    deadline = monotonic() + timeout
    while not look():
        assert monotonic() < deadline, f"not within {timeout} s: {what}"
        sleep(0.05)


def _listed() -> list[tuple[int, int, str]]:
    """Every process of this machine: its id, its parent's, its command."""
    columns = ["ps", "axww", "-o", "pid=,ppid=,command="]
    listed = subprocess.run(columns, check=True, capture_output=True, text=True).stdout
    found = [line.split(maxsplit=2) for line in listed.splitlines()]
    return [(int(pid), int(parent), command[0] if command else "") for pid, parent, *command in found]


class Demo:
    """One demo in a folder of its own; it can be killed and started again."""

    def __init__(self, folder: Path, *, environment: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self._environment = {**os.environ, **NOT_OURS, **(environment or {}), "BOT_DATA": str(folder), "COLUMNS": "200"}
        self.shop = DemoRepository(folder / "demo" / "shop")
        self.url = ""
        self._said = folder / "said.txt"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        """Start it, and wait for the page's address."""
        self._said.write_text("", encoding="utf-8")
        with self._said.open("wb") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from bot.cli import main; main()", "demo", "--port", "0", *options],
                cwd=self.folder,
                env=self._environment,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(lambda: self._address() or self._process is None or self._process.poll() is not None, "an address")
        self.url = self._address()
        assert self.url, self.said()

    def _address(self) -> str:
        found = re.search(r"Open\s+(http://\S+)", self.said())
        return found[1] if found else ""

    def said(self) -> str:
        """What it printed."""
        return self._said.read_text(encoding="utf-8")

    def refunds(self, order: str) -> list[int]:
        """What was paid back for an order by the shop's own database, in cents."""
        with closing(sqlite3.connect(self.folder / "demo" / "data" / "shop.sqlite3")) as shop:
            paid = shop.execute("SELECT amount FROM cases WHERE kind = 'refund' AND order_number = ?", (order,))
            return [int(amount) for (amount,) in paid]

    def interrupt(self) -> int:
        """Press Ctrl-C, and return the exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=60)

    def processes(self) -> list[int]:
        """Everything that runs for this demo: itself, its worker, its server, a deploy."""
        own = self._process.pid if self._process else -1
        return [
            pid
            for pid, parent, command in _listed()
            if pid == own or (parent == own and "demo_worker" in command) or str(self.folder) in command
        ]

    def is_deploying(self) -> bool:
        """Whether the deploy command runs."""
        return any(str(self.folder) in command and "shop.py deploy" in command for _, _, command in _listed())

    def kill_itself(self) -> None:
        """Kill the demo's own process alone with signal 9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=10)

    def kill_everything(self) -> None:
        """Kill it with signal 9: the demo, its worker and its server."""
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._process:
            self._process.wait(timeout=10)


@contextmanager
def running(folder: Path) -> Generator[Demo]:
    """Run a demo, and leave nothing of it behind."""
    demo = Demo(folder)
    try:
        demo.start()
        yield demo
    finally:
        demo.kill_everything()


class Page:
    """Talks to the page's server as the page does."""

    def __init__(self, demo: Demo) -> None:
        self._url = demo.url
        self._opener: OpenerDirector = build_opener(HTTPCookieProcessor())
        self._opener.open(self._url, timeout=10).close()

    def post(self, path: str, body: object) -> dict[str, JsonValue]:
        """Send JSON; what is refused comes back as `error`."""
        url, data = f"{self._url}/api/{path}", json.dumps(body).encode()
        request = Request(url, data, {"Content-Type": "application/json"})  # noqa: S310 - the demo's own address
        try:
            with self._opener.open(request, timeout=30) as answer:
                return OBJECT.validate_json(answer.read())
        except HTTPError as error:
            with error:
                return OBJECT.validate_json(error.read())

    def _get(self, path: str) -> bytes:
        with self._opener.open(f"{self._url}/api/{path}", timeout=10) as answer:
            return bytes(answer.read())

    def slack(self, user: str) -> Snapshot:
        """What a person sees."""
        return Snapshot.model_validate_json(self._get(f"slack?user={user}"))

    def letters(self, person: str) -> tuple[Letter, ...]:
        """What lies in a mailbox."""
        return Letters.model_validate_json(self._get(f"mail?person={person}")).letters

    def around(self) -> Around:
        """What is outside Slack."""
        with self._opener.open(f"{self._url}/api/stream", timeout=10) as stream:
            for line in stream:
                if line.startswith(b'data: {"threads"'):
                    return Around.model_validate_json(line.removeprefix(b"data: "))
        raise AssertionError("the stream ended")

    def thread(self, title: str) -> ThreadView | None:
        """The log of the newest thread with this title."""
        for line in self.around().threads:
            if line.title == title:
                return ThreadView.model_validate_json(self._get(f"threads/{line.id}"))
        return None

    def cards(self, channel: str = "C0RELEASES") -> list[Mapping[str, JsonValue]]:
        """The messages of a channel that have buttons, as Slack's own JSON."""
        seen = next(one for one in self.slack("U0ROB").channels if one.id == channel)
        return [message.body for message in seen.messages if '"actions"' in json.dumps(message.body)]

    def click(self, user: str, card: Mapping[str, JsonValue], action: str, channel: str = "C0RELEASES") -> None:
        """Click a button of a card."""
        self.post("click", {"user": user, "channel": channel, "ts": card["ts"], "action_id": action})


def countersign(shared: Demo, *arguments: str, code: int = 0) -> str:
    """What `bot` says on the demo's data, set as the demo tells at its start."""
    ours = {name: value for name, value in os.environ.items() if name not in {*NOT_OURS, "BOT_SECRET"}}
    ours |= {"BOT_DATA": str(shared.folder / "demo" / "data"), "BOT_CONFIG": str(shared.folder / "demo" / "bot.toml")}
    done = subprocess.run(
        [sys.executable, "-c", "from bot.cli import main; main()", *arguments],
        cwd=shared.folder,
        env=ours,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr + done.stdout
    return done.stdout
