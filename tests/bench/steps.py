"""How many steps a second one worker does, what a step costs as a thread gets longer, and what it takes up."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, cast

from bot.entries import Unreadable, decode
from bot.model import Answer, Prompt
from bot.store import log
from bot.store.keys import ThreadKeys
from tests.bench.figures import Figure, percentile
from tests.bench.model import Asked, Instant
from tests.bench.office import Office, named, office

STEP = """\
A step is one decision carried out, and costs two commits: the model is asked and its choice is written (step_chosen,
one commit); then the query runs and its result is written (step_finished, one commit). The model answers at once, in
the worker's own process; every commit is on the disk before it counts (appendfsync always). A step's time runs from
one question to the model to the next one in the same thread, so at concurrency 16 it includes waiting for the others.
"""
LENGTHS = (10, 30, 100, 300, 1_000)  # events in the thread
_STEPS = 20  # of each thread where it is about throughput
_FROM, _TO = 20, 220  # steps between which round trips are counted
_COMMANDS = ("evalsha", "eval", "lrange")  # what a worker sends, and no script does inside


@dataclass(frozen=True, slots=True)
class Meter:
    """What was used up to a moment, by the worker's process and by the server."""

    clock: float
    client_cpu: float
    server_cpu: float
    commands: int
    reads: int  # by the server from its sockets: round trips

    @classmethod
    async def read(cls, at: Office) -> "Meter":
        """Read it now."""
        info = await at.info()
        commands = sum(info.get(f"cmdstat_{name}", {}).get("calls", 0) for name in _COMMANDS)
        server = float(info["used_cpu_user"]) + float(info["used_cpu_sys"])
        return cls(time.perf_counter(), time.process_time(), server, commands, int(info["total_reads_processed"]))


async def throughput(folder: Path, *, slots: int, threads: int) -> list[Figure]:
    """One short run at this concurrency."""
    steps, mark = threads * _STEPS, f"c{slots}"
    async with office(folder) as at:
        await at.begin(0, 1, _STEPS)
        await at.work(Instant(), slots=slots, threads=1)  # everything is loaded by then
        await at.begin(1, threads, _STEPS)
        model, before = Instant(), await Meter.read(at)
        await at.work(model, slots=slots, threads=threads)
        after = await Meter.read(at)
    spans = [asked for thread in model.asked.values() for asked in thread]
    seconds = max(one.clock for one in spans) - min(one.clock for one in spans)
    taken = [1000 * (b.clock - a.clock) for thread in model.asked.values() for a, b in pairwise(thread)]
    per_step = 1e6 / steps
    aims = {16: (5_000.0, 5.0)}.get(slots, (None, None))
    return [
        Figure(f"steps_per_s.{mark}", steps / seconds, "steps/s", aims[0], "more"),
        Figure(f"commits_per_s.{mark}", 2 * steps / seconds, "commits/s"),
        Figure(f"step_ms_p50.{mark}", percentile(taken, 50), "ms"),
        Figure(f"step_ms_p99.{mark}", percentile(taken, 99), "ms", aims[1]),
        Figure(f"step_worker_cpu_us.{mark}", (after.client_cpu - before.client_cpu) * per_step, "us"),
        Figure(f"step_server_cpu_us.{mark}", (after.server_cpu - before.server_cpu) * per_step, "us"),
        Figure(f"commands_per_step.{mark}", (after.commands - before.commands) / steps, "commands"),
        Figure(f"round_trips_per_step.{mark}", (after.reads - before.reads) / steps, "round trips"),
    ]


@dataclass
class _Counting(Instant):
    """Also reads the meter at two steps in the middle of a thread."""

    at: Office | None = None
    meters: list[Meter] = field(default_factory=list[Meter])

    async def __call__(self, prompt: Prompt) -> Answer:
        if len(prompt.blocks) // 2 in {_FROM, _TO} and self.at is not None:
            self.meters.append(await Meter.read(self.at))
        return await super().__call__(prompt)


async def round_trips(folder: Path) -> list[Figure]:
    """Commands for each commit in the middle of a thread: the claim before and the release after are not among them."""
    async with office(folder) as at:
        model = _Counting(at=at)
        await at.begin(0, 1, _TO + 10)
        await at.work(model, slots=1, threads=1)
    before, after = model.meters
    return [Figure("round_trips_per_commit", (after.commands - before.commands) / (2 * (_TO - _FROM)), "commands", 1.0)]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a step takes in a thread of this many events, in us: by the clock, and of the worker's CPU."""

    events: int
    clock: float
    cpu: float


async def by_length(folder: Path, threads: int) -> tuple[list[Figure], list[Cost]]:
    """What a step costs after 10, 100 and 1,000 events; the same threads grow through all these lengths."""
    async with office(folder) as at:
        model = Instant()
        await at.begin(0, threads, LENGTHS[-1] // 2 + 40)
        await at.work(model, slots=1, threads=threads)
        sizes = [await _sizes(at, number) for number in range(min(threads, 3))]
    costs = [_cost(model.asked.values(), length) for length in LENGTHS]
    short, long = costs[0], costs[-1]
    found = [Figure(f"step_ms_p50.{cost.events}_events", cost.clock / 1000, "ms") for cost in costs]
    return [
        *found,
        Figure("step_cost_1000_over_10", long.clock / short.clock, "x", 1.3),
        Figure("step_cpu_1000_over_10", long.cpu / short.cpu, "x"),
        Figure("bytes_over_json_1000", median(stored / events for stored, events, _ in sizes), "x", 1.3),
        Figure("bytes_over_payload_1000", median(stored / payload for stored, _, payload in sizes), "x"),
        Figure("kb_per_1000_events", median(stored / 1024 for stored, _, _ in sizes), "KB"),
    ], costs


def _cost(threads: Collection[list[Asked]], length: int) -> Cost:
    """The median over the steps around this length."""
    around = range(length // 2 - 2, length // 2 + (4 if length < 50 else 30))
    pairs = [(a, b) for asked in threads for a, b in pairwise(asked) if a.steps in around]
    clock = median(b.clock - a.clock for a, b in pairs)
    return Cost(length, 1e6 * clock, 1e6 * median(b.cpu - a.cpu for a, b in pairs))


async def _sizes(at: Office, number: int) -> tuple[int, int, int]:
    """Bytes of one thread: in the server, as its events' JSON, and of its bodies alone (text, arguments, results)."""
    store, keys = cast("Any", at.client), ThreadKeys(named(number))
    used = [await store.memory_usage(key, samples=0) for key in (keys.log, keys.head, keys.lease, keys.open)]
    entries = await log.load(at.client, named(number))
    events = [event for event in map(decode, entries) if not isinstance(event, Unreadable)]
    written = sum(len(event.model_dump_json(exclude_none=True)) for event in events)
    return sum(size or 0 for size in used), written, sum(len(entry.partition(b"\n")[2]) for entry in entries)
