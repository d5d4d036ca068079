"""The bot.toml on disk: read at the start, and again whenever it changes, without a restart."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from bot.config import Config, ConfigError, parse_config

_LOOK_EVERY_S = 1.0
_log = logging.getLogger(__name__)


class ConfigFile:
    """Keeps the newest valid version of a bot.toml at hand.

    `check` is called with every version that parses, and raises ConfigError to refuse it (see `check_agents`).
    With `allow_missing`, a file that is not there at the start counts as empty: nobody is listed, nothing is routed.
    """

    def __init__(
        self,
        path: Path,
        *,
        allow_missing: bool = False,
        check: Callable[[Config], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the file. Raises ConfigError if it is missing, cannot be read or is invalid."""
        self.path = path
        self.refused: str | None = None
        """Why the version on disk is not the one in force; None while they are the same."""
        self._check = check
        self._clock = clock
        self._looked = clock()
        self._seen: bytes | None = None
        self._config = Config()
        try:
            self._seen = path.read_bytes()
        except FileNotFoundError:
            if not allow_missing:
                raise ConfigError(
                    f"{path} is missing: `bot init` writes one to start from, or set BOT_CONFIG to where yours is"
                ) from None
        except OSError as error:
            raise ConfigError(_unreadable(path, error)) from None
        else:
            self._config = self._parse(self._seen)
        self._expected = self._seen is not None

    def current(self) -> Config:
        """Return the version in force: the same object until a changed and valid file takes its place.

        Cheap enough to be called for every message: it looks at the disk at most once a second. It compares the
        content, because two writes within one tick of the file system's clock leave the same times behind.
        """
        now = self._clock()
        if now - self._looked >= _LOOK_EVERY_S:
            self._looked = now
            self._look()
        return self._config

    def _look(self) -> None:
        try:
            found = self.path.read_bytes()
        except FileNotFoundError:
            if self._expected:
                self._refuse(f"{self.path} is gone: put it back")
            return
        except OSError as error:
            self._refuse(_unreadable(self.path, error))
            return
        if found == self._seen:
            return
        self._seen, self._expected = found, True
        try:
            config = self._parse(found)
        except ConfigError as error:
            self._refuse(str(error))
            return
        self.refused = None
        self._config = config if config != self._config else self._config
        _log.info("%s was read again and is in force", self.path)

    def _parse(self, content: bytes) -> Config:
        try:
            text = content.decode("utf-8-sig")  # some editors put a byte order mark first, which TOML does not allow
        except UnicodeDecodeError:
            raise ConfigError(f"{self.path} is not UTF-8: save it in that encoding") from None
        config = parse_config(text, source=str(self.path))
        if self._check:
            self._check(config)
        return config

    def _refuse(self, reason: str) -> None:
        self._seen = None  # so that the old content is taken again when it is put back
        if reason != self.refused:
            self.refused = reason
            _log.error("%s; the version read before stays in force", reason)


def _unreadable(path: Path, error: OSError) -> str:
    return f"{path} cannot be read ({error.strerror}): check its permissions"
