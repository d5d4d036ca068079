"""The one module that knows aioimaplib (GPL-3.0-only): a connection to a mailbox, guarded against its every hang.

aioimaplib does not notice a connection that is closed while it idles or waits, so everything here waits for the answer
or for the loss of the connection, whichever comes first; after any time-out the connection is given up (its issues
58, 110, 118).
"""

import asyncio
import contextlib
import re
import ssl
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar, cast

import aioimaplib  # pyright: ignore[reportMissingTypeStubs]  # it has none

from bot.errors import CountersignError
from channels.email.settings import Server

T = TypeVar("T")
ANSWER_S = 30.0
CHUNK = 300  # messages a FETCH: of thousands, aioimaplib overflows the stack
_UID = re.compile(rb"\bUID (\d+)")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
_ARRIVED = re.compile(rb'\bINTERNALDATE "([^"]+)"')
_LITERAL = re.compile(rb"BODY\[\] \{\d+\}$")
_EXISTS = re.compile(rb"\* \d+ EXISTS\b", re.IGNORECASE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class MailboxAwayError(CountersignError):
    """The IMAP server cannot be reached or does not answer; it is tried again."""


class MessageRefusedError(MailboxAwayError):
    """The IMAP server does not hand out one message; it is tried again."""


class MailboxRefusedError(CountersignError):
    """The IMAP server refuses the log-in or the folder: see IMAP_URL."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One message in the folder, before it is fetched."""

    uid: int
    size: int  # bytes
    arrived: int  # us, by the server's clock


class Mailbox:
    """One folder, open. Every method raises MailboxAwayError when the connection is lost or silent for too long."""

    def __init__(self, client: Any, answer_s: float) -> None:  # noqa: ANN401  # aioimaplib has no types
        """Use `open_mailbox`."""
        self._client = client
        self._answer_s = answer_s
        self._lost = asyncio.Event()
        self._news = False  # the server told of messages that no search has seen yet
        # Set on the protocol, since aioimaplib's TLS client does not take it.
        client.protocol.conn_lost_cb = lambda _: self._lost.set()  # pyright: ignore[reportUnknownLambdaType]
        self._untagged = client.protocol._untagged_response  # noqa: SLF001  # see _heard
        client.protocol._untagged_response = self._heard  # noqa: SLF001
        self.uidvalidity = 0
        self.uidnext = 0

    async def log_in(self, server: Server) -> None:
        """Log in and open the folder. Raises MailboxRefusedError too."""
        await self._run(self._client.wait_hello_from_server())
        answer = await self._run(self._client.login(_quoted(server.user), server.password))
        if answer.result != "OK":
            raise MailboxRefusedError
        await self._run(self._client.protocol.capability())  # more is offered after the log-in
        answer = await self._run(self._client.select(_quoted(server.folder)))
        if answer.result != "OK":
            raise MailboxRefusedError(f"The IMAP server has no folder {server.folder}: see the end of IMAP_URL.")
        told = b"\n".join(bytes(line) for line in answer.lines)
        validity, following = re.search(rb"UIDVALIDITY (\d+)", told), re.search(rb"UIDNEXT (\d+)", told)
        self.uidvalidity = int(validity[1]) if validity else 0
        self.uidnext = int(following[1]) if following else 1 + max(await self._search("ALL"), default=0)

    async def after(self, uid: int) -> list[int]:
        """Return the UIDs above this one, in order."""
        return [found for found in await self._search("UID", f"{uid + 1}:*") if found > uid]

    async def since(self, moment: datetime) -> list[int]:
        """Return the UIDs of what arrived on this day, the day before, or later: servers differ in their day's end."""
        day = moment.astimezone(UTC) - timedelta(days=1)
        return await self._search("SINCE", f"{day.day}-{_MONTHS[day.month - 1]}-{day.year}")

    async def listed(self, uids: Sequence[int]) -> list[Listed]:
        """Return size and arrival of these messages, as far as they are still there."""
        found: list[Listed] = []
        for start in range(0, len(uids), CHUNK):
            chunk = ",".join(map(str, uids[start : start + CHUNK]))
            answer = await self._run(self._client.uid("fetch", chunk, "(UID RFC822.SIZE INTERNALDATE)"))
            if answer.result != "OK":
                raise MailboxAwayError("The IMAP server refuses to list messages; it is tried again.")
            for line in answer.lines:
                uid, size = _UID.search(bytes(line)), _SIZE.search(bytes(line))
                if uid and size:
                    found.append(Listed(int(uid[1]), int(size[1]), _time_us(bytes(line))))
        return sorted(found, key=lambda listed: listed.uid)

    async def fetch(self, uid: int) -> bytes | None:
        """Return one message as it is; None if it is gone. It stays unread: BODY.PEEK, never RFC822."""
        answer = await self._run(self._client.uid("fetch", str(uid), "(UID BODY.PEEK[])"), 4 * self._answer_s)
        if answer.result != "OK":
            raise MessageRefusedError
        lines = list(answer.lines)
        for before, line in pairwise(lines):
            if isinstance(line, bytearray) and _LITERAL.search(bytes(before)):
                return bytes(line)
        return None

    async def mark_seen(self, uid: int) -> None:
        """Mark one message as read. A server that does not let us is no trouble: the cursor is what counts."""
        await self._run(self._client.uid("store", str(uid), "+FLAGS.SILENT", r"(\Seen)"))

    async def idle(self, seconds: float) -> bool:
        """Wait until the server tells of something, at most so long; return whether it did.

        Where the server cannot IDLE, this waits for half a minute and asks.
        """
        if self._news:
            return True
        if not self._client.has_capability("IDLE"):
            await self._sleep(min(seconds, 30.0))
            await self._run(self._client.noop())
            return True
        queue: asyncio.Queue[object] = self._client.protocol.idle_queue
        while not queue.empty():
            queue.get_nowait()
        idling = await self._run(self._client.idle_start(seconds + 3600))
        told = True
        try:
            await self._run(self._client.wait_server_push(seconds), seconds + self._answer_s, quiet=True)
        except TimeoutError:
            told = False
        self._client.idle_done()
        await self._run(_awaited(idling))
        return told

    async def log_out(self) -> None:
        """Say goodbye, if anybody listens."""
        with contextlib.suppress(MailboxAwayError):
            await self._run(self._client.logout(), 2.0)

    def _heard(self, line: bytes) -> object:
        """Notice an EXISTS that comes with the answer to any command: a server tells of a message once.

        aioimaplib drops it, and IDLE would then wait for a message that is already there.
        """
        if _EXISTS.match(line):
            self._news = True
        return self._untagged(line)

    async def _search(self, *criteria: str) -> list[int]:
        self._news = False
        # Without a charset: Outlook's servers answer BADCHARSET to any.
        answer = await self._run(self._client.uid_search(*criteria, charset=None))
        if answer.result != "OK":
            raise MailboxAwayError("The IMAP server refuses a search; it is tried again.")
        words = b" ".join(bytes(line) for line in answer.lines[:-1]).split()
        return sorted({int(word) for word in words if word.isdigit()})

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._lost.wait(), seconds)
        if self._lost.is_set():
            raise MailboxAwayError

    async def _run(self, work: Coroutine[Any, Any, Any], seconds: float | None = None, *, quiet: bool = False) -> Any:  # noqa: ANN401
        """Wait for an answer, the loss of the connection, or the end of our patience."""
        task = asyncio.ensure_future(work)
        lost = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait({task, lost}, timeout=seconds or self._answer_s, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise MailboxAwayError("The IMAP server closed the connection." if lost.done() else None)
            return task.result()
        except (aioimaplib.AioImapException, OSError, AttributeError, IndexError, RecursionError) as error:
            if quiet and isinstance(error, TimeoutError):
                raise
            raise MailboxAwayError(f"The IMAP server cannot be used ({type(error).__name__}).") from error
        finally:
            for one in (task, lost):
                one.cancel()
            await asyncio.gather(task, lost, return_exceptions=True)


@asynccontextmanager
async def open_mailbox(server: Server, answer_s: float = ANSWER_S) -> AsyncGenerator[Mailbox]:
    """Open the folder and close it again; wait `answer_s` seconds for each answer, four times as long for a mail.

    Raises MailboxAwayError, MailboxRefusedError.
    """
    client = _client(server)
    mailbox = Mailbox(client, answer_s)
    try:
        await mailbox.log_in(server)
        yield mailbox
        await mailbox.log_out()
    finally:
        _close(client)


def _client(server: Server) -> Any:  # noqa: ANN401  # aioimaplib has no types
    if server.tls:
        context = ssl.create_default_context()
        return cast("Any", aioimaplib.IMAP4_SSL)(server.host, server.port, timeout=ANSWER_S, ssl_context=context)
    if not server.is_local:
        raise MailboxRefusedError("IMAP_URL: a password goes to another machine by imaps:// only.")
    return cast("Any", aioimaplib.IMAP4)(server.host, server.port, timeout=ANSWER_S)


def _close(client: Any) -> None:  # noqa: ANN401  # aioimaplib has no types
    connecting: asyncio.Task[object] = client._client_task  # noqa: SLF001  # nothing else ends a connection attempt
    connecting.cancel()
    if connecting.done() and not connecting.cancelled():
        connecting.exception()  # it was raised where it was waited for
    for task in [*client.tasks, *client.protocol.tasks]:
        task.cancel()
    if client._idle_waiter is not None:  # noqa: SLF001  # its timer would outlive the connection
        client._idle_waiter.cancel()  # noqa: SLF001
    if client.protocol.transport is not None:
        client.protocol.transport.abort()


async def _awaited(task: asyncio.Future[object]) -> object:
    return await task


def _quoted(text: str) -> str:
    """Return an IMAP quoted string; aioimaplib refuses line ends itself."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _time_us(line: bytes) -> int:
    found = _ARRIVED.search(line)
    try:
        moment = datetime.strptime(found[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z") if found else None
    except (ValueError, UnicodeDecodeError):
        moment = None
    return int((moment or datetime.now(UTC)).timestamp() * 1_000_000)
