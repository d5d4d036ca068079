"""What a process needs to know from its environment: connections, credentials and limits."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self, cast

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.errors import SettingsError
from bot.secret_file import kept_secret
from bot.settings_fields import FilePath, Token, directory, long_enough, plain_url, token_of, url_of
from bot.settings_mail import MailSettings

_ENV_FILE = Path(".env")


class Settings(MailSettings):
    """The settings of one process. `Settings.load()` reads them; a field's description says what to set it to."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_ignore_empty=True,  # `.env.example` copied and left blank means: not set
        validate_default=False,
        hide_input_in_errors=True,
    )

    redis_url: Annotated[SecretStr, AfterValidator(url_of("redis", "rediss", "unix"))] | None = Field(
        default=None,
        description="redis://host:6379, rediss://host:6379 or unix:///path; without it the bot starts its own",
    )
    anthropic_api_key: Token | None = Field(
        default=None, description="the key of the Anthropic API, which chooses the steps"
    )
    anthropic_base_url: Annotated[str, AfterValidator(plain_url)] | None = Field(
        default=None, description="where the Anthropic API is, if not at the usual place"
    )
    slack_bot_token: Annotated[Token, AfterValidator(token_of("xoxb-", "xoxe.xoxb-"))] | None = Field(
        default=None, description="the Bot User OAuth Token (xoxb-...) of your Slack app, under OAuth & Permissions"
    )
    slack_app_token: Annotated[Token, AfterValidator(token_of("xapp-"))] | None = Field(
        default=None, description="an app-level token (xapp-...) with connections:write, under Basic Information"
    )
    slack_signing_secret: Token | None = Field(
        default=None, description="the Signing Secret of your Slack app, under Basic Information"
    )
    slack_connections: int = Field(
        default=2, ge=1, le=10, description="how many connections one `bot slack` holds, 1 to 10; an app may have 10"
    )
    slack_pace_s: float = Field(
        default=1, ge=0, le=60, description="seconds between two messages in one channel, 0 to 60 (0: no pause)"
    )
    slack_api_url: Annotated[str, AfterValidator(plain_url), AfterValidator(directory)] = Field(
        default="https://slack.com/api/", description="where Slack's Web API is"
    )
    bot_secret: Annotated[Token, AfterValidator(long_enough)] | None = Field(
        default=None, description="a value that is the same on every machine; `openssl rand -hex 32` makes one"
    )
    public_url: Annotated[str, AfterValidator(plain_url), AfterValidator(lambda url: url.rstrip("/"))] | None = Field(
        default=None, description="how people reach this server: https://bot.acme.test"
    )
    port: int = Field(default=8080, ge=0, le=65535, description="the port to listen on, 0 to 65535 (0: any free one)")
    bot_config: FilePath = Field(default=Path("bot.toml"), description="the file that lists people, roles and routes")
    bot_data: FilePath = Field(default=Path(".bot"), description="the folder that the bot may keep data in")
    bind: str = Field(
        default="127.0.0.1", description="the address that `bot web` listens on; 0.0.0.0 for all of this machine's"
    )
    metrics_token: Annotated[Token, AfterValidator(long_enough)] | None = Field(
        default=None, description="a secret of at least 32 characters that Prometheus sends to /metrics"
    )
    allow_lossy_redis: bool = Field(
        default=False,
        description="1 lets actions run although the Redis server may lose an acknowledged write; every card says so",
    )
    drain_s: float = Field(
        default=30, ge=0, le=86_400, description="how many seconds running actions get after SIGTERM"
    )
    lease_s: float = Field(
        default=30, ge=1, le=3_600, description="after how many seconds a silent worker loses a thread, 1 to 3600"
    )
    concurrency: int = Field(
        default=16, ge=1, le=1_000, description="how many threads a worker moves at once, 1 to 1000"
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """`Settings(...)` is pure: only `load` looks at the environment, so no stray variable reaches a test."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings from `environ` alone, or else from the process's environment over `.env`, if there is one.

        Raises SettingsError with one line for each setting that is wrong; none of them shows a value.
        """
        found = EnvSettingsSource(cls)
        if environ is not None:
            found.env_vars = {name.lower(): value for name, value in environ.items() if value}
        try:
            values = {**(_env_file(cls) if environ is None else {}), **found()}
            return cls.model_validate(values)
        except ValidationError as error:
            raise SettingsError("\n".join(_lines(error))) from None

    @model_validator(mode="after")
    def _one_secret_for_all(self) -> Self:
        if self.redis_url and not self.bot_secret:
            raise ValueError(f"BOT_SECRET is not set, and REDIS_URL is: {_mend('bot_secret')}")
        return self

    @property
    def embedded(self) -> bool:
        """Whether this machine runs its own server, because no REDIS_URL says otherwise."""
        return self.redis_url is None

    def require(self, *names: str) -> tuple[str, ...]:
        """Return the plain values of settings that a command cannot do without, in the order asked for.

        `token, = settings.require("slack_bot_token")`. Raises SettingsError with one line for each that is not set.
        """
        values = [cast("object", getattr(self, name)) for name in names]
        missing = [name for name, value in zip(names, values, strict=True) if value in (None, ())]
        if missing:
            raise SettingsError("\n".join(f"{name.upper()} is not set: {_mend(name)}" for name in missing))
        return tuple(v.get_secret_value() if isinstance(v, SecretStr) else str(v) for v in values)

    def secret(self) -> bytes:
        """Return the key that seals events and signs ids: BOT_SECRET, or else the one kept in BOT_DATA/secret.

        Raises SettingsError if the kept one cannot be read, or cannot be made.
        """
        if self.bot_secret:
            return self.bot_secret.get_secret_value().encode()
        return kept_secret(self.bot_data / "secret")


def without_password(url: str) -> str:
    """Return a URL as it may be shown: without its query, and with `***` for what stands before the host."""
    shown = url.partition("?")[0]
    scheme, _, rest = shown.partition("://")
    before, at, host = rest.rpartition("@")
    return f"{scheme}://***@{host}" if before and at else shown


def _env_file(cls: type[BaseSettings]) -> dict[str, object]:
    try:
        return DotEnvSettingsSource(cls, env_file=_ENV_FILE, env_file_encoding="utf-8")()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{_ENV_FILE.resolve()} cannot be read ({_reason(error)}): mend or remove it") from None


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)


def _lines(error: ValidationError) -> list[str]:
    """One line a problem, without the value: it may be a secret."""
    lines: list[str] = []
    for problem in error.errors(include_input=False, include_url=False):
        reason = problem["msg"].removeprefix("Value error, ")
        if not problem["loc"]:
            lines.append(reason)
            continue
        name = str(problem["loc"][0])
        said = reason if problem["type"] == "value_error" else f"is wrong ({reason[:1].lower()}{reason[1:]})"
        lines.append(f"{name.upper()} {said}: {_mend(name)}")
    return lines


def _mend(name: str) -> str:
    return f"set it to {Settings.model_fields[name].description}"
