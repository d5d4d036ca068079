"""Watching a mailbox: sweep, wait for the server to tell of something, sweep again; whatever happens to the server."""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from bot.store.cursors import Position
from channels.email.imap import (
    ANSWER_S,
    Mailbox,
    MailboxAwayError,
    MailboxRefusedError,
    MessageRefusedError,
    open_mailbox,
)
from channels.email.parse import BIGGEST
from channels.email.receive import Receiver
from channels.email.settings import Server

IDLE_S = 300.0  # between two sweeps at most: IDLE is a hint, and some servers forget to give it
FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_MOST_REFUSALS = 5  # of one message, before it is listed and passed over
_AGAIN = timedelta(days=1)  # so much from before the last contact is looked at again after a new numbering
_QUIET_S = 60.0  # between two log lines about the same trouble

_log = logging.getLogger("channels.email")


class Cursor(Protocol):
    """Keeps how far a mailbox was read; `bot.store.cursors.RedisCursor` does."""

    async def load(self, mailbox: str) -> Position | None:
        """Return the position; None if this mailbox was never read."""
        ...

    async def save(self, mailbox: str, position: Position) -> None:
        """Keep the position."""
        ...


@dataclass(slots=True)
class Status:
    """How the watch is doing. Times are Unix seconds; 0: never."""

    connected: bool = False
    last_contact: float = 0.0  # the server answered
    last_idle: float = 0.0  # the server was last listened to
    last_uid: int = 0
    waiting: int = 0  # messages found and not yet taken
    lag_s: float = 0.0  # of the last message, from its arrival to its being stored
    trouble: str = ""  # the last one, while it lasts
    failures: int = 0  # in a row


class Watch:
    """Watches one mailbox. `status` tells how it is doing; `receiver.counts` what became of the mails."""

    def __init__(
        self,
        server: Server,
        receiver: Receiver,
        cursor: Cursor,
        *,
        since: datetime | None = None,
        idle_s: float = IDLE_S,
        pause_s: float = FIRST_PAUSE_S,
        answer_s: float = ANSWER_S,
    ) -> None:
        """Take the mailbox. With `since`, a mailbox that was never read is read from then on, not from now."""
        self.receiver = receiver
        self.status = Status()
        self._server = server
        self._cursor = cursor
        self._since = since
        self._idle_s = idle_s
        self._pause_s = pause_s
        self._answer_s = answer_s
        self._refusals: Counter[int] = Counter()  # by UID
        self._said: float | None = None

    async def run(self) -> None:
        """Watch until cancelled. Nothing that the server or the store does ends this."""
        while True:
            try:
                async with open_mailbox(self._server, self._answer_s) as mailbox:
                    await self._follow(mailbox)
            except MailboxRefusedError as error:
                self._trouble(str(error))
            except MailboxAwayError as error:
                self._trouble(str(error))
            except Exception as error:  # noqa: BLE001  # the store is away, mostly: nothing was marked as taken
                self._trouble(f"{type(error).__name__} while taking mail; it is taken later")
            self.status.connected = False
            await asyncio.sleep(min(self._pause_s * 2 ** min(self.status.failures, 10), _LONGEST_PAUSE_S))
            self.status.failures += 1

    async def _follow(self, mailbox: Mailbox) -> None:
        position = await self._sweep(mailbox, await self._begin(mailbox))
        self._well()
        while True:
            self.status.last_idle = time.time()
            await mailbox.idle(self._idle_s)
            self._well()
            self.status.failures = 0  # not before: a server that hangs up at every IDLE is not to be asked every second
            position = await self._sweep(mailbox, position)

    async def _begin(self, mailbox: Mailbox) -> Position:
        """Return where to go on. What was in a mailbox before the first contact is not answered."""
        name = self._server.mailbox
        known = await self._cursor.load(name)
        if known is not None and known.uidvalidity == mailbox.uidvalidity:
            return known
        now = _now_us()
        start = Position(uidvalidity=mailbox.uidvalidity, uid=mailbox.uidnext - 1, at=now)
        # A folder numbered anew is read again from a while before the last contact: each mail is taken once.
        since = datetime.fromtimestamp(known.at / 1_000_000, UTC) - _AGAIN if known else self._since
        if since is not None:
            await self._take(mailbox, await mailbox.since(since), start, since)
        await self._cursor.save(name, start)
        return start

    async def _sweep(self, mailbox: Mailbox, position: Position) -> Position:
        found = await mailbox.after(position.uid)
        return await self._take(mailbox, found, position) if found else position

    async def _take(
        self, mailbox: Mailbox, uids: Sequence[int], position: Position, since: datetime | None = None
    ) -> Position:
        """Take these messages in order; the cursor follows each one that is stored."""
        listed = await mailbox.listed(uids)
        self.status.waiting = len(listed)
        for message in listed:
            if since is None or message.arrived >= since.timestamp() * 1_000_000:
                await self._take_one(mailbox, message.uid, message.size, message.arrived)
            self.status.waiting -= 1
            if message.uid > position.uid:
                position = Position(uidvalidity=mailbox.uidvalidity, uid=message.uid, at=_now_us())
                await self._cursor.save(self._server.mailbox, position)
                self.status.last_uid = message.uid
        return position

    async def _take_one(self, mailbox: Mailbox, uid: int, size: int, arrived: int) -> None:
        if size > BIGGEST:
            await self.receiver.too_big(self._server.mailbox, f"{mailbox.uidvalidity}/{uid}", size)
            return  # it stays unread, where a person finds it
        try:
            raw = await mailbox.fetch(uid)
        except MessageRefusedError:
            self._refusals[uid] += 1
            if self._refusals[uid] < _MOST_REFUSALS:
                raise
            await self.receiver.unreadable(self._server.mailbox, f"{mailbox.uidvalidity}/{uid}")
            return  # a message that the server cannot read must not keep those behind it waiting
        if raw is None:
            return  # somebody deleted it meanwhile
        became = await self.receiver.take(raw, arrived)
        self.status.lag_s = max(0.0, time.time() - arrived / 1_000_000)
        _log.debug("mail %d: %s", uid, became)
        await mailbox.mark_seen(uid)

    def _well(self) -> None:
        self.status.connected = True
        self.status.last_contact = time.time()
        if self.status.trouble:
            _log.info("the mailbox %s is back", self._server.mailbox)
            self.status.trouble = ""

    def _trouble(self, what: str) -> None:
        self.status.trouble = what
        if self._said is None or time.monotonic() - self._said > _QUIET_S:
            self._said = time.monotonic()
            _log.warning("the mailbox %s: %s", self._server.mailbox, what)


@asynccontextmanager
async def serve_email(
    imap_url: str,
    receiver: Receiver,
    cursor: Cursor,
    *,
    since: datetime | None = None,
    idle_s: float = IDLE_S,
    pause_s: float = FIRST_PAUSE_S,
    answer_s: float = ANSWER_S,
) -> AsyncGenerator[Watch]:
    """Watch the mailbox at IMAP_URL until the block ends. Waits between tries grow from `pause_s` to a minute."""
    server = Server.imap(imap_url)
    watch = Watch(server, receiver, cursor, since=since, idle_s=idle_s, pause_s=pause_s, answer_s=answer_s)
    task = asyncio.create_task(watch.run())
    try:
        yield watch
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _now_us() -> int:
    return time.time_ns() // 1000
