"""One installation of the bot in a test: its people, channels, workers and senders, over a real store."""

import asyncio
import gc
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from redis import Redis, RedisCluster

from bot.agent import LoadedAgent
from bot.bodies import AnswerKind
from bot.config import parse_config
from bot.control import Order, control
from bot.entries import Sealer
from bot.fold import fold
from bot.identity import SlackIdentity
from bot.ids import RequestIds, thread_id
from bot.intake import CoreIntake
from bot.people import Directory
from bot.places import Card, Delivery, Place
from bot.port import Answered, AnswerInbound, Channel, DeliveryFailed, Inbound, Pace, Verdict
from bot.port_turns import Sessions
from bot.renewer import Renewer
from bot.runtime import Runtime
from bot.sender import Sender
from bot.store import log
from bot.store.keys import WAKE, ThreadKeys
from bot.store.server import Client
from bot.thread import RequestState, Status, Thread
from bot.wake import Wakes
from bot.worker import Worker
from tests.helpers import wait_until
from tests.runtime.crew import Died, World
from tests.runtime.office import CONFIG
from tests.runtime.scripted import Scripted

SECRET = b"a secret of the tests"


@dataclass
class Told:
    """A channel that keeps what it was given. `fails` are raised instead, one after the other."""

    name: Any = "slack"
    sent: list[tuple[Delivery, str | None]] = field(default_factory=list[tuple[Delivery, str | None]])
    fails: list[DeliveryFailed] = field(default_factory=list[DeliveryFailed])
    limits: tuple[Pace, ...] = ()

    def paces(self, delivery: Delivery) -> Sequence[Pace]:
        return self.limits

    async def deliver(self, delivery: Delivery, previous: str | None) -> str:
        if self.fails:
            raise self.fails.pop(0)
        self.sent.append((delivery, previous))
        return f"{delivery.place.address}/{len(self.sent)}"

    async def find(self, delivery: Delivery) -> str | None:
        return next((f"{one.place.address}/{n}" for n, (one, _) in enumerate(self.sent, 1) if one == delivery), None)

    def lines(self, place: str = "") -> list[str]:
        """What was said, as far as it is text, in all places or in one."""
        found = [one for one, _ in self.sent if one.place.address.endswith(place)]
        return [str(getattr(one.content, "markdown", one.content.kind)) for one in found]

    def cards(self) -> list[Card]:
        """The requests that were shown."""
        return [one.content for one, _ in self.sent if isinstance(one.content, Card)]


@dataclass
class Stage:
    """Where the scenarios play: thread `1.1` in #ops, unless they say otherwise."""

    client: Client
    url: str
    agents: dict[str, LoadedAgent]
    world: World = field(default_factory=World)
    model: Scripted = field(default_factory=Scripted)
    channel: Told = field(default_factory=Told)
    directory: Directory = field(default_factory=lambda: Directory(parse_config(CONFIG)))
    lease_us: int = 30_000_000
    renews: bool = True
    clustered: bool = False
    channel_id: str = "C0OPS"
    messages: int = 0

    @property
    def thread(self) -> str:
        """The id of the scenario's thread."""
        return self.named("1.1")

    def named(self, root: str) -> str:
        """The id of the thread with this root."""
        return thread_id("slack", "T0ACME", self.channel_id, root)

    @property
    def sealer(self) -> Sealer:
        return Sealer(SECRET)

    def configure(self, more: str) -> None:
        """Put a new bot.toml in force."""
        self.directory = Directory(parse_config(more))

    def runtime(self) -> Runtime:
        """What a worker has at hand."""
        return Runtime(
            client=self.client,
            sealer=self.sealer,
            ids=RequestIds(SECRET),
            agents=self.agents,
            deps=dict.fromkeys(self.agents, self.world),
            model=self.model,
            directory=lambda: self.directory,
            lease_us=self.lease_us,
            sessions={"slack": self.channel} if isinstance(self.channel, Sessions) else {},
        )

    def intake(self) -> CoreIntake:
        """What channels call."""
        about = {name: agent.description for name, agent in self.agents.items()}
        return CoreIntake(
            self.client,
            self.sealer,
            RequestIds(SECRET),
            lambda: self.directory,
            lambda: about,
            default_agent="other",
            form=lambda agent, step: self.agents[agent].menu.steps.get(step),
        )

    @asynccontextmanager
    async def working(self, *, slots: int = 16, drain_s: float = 5.0) -> AsyncGenerator[Runtime]:
        """Run a worker and a sender, and stop them as a SIGTERM does. They run beside any others."""
        runtime = self.runtime()
        wakes = Wakes(self.client)
        renewer = Renewer(self._for_renewals, self.lease_us)
        worker = Worker(runtime, wakes, renewer, slots=slots)
        stop = asyncio.Event()
        channels: dict[str, Channel] = {"slack": cast("Channel", self.channel)}
        listening = asyncio.create_task(wakes.listen())
        renewer.start()
        sending = asyncio.create_task(Sender(self.client, channels, wakes).run(stop))
        working = asyncio.create_task(worker.run(drain_s=drain_s))
        try:
            yield runtime
        finally:
            runtime.draining.set()
            stop.set()
            wakes.nudge()
            await asyncio.gather(sending, working)
            listening.cancel()
            await asyncio.to_thread(renewer.stop)
            if Died.times:
                # What died is reported when it is collected: here, and not in the middle of parsing some source later,
                # which Python 3.11 does not stand (SystemError: AST constructor recursion depth mismatch).
                Died.times = 0
                gc.collect()

    def _for_renewals(self) -> object:
        if not self.renews:
            raise OSError("this stage renews no leases")
        if self.clustered:
            return RedisCluster.from_url(self.url)
        return cast("Any", Redis).from_url(self.url, retry=None)

    async def say(self, text: str, who: str = "ana", *, root: str = "1.1") -> Verdict:
        """Somebody mentions the bot in the thread."""
        self.messages += 1
        channel = self.channel_id
        inbound = Inbound(
            source=f"slack:T0ACME/{channel}/{root}/{self.messages}",
            identity=person(who),
            root=("slack", "T0ACME", channel, root),
            place=Place(channel="slack", address=f"T0ACME/{channel}", thread=root),
            route_channel=f"slack:T0ACME/{channel}",
            text=text,
            starts=True,
            sent_at=time.time_ns() // 1000,
        )
        return await self.intake().message(inbound)

    async def answer(
        self,
        who: str,
        answer: AnswerKind,
        option: str | None = None,
        *,
        text: str = "",
        request: str | None = None,
        **more: Any,  # noqa: ANN401  # an answer's further fields
    ) -> Answered:
        """Somebody answers the one open request, or this one."""
        self.messages += 1
        request = request or (await self.request()).opened.request
        given = AnswerInbound(
            source=f"click {self.messages}",
            request=request,
            identity=person(who),
            proof="slack",
            answer=answer,
            option=option,
            text=text,
            **more,
        )
        return await self.intake().answer(given)

    async def order(self, order: Order, by: str = "rob") -> str:
        """Pause, resume or cancel the thread."""
        head = await log.head(self.client, self.thread)
        assert head
        return await control(self.client, self.sealer, head, order, by)

    async def fold(self, thread: str | None = None) -> Thread:
        """The thread as its log has it now."""
        name = thread or self.thread
        return fold(name, await log.load(self.client, name), self.sealer)

    async def settled(self, thread: str | None = None) -> Thread:
        """Wait until the thread is with no worker and not due, and return it."""
        name = thread or self.thread
        keys = ThreadKeys(name).shard
        store = cast("Any", self.client)

        async def rests() -> bool:
            both = store.pipeline(transaction=True)
            leased, due = await both.zscore(keys.leases, name).zscore(keys.due, name).execute()
            return leased is None and (due is None or due > time.time_ns() // 1000 + 200_000)

        await wait_until(rests, timeout=15)
        return await self.fold(name)

    async def becomes(self, status: Status) -> Thread:
        """Wait until the thread has this status."""

        async def there() -> bool:
            return (await self.fold()).status == status

        await wait_until(there, what=f"the thread to be {status}")
        return await self.settled()

    async def finished(self, root: str) -> Thread:
        """Wait until the thread with this root is done."""
        name = self.named(root)

        async def there() -> bool:
            return (await self.fold(name)).status == "done"

        await wait_until(there, timeout=60)  # of several that work beside each other, or against a store that fails
        return await self.settled(name)

    async def events(self) -> list[str]:
        """The types of what happened, without what only informs."""
        notes = {"delivered", "delivery_failed", "refused"}
        return [event.type for event in (await self.fold()).events if event.type not in notes]

    async def request(self) -> RequestState:
        """Wait for the one request that is open, and return it."""

        async def opened() -> RequestState | None:
            return next(iter((await self.fold()).open.values()), None)

        return cast("RequestState", await wait_until(opened))

    async def said(self, text: str) -> None:
        """Wait until somebody was told this."""
        await wait_until(lambda: any(text in line for line in self.channel.lines()), what=f"{text!r} to be said")

    async def abandon(self) -> None:
        """Let the thread's lease have run out, and have somebody look."""
        keys = ThreadKeys(self.thread).shard
        store = cast("Any", self.client)
        await store.zadd(keys.leases, {self.thread: 1}, xx=True)
        await store.publish(WAKE, f"{keys.shard:02d}")


def person(who: str, *, proven: bool = True) -> SlackIdentity:
    """As whom somebody appears in Slack."""
    return SlackIdentity(account=f"T0ACME/U0{who.upper()}", name=who.capitalize(), proven=proven)
