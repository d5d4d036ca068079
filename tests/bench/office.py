"""One worker in this process, over an embedded server that syncs every write to disk before it answers."""

import asyncio
import gc
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from redis import Redis

from bot.agent import find, load
from bot.config import parse_config
from bot.entries import Sealer
from bot.identity import OsIdentity
from bot.ids import RequestIds, thread_id
from bot.intake import CoreIntake
from bot.people import Directory
from bot.places import Place
from bot.port import Inbound
from bot.renewer import Renewer
from bot.runtime import Runtime
from bot.store.embedded import EmbeddedServer
from bot.store.server import Client, connect
from bot.wake import Wakes
from bot.worker import Worker
from tests.bench import agents
from tests.bench.model import Instant, order

PROMPTS = Path(__file__).with_name("prompts")
SECRET = b"a secret of the benchmark's own "
CONFIG = """
[people.ana]
os_user = "ana"
roles = ["operators"]
[roles.operators]
[[routes]]
agent = "clerk"
"""


@dataclass
class Office:
    """Where threads are begun and worked on."""

    url: str
    client: Client
    secret: bytes = SECRET

    async def begin(self, first: int, threads: int, steps: int) -> None:
        """Put orders into the store; no worker need run."""
        directory = Directory(parse_config(CONFIG))
        intake = CoreIntake(
            self.client, Sealer(self.secret), RequestIds(self.secret), lambda: directory, lambda: {"clerk": ""}
        )
        for number in range(first, first + threads):
            await intake.message(
                Inbound(
                    source=f"order {number}",
                    identity=OsIdentity(user="ana", proven=True),
                    root=("bench", str(number)),
                    place=Place(channel="console", address="ana"),
                    text=order(number, steps),
                    starts=True,
                    sent_at=time.time_ns() // 1000,
                )
            )

    async def work(self, model: Instant, *, slots: int, threads: int) -> None:
        """Let a worker run until so many threads are done, and stop it as a SIGTERM does."""
        directory = Directory(parse_config(CONFIG))
        runtime = Runtime(
            client=self.client,
            sealer=Sealer(self.secret),
            ids=RequestIds(self.secret),
            agents=load(find(agents), PROMPTS, {}),
            deps={},
            model=model,
            directory=lambda: directory,
        )
        wakes, model.wanted = Wakes(self.client), threads
        renewer = Renewer(lambda: cast("Any", Redis).from_url(self.url, retry=None), runtime.lease_us)
        renewer.start()
        gc.freeze()  # as bot.working does
        listening = asyncio.create_task(wakes.listen())
        working = asyncio.create_task(Worker(runtime, wakes, renewer, slots=slots).run())
        try:
            await model.all_finished.wait()
        finally:
            runtime.draining.set()
            wakes.nudge()
            await working
            listening.cancel()
            await asyncio.to_thread(renewer.stop)

    async def info(self) -> dict[str, Any]:
        """What the server says about itself."""
        return cast("dict[str, Any]", await cast("Any", self.client).info("everything"))


def named(number: int) -> str:
    """The id of a thread of the benchmark."""
    return thread_id("bench", str(number))


@asynccontextmanager
async def office(folder: Path) -> AsyncGenerator[Office]:
    """Start the server in a folder of its own, and stop it."""
    async with EmbeddedServer(folder) as server:
        client = await connect(server.url)
        try:
            yield Office(server.url, client)
        finally:
            await client.aclose()
