"""Read and check bot.toml: each problem is one line that names the table and the mend."""

import tomllib

from pydantic import ValidationError

from bot.config_checks import contradictions
from bot.config_tables import (
    OPERATORS,
    RESERVED,
    ChannelEntry,
    Config,
    PersonEntry,
    RoleEntry,
    Route,
    first_word,
    holders,
)
from bot.config_words import meant, problem
from bot.errors import SettingsError

__all__ = [
    "OPERATORS",
    "RESERVED",
    "ChannelEntry",
    "Config",
    "ConfigError",
    "PersonEntry",
    "RoleEntry",
    "Route",
    "first_word",
    "holders",
    "meant",
    "parse_config",
]


class ConfigError(SettingsError):
    """bot.toml says something that cannot be meant; the lines above name the table and the mend."""


def parse_config(text: str, *, source: str = "bot.toml") -> Config:
    """Read and check the text of a bot.toml; `source` is what the messages call it.

    Raises ConfigError with one line for each problem.
    """
    try:
        config = Config.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source}: this is not TOML yet: {error}") from None
    except ValidationError as error:
        lines = [problem(p["loc"], p["type"], p["msg"]) for p in error.errors(include_input=False, include_url=False)]
        raise ConfigError("\n".join(f"{source}: {line}" for line in lines)) from None
    if lines := list(contradictions(config)):
        raise ConfigError("\n".join(f"{source}: {line}" for line in lines))
    return config
