"""The real IMAP and SMTP clients, typed, on a running peer."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from types import TracebackType
from typing import Protocol, Self, cast

import aioimaplib  # pyright: ignore[reportMissingTypeStubs] - it has none; see ImapClient
import aiosmtplib

from bot.playground.mail import MailPeer

PASSWORD = "playground"
Lines = list[bytes | bytearray]  # bytearrays are literals


class Response(Protocol):
    """What aioimaplib returns of a command."""

    result: str
    lines: Lines


class ImapClient(Protocol):
    """What these tests use of aioimaplib's IMAP4, which has no types for others."""

    async def wait_hello_from_server(self) -> None: ...
    async def login(self, user: str, password: str) -> Response: ...
    async def xoauth2(self, user: str, token: str) -> Response: ...
    async def logout(self) -> Response: ...
    async def select(self, mailbox: str = "INBOX") -> Response: ...
    async def examine(self, mailbox: str = "INBOX") -> Response: ...
    async def uid(self, command: str, *criteria: str) -> Response: ...
    async def fetch(self, message_set: str, message_parts: str) -> Response: ...
    async def uid_search(self, *criteria: str, charset: str | None = None) -> Response: ...
    async def search(self, *criteria: str, charset: str | None = None) -> Response: ...
    async def expunge(self) -> Response: ...
    async def append(self, message_bytes: bytes, mailbox: str, flags: str | None = None) -> Response: ...
    async def create(self, mailbox_name: str) -> Response: ...
    async def list(self, reference_name: str, mailbox_pattern: str) -> Response: ...
    async def status(self, mailbox: str, names: str) -> Response: ...
    async def noop(self) -> Response: ...
    async def idle_start(self, timeout: float = 60) -> asyncio.Future[Response]: ...
    async def wait_server_push(self, timeout: float) -> Lines: ...
    def idle_done(self) -> None: ...


new_client = cast("Callable[..., ImapClient]", aioimaplib.IMAP4)


@dataclass
class Mailbox:
    """One logged-in connection to a mailbox, with INBOX selected; its numbers are in `selected`."""

    peer: MailPeer
    user: str
    imap: ImapClient = field(init=False)
    selected: dict[str, int] = field(init=False)
    lost: asyncio.Event = field(init=False)

    async def __aenter__(self) -> Self:
        self.imap, self.lost = await connect(self.peer)
        assert (await self.imap.login(self.user, PASSWORD)).result == "OK"
        self.selected = numbers(await self.imap.select("INBOX"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.lost.is_set() and kind is None:
            await self.imap.logout()

    async def raw(self, uid: int) -> bytes:
        """Fetch a whole mail as the bot does."""
        return literal(await self.imap.uid("FETCH", str(uid), "(UID FLAGS RFC822.SIZE BODY.PEEK[])"))

    async def pushed(self) -> Lines:
        """Wait for what the server tells while this client idles."""
        return await self.imap.wait_server_push(timeout=5)

    async def found(self, *criteria: str) -> list[int]:
        """Search by UID."""
        response = await self.imap.uid_search(*criteria, charset=None)
        assert response.result == "OK", response
        return [int(word) for word in bytes(response.lines[0]).split()]


async def connect(peer: MailPeer) -> tuple[ImapClient, asyncio.Event]:
    """Connect without logging in; the event is set when the connection is lost."""
    lost = asyncio.Event()

    def mark_lost(_: Exception | None) -> None:
        lost.set()

    client = new_client(host="127.0.0.1", port=peer.imap.port, timeout=5, conn_lost_cb=mark_lost)
    await client.wait_hello_from_server()
    return client, lost


def numbers(response: Response) -> dict[str, int]:
    """Return UIDVALIDITY, UIDNEXT and EXISTS as SELECT told them."""
    text = b"\n".join(bytes(line) for line in response.lines).decode()
    coded = {name: int(number) for name, number in re.findall(r"\[(UIDVALIDITY|UIDNEXT) (\d+)\]", text)}
    exists = re.search(r"(\d+) EXISTS", text)
    return coded | {"EXISTS": int(exists[1]) if exists else -1}


def literal(response: Response) -> bytes:
    """Return the one literal of a FETCH."""
    assert response.result == "OK", response
    found = [bytes(line) for line in response.lines if isinstance(line, bytearray)]
    assert len(found) == 1, response
    return found[0]


def text(response: Response) -> str:
    """Return the lines that are no literals."""
    return "\n".join(line.decode() for line in response.lines if isinstance(line, bytes))


def mail(to: str, subject: str = "Hello", headers: Mapping[str, str] | None = None) -> EmailMessage:
    """Return a mail by the bot."""
    message = EmailMessage(policy=SMTP.clone(max_line_length=998))
    message["From"] = "Support <support@acme.test>"
    message["To"] = to
    message["Subject"] = subject
    for name, value in (headers or {}).items():
        message[name] = value
    message.set_content("Shall we?\n")
    return message


def sending(
    peer: MailPeer, message: EmailMessage | bytes, to: str | list[str], *, user: str | None = "bot@acme.test"
) -> Awaitable[tuple[dict[str, aiosmtplib.SMTPResponse], str]]:
    """Send by SMTP as the bot (or as `user`, or as nobody) does."""
    return aiosmtplib.send(
        message,
        sender="support@acme.test" if user == "bot@acme.test" else user or "stranger@elsewhere.test",
        recipients=to,
        hostname="127.0.0.1",
        port=peer.smtp.port,
        start_tls=False,
        username=user,
        password=PASSWORD if user else None,
        timeout=5,
    )
