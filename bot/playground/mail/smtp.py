"""The SMTP server: takes mail from the bot once it has logged in, and from anyone for the peer's own domain."""

import asyncio
import logging
import re
from typing import NoReturn

from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Envelope, LoginPassword, Session

from bot.playground.mail import stamps
from bot.playground.mail.faults import FINE
from bot.playground.mail.models import Authentic, Fault
from bot.playground.mail.office import PostOffice, domain_of

SIZE_LIMIT = 25 * 1024 * 1024  # bytes, announced as SIZE
_REPLY = re.compile(r"[245]\d\d ")


class SmtpServer:
    """Listens on loopback, so AUTH is offered without TLS."""

    def __init__(self, office: PostOffice, host: str, port: int) -> None:
        """Take where to deliver, and where to listen (port 0: any free one)."""
        self.office = office
        self.host = host
        self.port = port
        self.connections: set[Connection] = set()
        self.all_closed = asyncio.Event()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; `port` is known from now on."""
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns there of its own way to log in
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self, loop), self.host, self.port)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close every connection."""
        if self._server:
            self._server.close()
        for connection in [*self.connections]:
            connection.cut()
        if self._server:
            await self._server.wait_closed()
        if self.connections:
            await self.all_closed.wait()


class Connection(SMTP):
    """One client's connection: aiosmtpd's protocol, with our hooks, which can be cut."""

    def __init__(self, server: SmtpServer, loop: asyncio.AbstractEventLoop) -> None:
        """Take the server to answer for."""
        office = server.office
        hooks = Hooks(office)
        super().__init__(
            hooks,
            data_size_limit=SIZE_LIMIT,
            enable_SMTPUTF8=True,
            hostname=office.authserv_id(f"@{office.domain}"),
            ident="ESMTP playground",
            auth_require_tls=False,
            authenticator=hooks.log_in,
            loop=loop,
        )
        self._playground = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._playground.connections.add(self)
        self._playground.all_closed.clear()
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._playground.connections.discard(self)
        if not self._playground.connections:
            self._playground.all_closed.set()

    async def refuse_the_web(self, arg: str | None) -> None:
        """Close what speaks HTTP: a foreign page can make a browser post here, and mail would follow in the body."""
        self.cut()

    smtp_POST = smtp_GET = smtp_PUT = smtp_HEAD = smtp_OPTIONS = refuse_the_web  # noqa: N815 - aiosmtpd's scheme

    def cut(self) -> None:
        """Close at once, without a word."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()


class Hooks:
    """What we do at each command. aiosmtpd finds the methods by their names."""

    def __init__(self, office: PostOffice) -> None:
        """Take where to deliver."""
        self._office = office
        self._account: str | None = None  # who has logged in

    def log_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth_data: LoginPassword
    ) -> AuthResult:
        """Check name and password."""
        user, password = (part.decode("utf-8", "replace") for part in auth_data)
        self._account = self._office.log_in(user, password)
        return AuthResult(success=self._account is not None, handled=False)

    async def handle_EHLO(  # noqa: N802 - the hook's name
        self, server: "Connection", session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet, unless it is the connection itself that fails."""
        session.host_name = hostname
        refusal = await self._suffer(server, self._office.faults.take("smtp.connect"))
        return [refusal] if refusal else responses

    async def handle_AUTH(  # noqa: N802 - the hook's name
        self, server: "Connection", session: Session, envelope: Envelope, args: list[str]
    ) -> object:
        """Let a log-in fail on demand."""
        return await self._suffer(server, self._office.faults.take("smtp.auth")) or MISSING

    async def handle_MAIL(  # noqa: N802 - the hook's name
        self, server: "Connection", session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the envelope's sender."""
        if refusal := await self._suffer(server, self._office.faults.take("smtp.mail", address)):
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802 - the hook's name
        self, server: "Connection", session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient: a foreign one only from those who have logged in."""
        if refusal := await self._suffer(server, self._office.faults.take("smtp.rcpt", address)):
            return refusal
        if "@" not in address.strip("@"):
            return "553 5.1.3 an address has a domain"
        if self._office.quirks.plus == "refused" and "+" in address:
            return "550 5.1.1 no such user"
        if not self._account and not self._office.is_own(address):
            return "550 5.7.1 relaying denied: log in first"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - the hook's name
        self, server: "Connection", session: Session, envelope: Envelope
    ) -> str:
        """Deliver the mail to all recipients."""
        fault = next(filter(FINE.__ne__, (self._office.faults.take("smtp.data", to) for to in envelope.rcpt_tos)), FINE)
        if refusal := await self._suffer(server, fault):
            return refusal
        raw = envelope.original_content or b""
        self._office.accept(
            raw,
            sender=(envelope.mail_from or "").strip("<>"),
            recipients=dict.fromkeys(envelope.rcpt_tos),
            authentic=self._authentic(stamps.from_domain(raw)),
            helo=session.host_name or "unknown.test",
        )
        if fault.drop == "after":
            await _cut(server)
        return "250 2.0.0 queued"

    def _authentic(self, claimed: str) -> Authentic:
        """Whoever has logged in may speak for its own domain; nobody else may for ours."""
        speaks_for = domain_of(self._account) if self._account else ""
        if claimed == speaks_for:
            return "pass"
        return "fail" if self._account or claimed == self._office.domain else "none"

    async def _suffer(self, server: "Connection", fault: Fault) -> str | None:
        """Let happen what the fault says, and return the reply to give instead of doing it."""
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault.hang:
            await asyncio.Event().wait()
        if fault.drop == "before":
            await _cut(server)
        if fault.reply and not _REPLY.match(fault.reply):
            return f"451 4.3.0 {fault.reply}"
        return fault.reply


async def _cut(server: Connection) -> NoReturn:
    """Close the connection; aiosmtpd cancels this task when it is gone."""
    server.cut()
    await asyncio.Event().wait()
    raise ConnectionResetError
