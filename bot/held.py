"""A claimed thread: its fold, and the commits made under its lease."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import TypeVar

from bot import progress as progress_of
from bot import sessions
from bot.entries import stamped
from bot.errors import CountersignError
from bot.events import AnyEvent
from bot.fold import append, extend
from bot.grants import live, spread
from bot.interrupt import Interrupt
from bot.places import Delivery
from bot.runtime import Runtime
from bot.store import log, scripts
from bot.store.away import PASSING
from bot.store.changes import Also
from bot.store.scripts import Change, Done, Lease, Release, Terms
from bot.thread import Thread

_log = logging.getLogger(__name__)
_RETRY_FOR_S = 60.0  # an unanswered commit is repeated this long; it is safe to repeat
Result = TypeVar("Result")


class LeaseLost(CountersignError):
    """Another worker has this thread now; what was not committed is dropped."""


class Held:
    """One thread under lease. Only this object commits to it, in sequence."""

    def __init__(self, runtime: Runtime, lease: Lease, thread: Thread) -> None:
        """Take a claimed thread whose fold is up to date with the log at the claim."""
        self.runtime = runtime
        self.lease = lease
        self.thread = thread
        self.overtaken = 0  # decisions in a row that came too late for the newest input
        self.interrupt = Interrupt()  # set by the renewer: pause, cancel, or the lease is lost
        self.lost = False
        self._seq = 0
        self._server = lease.now
        self._local = time.monotonic()

    def now(self) -> int:
        """The server's time (us), carried on from its last answer."""
        return self._server + int((time.monotonic() - self._local) * 1_000_000)

    async def commit(
        self,
        *events: AnyEvent,
        out: Sequence[Delivery] = (),
        opened: Mapping[str, str] | None = None,
        closed: Sequence[str] = (),
        head: Mapping[str, str] | None = None,
        also: Sequence[Also] = (),
        decides: bool = True,
        progress: bool = False,
        grant: tuple[str, str] | None = None,
    ) -> bool:
        """Write these events and what goes with them; False if input came that the decision has not seen.

        With `grant` (see `bot.grants.Standing.copy`), False as well if that permission does not stand any more.

        Raises:
            LeaseLost: another worker has the thread.

        """
        now = self.now()
        thread = self.thread
        seal = thread.sealer.seal(thread.chains[-1])
        mark = {"by": "bot", "basis": thread.version, "now": now, "seal": seal}
        written = [thread.sealer.write(thread.id, event.model_copy(update=mark)) for event in events]
        entries = [one.entry for one in written]
        enabled = progress_of.is_wanted(thread, self.runtime.directory())
        out = progress_of.along(thread, events, out, enabled=enabled)
        change = Change(entries=entries, head=head or {}, opened=opened or {}, closed=closed, out=out, also=also)
        done = await self._commit(change, decides=decides, progress=progress, grant=grant)
        if done.verdict == "revoked":
            return False
        if done.verdict == "newer":
            self.overtaken += 1
            await self.refresh()
            return False
        self.overtaken = 0
        if done.first == thread.version and thread.unreadable is None:
            for one in written:  # nobody else wrote meanwhile, so the log is what was folded and this
                append(thread, one.event(done.now), stamped(one.entry, done.now))
        else:
            await self.refresh()
        return True

    async def release(self, *, timer: int | None = None) -> None:
        """Give the thread back. It is due again at `timer` (us), or at once if input came meanwhile.

        Permissions that were given in it are copied to all shards by then, unless some cannot be reached.
        """
        await asyncio.gather(*(spread(self.runtime.client, each) for each in live(self.thread, self.now())))
        await self._give_back(Release(timer=timer), progress=True)
        sessions.show(self.runtime, self.thread, works=False)

    async def hand_over(self) -> None:
        """Give the thread back at once, for another worker; this claim was not an attempt."""
        await self._give_back(Release(timer=self.now(), uncounted=True), progress=False)

    async def give_up(self) -> None:
        """Give the thread back after an error of ours: tried again later and later, and parked in the end."""
        backoff = self.now() + 1_000_000 * 2**self.lease.attempts
        await self._give_back(Release(timer=self.now(), backoff=backoff), progress=False)

    async def _give_back(self, release: Release, *, progress: bool) -> None:
        head = {"status": self.thread.status, "agent": self.thread.agent}
        change = Change(head=head, out=progress_of.at_rest(self.thread))
        await self._commit(change, decides=False, progress=progress, release=release)

    async def refresh(self) -> None:
        """Fold what was appended since."""
        extend(self.thread, await log.load(self.runtime.client, self.thread.id, self.thread.version))

    async def count(self, key: str, call: str, amount: int | None, limit: int) -> bool:
        """Count a call towards a limit (hundredths), or without an amount no longer; False if it does not fit."""
        return await scripts.reserve(self.runtime.client, key, call, amount, limit)

    async def _commit(
        self,
        change: Change,
        *,
        decides: bool,
        progress: bool,
        release: Release | None = None,
        grant: tuple[str, str] | None = None,
    ) -> Done:
        self._seq += 1
        terms = Terms(
            seq=self._seq,
            basis=self.thread.version,
            lease_us=self.runtime.lease_us,
            decides=decides,
            progress=progress,
            release=release,
            grant=grant,
        )
        done = await self._until_answered(change, terms)
        if done.verdict == "stale":
            raise LeaseLost
        self._server, self._local = done.now, time.monotonic()
        return done

    async def _until_answered(self, change: Change, terms: Terms) -> Done:
        """Repeat the commit while the server is away: by its sequence number it is written once."""
        deadline, pause = time.monotonic() + _RETRY_FOR_S, 0.05
        while True:
            try:
                return await scripts.commit(self.runtime.client, self.lease, change, terms)
            except PASSING:
                if time.monotonic() > deadline:
                    raise
                _log.debug("%s: the store did not answer a commit; repeating it", self.thread.id)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)
