"""Every process says that it is there, what it does and what its listeners could not take: `bot status` shows it."""

import os
import socket
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import asynccontextmanager

from bot.core import Core
from bot.store.presence import Presence, ProcessReport, now_us, saying


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

    async def say() -> None:
        await presence.process(report())

    async with saying(say, lambda: presence.leave(process)):
        yield
