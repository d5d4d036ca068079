"""One connection to the server that takes our mail: reused under a lock, and what each of its failures means."""

import asyncio
import logging
from dataclasses import dataclass

import aiosmtplib

from bot.port import DeliveryFailed
from channels.email.oauth import TokenError, Tokens
from channels.email.settings import Server

_log = logging.getLogger("channels.email")
TIMEOUT_S = 20.0
_PERMANENT = 500  # codes from here on (RFC 5321, 4.2.1)
_LOCKED_OUT_S = 60.0


class CopyLaterError(Exception):
    """A server takes the mail, and puts off one of those who are copied."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """From whom, to whom, and whether all of that is ASCII."""

    sender: str
    to: str
    copies: tuple[str, ...] = ()
    plain: bool = True


class Line:
    """One connection to the server, used by one mail at a time."""

    def __init__(self, server: Server, domain: str, tokens: Tokens | None = None) -> None:
        """Take the server, our own name there, and what hands out tokens where no password is set."""
        self._server = server
        self._domain = domain
        self._tokens = tokens if server.user and not server.password else None
        self._lock = asyncio.Lock()
        self._client: aiosmtplib.SMTP | None = None

    async def send(self, envelope: Envelope, raw: bytes, *, wait_for_copies: bool) -> None:
        """Send one mail to its recipient, and to those who are copied and whom the server takes.

        Raises DeliveryFailed if it was surely not sent, CopyLaterError likewise; aiosmtplib's errors if nobody knows.
        """
        async with self._lock:
            client = await self._ready()
            if not envelope.plain and not client.supports_extension("smtputf8"):
                raise DeliveryFailed(
                    "the mail server cannot write to addresses beyond ASCII (SMTPUTF8)", permanent=True
                )
            encoding, options = ("ascii", []) if envelope.plain else ("utf-8", ["SMTPUTF8"])
            try:
                await client.mail(envelope.sender, options=options, encoding=encoding)
                await client.rcpt(envelope.to, encoding=encoding)
                for copy in envelope.copies:
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
                raise CopyLaterError(f"the mail server puts a copy off ({error.code})") from error
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
        client = new_client(self._server, self._domain, self._tokens, TIMEOUT_S)
        try:
            await client.connect()
        except aiosmtplib.SMTPAuthenticationError as error:
            client.close()
            if self._tokens is not None:
                self._tokens.refused()
            told = f"the mail server refuses the log-in ({error.code}): see SMTP_URL"
            raise DeliveryFailed(told, permanent=False, retry_after_s=_LOCKED_OUT_S) from error
        except TokenError as error:
            client.close()
            raise DeliveryFailed(str(error), permanent=False, retry_after_s=_LOCKED_OUT_S) from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            client.close()
            raise _away(error) from error
        except BaseException:
            client.close()
            raise
        self._client = client
        return client

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


def new_client(server: Server, domain: str, tokens: Tokens | None, timeout_s: float) -> aiosmtplib.SMTP:
    """Return a client that is not connected. `tokens` are asked where the URL has a user and no password."""
    # A password goes out in the open on this machine only: elsewhere, a server without STARTTLS is refused.
    start_tls = None if server.tls or server.is_local or not server.user else True
    by_token = tokens is not None and server.user and not server.password
    return aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user or None,
        password=server.password or None,
        oauth_token_generator=tokens.token if tokens is not None and by_token else None,
        use_tls=server.tls,
        start_tls=False if server.tls else start_tls,
        local_hostname=domain,
        timeout=timeout_s,
    )


def _refused(code: int, message: str) -> DeliveryFailed:
    """RFC 5321, 4.2.1: 5xx will not pass, 4xx may. Either way it was not taken."""
    told = " ".join(message.split())[:200]
    return DeliveryFailed(f"the mail server said {code} {told}", permanent=500 <= code < 600)


def _away(error: BaseException) -> DeliveryFailed:
    return DeliveryFailed(f"the mail server cannot be reached ({type(error).__name__})", permanent=False)
