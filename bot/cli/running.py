"""`bot run`, `web`, `slack` and `worker`: one process until it is told to stop."""

import asyncio
import logging
import signal
import sys
from collections.abc import Iterable
from functools import partial

from bot import app
from bot.settings import Settings

_log = logging.getLogger("bot.cli")
_OURS = ("bot", "agents", "channels")


def run_everything(*, verbose: bool) -> None:
    """Run a worker, and whatever of Slack there are credentials for."""
    settings = Settings.load()
    roles: set[app.Role] = {"worker"}
    if settings.slack_signing_secret:
        roles.add("web")
    if settings.slack_app_token:
        roles.add("slack")
    _run(settings, roles, verbose=verbose)


def run_roles(*roles: app.Role, verbose: bool) -> None:
    """Run these roles; what they need and is not set is an error."""
    _run(Settings.load(), roles, verbose=verbose)


def log_to_stderr(*, verbose: bool) -> None:
    """One line a record; libraries are heard from a warning on."""
    form = "%(asctime)s %(levelname).1s %(name)s: %(message)s"
    logging.basicConfig(level=logging.WARNING, format=form, datefmt="%H:%M:%S", stream=sys.stderr)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.DEBUG if verbose else logging.INFO)


def _run(settings: Settings, roles: Iterable[app.Role], *, verbose: bool) -> None:
    log_to_stderr(verbose=verbose)
    asyncio.run(_until_stopped(settings, frozenset(roles)))


async def _until_stopped(settings: Settings, roles: frozenset[app.Role]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, partial(_stop, loop, stop))
    names = " + ".join(sorted(roles))
    await app.run(settings, roles, stop, ready=lambda: _log.info("ready: %s", names))
    _log.info("stopped")


def _stop(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """The first signal asks for an orderly end, the second one gets the operating system's: at once."""
    _log.info("stopping; once more stops at once")
    stop.set()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_DFL)
