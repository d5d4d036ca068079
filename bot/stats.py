"""What the logs say about a span of time, by agent: how much was done, how it ended, and what people thought. Pure.

Everything is counted once, at the entry that it is about, for the agent that had the thread then. A thread counts for
the agent that it began with, and a turn for the one that has it last; what was delegated is a part of the turn that it
was delegated in, and adds steps, tokens and requests only.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import TypeAlias

from pydantic import JsonValue

from bot import events as e
from bot.bodies import Usage
from bot.thread import Thread

ByAgent: TypeAlias = Mapping[str, "Stats"]


@dataclass(slots=True)
class Stats:
    """The figures of one agent. Durations are in microseconds."""

    threads: int = 0
    turns: int = 0
    steps: int = 0
    requests: int = 0
    outcomes: Counter[str] = field(default_factory=Counter[str])  # of requests: approved, rejected, expired, ...
    answers_us: list[int] = field(default_factory=list[int])  # from the message that began a turn to its answer
    decisions_us: list[int] = field(default_factory=list[int])  # from a request to what a person made of it
    input: int = 0  # tokens, the cached ones included
    cached: int = 0
    output: int = 0
    failures: int = 0  # steps that did not happen or are in doubt, and answers of the model that were no use
    refusals: int = 0  # what people may not, and steps that code refused
    up: int = 0
    down: int = 0

    def add(self, other: "Stats") -> None:
        """Add another agent's figures."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.outcomes.update(other.outcomes)
        self.answers_us += other.answers_us
        self.decisions_us += other.decisions_us

    def as_json(self) -> dict[str, JsonValue]:
        """The figures as `bot stats --json` prints them: medians in seconds, null without any."""
        counts: dict[str, JsonValue] = {name: getattr(self, name) for name in _COUNTS}
        outcomes: dict[str, JsonValue] = dict(sorted(self.outcomes.items()))
        answer_s, decision_s = _median_s(self.answers_us), _median_s(self.decisions_us)
        return {**counts, "outcomes": outcomes, "answer_s": answer_s, "decision_s": decision_s}


_COUNTS = (
    "threads",
    "turns",
    "steps",
    "requests",
    "input",
    "cached",
    "output",
    "failures",
    "refusals",
    "up",
    "down",
)


def collect(threads: Iterable[Thread], since: int = 0) -> dict[str, Stats]:
    """The figures of every agent, of what the logs have since then (us); agents in the order of their names."""
    found: defaultdict[str, Stats] = defaultdict(Stats)
    for thread in threads:
        _Counting(thread, since, found).run()
    return dict(sorted(found.items()))


def total(by_agent: ByAgent) -> Stats:
    """The figures of all agents together."""
    summed = Stats()
    for one in by_agent.values():
        summed.add(one)
    return summed


@dataclass(slots=True)
class _Counting:
    """One thread's log, read in order."""

    thread: Thread
    since: int
    found: defaultdict[str, Stats]
    agent: str = ""
    begun: int | None = None  # when the turn began that is not over

    def run(self) -> None:
        for event in self.thread.events:
            self._follow(event)
            if (event.at or 0) >= self.since:
                self._count(event)
        if self.begun is not None and self.begun >= self.since and self._is_peoples:
            self.found[self.agent].turns += 1
        self._ratings()

    @property
    def _is_peoples(self) -> bool:
        """Whether people began it; no other agent did."""
        return self.thread.birth is not None and self.thread.birth.parent is None

    def _follow(self, event: e.AnyEvent) -> None:
        """Who has the thread, and which turn it is, whenever that was."""
        match event:
            case e.MessageReceived():
                if event.birth is not None:
                    self.agent = event.birth.agent
                    if self._is_peoples and (event.at or 0) >= self.since:
                        self.found[self.agent].threads += 1
                self.begun = event.at or 0 if self.begun is None else self.begun
            case e.HandedOff():
                self.agent = event.agent
            case e.Replied(final=True):
                self._answered(event)
            case _:
                pass

    def _answered(self, event: e.Replied) -> None:
        begun, self.begun = self.begun, None
        if begun is not None and begun >= self.since and self._is_peoples:
            self.found[self.agent].turns += 1
            self.found[self.agent].answers_us.append((event.at or 0) - begun)

    def _count(self, event: e.AnyEvent) -> None:
        mine = self.found[self.agent]
        match event:
            case e.StepChosen():
                mine.steps += 1
                mine.refusals += event.policy == "deny"
                _spend(mine, event.usage)
            case e.StepFailed():
                mine.failures += event.how in {"failed", "not_done"}
            case e.StepInDoubt():
                mine.failures += event.how != "unclear"
            case e.ModelFailed():
                mine.failures += 1
            case e.RequestOpened():
                mine.requests += 1
                self._outcome(mine, event)
            case e.Refused() if event.by != "bot":
                mine.refusals += 1
            case _:
                pass

    def _outcome(self, mine: Stats, opened: e.RequestOpened) -> None:
        request = self.thread.requests[opened.request]
        mine.outcomes[request.outcome or "open"] += 1
        if request.closed_by is not None and request.closed_at is not None:
            mine.decisions_us.append(request.closed_at - (opened.at or 0))

    def _ratings(self) -> None:
        for (call, _), rating in self.thread.feedback.items():
            if (rating.at or 0) >= self.since:
                mine = self.found[self.thread.calls[call].chosen.agent]
                mine.up += rating.value == "up"
                mine.down += rating.value == "down"


def _spend(mine: Stats, usage: Usage) -> None:
    mine.input += usage.input
    mine.cached += usage.cached
    mine.output += usage.output


def _median_s(spans_us: list[int]) -> float | None:
    return round(median(spans_us) / 1_000_000, 3) if spans_us else None
