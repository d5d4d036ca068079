"""One chaos run: orders come in, faults strike, the system comes to rest, and everything is checked."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.store.away import AWAY
from tests.chaos import invariants
from tests.chaos.crowd import Crowd, Tally
from tests.chaos.faults import KINDS, Faults
from tests.chaos.installation import Installation
from tests.chaos.letters import Letters
from tests.chaos.meddling import Meddling
from tests.chaos.numbers import numbers
from tests.chaos.outside import Outside
from tests.chaos.samples import Samples
from tests.chaos.stored import Rest, Stored, read_all, rest
from tests.chaos.together import Together
from tests.helpers import wait_until


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run is made of; with the same seed the same people do the same, as far as time lets them."""

    seconds: float  # of orders and faults; coming to rest takes longer
    threads: int
    seed: int
    fenced: bool = True
    kinds: tuple[str, ...] = KINDS
    pause_s: float = 4.0  # longest, between two faults
    rest_s: float = 90.0  # for coming to rest


@dataclass(slots=True)
class Report:
    """What happened, and what was wrong."""

    counts: Counter[str] = field(default_factory=Counter[str])
    violations: list[str] = field(default_factory=list[str])

    def lines(self) -> list[str]:
        """For a terminal."""
        told = [f"{name:<28}{value}" for name, value in self.counts.items()]
        more = [f"  ! {line[:400]}" for line in self.violations[:40]]
        return [*told, f"{'violations':<28}{len(self.violations)}", *more]


async def run(plan: Plan, folder: Path) -> Report:
    """Do it."""
    rng = random.Random(plan.seed)  # noqa: S311  # to repeat a run, not to keep a secret
    async with Installation(folder, fenced=plan.fenced) as it:
        crowd = Crowd(it, random.Random(rng.random()))  # noqa: S311
        faults = Faults(it, random.Random(rng.random()), kinds=plan.kinds, pause_s=plan.pause_s)  # noqa: S311
        meddling = Meddling(it, random.Random(rng.random()))  # noqa: S311
        samples = Samples(it)
        work = (crowd.approvers.watch(), crowd.letters.watch(it.secret), samples.run())
        watching = [asyncio.create_task(one) for one in work]
        striking = asyncio.create_task(faults.run(plan.seconds))
        changing = asyncio.create_task(meddling.run())
        try:
            end = time.monotonic() + plan.seconds
            for left in range(plan.threads, 0, -1):
                crowd.order()
                await asyncio.sleep(max(0.0, end - time.monotonic()) * 0.9 / left)
            await striking
            changing.cancel()
            rested = await _comes_to_rest(it, crowd, plan.rest_s)
        finally:
            for task in (*watching, striking, changing):
                task.cancel()
            ended = await asyncio.gather(*watching, striking, changing, return_exceptions=True)
            await crowd.stop()
        broken = [error for error in (*ended, *crowd.errors) if isinstance(error, Exception)]
        if broken:
            raise ExceptionGroup("the run itself went wrong", broken)
        run_of = _Run(it, crowd, faults, meddling, samples)
        return await _judge(run_of, rested)


async def _comes_to_rest(it: Installation, crowd: Crowd, seconds: float) -> float | None:
    """Wait until nothing is due, leased, open or to be sent; how long it took (s), None if it never came to that."""
    began = time.monotonic()

    async def rested() -> bool:
        with suppress(*AWAY):
            left = await rest(await it.store())
            moving = left.due + left.leased + left.outbox + len(left.pending)
            return not moving and it.slack.idle and it.mail_is_read and not crowd.busy
        return False

    try:
        await wait_until(rested, timeout=seconds)
    except AssertionError:
        return None
    return time.monotonic() - began


@dataclass(frozen=True, slots=True)
class _Run:
    """What took part in it."""

    it: Installation
    crowd: Crowd
    faults: Faults
    meddling: Meddling
    samples: Samples


async def _judge(ran: _Run, rested: float | None) -> Report:
    it, crowd = ran.it, ran.crowd
    store = await it.store()
    stored, left = await read_all(store), await rest(store)
    outside, together = Outside(it.slack, crowd.letters, stored, it.sealer), Together(stored)
    wrong = [*_in_the_store(ran, stored, together, rested=rested is not None)]
    if rested is not None:
        wrong += outside.violations(crowd.tally.acked, crowd.tally.taken) + _left(left)
    else:
        wrong.append(f"it did not come to rest: {left}, Slack idle: {it.slack.idle}, people busy: {crowd.busy}")
    report, counts = Report(), numbers(together.logs)
    if len(stored) != crowd.tally.orders + counts["children"]:
        wrong.append(f"{crowd.tally.orders} orders and {counts['children']} children made {len(stored)} threads")
    report.violations = list(dict.fromkeys(wrong))
    report.counts.update(_counts(stored, outside))
    report.counts.update(_faults(ran.faults, crowd.tally, crowd.letters))
    report.counts.update(dict(sorted((counts + ran.meddling.done).items())))
    report.counts["batches"] = outside.batches
    report.counts["parcels shipped"] = sum(it.warehouse.shipped().values())
    report.counts["stale workers turned away"] = it.said("another worker has this thread")
    report.counts["looks while it ran"] = len(ran.samples.copies)
    report.counts["seconds to come to rest"] = round(rested or 0)
    return report


def _in_the_store(ran: _Run, stored: list[Stored], together: Together, *, rested: bool) -> Iterator[str]:
    """What is wrong with the threads, one by one and beside each other, and with what was seen of them before."""
    sealer, parcels = ran.it.sealer, ran.it.warehouse.parcels()
    shipped = Counter(parcel.key for parcel in parcels)
    by_name = {one.thread: one for one in stored}
    for one in stored:
        yield from invariants.always(one, sealer) + invariants.shipped_once(one, sealer, shipped)
        yield from invariants.quiet(one, sealer) if rested else []
    for copy in ran.samples.copies:
        yield from invariants.always(copy, sealer) + invariants.appended_only(copy.entries, by_name[copy.thread])
    yield from together.always(parcels, ran.meddling.lost)
    if rested:
        yield from together.quiet()
        yield from invariants.families(stored, sealer)


def _left(left: Rest) -> list[str]:
    found = [f"given up: {one[:300]}" for one in left.dead]
    return found + ([f"{left.attempts} attempts at deliveries are kept for ever"] if left.attempts else [])


def _counts(stored: list[Stored], outside: Outside) -> Counter[str]:
    """What the logs tell."""
    types: Counter[str] = Counter()
    found = Counter({"threads": len(stored), "events": sum(len(one.entries) for one in stored)})
    for thread in outside.threads:
        types.update(event.type for event in thread.events)
        found["doubts asked of people"] += sum(request.opened.kind == "doubt" for request in thread.requests.values())
    found["steps"], found["actions started"] = types["step_chosen"], types["step_started"]
    found["in doubt"], found["late results"] = types["step_in_doubt"], types["late_result"]
    found["duplicates refused"], found["clicks refused"] = outside.duplicates, types["refused"]
    return found


def _faults(faults: Faults, tally: Tally, letters: Letters) -> Counter[str]:
    """What was done to it."""
    found = Counter({f"{role} killed": count for role, count in sorted(faults.kills.items())})
    found["stopped beyond the lease"], found["leases taken over"] = faults.stops, faults.taken_over
    found["messages in Slack"], found["sent twice"], found["clicks"] = tally.messages, tally.twice, tally.clicks
    found["mails"], found["mails sent twice"] = len(letters.written), letters.twice
    found["answers by mail"] = letters.replies.total()
    found.update({f"people said {option}": count for option, count in sorted(tally.looked.items())})
    return found
