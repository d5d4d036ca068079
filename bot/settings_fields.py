"""How settings are read and checked; what is wrong is said without the value, which may be a secret."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from bot.secret_file import SHORTEST_SECRET


def url_of(*schemes: str) -> Callable[[SecretStr], SecretStr]:
    """Check scheme and host of a URL that may hold a password: it is never shown."""

    def check(url: SecretStr) -> SecretStr:
        _check_url(url.get_secret_value(), schemes)
        return url

    return check


def urls_of(*schemes: str) -> Callable[[SecretStr], SecretStr]:
    """Check each of several URLs with white space between, which none of them can contain."""

    def check(urls: SecretStr) -> SecretStr:
        for url in urls.get_secret_value().split():
            _check_url(url, schemes)
        return urls

    return check


def plain_url(url: str) -> str:
    """Check a URL that may be shown."""
    _check_url(url, ("http", "https"))
    return url


def _check_url(url: str, schemes: tuple[str, ...]) -> None:
    known = " or ".join(f"{scheme}://" for scheme in schemes)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(
            "is not a URL that can be read (is the port a number, and is the password percent-encoded?)"
        ) from None
    if parts.scheme not in schemes:
        raise ValueError(f"must start with {known}")
    if port == 0 or not (parts.path if parts.scheme == "unix" else parts.hostname):
        raise ValueError("names no place to connect to")


def token_of(*prefixes: str) -> Callable[[SecretStr], SecretStr]:
    """Check that a token is of the right kind."""

    def check(token: SecretStr) -> SecretStr:
        if not token.get_secret_value().startswith(prefixes):
            raise ValueError(f"does not start with {prefixes[0]}")
        return token

    return check


def long_enough(secret: SecretStr) -> SecretStr:
    """Check that a secret cannot be guessed."""
    if len(secret.get_secret_value()) < SHORTEST_SECRET:
        raise ValueError(f"is shorter than {SHORTEST_SECRET} characters")
    return secret


def split(value: object) -> object:
    """Read `a@acme.test, b@acme.test` as two addresses."""
    return [part for part in (p.strip() for p in value.split(",")) if part] if isinstance(value, str) else value


def words(value: object) -> object:
    """Read a command line as a shell would, without running one."""
    return shlex.split(value) if isinstance(value, str) else value


def stripped(value: object) -> object:
    """Take away the white space around a pasted value."""
    return value.strip() if isinstance(value, str) else value


def directory(url: str) -> str:
    """Let a URL end with a slash."""
    return f"{url.rstrip('/')}/"


FilePath = Annotated[Path, AfterValidator(Path.expanduser)]
Token = Annotated[SecretStr, BeforeValidator(stripped)]
