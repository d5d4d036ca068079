"""Runs a foreign command without a shell: its own process group, a bare environment, a time limit, bounded output."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.steps import NotDone

HEAD_BYTES: Final = 2_000
TAIL_BYTES: Final = 6_000
DISK_BYTES: Final = 16 * 1024 * 1024
LOOK_EVERY_S: Final = 1.0
GRACE_S: Final = 5.0

_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
_SECRET: Final = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|(API|ACCESS|PRIVATE)_?KEY", re.IGNORECASE)


class CommandNotStarted(NotDone):
    """The command could not be started; check that the program named in `[agents.deploy]` exists and may be run."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a command."""

    code: int | None  # the exit code, negative for a signal; None: it ran out of time and was stopped
    output: str  # standard output and standard error as they came, shortened visibly
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command, ready to run."""

    argv: tuple[str, ...]
    env: Mapping[str, str]  # all that it sees beside PATH, HOME and LANG
    timeout_s: float
    runs: Path  # each run gets a folder here, which only a run whose worker died leaves behind
    held: tuple[int, ...] = ()  # open files that the command keeps open as long as it lives

    async def run(self) -> Ran:
        """Run it to its end; raise CommandNotStarted if nothing ran at all.

        Out of time or cancelled, the whole process group gets SIGTERM and GRACE_S later SIGKILL. The output goes to
        a file and not to a pipe, so that a command outlives the worker's sudden death instead of breaking half-way.
        """
        try:
            self.runs.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="run-", dir=self.runs))
        except OSError as problem:
            raise CommandNotStarted(f"No folder for the command could be made: {problem}.") from problem
        try:
            with (folder / "output.log").open("ab+") as output:  # for appending: see _trimmed
                return await self._run_in(folder, output.fileno())
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _run_in(self, folder: Path, output: int) -> Ran:
        began = time.monotonic()
        try:
            (folder / "work").mkdir()
            process = await asyncio.create_subprocess_exec(
                *self.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder / "work",
                env=environment(self.env),
                start_new_session=True,
                pass_fds=self.held,
            )
        except (OSError, ValueError) as problem:  # ValueError: a NUL byte in an argument
            raise CommandNotStarted(f"{self.argv[0]!r} could not be started: {problem}.") from problem
        left_out = 0
        ending = asyncio.ensure_future(process.wait())
        try:
            while not ending.done() and time.monotonic() - began < self.timeout_s:
                remaining = self.timeout_s - (time.monotonic() - began)
                await asyncio.wait({ending}, timeout=max(0.0, min(LOOK_EVERY_S, remaining)))
                left_out += _trimmed(output)
            in_time = ending.done()
        finally:
            if not ending.done():
                await stop_group(process.pid, ending)
        text = _masked(shortened(output, left_out), self.env)
        return Ran(process.returncode if in_time else None, text, round(time.monotonic() - began, 3))


def filled_in(argv: Sequence[str], values: Mapping[str, str]) -> tuple[str, ...]:
    """Return the arguments with `{name}` replaced: each stays one argument, and no value is looked into again."""
    return tuple(_PLACEHOLDER.sub(lambda match: values[match.group(1)], argument) for argument in argv)


def placeholders(argv: Sequence[str]) -> set[str]:
    """Return the names of the placeholders in the arguments."""
    return {name for argument in argv for name in _PLACEHOLDER.findall(argument)}


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Return all that a command gets to see. The bot's own tokens are not among it."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": os.environ.get("HOME", "/"),
        "LANG": os.environ.get("LANG", "C.UTF-8"),
        **extra,
    }


def shortened(output: int, left_out: int = 0) -> str:
    """Return the head and the tail of an open file, and say how many bytes between them are missing."""
    size = os.fstat(output).st_size
    if left_out == 0 and size <= HEAD_BYTES + TAIL_BYTES:
        return os.pread(output, size, 0).decode(errors="replace")
    head = os.pread(output, HEAD_BYTES, 0)
    start = max(HEAD_BYTES, size - TAIL_BYTES)
    tail = os.pread(output, TAIL_BYTES, start)
    note = f"\n[... {start - HEAD_BYTES + left_out} bytes left out ...]\n"
    return head.decode(errors="replace") + note + tail.decode(errors="replace")


def _trimmed(output: int) -> int:
    """Cut the file back to its head once it is too big for the disk; return how many bytes went.

    The command writes in append mode, so its next line follows the head.
    """
    size = os.fstat(output).st_size
    if size <= DISK_BYTES:
        return 0
    os.ftruncate(output, HEAD_BYTES)
    return size - HEAD_BYTES


def _masked(text: str, env: Mapping[str, str]) -> str:
    """Take out the values of variables which look like secrets: the output is shown in chat."""
    for name, value in env.items():
        if len(value) >= 6 and _SECRET.search(name):
            text = text.replace(value, f"[{name}]")
    return text


async def stop_group(group: int, ending: asyncio.Future[int]) -> None:
    """End a process group, first kindly; wait for its leader, but not for one that may not be stopped (setuid)."""
    gone = contextlib.suppress(ProcessLookupError, PermissionError)
    try:
        with gone:
            os.killpg(group, signal.SIGTERM)
            async with asyncio.timeout(GRACE_S):
                while True:  # until no one is left in the group, which raises ProcessLookupError
                    os.killpg(group, 0)
                    await asyncio.sleep(0.05)
    except TimeoutError:
        pass
    finally:
        with gone:
            os.killpg(group, signal.SIGKILL)
    await asyncio.wait({ending}, timeout=GRACE_S)
