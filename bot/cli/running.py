"""`bot run`, `web`, `slack`, `email` and `worker`: one process until it is told to stop."""

import asyncio
import logging
import signal
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bot import app
from bot.durations import parse_duration
from bot.errors import SettingsError
from bot.settings import Settings

_log = logging.getLogger("bot.cli")
_LONGEST_S = 3 * 86_400  # as channels.email.receive.TOO_OLD
_OURS = ("bot", "agents", "channels")


def run_everything(*, verbose: bool) -> None:
    """Run a worker, and whatever of Slack and email there are credentials for."""
    settings = Settings.load()
    _run(settings, roles_for(settings), verbose=verbose)


def roles_for(settings: Settings) -> frozenset[app.Role]:
    """What one process that does everything can do with these settings."""
    channels: dict[app.Role, bool] = {
        "web": settings.slack_signing_secret is not None or settings.mail_hook_secret is not None,
        "slack": settings.slack_app_token is not None,
        "email": settings.imap_url is not None,
    }
    return frozenset({"worker", *(role for role, possible in channels.items() if possible)})


def run_roles(*roles: app.Role, verbose: bool, since: str | None = None) -> None:
    """Run these roles; what they need and is not set is an error. `since`: how far back mail is looked at."""
    _run(Settings.load(), roles, verbose=verbose, since=_moment(since) if since is not None else None)


def _moment(text: str) -> datetime:
    """When that was. Raises SettingsError if it is no duration, or longer than mail is taken for."""
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise SettingsError(f"--since: {error}") from None
    if seconds > _LONGEST_S:
        raise SettingsError("--since: mail older than 3 days is listed, never run: give 3d or less")
    return datetime.now(UTC) - timedelta(seconds=seconds)


def log_to_stderr(*, verbose: bool) -> None:
    """One line a record; libraries are heard from a warning on."""
    form = "%(asctime)s %(levelname).1s %(name)s: %(message)s"
    logging.basicConfig(level=logging.WARNING, format=form, datefmt="%H:%M:%S", stream=sys.stderr)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.DEBUG if verbose else logging.INFO)


def _run(settings: Settings, roles: Iterable[app.Role], *, verbose: bool, since: datetime | None = None) -> None:
    log_to_stderr(verbose=verbose)
    asyncio.run(_until_stopped(settings, frozenset(roles), since))


async def _until_stopped(settings: Settings, roles: frozenset[app.Role], since: datetime | None) -> None:
    stop = asyncio.Event()
    stop_at(stop, signal.SIGTERM, signal.SIGINT)
    names = " + ".join(sorted(roles))
    await app.run(settings, roles, stop, ready=lambda: _log.info("ready: %s", names), since=since)
    _log.info("stopped")


def stop_at(stop: asyncio.Event, *signals: signal.Signals) -> None:
    """Let the first of these signals ask for an orderly end; the second is the system's own, which ends at once."""
    loop = asyncio.get_running_loop()

    def first() -> None:
        _log.info("stopping; once more stops at once")
        stop.set()
        for number in signals:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in signals:
        loop.add_signal_handler(number, first)
