"""The peer as a whole: an SMTP server, an IMAP server and a remote control, all on loopback."""

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from aiohttp import web

from bot.playground.mail.control import Control
from bot.playground.mail.control_http import ControlHttp, loopback_only
from bot.playground.mail.faults import Faults
from bot.playground.mail.imap import ImapServer
from bot.playground.mail.office import PASSWORD, PostOffice
from bot.playground.mail.smtp import SmtpServer
from bot.playground.mail.store import Store

DOMAIN = "acme.test"
MAX_BODY = 40 * 1024 * 1024  # bytes; a mail of 25 MB in base64
CLOSE_S = 2.0  # how long open requests may take to end when the peer stops
PEOPLE = ("ana", "rob", "mia", "zed")
BOT_NAMES = ("agents", "deploy", "support", "triage")


class MailPeer(Control):
    """Mail servers of one domain on this machine, which also play everybody else's.

    `accounts` are passwords by address; the first is the bot's. `aliases` lead further addresses to a mailbox. Any
    other address of any domain gets a mailbox when it is first used; its password is `playground`. `data` names the
    file that keeps the mail over a restart. A port of 0 is any free one.
    """

    def __init__(  # noqa: PLR0913 - every part of the peer can be chosen, each by name
        self,
        domain: str = DOMAIN,
        *,
        accounts: Mapping[str, str] | None = None,
        aliases: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
        smtp_port: int = 0,
        imap_port: int = 0,
        port: int = 0,
        data: Path | None = None,
        control_token: str | None = None,
    ) -> None:
        """Open the mailboxes; nothing listens until `start`."""
        bot = f"bot@{domain}"
        self.accounts = accounts or dict.fromkeys((bot, *(f"{name}@{domain}" for name in PEOPLE)), PASSWORD)
        self.bot_address = next(iter(self.accounts))
        if aliases is None:
            aliases = {f"{name}@{domain}": self.bot_address for name in BOT_NAMES}
        self._store = Store(data)
        office = PostOffice(domain, self.accounts, aliases, self._store, Faults())
        super().__init__(office, ImapServer(office, host, imap_port))
        self.smtp = SmtpServer(office, host, smtp_port)
        self.control_token = control_token or secrets.token_urlsafe(24)
        self._control_http = ControlHttp(self, self.control_token)
        self._address = (host, port)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Where the control API listens, without a slash at the end."""
        return f"http://{self._address[0]}:{self._address[1]}"

    @property
    def imap_url(self) -> str:
        """The bot's mailbox, with its password."""
        return f"imap://{self._credentials}@{self.imap.host}:{self.imap.port}/INBOX"

    @property
    def smtp_url(self) -> str:
        """Where the bot sends by, with its password."""
        return f"smtp://{self._credentials}@{self.smtp.host}:{self.smtp.port}"

    @property
    def mail_auth(self) -> str:
        """The authserv-id in our Authentication-Results."""
        return self.office.authserv_id(f"@{self.office.domain}")

    async def start(self) -> None:
        """Listen on all three ports."""
        await self.smtp.start()
        await self.imap.start()
        app = web.Application(middlewares=[loopback_only], client_max_size=MAX_BODY)
        self._control_http.add_routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_S)
        await self._runner.setup()
        await web.TCPSite(self._runner, *self._address).start()
        self._address = (self._address[0], int(self._runner.addresses[0][1]))

    async def stop(self) -> None:
        """Close every connection and let go of the data file; the peer cannot be started again."""
        self._control_http.close()
        await self.smtp.stop()
        await self.imap.stop()
        if self._runner:
            await self._runner.cleanup()
        self._store.close()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self.stop()

    @property
    def _credentials(self) -> str:
        return f"{quote(self.bot_address, safe='')}:{quote(self.accounts[self.bot_address], safe='')}"


async def serve(
    *,
    port: int = 0,
    smtp_port: int = 0,
    imap_port: int = 0,
    domain: str = DOMAIN,
    data: Path | None = None,
    control_token: str | None = None,
) -> None:
    """Run a peer until the task is cancelled, and print what a bot needs to talk to it."""
    async with MailPeer(
        domain, port=port, smtp_port=smtp_port, imap_port=imap_port, data=data, control_token=control_token
    ) as peer:
        for name, value in {
            "IMAP_URL": peer.imap_url,
            "SMTP_URL": peer.smtp_url,
            "MAIL_AUTH": peer.mail_auth,
            "CONTROL_URL": peer.url,
            "CONTROL_TOKEN": peer.control_token,
        }.items():
            print(f"{name}={value}", flush=True)  # noqa: T201 - the command's answer
        await asyncio.Event().wait()
