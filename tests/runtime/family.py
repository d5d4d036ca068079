"""A model that plays a parent and its delegates, each by its own script, in whatever order they get to think."""

from collections import defaultdict
from collections.abc import Awaitable
from typing import cast

from bot.control import Order, control
from bot.events import DelegateFinished, RequestOpened
from bot.model import Prompt
from bot.store import log
from bot.thread import RequestState, Thread
from tests.helpers import wait_until
from tests.runtime.scripted import Line, Said, done, step
from tests.runtime.stage import Stage


class Family:
    """Scripts by task; the parent's is that of the empty task. At its end each is done, or waits for its delegates.

    Which line is next follows from what is read: a decision that came too late is made again.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.scripts: defaultdict[str, list[Line]] = defaultdict(list)
        self.read: dict[str, str] = {}  # by task, what was read the last time
        stage.model.otherwise = self._said

    def plays(self, *lines: Line, task: str = "") -> None:
        """Add to the parent's script, or to that of whoever has this task."""
        self.scripts[task].extend(lines)

    def delegates(self, *tasks: str, agent: str = "ops") -> None:
        """The parent gives out these tasks, one after the other, and waits."""
        self.plays(*(step("delegate", agent=agent, task=task) for task in tasks), step("keep_waiting"))

    def _said(self, prompt: Prompt) -> Said | Awaitable[Said]:
        line = self._line(prompt)
        return line(prompt) if callable(line) else line

    def _line(self, prompt: Prompt) -> Line:
        first = prompt.blocks[0]
        task = first.split("\n")[1] if first.startswith("<task") else ""
        self.read[task] = "\n".join(prompt.blocks)
        script, said = self.scripts[task], sum(block.startswith(("<step ", "<invalid ")) for block in prompt.blocks)
        return script[said] if said < len(script) else _at_the_end(self.read[task], task)

    async def child(self, number: int = 0, of: str | None = None) -> Thread:
        """The thread of the parent's delegate with this number, once it is there."""

        async def there() -> str | None:
            children = list((await self.stage.fold(of)).children)
            return children[number] if number < len(children) else None

        name = await wait_until(there)
        assert name
        return await self.stage.fold(name)


def _at_the_end(read: str, task: str) -> Said:
    waits = read.count("<delegated ") > read.count("<delegate_finished ")
    return step("keep_waiting") if waits else done(f"{task or 'the whole'} is done")


async def order(stage: Stage, what: Order, thread: str) -> str:
    """Pause, resume or cancel any thread."""
    head = await log.head(stage.client, thread)
    assert head
    return await control(stage.client, stage.sealer, head, what, "rob")


async def request_in(stage: Stage, thread: str) -> RequestOpened:
    """Wait for the one request that is open in a thread."""

    async def opened() -> RequestState | None:
        return next(iter((await stage.fold(thread)).open.values()), None)

    return cast("RequestState", await wait_until(opened)).opened


def endings(thread: Thread) -> list[tuple[str, str]]:
    """What the parent heard: how each child ended, and its words."""
    return [
        (event.outcome, event.body.text if event.body else "")
        for event in thread.events
        if isinstance(event, DelegateFinished)
    ]
