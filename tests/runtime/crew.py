"""The small agents of the scenarios, and the made-up world that their steps change."""

import inspect
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import JsonValue

from bot.agent import Agent, LoadedAgent, load
from bot.steps import Action, Ask, Call, Deny, Facts, Policy, Principal, Query, Run


class Died(BaseException):
    """The worker is gone in the middle of a step: nothing of ours gets to handle this."""

    times: ClassVar = 0  # since anybody looked

    def __init__(self) -> None:
        super().__init__()
        Died.times += 1


Outcome = JsonValue | BaseException | Callable[[Call], Awaitable[JsonValue]]


@dataclass(frozen=True)
class Ran:
    """A step that reached the world, and under which key."""

    step: str
    key: str
    snapshot: Mapping[str, JsonValue]


class World:
    """What the steps read and change. Every run is recorded before its outcome, like a deploy command's first line."""

    def __init__(self) -> None:
        self.runs: list[Ran] = []
        self.plan: defaultdict[str, deque[Outcome]] = defaultdict(deque)
        self.facts: dict[str, JsonValue] = {}
        self.facts_fail: Exception | None = None
        self.happened: bool | Exception | None = None
        self.asked_whether: list[str] = []
        self.prefetch: JsonValue | Exception | Callable[[], Awaitable[JsonValue]] = None

    def will(self, name: str, *outcomes: Outcome) -> None:
        """Plan what comes of the next runs of a step."""
        self.plan[name].extend(outcomes)

    def ran(self, name: str) -> list[Ran]:
        """How often this step reached the world."""
        return [run for run in self.runs if run.step == name]

    async def do(self, step: str, call: Call) -> JsonValue:
        self.runs.append(Ran(step, call.key, call.snapshot))
        outcome: Outcome = self.plan[step].popleft() if self.plan[step] else {"ok": True}
        if isinstance(outcome, BaseException):
            raise outcome
        return await outcome(call) if callable(outcome) else outcome

    def look_at_facts(self) -> Mapping[str, JsonValue]:
        if self.facts_fail:
            raise self.facts_fail
        return dict(self.facts)

    async def whether(self, key: str) -> bool | None:
        self.asked_whether.append(key)
        if isinstance(self.happened, Exception):
            raise self.happened
        return self.happened


class Look(Query):
    """Look something up."""

    key: str


class Jot(Action):
    """Write something down; nobody minds."""

    text: str

    def policy(self, facts: Facts) -> Policy:
        return Run()


class Send(Action):
    """Send something out: whoever approves on the route is asked."""

    timeout_s: ClassVar[float] = 0.5
    editable: ClassVar[set[str]] = {"text"}
    reject_reasons: ClassVar[tuple[str, ...]] = ("Not now",)
    text: str


class Ship(Action):
    """Send a parcel whose contents may change meanwhile, and which can be tracked."""

    text: str

    async def happened(self, deps: World, key: str) -> bool | None:
        return await deps.whether(key)

    async def snapshot(self, deps: World, principal: Principal) -> Mapping[str, JsonValue]:
        return deps.look_at_facts()


class Book(Action):
    """Book something under a key that the other side knows, at a price that may change."""

    idempotent: ClassVar[bool] = True
    text: str

    async def snapshot(self, deps: World, principal: Principal) -> Mapping[str, JsonValue]:
        return deps.look_at_facts()


class Transfer(Action):
    """Move money under a key that the bank knows: it can be repeated."""

    idempotent: ClassVar[bool] = True
    text: str

    def policy(self, facts: Facts) -> Policy:
        return Run()


class Pay(Action):
    """Pay: alone up to a limit, with two people from finance otherwise."""

    asks: ClassVar[set[str]] = {"finance"}
    amount: int

    def policy(self, facts: Facts) -> Policy:
        if self.amount < 0:
            return Deny("Nobody pays less than nothing.")
        if self.amount == 13:
            raise ValueError("no thirteens")
        return Run() if "small" in facts.unattended and self.amount <= 20 else Ask("finance", 2)

    async def snapshot(self, deps: World, principal: Principal) -> Mapping[str, JsonValue]:
        return deps.look_at_facts()


async def switch(step: Look | Jot | Send | Ship | Book | Transfer | Pay, world: World, call: Call) -> JsonValue:
    return await world.do(step.name(), call)


async def look_only(step: Look, world: World, call: Call) -> JsonValue:
    return await world.do(step.name(), call)


async def prefetch(world: World, principal: Principal) -> JsonValue:
    found = world.prefetch
    if isinstance(found, Exception):
        raise found
    if callable(found):
        made = found()
        return await made if inspect.isawaitable(made) else made
    return found


def crew(folder: Path, *, steps: int = 12) -> dict[str, LoadedAgent]:
    """Load the agents: `ops` has all steps, `eager` also pre-fetches, `other` and `closed` can look."""
    agents = {
        "ops": Agent(switch),
        "eager": Agent(switch, prefetch=prefetch),
        "other": Agent(look_only),
        "closed": Agent(look_only),
    }
    for name in agents:
        front = f"description: the agent {name}\nlimits:\n  steps: {steps}"
        (folder / f"{name}.md").write_text(f"---\n{front}\n---\nYou are {name}.\n")
    return load(agents, folder, {})
