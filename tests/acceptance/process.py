"""One process of the bot, as an operator has it: started, stopped, frozen, killed."""

import asyncio
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from tests.helpers import wait_until

Role = Literal["web", "slack", "email", "worker"]
_BOT = [sys.executable, "-c", "from bot.cli import main; main()"]


class Said(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


class Process:
    """One process of the bot."""

    def __init__(self, role: Role, environment: dict[str, str], folder: Path) -> None:
        """Start it; what it prints goes to a log file of its own."""
        self.role = role
        self.output = folder / f"{role}.{secrets.token_hex(2)}.log"
        with self.output.open("ab") as output:
            self.child = subprocess.Popen(
                [*_BOT, role],
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """Kill it as a machine that loses power does."""
        self.child.kill()
        self.child.wait(timeout=10)

    def stop(self, timeout: float = 60) -> int:
        """Stop it as a deployment does; returns its exit code."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(timeout=timeout)

    async def freeze(self) -> None:
        """Let it do nothing at all from now on (SIGSTOP), as on a machine that is far too busy."""
        self.child.send_signal(signal.SIGSTOP)
        await wait_until(lambda: state_of(self.child.pid) == "T", what=f"{self.role} is stopped")

    def thaw(self) -> None:
        """Let it go on."""
        self.child.send_signal(signal.SIGCONT)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.child.poll() is None


async def command(words: tuple[str, ...], environment: Mapping[str, str], folder: Path) -> Said:
    """Run `bot` with these words to its end, in that folder."""
    process = await asyncio.create_subprocess_exec(
        *_BOT,
        *words,
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return Said(process.returncode or 0, out.decode(), err.decode())


def state_of(pid: int) -> str:
    """The state that Linux gives a process: T stopped, Z a zombie; empty if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
