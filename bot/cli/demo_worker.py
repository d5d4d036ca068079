"""The demo's worker, a process of its own so that it can be killed: `bot worker`, tied to the demo by its input."""

import asyncio
import logging
import os
import signal
import sys

from bot import app
from bot.settings import Settings


async def work() -> None:
    """Work until told to stop, or until the demo that holds the other end of our input is gone."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def gone() -> None:  # nothing is ever written there: it becomes readable by its end
        loop.remove_reader(sys.stdin.fileno())
        stop.set()

    loop.add_reader(sys.stdin.fileno(), gone)
    settings = Settings.load(dict(os.environ))
    await app.run(settings, frozenset({"worker"}), stop, ready=lambda: print("ready", flush=True))  # noqa: T201 - the demo waits for this line


def main() -> None:
    """Run the worker; what it has to say goes to the demo's log."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s worker %(process)d %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    asyncio.run(work())


if __name__ == "__main__":
    main()
