"""Where the demo keeps its things, and the settings that it makes up: nothing of the user's own is read."""

import fcntl
import os
import shutil
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.cli.demo_config import bot_toml
from bot.errors import CountersignError
from bot.playground.repository import DemoRepository, make_demo_repository, record_first_deployments
from bot.store.embedded import EmbeddedServer

_USUAL_S = "2"  # seconds that a deploy takes
_SLOW_S = "20"
_MARK = "countersign-demo"


class DemoRunningError(CountersignError):
    """A demo is running on this data already: use its page, or end it with Ctrl-C."""


class ForeignFolderError(CountersignError):
    """The demo's folder holds something else: name another one in BOT_DATA."""


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """The folder of one demo: `.bot/demo`, or `demo` in BOT_DATA."""

    folder: Path

    @classmethod
    def usual(cls) -> "DemoFiles":
        """Where the demo of this working directory is."""
        return cls(Path(os.environ.get("BOT_DATA") or ".bot").expanduser().absolute() / "demo")

    @property
    def slack(self) -> Path:
        """The workspace's messages."""
        return self.folder / "slack.sqlite"

    @property
    def mail(self) -> Path:
        """Everybody's mails."""
        return self.folder / "mail.sqlite"

    @property
    def orders(self) -> Path:
        """The database of the shop that the support agent works with."""
        return self.data / "shop.sqlite3"

    @property
    def imap_port(self) -> int:
        """Where the mailboxes were the last time, or 0: the bot knows a mailbox by its server's address."""
        kept = self.folder / "imap-port"
        return int(kept.read_text(encoding="utf-8")) if kept.exists() else 0

    def keep_imap_port(self, port: int) -> None:
        """Remember it for the next start."""
        (self.folder / "imap-port").write_text(str(port), encoding="utf-8")

    @property
    def data(self) -> Path:
        """What the bot calls BOT_DATA."""
        return self.folder / "data"

    @property
    def config(self) -> Path:
        """The bot.toml."""
        return self.folder / "bot.toml"

    @property
    def log(self) -> Path:
        """What the processes of the demo have to say."""
        return self.folder / "demo.log"

    @property
    def shop(self) -> Path:
        """The repository, and what was deployed from it."""
        return self.folder / "shop"

    @property
    def pace(self) -> Path:
        """The number of seconds that a deploy takes."""
        return self.shop / "seconds"

    @property
    def slow(self) -> bool:
        """Whether deploys take long."""
        return self.pace.read_text(encoding="utf-8") == _SLOW_S

    def set_slow(self, *, slow: bool) -> None:
        """Let the next deploys take long, or not."""
        self.pace.write_text(_SLOW_S if slow else _USUAL_S, encoding="utf-8")

    def set_impatient(self, *, impatient: bool) -> None:
        """Write bot.toml, which every process reads again: those who are asked next have seconds to answer, or not."""
        shop = DemoRepository(self.shop)
        paced = Path(__file__).with_name("demo_pace.py")
        text = bot_toml(
            repository=shop.repository,
            command=[sys.executable, "-I", str(paced), str(self.pace), *shop.command],
            health_command=[*shop.health_command],
            state=self.folder / "deploys",
            impatient=impatient,
        )
        new = self.config.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.replace(self.config)  # at once: nobody reads half of it

    @contextmanager
    def alone(self) -> Generator[None]:
        """Hold the folder for this process. Raises DemoRunningError."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with (self.folder.parent / "demo.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DemoRunningError from None
            yield

    async def forget(self) -> None:
        """Delete everything, once the server of an earlier run has ended. Raises ForeignFolderError."""
        if not self.folder.exists():
            return
        if not (self.folder / _MARK).exists():
            raise ForeignFolderError(f"{self.folder} was not made by `bot demo`: name another folder in BOT_DATA")
        async with EmbeddedServer(self.data):
            pass  # adopts a server that was left behind, and as its last user shuts it down
        shutil.rmtree(self.folder)

    def prepare(self) -> DemoRepository:
        """Make what is missing, and write bot.toml anew. Raises ForeignFolderError, OSError, CalledProcessError."""
        if self.folder.exists() and any(self.folder.iterdir()) and not (self.folder / _MARK).exists():
            raise ForeignFolderError(f"{self.folder} was not made by `bot demo`: name another folder in BOT_DATA")
        self.data.mkdir(parents=True, exist_ok=True)
        (self.folder / _MARK).touch()
        shop = make_demo_repository(self.shop)
        record_first_deployments(shop, self.folder / "deploys")
        self.set_slow(slow=False)
        self.set_impatient(impatient=False)
        return shop

    def environment(self, connections: Mapping[str, str]) -> dict[str, str]:
        """Return the settings of the demo's processes: these connections, and files of the demo's own."""
        return {
            "BOT_DATA": str(self.data),
            "BOT_CONFIG": str(self.config),
            "DRAIN_S": "25",  # longer than a slow deploy takes
            "LEASE_S": "5",  # so that a killed worker's thread goes on soon
            "CONCURRENCY": "4",
            **connections,
        }
