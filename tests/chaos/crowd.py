"""The people of a run: they order, click twice and at once, write while others decide, and look before they answer."""

import asyncio
import random
import re
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field

from bot.fold import fold
from bot.playground.slack.inputs import ControlRefusedError, elements
from bot.playground.slack.models import Message
from bot.store import log
from bot.store.away import AWAY
from tests.chaos.installation import DEPLOYS, RELEASES, Installation
from tests.chaos.letters import Letters
from tests.helpers import wait_until

APPROVE, REJECT, CHOOSE = "answer:approve", "answer:reject", "answer:choose:"
DECIDERS = ("U0ROB", "U0MIA")
_PATIENCE_S = 120
_KEPT = 20  # words to one person alone; the peer shows them all at every click, and nobody reads them here
TWICE = 0.3  # of the inputs are sent twice
BY_MAIL = 0.3
_FORMS = ("plain", "tracked")
_MANNERS = (*["smooth"] * 7, "refuses", "breaks_before", "breaks_after")


@dataclass
class Tally:
    """What the people did, and what they were told was taken."""

    orders: int = 0
    messages: int = 0
    twice: int = 0
    acked: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])  # (person, request) -> clicks
    clicks: int = 0
    looked: Counter[str] = field(default_factory=Counter[str])  # what operators answered to doubts


class Crowd:
    """Everybody; `orders` and `watch` run beside the faults."""

    def __init__(self, it: Installation, rng: random.Random) -> None:
        """Take where they meet, and the chance that decides what they do."""
        self.it = it
        self.rng = rng
        self.tally = Tally()
        self.letters = Letters(it.mail, random.Random(rng.random()))  # noqa: S311  # to repeat a run
        self.errors: list[BaseException] = []
        self._seen = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def order(self) -> None:
        """Somebody orders a parcel: a customer by mail, or Ana in Slack, who goes on writing in some threads."""
        self.tally.orders += 1
        number, form, manner = self.tally.orders, self.rng.choice(_FORMS), self.rng.choice(_MANNERS)
        hold_ms = self.rng.choice((0, 20, 200, 700, 1_200))
        text = f"order {number}: {form}, {manner}, {hold_ms} ms"
        if self.rng.random() < BY_MAIL:
            self.letters.order(number, text)
            return
        root = self._say(f"@bot {text}")
        if self.rng.random() < 0.15:
            self._start(self._ask_again(root, self.rng.uniform(0.1, 4.0), self.rng.choice(("", "@bot "))))

    async def watch(self) -> None:
        """See every new card, and decide it; look at some logs in passing. Runs until cancelled."""
        while True:
            messages = self.it.slack.workspace.messages(RELEASES)
            for message in messages[self._seen :]:
                if request_of(message):
                    self._start(self._decide(message))
            self._seen = len(messages)
            del self.it.slack.workspace.ephemerals[:-_KEPT]
            await asyncio.sleep(0.1)

    @property
    def busy(self) -> bool:
        """Whether somebody is still about to do something."""
        return bool(self._tasks)

    async def stop(self) -> None:
        """Send everybody home."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.errors.append(error)

    def _say(self, text: str, root: str | None = None) -> str:
        if self.rng.random() < TWICE:
            self.it.slack.duplicate_next()
            self.tally.twice += 1
        self.tally.messages += 1
        return self.it.slack.say("U0ANA", DEPLOYS, text, root)

    async def _ask_again(self, root: str, after_s: float, mention: str) -> None:
        """Write once more; without a mention only where the bot takes part, since it listens nowhere else."""
        await asyncio.sleep(after_s)
        await wait_until(lambda: mention or self.it.slack.workspace.replies(DEPLOYS, root), timeout=_PATIENCE_S)
        self._say(f"{mention}any news?", root)

    async def _decide(self, card: Message) -> None:
        """Both press twice at the same moment, on what they saw first; who was not heard presses again."""
        await asyncio.sleep(self.rng.uniform(0.0, 1.0))
        ts, request, actions = card.ts, request_of(card), actions_of(card)
        if APPROVE in actions:
            if self.rng.random() < 0.05:
                self._start(self._reject(ts))
            await asyncio.gather(*(self._press(user, ts, APPROVE, request) for user in (*DECIDERS, *DECIDERS)))
            return
        option = "go_on" if f"{CHOOSE}go_on" in actions else await self._look(request)
        await asyncio.gather(*(self._press("U0ROB", ts, f"{CHOOSE}{option}", request) for _ in range(2)))

    async def _press(self, user: str, ts: str, action: str, request: str) -> None:
        while True:
            self.tally.clicks += 1
            try:
                outcome = await self.it.slack.click(user, RELEASES, ts, action, stale=True)
            except ControlRefusedError:  # the button was never there in this run of the peer
                return
            if outcome.acked:
                self.tally.acked[user, request] += 1
                return
            await asyncio.sleep(self.rng.uniform(0.2, 1.0))

    async def _reject(self, ts: str) -> None:
        """One of those who press means no: which of the two counts is decided once."""
        try:
            form = await self.it.slack.click("U0MIA", RELEASES, ts, REJECT, stale=True)
            if form.modals:
                await self.it.slack.submit_view("U0MIA", form.modals[-1], {"words": "not today"})
        except ControlRefusedError:
            pass  # the form was not opened in time, or is gone

    async def _look(self, request: str) -> str:
        """Go to the warehouse and look, once nobody is at work there; answer what is seen."""
        key = await self._key(request)
        while True:
            if not any(process.is_stopped for process in self.it.workers):
                seen = self.it.warehouse.looked_at(key)
                if seen is not None:
                    break
            await asyncio.sleep(0.2)
        option = "it_did" if seen else self.rng.choice(("run_it", "run_it", "stop"))
        self.tally.looked[option] += 1
        return option

    async def _key(self, request: str) -> str:
        """Under which key the warehouse knows what this request is about; `bot show` says it."""
        name = request.partition(".")[0]
        while True:
            try:
                entries = await log.load(await self.it.store(), name)
                break
            except AWAY:
                await asyncio.sleep(0.2)
        thread = fold(name, entries, self.it.sealer)
        return f"{name}.{thread.requests[request].opened.call}"


def actions_of(message: Message) -> list[str]:
    """The buttons of a message."""
    return [str(element["action_id"]) for _, element in elements(message.blocks) if element.get("action_id")]


def request_of(message: Message) -> str:
    """The request that the buttons of a message are about; empty without buttons."""
    values = (str(element.get("value", "")) for _, element in elements(message.blocks))
    return next((value for value in values if re.fullmatch(r"[0-9]{2}-[a-z2-7]{16}\.\w+\.\w+", value)), "")
