"""Several mailboxes, shared with other processes: each is watched by whoever holds it, and says how it is doing."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.store.away import AWAY
from bot.store.holds import HeldCursor, Hold, NotHeldError
from bot.store.presence import MailboxReport, Presence, now_us
from bot.store.server import Client
from channels.email.receive import Receiver
from channels.email.settings import Server
from channels.email.tally import Tally
from channels.email.watch import Manner, Watch

LEASE_S = 10.0
_log = logging.getLogger("channels.email")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """What the processes of an installation share mailboxes by."""

    client: Client
    process: str
    lease_s: float = LEASE_S


class Keeper:
    """Watches one mailbox while this process holds it, and waits for it while another one does."""

    def __init__(self, server: Server, receiver: Receiver, sharing: Sharing, manner: Manner) -> None:
        """Take the mailbox."""
        self.hold = Hold(sharing.client, server.mailbox, sharing.lease_s)
        self.watch = Watch(server, receiver, HeldCursor(sharing.client, self.hold), manner)
        self.watching = False
        self._tally = Tally(receiver, Presence(sharing.client), server.mailbox)
        self._process = sharing.process
        self._turn_s = sharing.lease_s / 5

    async def run(self) -> None:
        """Hold and watch, again and again, until cancelled; the mailbox is let go then."""
        name = self.watch.server.mailbox
        while True:
            with contextlib.suppress(*AWAY):
                if await self.hold.take():
                    _log.info("this process watches %s", name)
                    await self._watch_while_held()
                    _log.warning("another process may watch %s now", name)
            await asyncio.sleep(self._turn_s)

    async def _watch_while_held(self) -> None:
        task = asyncio.create_task(self.watch.run())
        self.watching = True
        until = time.monotonic()  # the first turn takes it again, and counts from before it asks
        try:
            while True:
                now = time.monotonic()
                try:
                    if not await self.hold.take():
                        return
                    until = now + self.hold.lease_s
                    await self._tally.publish(self._report())
                except AWAY:
                    if now > until:
                        return  # it may be another's by now
                done, _ = await asyncio.wait({task}, timeout=self._turn_s)
                if done:
                    with contextlib.suppress(NotHeldError):
                        task.result()
                    return
        finally:
            self.watching = False
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            with contextlib.suppress(*AWAY):
                await self._tally.publish(self._report())
                await self.hold.release()

    def _report(self) -> MailboxReport:
        status = self.watch.status
        return MailboxReport(
            at=now_us(),
            name=self.watch.server.mailbox,
            connected=status.connected and self.watching,
            last_contact=int(status.last_contact * 1_000_000),
            last_idle=int(status.last_idle * 1_000_000),
            last_uid=status.last_uid,
            waiting=status.waiting,
            lag_ms=int(status.lag_s * 1000),
            trouble=status.trouble,
            process=self._process,
        )


@asynccontextmanager
async def serve_mailboxes(
    servers: Iterable[Server], receiver: Callable[[], Receiver], sharing: Sharing, manner: Manner
) -> AsyncGenerator[list[Keeper]]:
    """Watch those of the mailboxes that no other process watches, until the block ends; each has its own receiver."""
    keepers = [Keeper(server, receiver(), sharing, manner) for server in servers]
    tasks = [asyncio.create_task(keeper.run()) for keeper in keepers]
    try:
        yield keepers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
