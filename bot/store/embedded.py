"""Run one Valkey beside the bot, for when no REDIS_URL is set: start it, adopt it, restart it, stop it.

Everything rests on file locks (`flock`), which the kernel frees however a process ends:

- `server.lock` is held by the server itself: it inherits the descriptor as its standard input. Whoever cannot take this
  lock knows that a server is alive, even one that does not listen yet; no process id is ever trusted or signalled.
- `supervisor.lock` is held by the one process that restarts the server. The others queue for it.
- `users.lock` is shared by every process that uses the server. Whoever can take it alone is the last and shuts down.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from bot.store import valkey
from bot.store.valkey import EmbeddedServerError

__all__ = ["EmbeddedServer", "EmbeddedServerError"]

logger = logging.getLogger(__name__)

_LOOK_S = 0.05  # between two looks at a lock or a socket
_START_S = 60.0  # without any sign of life; loading a long log from disk is a sign of life
_STOP_S = 30.0
_ANSWER_S = 1.0
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0
_STEADY_S = 10.0  # a server that ran this long was well: its next crash starts the pauses anew
_STARTS = 3  # fruitless ones, after which `start` gives up


class EmbeddedServer:
    """One Valkey for all processes of this machine that share a data directory.

    It listens on a unix socket alone and syncs every write to disk before it answers, so that kill -9 of everything
    loses nothing that was acknowledged. After a crash it is started again: clients see connection errors meanwhile.

    `data` is the data directory (BOT_DATA); nothing is touched before `start`.
    """

    url: str
    """Where it listens, for `redis.asyncio.from_url`; set by `start`."""

    def __init__(self, data: Path) -> None:
        self._folder = data.absolute() / "valkey"
        self._socket = Path()
        self._users: int | None = None
        self._supervision: asyncio.Task[None] | None = None
        self._child: int | None = None
        self._ends = 0
        self._pause = _FIRST_PAUSE_S / 2
        self.log_file = self._folder / "valkey.log"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Return when the server answers, whoever started it.

        Raises:
            EmbeddedServerError: the data directory cannot be written, or the server does not come up.

        """
        self._socket = valkey.prepare(self._folder)
        self.url = f"unix://{quote(str(self._socket))}"
        self._ends = 0
        binary = valkey.server_binary()
        self._users = await _taken(self._folder / "users.lock", fcntl.LOCK_SH)
        self._supervision = asyncio.create_task(self._supervise(binary))
        try:
            await self._answering()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Leave; the last process to leave shuts the server down and waits for its end."""
        if self._users is None:
            return
        users, self._users = self._users, None
        try:
            if self._supervision is not None:
                self._supervision.cancel()
                await asyncio.wait({self._supervision})
            if _alone(users):
                await self._shut_down()
        finally:
            os.close(users)

    async def _answering(self) -> None:
        patience = time.monotonic() + _START_S
        while (sign := await _ask(self._socket, "PING")) != "+PONG":
            if sign.startswith("-LOADING"):
                patience = time.monotonic() + _START_S
            if self._ends >= _STARTS or time.monotonic() > patience:
                raise EmbeddedServerError(
                    f"The embedded Valkey server does not start. It last said: {valkey.last_line(self.log_file)!r}."
                    f" The whole story is in {self.log_file}.",
                )
            await asyncio.sleep(_LOOK_S)

    async def _supervise(self, binary: str) -> None:
        lock = await _taken(self._folder / "supervisor.lock", fcntl.LOCK_EX)
        try:
            while True:
                try:
                    await self._serve(binary)
                except OSError:
                    logger.exception("The embedded Valkey server cannot be started; trying again")
                    await asyncio.sleep(_LONGEST_PAUSE_S)
        finally:
            os.close(lock)

    async def _serve(self, binary: str) -> None:
        """Wait for the end of the server that runs now, if any, and start the next one."""
        begun = time.monotonic()
        # A server that lives holds this lock, so that waiting for it is how an orphan is adopted.
        serving = await _taken(self._folder / "server.lock", fcntl.LOCK_EX)
        try:
            if self._child is not None:
                self._bury(self._child)
                steady = time.monotonic() - begun > _STEADY_S
                self._pause = _FIRST_PAUSE_S if steady else min(2 * self._pause, _LONGEST_PAUSE_S)
                await asyncio.sleep(self._pause)
            self._child = self._spawn(binary, serving)
        finally:
            os.close(serving)

    def _spawn(self, binary: str, serving: int) -> int:
        """Start the server in a session of its own, as the holder of its lock; return its process id."""
        log = os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return os.posix_spawn(
                binary,
                [binary, *valkey.arguments(self._folder, self._socket, self.log_file)],
                {},  # the bot's environment holds secrets that the server has no use for
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, serving, 0),
                    (os.POSIX_SPAWN_DUP2, log, 1),
                    (os.POSIX_SPAWN_DUP2, log, 2),
                ],
                setsid=True,
            )
        finally:
            os.close(log)

    def _bury(self, child: int) -> None:
        """Collect the exit status of our own child, which has closed its files and therefore is at its very end."""
        self._child = None
        self._ends += 1
        code = _exit_code(child)
        logger.warning(
            "The embedded Valkey server ended (exit code %s); starting it again. Its log: %s", code, self.log_file
        )

    async def _shut_down(self) -> None:
        """Have the server write out everything and end: over its own socket, so that nothing else can be hit."""
        try:
            async with asyncio.timeout(_STOP_S):
                while (serving := _lock(self._folder / "server.lock", fcntl.LOCK_EX)) is None:
                    await _ask(self._socket, "SHUTDOWN")
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            logger.warning(
                "The embedded Valkey server did not end; the next start will use it. Its log: %s", self.log_file
            )
            return
        os.close(serving)
        if self._child is not None:
            _exit_code(self._child)
            self._child = None


async def _ask(socket: Path, command: str) -> str:
    """Send one command to the server and return the first line of its answer; nothing if there is none."""
    try:
        async with asyncio.timeout(_ANSWER_S):
            reader, writer = await asyncio.open_unix_connection(socket)
            try:
                writer.write(f"{command}\r\n".encode())
                return (await reader.readline()).decode().strip()
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
    except OSError:  # a time-out is one too
        return ""


def _exit_code(child: int) -> int | None:
    """Collect the exit code of a child that has let go of its lock, so that this waits for a moment at most."""
    try:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except ChildProcessError:  # this program ignores SIGCHLD, or somebody else collected it
        return None


async def _taken(path: Path, mode: int) -> int:
    """Wait for the lock and return the descriptor that holds it; closing every copy of it frees the lock."""
    while True:
        if (lock := _lock(path, mode)) is not None:
            return lock
        await asyncio.sleep(_LOOK_S)


def _lock(path: Path, mode: int) -> int | None:
    """Take the lock at once or return None."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _alone(users: int) -> bool:
    """Turn our share of the users' lock into sole possession, if nobody else has a share."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
