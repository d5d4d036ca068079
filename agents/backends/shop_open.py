"""Open the shop that `[agents.support]` names: an HTTP API, or the embedded one with its samples."""

import contextlib
import sqlite3
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

from pydantic import JsonValue

from agents.backends.shop import Shop
from agents.backends.shop_embedded import EmbeddedShop
from agents.backends.shop_http import HttpShop
from agents.backends.shop_settings import read_settings
from bot.errors import SettingsError


@contextlib.asynccontextmanager
async def open_shop(section: Mapping[str, JsonValue], data: Path) -> AsyncGenerator[Shop]:
    """Check the settings and open the shop; raise SettingsError."""
    settings = read_settings(section)
    if settings.url is not None:
        async with HttpShop.open(settings.url, settings) as shop:
            yield shop
        return
    file = settings.file or data / "shop.sqlite3"
    try:
        embedded = EmbeddedShop(file, settings)
    except (OSError, sqlite3.Error) as problem:
        message = f"[agents.support] file: {file.name} cannot be used as a shop ({problem}); name another file"
        raise SettingsError(message) from problem
    yield embedded
