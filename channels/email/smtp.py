"""Deliveries by SMTP: one connection, reused under a lock, and what each failure means for another try."""

import asyncio
import logging
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTPUTF8

import aiosmtplib

from bot.errors import CountersignError
from bot.places import ChannelName, Delivery
from bot.port import DeliveryFailed, Pace
from channels.email.addresses import AddressTooLongError, split
from channels.email.render import POLICY, kept, render
from channels.email.settings import EmailSettings, Server

_log = logging.getLogger("channels.email")
TIMEOUT_S = 20.0
_PERMANENT = 500  # codes from here on (RFC 5321, 4.2.1)
_LOCKED_OUT_S = 60.0
_TRIES_FOR_COPIES = 3


class _CopyLaterError(Exception):
    """A server takes the mail, and puts off one of those who are copied."""


class EmailChannel:
    """The sender's end of email. A provider's id begins with the Message-ID, which is the same at every try."""

    name: ChannelName = "email"

    def __init__(self, settings: EmailSettings) -> None:
        """Take the settings; nothing is connected yet."""
        self._settings = settings
        self._waited: dict[str, int] = {}  # by delivery: how often a copy was put off
        self._line = _Line(Server.smtp(settings.smtp_url), split(settings.addresses[0])[1])

    def paces(self, delivery: Delivery) -> Sequence[Pace]:
        """Return no limits: mail is sent as quickly as the server takes it."""
        return ()

    async def deliver(self, delivery: Delivery, previous: str | None) -> str:
        """Send it; with `previous`, as a new mail in that one's thread. See `bot.port.Channel`."""
        try:
            mail = render(delivery, previous, self._settings)
        except (AddressTooLongError, ValueError) as error:
            said = str(error) if isinstance(error, CountersignError) else "it cannot be written as a mail"
            raise DeliveryFailed(said, permanent=True) from error
        await self._send(delivery.id, mail)
        return str(kept(delivery, mail))

    async def _send(self, delivery: str, mail: EmailMessage) -> None:
        """Send it. A server that takes no copies just now gets a few tries: nobody has the mail until it takes all."""
        try:
            await self._line.send(mail, wait_for_copies=self._waited.get(delivery, 0) < _TRIES_FOR_COPIES)
        except _CopyLaterError as error:
            self._waited[delivery] = self._waited.get(delivery, 0) + 1
            raise DeliveryFailed(str(error), permanent=False) from error
        self._waited.pop(delivery, None)

    async def find(self, delivery: Delivery) -> str | None:
        """Return None: SMTP cannot be asked what it took. A repeat has the same Message-ID, so it is the same mail.

        Most mailboxes then show it once; where both copies are shown, they are alike to the letter, and an answer to
        either counts once.
        """
        return None

    async def close(self) -> None:
        """Say goodbye to the server."""
        await self._line.close()


class _Line:
    """One connection to the server, used by one mail at a time."""

    def __init__(self, server: Server, domain: str) -> None:
        self._server = server
        self._domain = domain
        self._lock = asyncio.Lock()
        self._client: aiosmtplib.SMTP | None = None

    async def send(self, mail: EmailMessage, *, wait_for_copies: bool) -> None:
        """Send one mail to its To address, and to those in Cc that the server takes.

        Raises DeliveryFailed if it was surely not sent; aiosmtplib's errors if nobody knows.
        """
        async with self._lock:
            client = await self._ready()
            sender, to = mail["From"].addresses[0].addr_spec, mail["To"].addresses[0].addr_spec
            copies = [each.addr_spec for each in mail["Cc"].addresses] if "Cc" in mail else []
            plain = all(address.isascii() for address in (sender, to, *copies))
            if not plain and not client.supports_extension("smtputf8"):
                raise DeliveryFailed(
                    "the mail server cannot write to addresses beyond ASCII (SMTPUTF8)", permanent=True
                )
            raw = mail.as_bytes(policy=POLICY if plain else SMTPUTF8.clone(max_line_length=998))
            encoding, options = ("ascii", []) if plain else ("utf-8", ["SMTPUTF8"])
            try:
                await client.mail(sender, options=options, encoding=encoding)
                await client.rcpt(to, encoding=encoding)
                for copy in copies:
                    await self._copy(client, copy, encoding, wait=wait_for_copies)
            except aiosmtplib.SMTPResponseException as error:
                await self._discard()
                raise _refused(error.code, error.message) from error
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
                self._drop()
                raise _away(error) from error
            except BaseException:
                self._drop()  # cancelled: the next answer would be taken for that to another command
                raise
            await self._data(client, raw)

    async def _copy(self, client: aiosmtplib.SMTP, address: str, encoding: str, *, wait: bool) -> None:
        """Name one more recipient; whom the server refuses, the others need not wait for."""
        try:
            await client.rcpt(address, encoding=encoding)
        except aiosmtplib.SMTPResponseException as error:
            if error.code < _PERMANENT and wait:
                raise _CopyLaterError(f"the mail server puts a copy off ({error.code})") from error
            _log.warning("a copy of an answer was refused by the mail server (%d); the others have it", error.code)

    async def close(self) -> None:
        """Say goodbye."""
        async with self._lock:
            await self._discard()

    async def _data(self, client: aiosmtplib.SMTP, raw: bytes) -> None:
        """Hand the mail over. An answer is an answer; without one, nobody knows whether it was taken."""
        try:
            await client.data(raw)
        except aiosmtplib.SMTPResponseException as error:
            await self._discard()
            raise _refused(error.code, error.message) from error
        except BaseException:
            self._drop()
            raise

    async def _ready(self) -> aiosmtplib.SMTP:
        """Return a connection that answers; a server closes those that were idle for long."""
        if self._client is not None:
            try:
                await self._client.rset(timeout=5)
            except (aiosmtplib.SMTPException, OSError, TimeoutError):
                self._drop()
            except BaseException:
                self._drop()
                raise
            else:
                return self._client
        client = self._new()
        try:
            await client.connect()
        except aiosmtplib.SMTPAuthenticationError as error:
            client.close()
            told = f"the mail server refuses the log-in ({error.code}): see SMTP_URL"
            raise DeliveryFailed(told, permanent=False, retry_after_s=_LOCKED_OUT_S) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            client.close()
            raise _away(error) from error
        except BaseException:
            client.close()
            raise
        self._client = client
        return client

    def _new(self) -> aiosmtplib.SMTP:
        server = self._server
        # A password goes out in the open on this machine only: elsewhere, a server without STARTTLS is refused.
        start_tls = None if server.tls or server.is_local or not server.user else True
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user or None,
            password=server.password or None,
            use_tls=server.tls,
            start_tls=False if server.tls else start_tls,
            local_hostname=self._domain,
            timeout=TIMEOUT_S,
        )

    def _drop(self) -> None:
        """Close the connection without a word."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def _discard(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        try:
            await client.quit(timeout=2)
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            pass
        finally:
            client.close()


def _refused(code: int, message: str) -> DeliveryFailed:
    """RFC 5321, 4.2.1: 5xx will not pass, 4xx may. Either way it was not taken."""
    told = " ".join(message.split())[:200]
    return DeliveryFailed(f"the mail server said {code} {told}", permanent=500 <= code < 600)


def _away(error: BaseException) -> DeliveryFailed:
    return DeliveryFailed(f"the mail server cannot be reached ({type(error).__name__})", permanent=False)
