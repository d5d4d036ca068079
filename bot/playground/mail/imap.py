"""The IMAP server: listens on loopback, and knows its open connections so that they can be cut."""

import asyncio

from bot.playground.mail.imap_session import Session
from bot.playground.mail.office import PostOffice

LINE_LIMIT = 1024 * 1024  # bytes: a client may list very many UIDs


class ImapServer:
    """Serves every mailbox of the post office."""

    def __init__(self, office: PostOffice, host: str, port: int) -> None:
        """Take what to serve, and where to listen (port 0: any free one)."""
        self._office = office
        self.host = host
        self.port = port
        self.sessions: dict[Session, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; `port` is known from now on."""
        self._server = await asyncio.start_server(self._connected, self.host, self.port, limit=LINE_LIMIT)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close every connection."""
        if self._server:
            self._server.close()
        tasks = [*self.sessions.values()]
        for session in [*self.sessions]:
            session.cut()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._server:
            await self._server.wait_closed()

    def cut(self, *, box: str | None = None, idling_only: bool = False, bye: str | None = None) -> int:
        """Close connections (of one mailbox), saying BYE or nothing; return how many."""
        found = [
            session
            for session in self.sessions
            if (box is None or session.account == box) and (session.idling or not idling_only)
        ]
        for session in found:
            session.cut(bye=bye)
        return len(found)

    @property
    def idling(self) -> list[str]:
        """The mailboxes that a client idles on now, one entry a connection."""
        return [session.account for session in self.sessions if session.idling and session.account]

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(self._office, reader, writer)
        self.sessions[session] = task = asyncio.create_task(session.run())
        task.add_done_callback(lambda _: self.sessions.pop(session, None))
