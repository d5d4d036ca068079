"""The one module that knows aioimaplib (GPL-3.0-only): a connection to a mailbox, guarded against its every hang.

aioimaplib does not notice a connection that is closed while it idles or waits, so everything here waits for the answer
or for the loss of the connection, whichever comes first; after any time-out the connection is given up (its issues
58, 110, 118).
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator, Coroutine, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar, cast

import aioimaplib  # pyright: ignore[reportMissingTypeStubs]  # it has none

from channels.email.imap_words import (
    EXISTS,
    LITERAL,
    Listed,
    MailboxAwayError,
    MailboxRefusedError,
    MessageRefusedError,
    day,
    listed,
    numbering,
    quoted,
    uid_of,
)
from channels.email.oauth import Tokens
from channels.email.settings import Server

T = TypeVar("T")
ANSWER_S = 30.0
CHUNK = 300  # messages a FETCH: of thousands, aioimaplib overflows the stack


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
        self._continued = client.protocol._continuation  # noqa: SLF001  # see _went_on
        client.protocol._continuation = self._went_on  # noqa: SLF001
        self.uidvalidity = 0
        self.uidnext = 0

    async def log_in(self, server: Server, tokens: Tokens | None = None) -> None:
        """Log in and open the folder. Raises MailboxRefusedError too, and TokenError."""
        token = await _token(server, tokens) if server.by_token else None
        await self._run(self._client.wait_hello_from_server())
        if token is None:
            answer = await self._run(self._client.login(quoted(server.user), server.password))
        else:
            answer = await self._run(self._client.xoauth2(server.user, token))
        if answer.result != "OK":
            if token is not None and tokens is not None:
                tokens.refused()
                raise MailboxRefusedError("The IMAP server refuses the access token: see MAIL_OAUTH_URL.")
            raise MailboxRefusedError
        await self._run(self._client.protocol.capability())  # more is offered after the log-in
        answer = await self._run(self._client.select(quoted(server.folder)))
        if answer.result != "OK":
            raise MailboxRefusedError(f"The IMAP server has no folder {server.folder}: see the end of IMAP_URL.")
        self.uidvalidity, following = numbering(b"\n".join(bytes(line) for line in answer.lines))
        self.uidnext = following or 1 + max(await self._search("ALL"), default=0)

    async def after(self, uid: int) -> list[int]:
        """Return the UIDs above this one, in order."""
        return [found for found in await self._search("UID", f"{uid + 1}:*") if found > uid]

    async def since(self, moment: datetime) -> list[int]:
        """Return the UIDs of what arrived on this day, the day before, or later: servers differ in their day's end."""
        return await self._search("SINCE", day(moment.astimezone(UTC) - timedelta(days=1)))

    async def unread(self) -> list[int]:
        """Return the UIDs of what is not marked as read."""
        return await self._search("UNSEEN")

    async def listed(self, uids: Sequence[int]) -> list[Listed]:
        """Return size and arrival of these messages, as far as they are still there."""
        found: list[Listed] = []
        for start in range(0, len(uids), CHUNK):
            chunk = ",".join(map(str, uids[start : start + CHUNK]))
            answer = await self._run(self._client.uid("fetch", chunk, "(UID FLAGS RFC822.SIZE INTERNALDATE)"))
            if answer.result != "OK":
                raise MailboxAwayError("The IMAP server refuses to list messages; it is tried again.")
            found += [one for line in answer.lines if (one := listed(bytes(line)))]
        return sorted(found, key=lambda one: one.uid)

    async def headers(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Return the fields From and Subject of these messages, as they are."""
        found: dict[int, bytes] = {}
        for start in range(0, len(uids), CHUNK):
            chunk = ",".join(map(str, uids[start : start + CHUNK]))
            answer = await self._run(
                self._client.uid("fetch", chunk, "(UID BODY.PEEK[HEADER.FIELDS (FROM SUBJECT)])"), 4 * self._answer_s
            )
            for before, line in pairwise(answer.lines):
                uid = uid_of(bytes(before))
                if uid is not None and isinstance(line, bytearray) and LITERAL.search(bytes(before)):
                    found[uid] = bytes(line)
        return found

    async def fetch(self, uid: int) -> bytes | None:
        """Return one message as it is; None if it is gone. It stays unread: BODY.PEEK, never RFC822."""
        answer = await self._run(self._client.uid("fetch", str(uid), "(UID BODY.PEEK[])"), 4 * self._answer_s)
        if answer.result != "OK":
            raise MessageRefusedError
        lines = list(answer.lines)
        for before, line in pairwise(lines):
            if isinstance(line, bytearray) and LITERAL.search(bytes(before)):
                return bytes(line)
        return None

    async def mark(self, uid: int, flag: str = r"\Seen") -> None:
        """Mark one message, as read at first. A server that does not let us is no trouble: the cursor counts."""
        await self._run(self._client.uid("store", str(uid), "+FLAGS.SILENT", f"({flag})"))

    async def move(self, uid: int, folder: str) -> bool:
        """Move one message to another folder, which is made if need be; False: the server does not let us.

        Without MOVE (RFC 6851) it is copied and deleted; without UIDPLUS as well, it stays, marked as deleted, since
        EXPUNGE alone would take whatever else is marked so.
        """
        by = "move" if self._client.has_capability("MOVE") else "copy"
        answer = await self._run(self._client.uid(by, str(uid), quoted(folder)), 4 * self._answer_s)
        if answer.result != "OK":
            await self._run(self._client.protocol.simple_command("CREATE", quoted(folder)))
            answer = await self._run(self._client.uid(by, str(uid), quoted(folder)), 4 * self._answer_s)
        if answer.result == "OK" and by == "copy":
            await self.remove(uid)
        return bool(answer.result == "OK")

    async def remove(self, uid: int) -> None:
        """Delete one message; without UIDPLUS it stays, marked as deleted: EXPUNGE alone would take others as well."""
        await self.mark(uid, r"\Deleted")
        if self._client.has_capability("UIDPLUS"):
            await self._run(self._client.uid("expunge", str(uid)))

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
        if EXISTS.match(line):
            self._news = True
        return self._untagged(line)

    def _went_on(self, line: bytes) -> object:
        """Answer what a server says before it refuses a token: it waits for an empty line (RFC 7628, 3.2.3)."""
        pending = self._client.protocol.pending_sync_command
        if pending is not None and pending.name == "AUTHENTICATE":
            return self._client.protocol.send("")
        return self._continued(line)

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
async def open_mailbox(
    server: Server, answer_s: float = ANSWER_S, tokens: Tokens | None = None
) -> AsyncGenerator[Mailbox]:
    """Open the folder and close it again; wait `answer_s` seconds for each answer, four times as long for a mail.

    Raises MailboxAwayError, MailboxRefusedError, TokenError.
    """
    client = _client(server)
    mailbox = Mailbox(client, answer_s)
    try:
        await mailbox.log_in(server, tokens)
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


async def _token(server: Server, tokens: Tokens | None) -> str:
    if tokens is None:
        raise MailboxRefusedError(f"IMAP_URL has no password for {server.user}: add it, or set MAIL_OAUTH_URL.")
    return await tokens.token()


async def _awaited(task: asyncio.Future[object]) -> object:
    return await task
