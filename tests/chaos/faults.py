"""Faults at random, one after the other; each is counted only once it is seen from outside to have happened."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bot.store.away import AWAY
from bot.store.keys import ThreadKeys
from tests.chaos.installation import LEASE_S, Installation, Process
from tests.helpers import wait_until

_LONGER_S = 20  # for what has not fired yet, on a busy machine
KINDS = ("worker", "worker", "worker", "web", "email", "server", "stop", "stop")


class Faults:
    """Kills and stops; what was killed is started again at once, as a supervisor would."""

    def __init__(self, it: Installation, rng: random.Random, *, kinds: Sequence[str], pause_s: float) -> None:
        """Take what to attack, the chance that chooses, of what, and the longest pause between two faults."""
        self.kinds = kinds
        self.it = it
        self.rng = rng
        self.pause_s = pause_s
        self.kills: Counter[str] = Counter()
        self.stops = 0
        self.taken_over = 0  # threads of a stopped worker that another one took

    async def run(self, seconds: float) -> None:
        """Attack for so long: each kind until it was seen to fire, then at random."""
        end = time.monotonic() + seconds
        first = [*dict.fromkeys(self.kinds)]
        self.rng.shuffle(first)
        while time.monotonic() < end + (_LONGER_S if first else 0):
            await asyncio.sleep(self.rng.uniform(0.3, 1.0) * self.pause_s)
            kind = first.pop() if first else self.rng.choice(self.kinds)
            await self.strike(kind)
            if kind == "stop" and not self.taken_over:
                first.insert(0, kind)

    async def strike(self, kind: str) -> None:
        """One fault."""
        match kind:
            case "worker":
                await self._kill(self.rng.choice(self.it.workers))
            case "web":
                await self._kill(self.it.web)
            case "email":
                await self._kill(self.it.email)
            case "server":
                self.kills["server"] += await self.it.kill_server()
            case _:
                await self._stop(self.rng.choice(self.it.workers))

    async def _kill(self, process: Process) -> None:
        before = process.child.pid
        await process.kill()
        assert process.child.returncode == -signal.SIGKILL
        process.start()
        assert process.child.pid != before
        self.kills[process.role] += 1

    async def _stop(self, worker: Process) -> None:
        """Stop a worker for longer than its lease, and let it go on; best in the middle of an action."""
        with suppress(AssertionError):
            await wait_until(lambda: _ships(worker), timeout=3 * self.pause_s)
        worker.signal(signal.SIGSTOP)
        try:
            await wait_until(lambda: worker.is_stopped)
            held = {thread: await self._epoch(thread) for thread in _ships(worker)}
            await asyncio.sleep(LEASE_S + self.rng.uniform(1.5, 3.0))
            self.taken_over += sum([await self._epoch(thread) != epoch for thread, epoch in held.items()])
        finally:
            worker.signal(signal.SIGCONT)
        self.stops += 1

    async def _epoch(self, thread: str) -> bytes:
        while True:
            try:
                return await (await self.it.store()).hget(ThreadKeys(thread).lease, "epoch")
            except AWAY:
                await asyncio.sleep(0.1)


def _ships(worker: Process) -> set[str]:
    """The threads for which it has its hands on a parcel, by the files that it holds open."""
    found: set[str] = set()
    with suppress(OSError):  # a file was closed meanwhile
        for descriptor in Path(f"/proc/{worker.child.pid}/fd").iterdir():
            file = descriptor.readlink()
            found |= {file.name.partition(".")[0]} if file.suffix == ".parcel" else set()
    return found
