"""Watching a mailbox: sweep, wait for the server to tell of something, sweep again; whatever happens to the server."""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from bot.store.away import AWAY
from bot.store.cursors import Position
from bot.store.holds import NotHeldError
from channels.email.imap import ANSWER_S, Mailbox, open_mailbox
from channels.email.imap_words import Listed, MailboxAwayError, MailboxRefusedError, MessageRefusedError
from channels.email.oauth import TokenError, Tokens
from channels.email.parse import BIGGEST
from channels.email.receive import Receiver
from channels.email.refusals import Refused
from channels.email.settings import Server

IDLE_S = 300.0  # between two sweeps at most: IDLE is a hint, and some servers forget to give it
FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_MOST_REFUSALS = 5  # of one message, before it is listed and passed over
_AGAIN = timedelta(days=1)  # so much from before the last contact is looked at again after a new numbering
_FRESH_US = 3_600_000_000  # so old may be what is kept of when a quiet mailbox was last read
_QUIET_S = 60.0  # between two log lines about the same trouble
BROKEN = frozenset(
    {
        Refused.TOO_BIG,
        Refused.UNREADABLE,
        Refused.MALFORMED,
        Refused.NO_FROM,
        Refused.SEVERAL_FROM,
        Refused.BAD_FROM,
    }
)
"""What stays in the mailbox, unread and flagged, for a person to look at."""

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


async def _nobody(source: str, text: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a mailbox is watched. `since`: what arrived since then is looked at, whatever was read before, once."""

    since: datetime | None = None
    idle_s: float = IDLE_S
    pause_s: float = FIRST_PAUSE_S
    answer_s: float = ANSWER_S
    tokens: Tokens | None = None
    done_folder: str = ""  # where mail goes that was taken; empty: it stays
    report: Callable[[str, str], Awaitable[None]] = _nobody  # tells operators something, once for each source


class Watch:
    """Watches one mailbox. `status` tells how it is doing; `receiver.counts` what became of the mails."""

    def __init__(self, server: Server, receiver: Receiver, cursor: Cursor, manner: Manner) -> None:
        """Take the mailbox."""
        self.receiver = receiver
        self.status = Status()
        self.server = server
        self._cursor = cursor
        self._manner = manner
        self._since = manner.since
        self._refusals: Counter[int] = Counter()  # by UID
        self._said: float | None = None

    async def run(self) -> None:
        """Watch until cancelled, or until another process holds the mailbox: raises NotHeldError then.

        Nothing else that the server or the store does ends this.
        """
        while True:
            try:
                async with open_mailbox(self.server, self._manner.answer_s, self._manner.tokens) as mailbox:
                    await self._follow(mailbox)
            except NotHeldError:
                raise
            except (MailboxRefusedError, MailboxAwayError, TokenError) as error:
                self._trouble(str(error))
            except Exception as error:  # noqa: BLE001  # the store is away, mostly: nothing was marked as taken
                self._trouble(f"{type(error).__name__} while taking mail; it is taken later")
            self.status.connected = False
            await asyncio.sleep(min(self._manner.pause_s * 2 ** min(self.status.failures, 10), _LONGEST_PAUSE_S))
            self.status.failures += 1

    async def _follow(self, mailbox: Mailbox) -> None:
        position = await self._sweep(mailbox, await self._begin(mailbox))
        self._well()
        while True:
            self.status.last_idle = time.time()
            await mailbox.idle(self._manner.idle_s)
            self._well()
            self.status.failures = 0  # not before: a server that hangs up at every IDLE is not to be asked every second
            position = await self._sweep(mailbox, position)

    async def _begin(self, mailbox: Mailbox) -> Position:
        """Return where to go on. What was in a mailbox before the first contact is not answered."""
        known = await self._cursor.load(self.server.mailbox)
        start = known
        since = self._since
        if start is None or start.uidvalidity != mailbox.uidvalidity:
            start = Position(uidvalidity=mailbox.uidvalidity, uid=mailbox.uidnext - 1, at=_now_us())
            # A folder numbered anew is read again from a while before the last contact: each mail is taken once.
            since = since or (datetime.fromtimestamp(known.at / 1_000_000, UTC) - _AGAIN if known else None)
            if since is None:
                said = "%s is read from now on; what is in it already is not answered: `bot email old` lists it"
                _log.info(said, self.server.mailbox)
        if since is not None:
            known_uids = [uid for uid in await mailbox.since(since) if uid <= start.uid]
            await self._take(mailbox, known_uids, start, since)
            self._since = None
        if start is not known:
            await self._cursor.save(self.server.mailbox, start)
        return start

    async def _sweep(self, mailbox: Mailbox, position: Position) -> Position:
        if found := await mailbox.after(position.uid):
            return await self._take(mailbox, found, position)
        if _now_us() - position.at > _FRESH_US:  # a new numbering is read again from this moment on
            position = position.model_copy(update={"at": _now_us()})
            await self._cursor.save(self.server.mailbox, position)
        return position

    async def _take(
        self, mailbox: Mailbox, uids: Sequence[int], position: Position, since: datetime | None = None
    ) -> Position:
        """Take these messages in order; the cursor follows each one that is stored."""
        listed = await mailbox.listed(uids)
        self.status.waiting = len(listed)
        for message in listed:
            if since is None or message.arrived >= since.timestamp() * 1_000_000:
                await self._take_one(mailbox, message)
            self.status.waiting -= 1
            self.status.last_contact = time.time()
            if message.uid > position.uid:
                position = Position(uidvalidity=mailbox.uidvalidity, uid=message.uid, at=_now_us())
                await self._cursor.save(self.server.mailbox, position)
                self.status.last_uid = message.uid
        return position

    async def _take_one(self, mailbox: Mailbox, message: Listed) -> None:
        name = f"{mailbox.uidvalidity}/{message.uid}"
        if message.size > BIGGEST:
            await self.receiver.too_big(self.server.mailbox, name, message.size)
            await self._keep(mailbox, message.uid, Refused.TOO_BIG)
            return
        try:
            raw = await mailbox.fetch(message.uid)
            if raw is None:
                return  # somebody deleted it meanwhile
            became = await self.receiver.take(raw, message.arrived)
        except MessageRefusedError:
            await self._pass_over(mailbox, message.uid)
            return
        except (MailboxAwayError, *AWAY):
            raise
        except Exception as error:  # noqa: BLE001  # whatever a mail does to us, those behind it must not wait for ever
            # No traceback: it could show what is in it.
            _log.error(
                "mail %s of %s: %s", name, self.server.mailbox, type(error).__name__
            )  # a traceback could show what is in it
            await self._pass_over(mailbox, message.uid)
            return
        self.status.lag_s = max(0.0, time.time() - message.arrived / 1_000_000)
        _log.debug("mail %d: %s", message.uid, became)
        if became in BROKEN:
            await self._keep(mailbox, message.uid, became)
        elif became != Refused.TOO_OLD:  # that stays unread, where a person finds it
            await mailbox.mark(message.uid)
            await self._put_away(mailbox, message.uid)

    async def _pass_over(self, mailbox: Mailbox, uid: int) -> None:
        """Leave out a message that fails again and again; raises until then, so that it is tried again."""
        self._refusals[uid] += 1
        if self._refusals[uid] < _MOST_REFUSALS:
            raise MessageRefusedError
        await self.receiver.unreadable(self.server.mailbox, f"{mailbox.uidvalidity}/{uid}")
        await self._keep(mailbox, uid, Refused.UNREADABLE)

    async def _keep(self, mailbox: Mailbox, uid: int, became: str) -> None:
        """Leave a broken mail where it is, unread and flagged, and tell the operators."""
        where = f"{self.server.mailbox}/{mailbox.uidvalidity}/{uid}"
        text = (
            f"A mail could not be taken ({became}). It was kept in {self.server.mailbox}, unread and flagged, as "
            f"message {uid}; nobody but you was told. `bot email old` lists it."
        )
        await self._manner.report(f"broken/{where}", text)
        await mailbox.mark(uid, r"\Flagged")

    async def _put_away(self, mailbox: Mailbox, uid: int) -> None:
        folder = self._manner.done_folder
        if folder and folder != self.server.folder and not await mailbox.move(uid, folder):
            self._complain(f"the server does not move mail to {folder}: see MAIL_DONE_FOLDER")

    def _well(self) -> None:
        self.status.connected = True
        self.status.last_contact = time.time()
        if self.status.trouble:
            _log.info("the mailbox %s is back", self.server.mailbox)
            self.status.trouble = ""

    def _trouble(self, what: str) -> None:
        self.status.trouble = what
        self._complain(what)

    def _complain(self, what: str) -> None:
        if self._said is None or time.monotonic() - self._said > _QUIET_S:
            self._said = time.monotonic()
            _log.warning("the mailbox %s: %s", self.server.mailbox, what)


@asynccontextmanager
async def serve_email(
    imap_url: str,
    receiver: Receiver,
    cursor: Cursor,
    manner: Manner | None = None,
    **more: Any,  # noqa: ANN401  # fields of Manner
) -> AsyncGenerator[Watch]:
    """Watch the mailbox at IMAP_URL until the block ends, with nobody else watching it."""
    watch = Watch(Server.imap(imap_url), receiver, cursor, replace(manner or Manner(), **more))
    task = asyncio.create_task(watch.run())
    try:
        yield watch
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def _now_us() -> int:
    return time.time_ns() // 1000
