"""Keeps the demo's worker running: started anew two seconds after it ended, however it ended."""

import asyncio
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from bot.errors import CountersignError
from bot.playground.page.models import Worker

RESTART_S = 2.0
DRAIN_S = 30.0
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR")


class NoWorkerError(CountersignError):
    """There is no worker just now: it starts again in a moment."""


class WorkerChild:
    """One worker at a time, in its own session, so that Ctrl-C reaches the demo alone and the worker may drain."""

    def __init__(self, settings: Mapping[str, str], *, folder: Path, log: BinaryIO) -> None:
        """Take the worker's settings, its working directory and where its standard error goes."""
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self._environment = {**kept, **settings}
        self._folder = folder
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._ready = False

    @property
    def state(self) -> Worker:
        """How it is."""
        if self._process is None:
            return Worker(state="down", pid=None)
        return Worker(state="running" if self._ready else "starting", pid=self._process.pid)

    async def run(self, stop: asyncio.Event) -> None:
        """Keep a worker running until stopped, then let it finish what it is doing."""
        while not stop.is_set():
            self._process = await self._start()
            watching = asyncio.create_task(self._watch(self._process))
            ended = asyncio.create_task(self._process.wait())
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await self._end(self._process)
                for task in (watching, ended, stopping):
                    task.cancel()
                self._process, self._ready = None, False
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RESTART_S)

    def kill(self) -> None:
        """Kill it with signal 9, as a machine that loses power would. Raises NoWorkerError."""
        if self._process is None or self._process.returncode is not None:
            raise NoWorkerError
        self._process.kill()

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot.cli.demo_worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._log,
            env=self._environment,
            cwd=self._folder,
            start_new_session=True,
        )

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        if process.stdout is not None and await process.stdout.readline():
            self._ready = True

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        if process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), DRAIN_S)
        except (TimeoutError, asyncio.CancelledError):
            process.kill()
            await process.wait()
