"""The demo's deploy command: as slow as the page says, and otherwise the shop's own."""

import os
import sys
from pathlib import Path


def main(pace: str, *command: str) -> None:
    """Become the shop's deploy command; `pace` is the file that holds the number of seconds."""
    seconds = Path(pace).read_text(encoding="utf-8")
    os.execve(command[0], command, {**os.environ, "DEMO_DEPLOY_SECONDS": seconds})  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main(*sys.argv[1:])
