"""The story of one order in one process, a command at a time: nothing runs by the clock, so each run is the same."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from bot.agent import LoadedAgent, find, load
from bot.config import parse_config
from bot.entries import Sealer
from bot.fold import fold
from bot.identity import SlackIdentity
from bot.ids import RequestIds, thread_id
from bot.intake import CoreIntake
from bot.people import Directory
from bot.places import Card, Content, Delivery, Place
from bot.port import AnswerInbound, Channel, Inbound, Pace
from bot.renewer import Renewer
from bot.runtime import Runtime
from bot.sender import Sender
from bot.store import log
from bot.store.keys import ThreadKeys
from bot.store.server import Client
from bot.thread import RequestState, Thread
from bot.wake import Wakes
from bot.worker import Worker
from tests.chaos import agents
from tests.chaos.model import Instant
from tests.chaos.staff import config
from tests.chaos.warehouse import Warehouse

SECRET = b"a secret of the tests"
SEALER = Sealer(SECRET)
ORIGIN = Place(channel="slack", address="T0ACME/C0DEPLOYS", thread="1.1")
THREAD = thread_id("slack", "T0ACME", "C0DEPLOYS", "1.1")
_ROUNDS = 20


@dataclass
class Wall:
    """A channel that outlives every process: what hangs there, in the order in which it was put up."""

    name: str = "slack"
    hung: dict[str, list[Delivery]] = field(default_factory=dict[str, list[Delivery]])  # provider's id -> versions

    def paces(self, delivery: Delivery) -> Sequence[Pace]:
        """Take as many as there are."""
        return ()

    async def deliver(self, delivery: Delivery, previous: str | None) -> str:
        """Put it up, or over what hangs there."""
        self.hung.setdefault(previous or f"wall/{len(self.hung)}", []).append(delivery)
        return previous or f"wall/{len(self.hung) - 1}"

    async def find(self, delivery: Delivery) -> str | None:
        """Look whether it hangs there."""
        return next((name for name, versions in self.hung.items() if versions[0].id == delivery.id), None)

    def shown(self, place: Place | None = None) -> list[Content]:
        """What can be read in a place, or anywhere, in order."""
        return [versions[-1].content for versions in self.hung.values() if place in (None, versions[0].place)]


@dataclass(frozen=True)
class World:
    """What outlives every process, besides the store."""

    warehouse: Warehouse
    wall: Wall
    agents: Mapping[str, LoadedAgent]
    directory: Directory
    order: str


def world(folder: Path, order: str) -> World:
    """A new one."""
    loaded = load(find(agents), Path(agents.__path__[0]).parent / "prompts", {})
    directory = Directory(parse_config(config(folder)))
    return World(Warehouse(folder), Wall(), loaded, directory, order)


class Story:
    """One process's part in it: intake, worker and sender over one client."""

    def __init__(self, world: World, client: Client, observer: Client) -> None:
        """Take the process's client, and that of the people who look on."""
        self._world = world
        self._observer = observer
        self._ids = RequestIds(SECRET)
        runtime = Runtime(
            client=client,
            sealer=SEALER,
            ids=self._ids,
            agents=world.agents,
            deps={"shipping": world.warehouse},
            model=Instant(0.0),
            directory=lambda: world.directory,
        )
        wakes = Wakes(client)
        # Any: one turn at a time is not what they offer, but what makes a run the same as the one before.
        self._worker: Any = Worker(runtime, wakes, Renewer(lambda: None, runtime.lease_us))
        self._sender: Any = Sender(client, {"slack": cast("Channel", world.wall)}, wakes)
        self._intake = CoreIntake(client, SEALER, self._ids, lambda: world.directory, dict[str, str], "shipping")
        self._clicks = 0

    async def play(self, *, hasty: bool = False) -> None:
        """From the order to its end; what was done before is done again, as Slack and people do who heard no answer.

        Hasty people press the buttons that they see before anything else happens.
        """
        if hasty:
            await self._decide_all()
        await self._intake.message(_order(self._world.order))
        for _ in range(_ROUNDS):
            await self._work()
            await self._send()
            if (await self.thread()).status == "done":
                return
            await self._decide_all()
        raise AssertionError(f"no end after {_ROUNDS} rounds")

    async def end(self) -> None:
        """Die: whatever was under way is never heard of again."""
        while tasks := [task for task in self._worker._tasks if not task.done()]:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=0.1)

    async def thread(self) -> Thread:
        """What the thread has come to."""
        return fold(THREAD, await log.load(self._observer, THREAD), SEALER)

    async def _work(self) -> None:
        while await self._worker._claim(ThreadKeys(THREAD).shard):
            await asyncio.wait(self._worker._tasks)

    async def _send(self) -> None:
        await self._sender._shard(ThreadKeys(THREAD).shard, asyncio.Event())

    async def _decide_all(self) -> None:
        """Decide whatever is open and hangs on the wall."""
        cards = [content for content in self._world.wall.shown() if isinstance(content, Card)]
        for name, request in list((await self.thread()).open.items()):
            if any(card.request == name for card in cards):
                await self._decide(request)

    async def _decide(self, request: RequestState) -> None:
        """Two people press twice each; about a doubt they have looked."""
        opened = request.opened
        option = None
        if opened.kind != "approval":
            seen = self._world.warehouse.looked_at(f"{THREAD}.{opened.call}")
            option = "it_did" if seen else "run_it"
        for who in ("rob", "mia") * 2:
            self._clicks += 1
            await self._intake.answer(
                AnswerInbound(
                    source=f"click:{id(self)}:{self._clicks}",
                    request=opened.request,
                    identity=_person(who),
                    proof="slack",
                    answer="approve" if option is None else "choose",
                    option=option,
                )
            )


def _order(text: str) -> Inbound:
    return Inbound(
        source="slack:T0ACME/C0DEPLOYS/1.1",
        identity=_person("ana"),
        root=("slack", "T0ACME", "C0DEPLOYS", "1.1"),
        place=ORIGIN,
        route_channel="slack:T0ACME/C0DEPLOYS",
        text=text,
        starts=True,
        sent_at=time.time_ns() // 1000,
    )


def _person(who: str) -> SlackIdentity:
    return SlackIdentity(account=f"T0ACME/U0{who.upper()}", name=who.capitalize(), proven=True)
