"""The mail half of the composition root: settings become mailboxes that are watched, and a channel that sends."""

import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import TYPE_CHECKING

from aiohttp import web
from pydantic import JsonValue, SecretStr

from bot.config import Config
from bot.core import Core
from bot.errors import SettingsError
from bot.operators import tell_operators
from bot.places import ChannelName
from bot.port import Telling
from bot.settings import Settings
from bot.store.cursors import RedisCursor
from bot.store.presence import HOOK, Presence
from bot.store.server import Client
from channels.email.hook import Hook
from channels.email.oauth import OauthSettings, tokens
from channels.email.parse import BIGGEST, read_mail
from channels.email.receive import Receiver
from channels.email.settings import EmailSettings, Server
from channels.email.signing import Signing, load
from channels.email.smtp import EmailChannel
from channels.email.tally import Tally, telling
from channels.email.told import told, told_reply

if TYPE_CHECKING:
    from channels.email.finding import Finding
    from channels.email.old import Left

_LEASE_S = 10.0  # after so long a silent process loses its mailboxes to another
_log = logging.getLogger("bot.app")


async def watch(core: Core, stack: AsyncExitStack, process: str, since: datetime | None) -> None:
    """Take mails from those mailboxes that no other process watches, until the stack closes."""
    from channels.email.keeping import Sharing, serve_mailboxes  # noqa: PLC0415  # it loads what is GPL
    from channels.email.watch import IDLE_S, Manner  # noqa: PLC0415

    core.settings.require("imap_url", "smtp_url")
    settings = email_settings(core.settings, core.config.current(), core.secret)
    manner = Manner(
        since=since,
        idle_s=min(IDLE_S, core.settings.mail_silence_min * 60 / 3),
        tokens=tokens(settings.oauth),
        done_folder=settings.done_folder,
        report=lambda source, text: _report(core, source, text),
    )
    sharing = Sharing(client=core.client, process=process, lease_s=min(_LEASE_S, core.settings.lease_s))
    serving = serve_mailboxes(settings.mailboxes, lambda: Receiver(settings, core.intake()), sharing, manner)
    await stack.enter_async_context(serving)
    _log.info("watching %d mailbox(es) for %s", len(settings.mailboxes), ", ".join(settings.addresses))


async def hook(core: Core, stack: AsyncExitStack) -> list[web.RouteDef]:
    """Return where mail can be posted to; it is on record as a mailbox until the stack closes."""
    (secret,) = core.settings.require("mail_hook_secret")
    settings = email_settings(core.settings, core.config.current(), core.secret)
    receiver = Receiver(settings, core.intake())
    tally = Tally(receiver, Presence(core.client), HOOK)
    await stack.enter_async_context(telling(tally))
    return Hook(receiver, secret).routes()


async def _report(core: Core, source: str, text: str) -> None:
    telling = Telling(reason="mail_broken", source=source, who="", text=text)
    channels: list[ChannelName] = ["slack"] if core.settings.slack_bot_token else ["email"]
    await tell_operators(core.intake(), core.directory(), channels, telling, "A mail could not be taken")


def mailboxes(settings: Settings) -> frozenset[str]:
    """Name the mailboxes to be watched."""
    urls = _plain(settings.imap_url).split()
    hooks = [HOOK] if settings.mail_hook_secret is not None else []
    return frozenset([*(Server.imap(url).mailbox for url in urls), *hooks])


def channel(core: Core) -> EmailChannel:
    """What sends mail."""
    return EmailChannel(email_settings(core.settings, core.config.current(), core.secret))


async def check_email(settings: Settings, config: Config) -> "list[Finding]":
    """What `bot doctor` says about the mailbox, the server to send by, and what proves a sender."""
    from channels.email.doctor import check  # noqa: PLC0415  # as above

    return await check(email_settings(settings, config, b""))


async def old_email(settings: Settings, config: Config, client: Client) -> "list[Left]":
    """List what lies in the mailboxes and was not taken. Raises CountersignError if one cannot be opened."""
    from channels.email.old import left  # noqa: PLC0415  # as above

    settings.require("imap_url")
    mine, cursor = email_settings(settings, config, b""), RedisCursor(client)
    given = tokens(mine.oauth)
    return [
        found for server in mine.mailboxes for found in await left(server, await cursor.load(server.mailbox), given)
    ]


async def prove_email(settings: Settings, config: Config, tell: Callable[[str], None]) -> "list[Finding]":
    """What a mail to ourselves, through the real servers, shows of them; `tell` hears of the progress."""
    from channels.email.selftest import prove_mail  # noqa: PLC0415  # as above

    return await prove_mail(email_settings(settings, config, b""), tell)


def read_email(raw: bytes, mail_auth: str | None) -> dict[str, JsonValue]:
    """Return what is understood of a mail; `channels.email.told` says in which words."""
    return told(read_mail(raw, mail_auth))


def read_reply(raw: bytes) -> dict[str, JsonValue]:
    """Return what is new, and what is not, in the plain text of a mail without its header."""
    return told_reply(raw)


def biggest_email() -> int:
    """How big a mail may be, in bytes."""
    return BIGGEST


def email_settings(settings: Settings, config: Config, secret: bytes) -> EmailSettings:
    """Our addresses are those of MAIL_ADDRESSES, the default one first, and those that routes name."""
    routed = [route.address for route in config.routes if route.address]
    addresses = tuple(dict.fromkeys([*settings.mail_addresses, *routed]))
    if not addresses:
        raise SettingsError("MAIL_ADDRESSES is not set: name the addresses the bot answers to, such as bot@acme.test")
    return EmailSettings(
        addresses=addresses,
        imap_url=_plain(settings.imap_url),
        smtp_url=_plain(settings.smtp_url),
        mail_auth=settings.mail_auth,
        secret=secret,
        done_folder=settings.mail_done_folder or "",
        signing=_signing(settings),
        hourly_limit=settings.mail_hourly_limit,
        oauth=OauthSettings(
            file=settings.mail_oauth_token_file,
            command=settings.mail_oauth_command,
            url=settings.mail_oauth_url or "",
            client_id=settings.mail_oauth_client_id or "",
            client_secret=_plain(settings.mail_oauth_client_secret),
            refresh_token=_plain(settings.mail_oauth_refresh_token),
            scope=settings.mail_oauth_scope or "",
        ),
    )


def _signing(settings: Settings) -> Signing | None:
    if settings.dkim_domain is None or settings.dkim_selector is None or settings.dkim_key_file is None:
        return None
    return load(settings.dkim_domain, settings.dkim_selector, settings.dkim_key_file)


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
