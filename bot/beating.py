"""Every process says that it is there, what it does and what its listeners could not take: `bot status` shows it."""

import asyncio
import os
import socket
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import asynccontextmanager, suppress

from bot.core import Core
from bot.store.away import AWAY
from bot.store.presence import BEAT_S, Presence, ProcessReport, now_us


@asynccontextmanager
async def beating(
    core: Core, process: str, roles: Collection[str], counts: Callable[[], Mapping[str, int]] = dict
) -> AsyncGenerator[None]:
    """Say it until the block ends, and then that this process is gone."""
    presence, started = Presence(core.client), now_us()

    def report() -> ProcessReport:
        return ProcessReport(
            at=now_us(),
            id=process,
            roles=tuple(sorted(roles)),
            host=socket.gethostname(),
            pid=os.getpid(),
            started=started,
            config=core.config.refused or "",
            counts=dict(counts()),
        )

    async def beat() -> None:
        while True:
            with suppress(*AWAY):
                await presence.process(report())
            await asyncio.sleep(BEAT_S)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        with suppress(*AWAY):
            await presence.leave(process)
