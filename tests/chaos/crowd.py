"""The people of a run who want something: they order, write while others decide, and change their minds."""

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.chaos.approvers import Approvers
from tests.chaos.installation import Installation
from tests.chaos.letters import Letters
from tests.chaos.model import NEVER_MIND
from tests.chaos.staff import DEPLOYS
from tests.helpers import wait_until

TWICE = 0.3  # of the inputs are sent twice
BY_MAIL = 0.3
_PATIENCE_S = 120
_SHELVES = 2  # what is ordered again and again, to the letter
_FORMS = (*["plain"] * 4, *["tracked"] * 4, "pair")
_MANNERS = (*["smooth"] * 7, "refuses", "breaks_before", "breaks_after")
_CARES = (*["usual"] * 9, "sure", "both", "both", "ladder", "ladder", "short", "low")
_BEFORE_DAWN = timedelta(seconds=3), timedelta(seconds=20)  # when something is ordered that waits for it


@dataclass
class Tally:
    """What the people did, and what they were told was taken."""

    orders: int = 0
    messages: int = 0
    twice: int = 0
    acked: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])  # (person, request) -> clicks
    taken: Counter[tuple[str, str, str]] = field(default_factory=Counter[tuple[str, str, str]])  # ... and what, by form
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
        self.approvers = Approvers(it, random.Random(rng.random()), self.tally, self._start)  # noqa: S311
        self.errors: list[BaseException] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._first = [*dict.fromkeys(_CARES)]  # each of them soon, and then at random

    def order(self) -> None:
        """Somebody orders a parcel: a customer by mail, or Ana in Slack, who goes on writing in some threads."""
        self.tally.orders += 1
        by_mail = self.rng.random() < BY_MAIL
        text = self._text(self.tally.orders, by_mail=by_mail)
        if by_mail:
            self.letters.order(self.tally.orders, text)
            return
        root = self._say(f"@bot {text}")
        if self.rng.random() < 0.15:
            after_s, mention = self.rng.uniform(0.1, 4.0), self.rng.choice(("", "@bot "))
            said = self.rng.choice(("any news?", "any news?", NEVER_MIND))
            self._start(self._write_again(root, after_s, f"{mention}{said}"))

    @property
    def busy(self) -> bool:
        """Whether somebody is still about to do something."""
        return bool(self._tasks)

    async def stop(self) -> None:
        """Send everybody home."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _text(self, number: int, *, by_mail: bool) -> str:
        form, manner = self.rng.choice(_FORMS), self.rng.choice(_MANNERS)
        hold_ms = self.rng.choice((0, 20, 200, 700, 1_200))
        first, last = _BEFORE_DAWN
        if not by_mail and self.rng.random() < 0.2:  # what may run by somebody's leave
            return f"order {self.rng.randrange(_SHELVES)}: plain, smooth, 20 ms"
        care = self._first.pop() if self._first else self.rng.choice(_CARES)
        if first < self.it.dawn - datetime.now(UTC) < last and self.rng.random() < 0.3:
            care = "night"
        return f"order {number}: {form}, {manner}, {hold_ms} ms, {care}"

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

    async def _write_again(self, root: str, after_s: float, text: str) -> None:
        """Write once more; without a mention only where the bot takes part, since it listens nowhere else."""
        await asyncio.sleep(after_s)
        heard = text.startswith("@bot")
        await wait_until(lambda: heard or self.it.slack.workspace.replies(DEPLOYS, root), timeout=_PATIENCE_S)
        self._say(text, root)
