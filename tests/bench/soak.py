"""`python -m tests.bench.soak` (`make soak`): a busy workspace and bad connections; nothing lost, nothing doubled."""

import argparse
import asyncio
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import events as e
from bot.thread import Thread
from tests.bench.figures import percentile
from tests.bench.soak_office import SocketOffice
from tests.bench.traffic import Traffic
from tests.chaos.letters import Letters
from tests.chaos.outside import Outside
from tests.chaos.stored import read_all, rest
from tests.helpers import ROOT


@dataclass(frozen=True, slots=True)
class Found:
    """What a soak showed: lines to print, and what is wrong."""

    lines: list[str]
    wrong: list[str]
    cuts: int


def main() -> int:
    """Soak, print; fails if something was lost or doubled, however quick it was."""
    arguments = argparse.ArgumentParser(prog="python -m tests.bench.soak", description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60, help="for how long people write")
    arguments.add_argument("--rate", type=float, default=200, help="events a second, second copies included")
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    sys.stdout.write(f"{os.cpu_count()} cores, load average before {_load()}\n")
    with tempfile.TemporaryDirectory(prefix="soak") as folder:
        found = asyncio.run(soak(Path(folder), given.seconds, given.rate, given.seed))
    lines = [*found.lines, f"load average after {_load()}", *(f"  ! {line[:400]}" for line in found.wrong[:40])]
    sys.stdout.write("\n".join([*lines, f"violations {len(found.wrong)}", ""]))
    return 1 if found.wrong else 0


async def soak(folder: Path, seconds: float, rate: float, seed: int, *, cut_every_s: float = 5.0) -> Found:
    """Let it rain for so long, wait until all is at rest, and hold what people saw against the logs."""
    rng = random.Random(seed)  # noqa: S311  # to repeat a run, not to keep a secret
    async with SocketOffice(folder) as it:
        traffic = Traffic(it, rng, cut_every_s)
        before = it.cpu_s()
        await traffic.run(seconds, rate)
        used = {role: after - before[role] for role, after in it.cpu_s().items()}
        store = await it.store()
        stored, left = await read_all(store), await rest(store)
        outside = Outside(it.slack, Letters(it.mail, rng), stored, it.sealer)
        acked = Counter(("U0ROB", click.request) for click in traffic.clicks)
        wrong = [*outside.violations(acked, Counter()), *_beyond(it, traffic, outside.threads)]
        wrong += [f"given up: {one}" for one in left.dead]
        return Found([*_lines(traffic, outside, seconds), _cpu(used, traffic)], wrong, traffic.cuts)


def _beyond(it: SocketOffice, traffic: Traffic, threads: Sequence[Thread]) -> Iterator[str]:
    """What only this run can say: who was not asked stays out, and each order went out once."""
    taken = [event for thread in threads for event in thread.events if isinstance(event, e.MessageReceived)]
    wanted = traffic.said.total() - traffic.said["talk"]
    if len(taken) != wanted:
        yield f"{wanted} messages were for the bot, and {len(taken)} are in the logs"
    yield from (f"{event.source} was not for the bot" for event in taken if event.by != "ana")
    shipped = it.warehouse.shipped()
    if len(shipped) != traffic.said["order"]:
        yield f"{traffic.said['order']} orders, {len(shipped)} parcels"
    yield from (f"parcel {key} went out {count} times" for key, count in shipped.items() if count > 1)


def _lines(traffic: Traffic, outside: Outside, seconds: float) -> list[str]:
    attempts = traffic.attempts
    acks = [1000 * one.duration_s for one in attempts if one.result == "acked"]
    failed = Counter(one.result for one in attempts if one.result != "acked")
    sent = len(attempts) + len(traffic.by_http) + traffic.refused
    events = sum(1 for one in attempts if not one.retry_num) + len(traffic.by_http) + traffic.refused
    starts = _starts(traffic, outside)
    return [
        f"events {events} in {seconds:g} s and the time to rest, tries {sent}; said: {dict(traffic.said)}",
        f"came twice {traffic.twice}, late {traffic.late}, connections cut {traffic.cuts}, in vain {dict(failed)}",
        _shown("Socket Mode event to acknowledgement", acks),
        _shown("HTTP event to acknowledgement", traffic.by_http),
        _shown("click to acknowledgement", [click.ack_ms for click in traffic.clicks]),
        f"clicks in vain {traffic.unheard}",
        _shown("click to next step started", starts),
        _shown("this program's own lateness", traffic.lag_ms),
    ]


def _cpu(used: Mapping[str, float], traffic: Traffic) -> str:
    """What each kind of process used, and what an event cost those that take them."""
    told = ", ".join(f"{role} {seconds:.1f}" for role, seconds in used.items())
    each = 1000 * used["slack"] / len(traffic.attempts)
    return f"CPU s: {told}; Socket Mode processes {each:.2f} ms an event"


def _starts(traffic: Traffic, outside: Outside) -> list[float]:
    """From each click to the start of what it allows; ms."""
    clicked = {click.request.partition(".")[0]: click.at for click in traffic.clicks}
    return [
        (event.at - clicked[thread.id]) / 1000
        for thread in outside.threads
        for event in thread.events
        if isinstance(event, e.StepStarted) and event.at and thread.id in clicked
    ]


def _shown(name: str, ms: Sequence[float]) -> str:
    if not ms:
        return f"{name:<40} none"
    percents = (percentile(ms, 50), percentile(ms, 99), max(ms))
    return f"{name:<40} p50 {percents[0]:.1f}, p99 {percents[1]:.1f}, most {percents[2]:.1f} ms ({len(ms)})"


def _load() -> str:
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
