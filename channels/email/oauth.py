"""Access tokens for mailboxes that take no password (XOAUTH2): from a file, a command or a token endpoint.

https://developers.google.com/identity/protocols/oauth2/web-server#offline and
https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow tell the two common forms.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import CountersignError

ANSWER_S = 20.0
EARLY_S = 300.0  # a token is renewed so long before its end
_SHORTEST_S = 30.0  # and kept at least so long, however short its life
_MOST = 65_536  # bytes of an answer
GOOGLE = "https://oauth2.googleapis.com/token"
_MICROSOFT = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
_MICROSOFT_APP = "https://outlook.office365.com/.default"
_MICROSOFT_USER = "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access"


class TokenError(CountersignError):
    """No access token for the mailbox could be had: see MAIL_OAUTH_URL, MAIL_OAUTH_TOKEN_FILE or MAIL_OAUTH_COMMAND."""


class Tokens(Protocol):
    """Hands out access tokens."""

    async def token(self) -> str:
        """Return one that is good for some minutes. Raises TokenError."""
        ...

    def refused(self) -> None:
        """Forget the last one: the mail server did not take it."""
        ...


@dataclass(frozen=True, kw_only=True)
class OauthSettings:
    """Where tokens come from; exactly one of `file`, `command` and `url` is set, or none."""

    file: Path | None = None
    command: tuple[str, ...] = ()
    url: str = ""  # `google`, `microsoft:<tenant>`, or the address of any token endpoint
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)  # without one: the client itself has the mailbox
    scope: str = ""

    @property
    def is_set(self) -> bool:
        """Whether there is any."""
        return bool(self.file or self.command or self.url)


def tokens(settings: OauthSettings) -> Tokens | None:
    """Return what hands out tokens; None if nothing is set up. One for a process: it keeps a token while it is good."""
    if settings.file is not None:
        return FileTokens(settings.file)
    if settings.command:
        return CommandTokens(settings.command)
    return EndpointTokens(settings) if settings.url else None


class FileTokens:
    """Another program keeps a token in a file; it is read anew each time."""

    def __init__(self, path: Path) -> None:
        """Take the file."""
        self._path = path

    async def token(self) -> str:
        """Read it."""
        try:
            text = self._path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise TokenError(f"MAIL_OAUTH_TOKEN_FILE cannot be read ({type(error).__name__}).") from None
        return _checked(text, "MAIL_OAUTH_TOKEN_FILE")

    def refused(self) -> None:
        """Nothing is kept."""


class CommandTokens:
    """A command prints a token; it is run for each connection, so it should keep a token itself."""

    def __init__(self, command: tuple[str, ...]) -> None:
        """Take the command, which is run without a shell."""
        self._command = command

    async def token(self) -> str:
        """Run it."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
            )
        except OSError as error:
            raise TokenError(f"MAIL_OAUTH_COMMAND cannot be run ({type(error).__name__}).") from None
        try:
            out, _ = await asyncio.wait_for(process.communicate(), ANSWER_S)
        except TimeoutError:
            raise TokenError(f"MAIL_OAUTH_COMMAND said nothing for {ANSWER_S:.0f} seconds.") from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode:
            raise TokenError(f"MAIL_OAUTH_COMMAND ended with {process.returncode}.")
        return _checked(out.decode("ascii", "replace").strip(), "MAIL_OAUTH_COMMAND")

    def refused(self) -> None:
        """Nothing is kept."""


class _Granted(BaseModel):
    """What a token endpoint answers (RFC 6749, 5.1)."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    access_token: str = Field(min_length=1)
    expires_in: float = 3_600
    refresh_token: str = ""


class _Denied(BaseModel):
    """What it answers otherwise (RFC 6749, 5.2); only the code is shown, never its words."""

    error: str = Field(pattern=r"^[a-z_]{1,40}$")


class EndpointTokens:
    """A token endpoint gives tokens for a refresh token, or to the client itself; one is kept until near its end."""

    def __init__(self, settings: OauthSettings, clock: Callable[[], float] = time.monotonic) -> None:
        """Take the endpoint and our credentials there."""
        self._settings = settings
        self._refresh = settings.refresh_token
        self._clock = clock
        self._lock = asyncio.Lock()
        self._kept = ""
        self._until = 0.0

    async def token(self) -> str:
        """Return the kept one, or ask for another."""
        async with self._lock:
            if not self._kept or self._clock() >= self._until:
                granted = await self._ask()
                self._kept = _checked(granted.access_token, "MAIL_OAUTH_URL")
                self._until = self._clock() + max(granted.expires_in - EARLY_S, _SHORTEST_S)
                self._refresh = granted.refresh_token or self._refresh  # Microsoft gives a new one each time
            return self._kept

    def refused(self) -> None:
        """Ask for another the next time."""
        self._kept = ""

    async def _ask(self) -> _Granted:
        url, form = endpoint(self._settings, self._refresh)
        try:
            timeout = aiohttp.ClientTimeout(total=ANSWER_S)
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(url, data=form, allow_redirects=False) as answer,
            ):
                body = await answer.content.read(_MOST)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TokenError(f"MAIL_OAUTH_URL does not answer ({type(error).__name__}); it is tried again.") from None
        try:
            return _Granted.model_validate_json(body)
        except ValidationError:
            raise TokenError(f"MAIL_OAUTH_URL gives no token: {_why(body, answer.status)}.") from None


def endpoint(settings: OauthSettings, refresh_token: str) -> tuple[str, Mapping[str, str]]:
    """Return where to ask, and with what."""
    url, scope = settings.url, settings.scope
    if url == "google":
        url = GOOGLE
    elif url.startswith("microsoft:"):
        url = _MICROSOFT.format(tenant=url.partition(":")[2])
        scope = scope or (_MICROSOFT_USER if refresh_token else _MICROSOFT_APP)
    form = {"client_id": settings.client_id, "client_secret": settings.client_secret, "scope": scope}
    granted = (
        {"grant_type": "refresh_token", "refresh_token": refresh_token}
        if refresh_token
        else {"grant_type": "client_credentials"}
    )
    return url, {name: value for name, value in {**granted, **form}.items() if value}


def _why(body: bytes, status: int) -> str:
    try:
        return f"it says {_Denied.model_validate_json(body).error}"
    except ValidationError:
        return f"it answers {status}"


def _checked(token: str, setting: str) -> str:
    """Refuse what is no token (RFC 6750, 2.1), before it is sent in a line of a protocol."""
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise TokenError(f"{setting} gives something that is no token.")
    return token
