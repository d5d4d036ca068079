"""What tests of every kind need: where the project stands, waiting without sleeping, finding chromium."""

import asyncio
import inspect
import os
import shutil
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar, cast

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent


async def wait_until(predicate: Callable[[], T | Awaitable[T]], timeout: float = 10, what: str = "") -> T:
    """Return the first truthy answer of the predicate, plain or async; fail after `timeout` seconds.

    What the predicate raises is the test's to see: one that may raise while it waits must catch that itself.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer = predicate()
        value = cast("T", await answer if inspect.isawaitable(answer) else answer)
        if value:
            return value
        if time.monotonic() > deadline:
            message = f"not within {timeout} s: {what or inspect.getsource(predicate).strip()}"
            raise AssertionError(message)
        await asyncio.sleep(0.02)


def chromium() -> Path | None:
    """Find the browser that tests drive: CHROMIUM in the environment, or else what Debian installs."""
    names = [os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser"]
    found = next(filter(None, map(shutil.which, names)), None)
    return Path(found) if found else None


def dovecot() -> Path | None:
    """Find Dovecot, the mail server that most mailboxes are kept by; it stands in no ordinary user's PATH."""
    found = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return Path(found) if found else None


def exim() -> Path | None:
    """Find Exim, the mail server whose bounces are read; it stands in no ordinary user's PATH."""
    found = shutil.which("exim4", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    return Path(found) if found else None
