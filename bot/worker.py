"""The worker: claim a thread, advance it, give it back; many at once, and never more than there are slots."""

import asyncio
import logging
import time
from collections import OrderedDict

from bot import aside
from bot.fold import extend
from bot.held import Held, LeaseLost
from bot.ids import fresh_id
from bot.loop import advance
from bot.renewer import Renewer
from bot.runtime import Runtime
from bot.store import log, scripts
from bot.store.away import AWAY
from bot.store.keys import ALL_SHARDS, ShardKeys
from bot.store.scripts import Lease
from bot.thread import Thread
from bot.wake import Wakes

_log = logging.getLogger(__name__)
MAX_ATTEMPTS = 5
_CACHED_BYTES = 5_000_000  # stored, of all threads that are kept folded between claims; they take up some 35 MB here
_SWEEP_S = 1.0


class Worker:
    """Runs the loop over all threads that are due."""

    def __init__(self, runtime: Runtime, wakes: Wakes, renewer: Renewer, *, slots: int = 16) -> None:
        """Take what the composition root made."""
        self.runtime = runtime
        self.wakes = wakes
        self.renewer = renewer
        self.slots = slots
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: set[Held] = set()
        self._cache: OrderedDict[str, Thread] = OrderedDict()  # the one used longest ago first
        self._cached = 0  # bytes
        self._turns: dict[ShardKeys, int] = {}
        self._complained = 0.0

    async def run(self, *, drain_s: float = 30.0) -> None:
        """Work until `runtime.draining` is set; then let running actions finish for `drain_s` seconds."""
        draining = asyncio.ensure_future(self.runtime.draining.wait())
        waiting: dict[ShardKeys, None] = {}  # shards that may have something, in the order of their turns
        swept = 0.0
        while not self.runtime.draining.is_set():
            if time.monotonic() - swept > _SWEEP_S:
                waiting |= dict.fromkeys(ALL_SHARDS)
                swept = time.monotonic()
            waiting |= dict.fromkeys(self.wakes.due())
            await self._claim_from(waiting)
            if len(self._tasks) >= self.slots:
                await asyncio.wait({*self._tasks, draining}, return_when=asyncio.FIRST_COMPLETED)
            elif not waiting:
                await self.wakes.wait(max(0.0, _SWEEP_S - (time.monotonic() - swept)))
        draining.cancel()
        for held in self._held:
            held.interrupt.set()
        await self._drain(drain_s)

    async def _claim_from(self, waiting: dict[ShardKeys, None]) -> None:
        """Claim one thread each from as many shards as there are free slots; who has more gets another turn."""
        turns = list(waiting)[: self.slots - len(self._tasks)]
        for shard in turns:
            del waiting[shard]
        found = await asyncio.gather(*map(self._claim, turns))
        waiting |= dict.fromkeys(shard for shard, more in zip(turns, found, strict=True) if more)

    async def _claim(self, shard: ShardKeys) -> bool:
        """Claim one thread and begin to work on it. A shard that cannot be reached must not hold up the others."""
        self._turns[shard] = turn = self._turns.get(shard, 0) + 1
        prefer = "due" if turn % 2 else "expired"
        try:
            lease = await scripts.claim(self.runtime.client, shard, fresh_id(), self.runtime.lease_us, prefer=prefer)
        except AWAY as error:
            self._complain(error)
            return False
        if not isinstance(lease, Lease):
            return False
        task = asyncio.create_task(self._work(lease), name=lease.thread)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _work(self, lease: Lease) -> None:
        held: Held | None = None
        try:
            if lease.attempts > MAX_ATTEMPTS:
                await aside.park(self.runtime, lease)
                return
            thread = await self._thread(lease)
            if thread.unreadable:
                await aside.stop(self.runtime, lease, thread)
                return
            held = Held(self.runtime, lease, thread)
            self._held.add(held)
            with self.renewer.keep(held), self.wakes.stopping(held):
                await advance(held)
            self._keep(thread)
        except LeaseLost:
            _log.info("%s: another worker has this thread now", lease.thread)
        except AWAY as error:
            self._complain(error)
        except Exception:  # noqa: BLE001  # a bug of ours or of an agent must not end the worker
            _log.exception("%s: an error of ours; it is tried again", lease.thread)
            await self._give_up(held)
        finally:
            if held is not None:
                self._held.discard(held)

    async def _thread(self, lease: Lease) -> Thread:
        """The fold up to the claim: from the cache and what was appended since, or from the start."""
        thread = self._cache.pop(lease.thread, None)
        self._cached -= thread.stored if thread else 0
        if thread is None or thread.version > lease.version:
            thread = Thread(lease.thread, self.runtime.sealer)
        if thread.version < lease.version:
            extend(thread, await log.load(self.runtime.client, lease.thread, thread.version))
        return thread

    def _keep(self, thread: Thread) -> None:
        if before := self._cache.pop(thread.id, None):  # this worker had lost it, and taken it up again
            self._cached -= before.stored
        self._cache[thread.id] = thread
        self._cached += thread.stored
        while self._cached > _CACHED_BYTES:
            self._cached -= self._cache.popitem(last=False)[1].stored

    async def _give_up(self, held: Held | None) -> None:
        if held is None:
            return
        try:
            await held.give_up()
        except (LeaseLost, *AWAY):
            _log.info("%s: its lease runs out by itself", held.lease.thread)

    async def _drain(self, drain_s: float) -> None:
        """Let what runs come to an end; an action that takes longer is put in doubt, visibly."""
        if self._tasks:
            _log.info("stopping: %d threads still at work, at most %g s", len(self._tasks), drain_s)
            await asyncio.wait(self._tasks, timeout=drain_s)
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=10)

    def _complain(self, error: Exception) -> None:
        """One line a minute while the store is away."""
        if time.monotonic() - self._complained > 60:
            self._complained = time.monotonic()
            _log.warning("the store is away (%s: %s); waiting for it", type(error).__name__, error)
