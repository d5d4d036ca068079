"""What a busy workspace does to the bot: talk among people, questions, follow-ups, orders; some twice, some late."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from bot.playground.slack.events import Attempt, Delivery, HttpTransport
from bot.playground.slack.happenings import envelope
from bot.playground.slack.models import Channel, Message
from bot.playground.slack.wire import JsonObject, as_text
from tests.bench.soak_office import SocketOffice
from tests.chaos.hands import APPROVE, requests_of
from tests.chaos.staff import DEPLOYS, RELEASES

TWICE = 0.2  # of the events come a second time, every other one of these by HTTP
LATE = 0.2  # of them come later than those that follow
LATEST_S = 1.0
_TICK_S = 0.05
_WITHIN = 200  # threads, the newest, in which people go on writing
_KINDS = {"talk": 70, "follow_up": 20, "question": 8, "order": 2}  # what people write, in percent
_EVENTS = {"talk": 1, "follow_up": 1, "question": 2, "order": 2}  # a mention comes as two
_EACH = sum(_EVENTS[kind] * share for kind, share in _KINDS.items()) / sum(_KINDS.values())


@dataclass
class Click:
    """An approval, as the person who gave it saw it: us, and ms until it was acknowledged."""

    request: str
    at: int
    ack_ms: float


@dataclass
class Traffic:
    """Lets people write, and their events go rough ways."""

    it: SocketOffice
    rng: random.Random
    cut_every_s: float
    said: Counter[str] = field(default_factory=Counter[str])  # by kind
    twice: int = 0
    late: int = 0
    cuts: int = 0
    by_http: list[float] = field(default_factory=list[float])  # ms until a second copy was acknowledged
    refused: int = 0  # second copies that were not
    unheard: int = 0  # clicks that nobody acknowledged
    clicks: list[Click] = field(default_factory=list[Click])
    lag_ms: list[float] = field(default_factory=list[float])  # by which this program itself was late
    _roots: list[str] = field(default_factory=list[str])
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _coming: int = 0  # events that are late
    _http: HttpTransport = field(init=False)

    def __post_init__(self) -> None:
        """Stand between the workspace and what carries its events."""
        self._http = HttpTransport(self.it.slack.workspace.app, self.it.events_url)
        self.it.slack.workspace.announce = self._announce

    async def run(self, seconds: float, rate: float) -> None:
        """Let people write so much that `rate` events a second go out, second copies included."""
        around = [asyncio.create_task(one) for one in (self._cut(), self._approve(), self._watch_itself())]
        began, written = time.monotonic(), 0
        try:
            while (passed := time.monotonic() - began) < seconds:
                wanted = passed * rate / (1 + TWICE) / _EACH
                for _ in range(int(wanted) - written):
                    self._write()
                    written += 1
                await asyncio.sleep(_TICK_S)
            await asyncio.sleep(2 * LATEST_S)
            around[0].cancel()
            await self.it.comes_to_rest(lambda: self.busy)
        finally:
            for task in around:
                task.cancel()
            ended = await asyncio.gather(*around, return_exceptions=True)
        if broken := [error for error in ended if isinstance(error, Exception)]:
            raise ExceptionGroup("the soak itself went wrong", broken)

    @property
    def busy(self) -> bool:
        """Whether something of what people did is still on its way."""
        return bool(self._tasks or self._coming)

    @property
    def attempts(self) -> list[Attempt]:
        """Every try to deliver an event by Socket Mode."""
        return [one for one in self.it.slack.attempts if one.kind == "events_api"]

    def _write(self) -> None:
        kind = self.rng.choices([*_KINDS], [*_KINDS.values()])[0]
        kind = "talk" if kind == "follow_up" and not self._roots else kind
        self.said[kind] += 1
        number, slack = self.said.total(), self.it.slack
        match kind:
            case "talk":
                slack.say("U0ZED", DEPLOYS, f"lunch? {number}")
            case "follow_up":
                slack.say("U0ANA", DEPLOYS, f"and now? {number}", self.rng.choice(self._roots[-_WITHIN:]))
            case "question":
                self._roots.append(slack.say("U0ANA", DEPLOYS, f"@bot what is new? {number}"))
            case _:
                slack.say("U0ANA", DEPLOYS, f"@bot order {number}: plain, smooth, 0 ms")

    def _announce(self, event: JsonObject, channel: Channel | None) -> None:
        workspace = self.it.slack.workspace
        payload = envelope(event, channel, workspace.app, workspace.team)
        is_late = self.rng.random() < LATE
        self.late += is_late
        after_s = self.rng.uniform(0, LATEST_S) if is_late else 0.0
        self._later(after_s, payload)
        if self.rng.random() < TWICE:
            self.twice += 1
            self._later(after_s + self.rng.uniform(0, LATEST_S), payload, by_http=self.twice % 2 == 0)

    def _later(self, after_s: float, payload: JsonObject, *, by_http: bool = False) -> None:
        self._coming += 1
        asyncio.get_running_loop().call_later(after_s, self._send, payload, by_http)

    def _send(self, payload: JsonObject, by_http: bool) -> None:  # noqa: FBT001 - call_later takes no names
        self._coming -= 1
        if by_http:
            self._start(payload)
        else:
            self.it.slack.sender.send(payload)

    def _start(self, payload: JsonObject) -> None:
        task = asyncio.create_task(self._post(payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _post(self, payload: JsonObject) -> None:
        began = time.perf_counter()
        ack = await self._http.send(
            Delivery(id=as_text(payload.get("event_id")), kind="events_api", payload=payload), 3
        )
        if ack.result == "acked":
            self.by_http.append(1000 * (time.perf_counter() - began))
        else:
            self.refused += 1

    async def _cut(self) -> None:
        """Break one connection after the other, without a word."""
        while True:
            await asyncio.sleep(self.cut_every_s)
            if lines := self.it.slack.sockets.lines:
                self.it.slack.sockets.cut(self.rng.choice(lines))
                self.cuts += 1

    async def _approve(self) -> None:
        """Rob approves each card as soon as he sees it, and clicks again if Slack tells him that nobody heard."""
        seen = 0
        while True:
            for message in self.it.slack.workspace.messages(RELEASES)[seen:]:
                if not await self._click(message):
                    break
                seen += 1
            await asyncio.sleep(_TICK_S)

    async def _click(self, message: Message) -> bool:
        for request in requests_of(message):
            at, began = time.time_ns() // 1000, time.perf_counter()
            outcome = await self.it.slack.click("U0ROB", RELEASES, message.ts, APPROVE, request)
            if not outcome.acked:
                self.unheard += 1
                return False
            self.clicks.append(Click(request, at, 1000 * (time.perf_counter() - began)))
        return True

    async def _watch_itself(self) -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(_TICK_S)
            self.lag_ms.append(1000 * (time.perf_counter() - began - _TICK_S))
