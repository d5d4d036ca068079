"""What the tests of the deploy backend share: the usual deploy, and commands made up on the spot."""

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path

from pydantic import JsonValue

from agents.backends.deploy import DeployBackend, Deploys
from bot.playground.repository import DemoRepository, commit_of

Build = Callable[..., DeployBackend]
PLACE = ("backend", "production", "v1.4.0")


def python(code: str) -> list[JsonValue]:
    """Return a deploy command that runs this code, with service, environment, tag and commit in sys.argv[1:]."""
    return [sys.executable, "-c", code, "{service}", "{environment}", "{tag}", "{commit}"]


def gone(pid: int) -> bool:
    """Say whether the process has ended; one that nobody has waited for yet has, too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return False


async def deploy(backend: Deploys, demo: DemoRepository, key: str = "key") -> str:
    """Deploy the usual place; return the command's output."""
    done = await backend.deploy(*PLACE, commit_of(demo.repository, "v1.4.0"), key=key)
    return done.output
