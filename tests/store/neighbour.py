"""A process that uses the embedded server, as `bot web` and `bot worker` do: `python -m tests.store.neighbour DATA`.

It prints the server's address, then appends 1, 2, 3, ... to the list `numbers` and prints each once it is acknowledged,
until SIGTERM.
"""

import asyncio
import signal
import sys
from pathlib import Path

from bot.store.embedded import EmbeddedServer
from bot.store.server import connect


async def main() -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    async with EmbeddedServer(Path(sys.argv[1])) as server:
        say(server.url)
        client = await connect(server.url)
        number = 0
        while not stopping.is_set():
            number += 1
            await client.rpush("numbers", number)
            say(str(number))
        await client.aclose()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main())
