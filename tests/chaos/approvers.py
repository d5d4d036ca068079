"""The people who are asked: they approve twice and at once, change, ask, give away, look, are late or silent."""

import asyncio
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Sequence
from typing import Protocol

from bot.fold import fold
from bot.playground.slack.inputs import ControlRefusedError
from bot.playground.slack.models import Message
from bot.store import log
from bot.store.away import AWAY
from tests.chaos.hands import APPROVE, CHOOSE, EDIT, MORE, Hands, actions_of, requests_of
from tests.chaos.installation import Installation
from tests.chaos.staff import DECIDERS, LEAD, RELEASES, account

_KEPT = 20  # words to one person alone; the peer shows them all at every click, and nobody reads them here
_PATIENCE_S = 150
_WAYS = {"approve": 50, "edit": 10, "ask": 10, "give": 7, "grant": 15, "reject": 4, "late": 4}


class Counts(Protocol):
    """What is counted here."""

    acked: Counter[tuple[str, str]]
    taken: Counter[tuple[str, str, str]]
    clicks: int
    looked: Counter[str]


class Approvers:
    """Everybody who decides; `watch` runs beside the faults."""

    def __init__(
        self, it: Installation, rng: random.Random, counts: Counts, start: Callable[[Coroutine[None, None, None]], None]
    ) -> None:
        """Take where they are asked, the chance that decides what they do, and what starts doing it."""
        self.it = it
        self.rng = rng
        self.counts = counts
        self._start = start
        self._hands = Hands(it.slack, counts.taken)
        self._seen: defaultdict[str, int] = defaultdict(int)  # messages, by channel
        self._open: dict[tuple[str, str], Message | None] = {}  # those with buttons, as they were looked at last
        self._first = [*_WAYS]  # each of them soon, and then at random
        self._known: set[tuple[str, str]] = set()  # (message, request)
        workspace = it.slack.workspace
        self._places: dict[str, tuple[str, ...]] = {
            workspace.dm(account(one)).id: (account(one),) for one in (*DECIDERS, LEAD)
        }
        self._places[RELEASES] = tuple(account(one) for one in DECIDERS)

    async def watch(self) -> None:
        """See every new card, alone or in one message with others, and decide it. Runs until cancelled."""
        workspace = self.it.slack.workspace
        while True:
            for place in self._places:
                messages = workspace.messages(place)
                self._open |= {(place, message.ts): None for message in messages[self._seen[place] :]}
                self._seen[place] = len(messages)
            for (place, ts), before in [*self._open.items()]:
                message = workspace.find(place, ts)
                if message is not None and message is not before:
                    self._see(message)
            del workspace.ephemerals[:-_KEPT]
            await asyncio.sleep(0.1)

    def _see(self, message: Message) -> None:
        found = requests_of(message)
        self._open[message.channel, message.ts] = message
        if not found:
            del self._open[message.channel, message.ts]
        for request in found:
            if (message.ts, request) not in self._known:
                self._known.add((message.ts, request))
                self._start(self._decide(message, request))

    async def _decide(self, card: Message, request: str) -> None:
        """What becomes of one card. Whoever was not heard, or has to answer once more, presses again."""
        await asyncio.sleep(self.rng.uniform(0.0, 1.0))
        actions, people = actions_of(card, request), self._places[card.channel]
        if APPROVE in actions:
            await self._use_the_card(card, request, people)
        elif self.rng.random() < 0.15 and f"{CHOOSE}go_on" not in actions:
            await self._hands.ask(people[0], card, request)
        pause_s, until = 2.0, asyncio.get_running_loop().time() + _PATIENCE_S
        while self._is_open(card, request) and asyncio.get_running_loop().time() < until:
            if APPROVE in actions:
                await asyncio.gather(*(self._press(user, card, APPROVE, request) for user in people))
            else:
                await self._choose(card, request, people, actions)
            await asyncio.sleep(self.rng.uniform(0.5, 1.0) * pause_s)
            pause_s *= 1.5  # whoever hears nothing loses interest

    async def _use_the_card(self, card: Message, request: str, people: Sequence[str]) -> None:
        """The first thing that is done with it; then all press what they saw first, whatever it has become."""
        actions, one = actions_of(card, request), self.rng.choice(people)
        ladder = re.search(r"\b(ladder|short)\b", json.dumps(card.blocks)) and self.rng.random() < 0.6
        match "silent" if ladder else self._way(actions):
            case "edit":
                label = f"box {self.rng.randrange(1_000)}"
                await self._hands.edit(one, card, request, label, self.rng.choice((None, 0, 300)))
                await asyncio.sleep(self.rng.uniform(0.0, 2.0))
            case "ask":
                await self._hands.ask(one, card, request)
                await asyncio.sleep(self.rng.uniform(0.0, 3.0))
            case "give":
                to = self.rng.choice([name for name in (*DECIDERS, LEAD) if account(name) != one])
                await self._hands.give(one, card, request, to)
                await asyncio.sleep(self.rng.uniform(0.0, 1.0))
            case "grant":
                await self._hands.grant(one, card, request)
            case "reject":
                self._start(self._hands.reject(one, card, request))
            case "late":
                await asyncio.sleep(self.rng.uniform(4.0, 9.0))
            case "silent":
                await asyncio.sleep(self.rng.uniform(2.0, 8.0))
            case _:
                pass
        await self._all_press(card, request, people)

    def _way(self, actions: Sequence[str]) -> str:
        """What is done first with a card that has these buttons."""
        able = {"edit": EDIT in actions, "grant": MORE in actions}
        first = next((way for way in self._first if able.get(way, True)), None)
        if first is not None:
            self._first.remove(first)
        way = first or self.rng.choices([*_WAYS], [*_WAYS.values()])[0]
        return way if able.get(way, True) else "approve"

    async def _all_press(self, card: Message, request: str, people: Sequence[str]) -> None:
        """All of them at the same moment, somebody twice, and now and then whoever asked for it tries as well."""
        ana = ("U0ANA",) if card.channel == RELEASES and self.rng.random() < 0.2 else ()
        pressing = (*people, self.rng.choice(people), *ana)
        await asyncio.gather(*(self._press(user, card, APPROVE, request) for user in pressing))

    async def _choose(self, card: Message, request: str, people: Sequence[str], actions: Sequence[str]) -> None:
        """Answer what is no approval: after a look at the world, where that is asked."""
        if f"{CHOOSE}go_on" in actions:
            option = "go_on"
        elif f"{CHOOSE}yes" in actions:
            option = self.rng.choice(("yes", "yes", "yes", "yes", "no"))
        else:
            option = await self._look(request)
        await asyncio.gather(*(self._press(user, card, f"{CHOOSE}{option}", request) for user in (*people, people[0])))

    async def _press(self, user: str, card: Message, action: str, request: str) -> None:
        pause_s = 0.5
        while True:
            self.counts.clicks += 1
            try:
                outcome = await self.it.slack.click(user, card.channel, card.ts, action, request, stale=True)
            except ControlRefusedError:  # the button was never there in this run of the peer
                return
            if outcome.acked:
                self.counts.acked[user, request] += 1
                return
            await asyncio.sleep(self.rng.uniform(0.5, 1.0) * pause_s)
            pause_s = min(2 * pause_s, 8.0)  # it is away, or has too much to do: more of the same helps nobody

    def _is_open(self, card: Message, request: str) -> bool:
        now = self.it.slack.workspace.find(card.channel, card.ts)
        return now is not None and bool(actions_of(now, request))

    async def _look(self, request: str) -> str:
        """Go to the warehouse and look, once nobody is at work there; answer what is seen."""
        key, runs = await self._key(request)
        while True:
            if not any(process.is_stopped for process in self.it.workers):
                seen = self.it.warehouse.looked_at(key)
                if seen is not None:
                    break
            await asyncio.sleep(0.2)
        option = "it_did" if seen else self.rng.choice(("run_it", "run_it", "stop")) if runs else "stop"
        self.counts.looked[option] += 1
        return option

    async def _key(self, request: str) -> tuple[str, bool]:
        """Under which key the warehouse knows what this request is about, and whether anything may run there again."""
        name = request.partition(".")[0]
        while True:
            try:
                entries = await log.load(await self.it.store(), name)
                break
            except AWAY:
                await asyncio.sleep(0.2)
        thread = fold(name, entries, self.it.sealer)
        return f"{name}.{thread.requests[request].opened.call}", not thread.cancelled
