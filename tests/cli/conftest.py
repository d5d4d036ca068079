"""A small installation in the test's own folder, and the command `bot` called in it: as a process, or in this one."""

import asyncio
import getpass
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest
from pydantic import JsonValue

from bot.cli import main
from bot.playground.model.peer import ModelPeer, model_peer
from bot.playground.repository import DemoRepository, make_demo_repository, record_first_deployments
from bot.store.embedded import EmbeddedServer
from tests.cli.people import PEOPLE

BOT = str(Path(sys.executable).with_name("bot"))


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    def records(self) -> list[dict[str, JsonValue]]:
        """The output as one JSON object a line."""
        return [cast("dict[str, JsonValue]", json.loads(line)) for line in self.out.splitlines()]


@dataclass
class Bot:
    """The command `bot` in one folder, with one environment, as processes."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict[str, str])

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return subprocess.Popen(
            [BOT, *words],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    async def __call__(self, *words: str) -> Said:
        """Run a command to its end."""
        process = self.start(*words)
        out, err = await asyncio.to_thread(process.communicate, timeout=60)
        return Said(process.returncode, out, err)

    def configure(self, text: str) -> None:
        """Write bot.toml; `$USER` in it is who runs the tests."""
        (self.folder / "bot.toml").write_text(text.replace("$USER", json.dumps(getpass.getuser())))


@pytest.fixture
def bot(tmp_path: Path) -> Bot:
    """An installation whose server does not run: each command starts it and stops it again."""
    made = Bot(tmp_path)
    made.configure(PEOPLE)
    return made


@pytest.fixture
async def running(bot: Bot) -> AsyncIterator[Bot]:
    """The same, with the embedded server running, so that commands find it."""
    async with EmbeddedServer(bot.folder / ".bot"):
        yield bot


@pytest.fixture
def here(bot: Bot, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Calls `bot` in this process, which is quicker; the test's folder is the working directory."""

    def call(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["bot", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Said(int(ended.value.code or 0), out, err)

    return call


@pytest.fixture
async def peer() -> AsyncIterator[ModelPeer]:
    """A stand-in for the model."""
    async with model_peer() as started:
        yield started


@pytest.fixture
def shop(tmp_path: Path) -> DemoRepository:
    """Something to deploy, with deployments on record."""
    made = make_demo_repository(tmp_path / "shop")
    record_first_deployments(made, tmp_path / "state")
    return made
