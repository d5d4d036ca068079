"""The scheduler invariant, whatever the order of calls: a live thread that does not wait is in exactly one set."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.ids import thread_id
from bot.store import scripts
from bot.store.keys import ShardKeys
from bot.store.scripts import Lease, Release
from bot.store.server import Client, connect
from tests.store.acts import LEASE_US, change, expire, lasting, now_us, stored, terms
from tests.store.servers import empty

T = TypeVar("T")
SHARD = ShardKeys(7)
THREADS = [name for name in (thread_id("machine", str(n)) for n in range(200)) if name.startswith("07-")][:3]
threads = st.sampled_from(THREADS)
picks = st.integers(0, len(THREADS) - 1)  # one of those that are in the state that a rule needs
FAR = now_us() + 86_400_000_000  # no timer of the future comes while the test runs


@dataclass
class Expected:
    """What a small model in Python says of one thread."""

    version: int = 0
    input_version: int = 0
    seen: int = 0
    paused: bool = False
    timer: int | None = None
    backoff: int = 0
    attempts: int = 0
    lease: Lease | None = None
    seq: int = 0
    expired: bool = False

    def due(self) -> bool:
        return not self.lease and not self.paused and (self.input_version > self.seen or self.timer is not None)

    def ready(self) -> bool:
        """Whether it could be claimed now."""
        at = 0 if self.input_version > self.seen else self.timer or 0
        return self.due() and max(at, self.backoff) < FAR


def some_exist(machine: "Machine") -> bool:
    return bool(machine.expected)


def some_are_leased(machine: "Machine") -> bool:
    return any(one.lease for one in machine.expected.values())


class Machine(RuleBasedStateMachine):
    """Random calls of the scripts on three threads of one shard, and the same on the model."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.runner = asyncio.Runner()
        self.expected: dict[str, Expected] = {}
        self.sources = 0
        self.lost: list[Lease] = []

    def run(self, work: Coroutine[None, None, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def connect(self) -> None:
        self.client: Client = self.run(connect(self.url))
        self.run(empty(self.client))
        for name in THREADS[:2]:
            self.message(name)
        self.claim("due")

    def teardown(self) -> None:
        if hasattr(self, "client"):
            assert self.run(lasting(self.client)) == []
            self.run(self.client.aclose())
        self.runner.close()

    @rule(name=threads)
    def message(self, name: str) -> None:
        self.sources += 1
        source = f"m{self.sources}"
        exists = name in self.expected
        done = self.run(scripts.ingest(self.client, name, change(1, 2), seen=[source], birth=True))
        assert done.verdict == ("ok" if exists else "born")
        self._input(name, 1)

    @precondition(some_exist)
    @rule(pick=picks, pause=st.booleans())
    def pause_or_resume(self, pick: int, *, pause: bool) -> None:
        name = self._one_of(list(self.expected), pick)
        order = replace(change(3), head={"paused": "1" if pause else "0"})
        self.run(scripts.ingest(self.client, name, order))
        self.expected[name].paused = pause
        self._input(name, 1)

    @rule(name=threads)
    def note(self, name: str) -> None:
        done = self.run(scripts.note(self.client, name, change(4)))
        assert done.verdict == ("ok" if name in self.expected else "absent")
        if name in self.expected:
            self.expected[name].version += 1

    @rule(prefer=st.sampled_from(["due", "expired"]))
    def claim(self, prefer: str) -> None:
        kind = "due" if prefer == "due" else "expired"
        lease = self.run(scripts.claim(self.client, SHARD, f"n{self.sources}", LEASE_US, prefer=kind))
        due = {name for name, one in self.expected.items() if one.ready()}
        expired = {name for name, one in self.expected.items() if one.expired}
        if not isinstance(lease, Lease):
            assert not due | expired
            return
        first, second = (due, expired) if kind == "due" else (expired, due)
        assert lease.thread in (first or second)
        one = self.expected[lease.thread]
        assert lease.was_lost == one.expired
        assert lease.version == one.version
        if one.lease is not None:
            assert int(lease.epoch) > int(one.lease.epoch)
            self.lost.append(one.lease)
        one.attempts += 1
        assert lease.attempts == one.attempts
        one.lease, one.expired, one.seq = lease, False, 0

    @precondition(some_are_leased)
    @rule(pick=picks)
    def let_the_lease_run_out(self, pick: int) -> None:
        lease, one = self._leased(pick)
        self.run(expire(self.client, lease.thread))
        one.expired = True

    @precondition(some_are_leased)
    @rule(pick=picks, decides=st.booleans(), progress=st.booleans(), behind=st.integers(0, 2), again=st.booleans())
    def commit(self, pick: int, *, decides: bool, progress: bool, behind: int, again: bool) -> None:
        lease, one = self._leased(pick)
        basis = max(0, one.version - behind)
        one.seq += 1
        under = terms(one.seq, basis, decides=decides, progress=progress)
        done = self.run(scripts.commit(self.client, lease, change(5), under))
        if decides and one.input_version > basis:
            assert done.verdict == "newer"
            return
        assert (done.verdict, done.first) == ("ok", one.version)
        one.version, one.expired = one.version + 1, False
        one.attempts = 0 if progress else one.attempts
        if again:
            assert self.run(scripts.commit(self.client, lease, change(5), under)) == done

    @precondition(some_are_leased)
    @rule(
        pick=picks,
        behind=st.integers(0, 2),
        timer=st.sampled_from([None, 1, FAR, 2 * FAR]),
        backoff=st.sampled_from([None, 1, FAR]),
        uncounted=st.booleans(),
        again=st.booleans(),
    )
    def release(
        self, pick: int, *, behind: int, timer: int | None, backoff: int | None, uncounted: bool, again: bool
    ) -> None:
        lease, one = self._leased(pick)
        basis = max(0, one.version - behind)
        one.seq += 1
        under = terms(one.seq, basis, release=Release(timer=timer, backoff=backoff, uncounted=uncounted))
        done = self.run(scripts.commit(self.client, lease, change(), under))
        assert done.verdict == "ok"
        one.seen, one.timer, one.backoff = basis, timer, backoff or 0
        one.lease, one.expired = None, False
        one.attempts = max(0, one.attempts - 1) if uncounted else one.attempts
        self.lost.append(lease)
        if again:
            assert self.run(scripts.commit(self.client, lease, change(), under)) == done

    @precondition(lambda self: bool(self.lost))
    @rule()
    def a_zombie_cannot_commit(self) -> None:
        lease = self.lost[-1]
        one = self.expected[lease.thread]
        done = self.run(scripts.commit(self.client, lease, change(6), terms(99, one.version)))
        assert done.verdict == "stale"

    @invariant()
    def what_is_stored_is_what_is_expected(self) -> None:
        for name, one in self.expected.items():
            found = self.run(stored(self.client, name))
            assert len(found.log) == one.version == int(found.head["version"])
            assert int(found.head["input_version"]) == one.input_version
            assert (found.leased is not None) == (one.lease is not None)
            assert (found.due is not None) == one.due()
            assert found.due is None or found.leased is None

    def _input(self, name: str, entries: int) -> None:
        one = self.expected.setdefault(name, Expected())
        one.version += entries
        one.input_version = one.version

    def _leased(self, pick: int) -> tuple[Lease, Expected]:
        leased = [(one.lease, one) for one in self.expected.values() if one.lease]
        return leased[pick % len(leased)]

    def _one_of(self, names: list[str], pick: int) -> str:
        return names[pick % len(names)]


def test_every_live_thread_that_does_not_wait_is_in_exactly_one_set(redis_url: str) -> None:
    class Here(Machine):
        def __init__(self) -> None:
            super().__init__(redis_url)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,  # the same examples everywhere: a red run can be repeated
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
