"""The section `[agents.support]` of bot.toml, checked before anything runs."""

import re
from collections.abc import Mapping
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator, model_validator

from agents.backends.shop import Money
from bot.errors import SettingsError

_TOKEN: Final = re.compile(r"[\x21-\x7e]+")


class ShopSettings(BaseModel):
    """Where the shop is, and what it allows."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str | None = None  # of a shop's HTTP API (see shop_http); without it, an embedded shop with sample orders
    token_file: Path | None = None  # holds the API's token, which belongs neither in bot.toml nor in a prompt
    file: Path | None = None  # of the embedded shop; without it, `shop.sqlite3` in the data folder
    return_days: int = Field(default=30, ge=0, le=3650)  # after delivery; the embedded shop's rule
    staff_refund_limit: Money = Decimal(0)
    """What one member of staff may have paid back a day without being approved by finance; 0: nothing."""
    currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")  # ISO 4217, with two decimals; of the embedded shop

    @field_validator("url")
    @classmethod
    def _safe(cls, url: str | None) -> str | None:
        parts = urlsplit(url or "")
        if url is None or (parts.scheme == "https" and parts.hostname) or (parts.scheme == "http" and _is_local(url)):
            return url and url.rstrip("/")
        message = "give an address that begins with https:// (http:// only for this machine itself)"
        raise ValueError(message)

    @field_validator("token_file", "file")
    @classmethod
    def _from_home(cls, path: Path | None) -> Path | None:
        return path and path.expanduser().absolute()

    @model_validator(mode="after")
    def _one_shop(self) -> Self:
        if self.url is not None and self.file is not None:
            message = "file: leave it out, or leave out url: there is one shop"
            raise ValueError(message)
        if (self.url is None) != (self.token_file is None):
            message = "token_file: goes together with url: name a file that holds the token of the shop's API"
            raise ValueError(message)
        return self

    def token(self) -> str:
        """Read the API's token; raise SettingsError."""
        try:
            token = (self.token_file or Path()).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as problem:
            raise SettingsError(f"[agents.support] token_file: it cannot be read ({type(problem).__name__})") from None
        if not _TOKEN.fullmatch(token):
            raise SettingsError("[agents.support] token_file: it should hold the token alone, on one line")
        return token


def read_settings(section: Mapping[str, JsonValue]) -> ShopSettings:
    """Return the checked settings; raise SettingsError, which names each wrong one. No value is in its message."""
    try:
        return ShopSettings.model_validate(dict(section))
    except ValidationError as wrong:
        raise SettingsError("; ".join(_explained(error["loc"], error["msg"]) for error in wrong.errors())) from None


def _explained(place: tuple[int | str, ...], problem: str) -> str:
    name = str(place[0]) if place else ""
    problem = problem.removeprefix("Value error, ")
    if not name:
        name, _, problem = problem.partition(": ")
    match name, problem:
        case _, "Extra inputs are not permitted":
            problem = f"is not a setting; there are {', '.join(ShopSettings.model_fields)}"
        case "currency", _:
            problem = 'give the three capital letters of ISO 4217, as in "EUR"'
        case _:
            pass
    return f"[agents.support] {name}: {problem}"


def _is_local(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
