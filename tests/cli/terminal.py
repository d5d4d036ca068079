"""The command `bot` on a real terminal: what it shows is read, and what a person types is typed."""

import fcntl
import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.cli.conftest import BOT, Bot

_SECONDS = 60


@dataclass
class Terminal:
    """One command on a terminal of its own. `seen` is all that it showed so far."""

    master: int
    process: subprocess.Popen[bytes]
    seen: str = ""
    _read: int = 0

    def expect(self, text: str) -> str:
        """Wait until this is shown, after what was waited for before; return what stands before it."""
        end = time.monotonic() + _SECONDS
        while (at := self.seen.find(text, self._read)) < 0:
            assert time.monotonic() < end, f"{text!r} was not shown:\n{self.seen}"
            assert self._more(), f"it ended without {text!r}:\n{self.seen}"
        before, self._read = self.seen[self._read : at], at + len(text)
        return before

    def type(self, line: str) -> None:
        """Type a line and press Enter."""
        os.write(self.master, f"{line}\n".encode())

    def leave(self, key: bytes) -> int:
        """Press a key, such as Ctrl-C, until it has ended: it may not be listening yet. Return its exit code."""
        while self.process.poll() is None:
            os.write(self.master, key)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
        return self.end()

    def end(self) -> int:
        """Wait until it has ended; return its exit code."""
        while self._more():
            pass
        return self.process.wait(_SECONDS)

    def _more(self) -> bool:
        if not select.select([self.master], [], [], _SECONDS)[0]:
            return False
        try:
            found = os.read(self.master, 65_536)
        except OSError:  # the other side is closed
            return False
        self.seen += found.decode().replace("\r\n", "\n")
        return bool(found)


@contextmanager
def terminal(bot: Bot, *words: str) -> Generator[Terminal]:
    """Run a command on a terminal."""
    master, slave = pty.openpty()
    environment = {**os.environ, **bot.environment, "TERM": "dumb", "COLUMNS": "200"}
    process = subprocess.Popen(
        [BOT, *words],
        cwd=bot.folder,
        env=environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        preexec_fn=_own_terminal,  # noqa: PLW1509  # without it, Ctrl-C on this terminal reaches nobody
    )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        os.close(master)


def _own_terminal() -> None:
    """Make the terminal on standard input the one that the process belongs to."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
