"""The mail half of the composition root: settings become mailboxes that are watched, and a channel that sends."""

import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from pydantic import JsonValue, SecretStr

from bot.config import Config
from bot.core import Core
from bot.errors import SettingsError
from bot.settings import Settings
from bot.store.cursors import RedisCursor
from channels.email.oauth import OauthSettings
from channels.email.parse import BIGGEST, read_mail
from channels.email.receive import Receiver
from channels.email.settings import EmailSettings
from channels.email.signing import Signing, load
from channels.email.smtp import EmailChannel
from channels.email.told import told, told_reply

if TYPE_CHECKING:
    from channels.email.doctor import Finding

_log = logging.getLogger("bot.app")


async def watch(core: Core, stack: AsyncExitStack) -> None:
    """Take mails from the mailbox until the stack closes."""
    from channels.email.watch import serve_email  # noqa: PLC0415  # it loads what is GPL: only where a mailbox is read

    url, _ = core.settings.require("imap_url", "smtp_url")
    settings = email_settings(core.settings, core.config.current(), core.secret)
    receiver = Receiver(settings, core.intake())
    await stack.enter_async_context(serve_email(url, receiver, RedisCursor(core.client)))
    _log.info("watching the mailbox of %s", ", ".join(settings.addresses))


def channel(core: Core) -> EmailChannel:
    """What sends mail."""
    return EmailChannel(email_settings(core.settings, core.config.current(), core.secret))


async def check_email(settings: Settings, config: Config) -> "list[Finding]":
    """What `bot doctor` says about the mailbox, the server to send by, and what proves a sender."""
    from channels.email.doctor import check  # noqa: PLC0415  # as above

    return await check(email_settings(settings, config, b""))


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
