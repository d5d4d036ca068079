"""When a thread is due: the table of `reschedule`, by the ways in which threads really come there."""

from dataclasses import dataclass, replace

import pytest

from bot.store import scripts
from bot.store.scripts import Release
from bot.store.server import Client
from tests.store.acts import THREAD, born, change, claimed, now_us, stored, terms

HOUR = 3_600_000_000


@dataclass(frozen=True, kw_only=True)
class Case:
    """How a thread was left (times in hours from now), and when it is due then; None: it is not."""

    name: str
    leased: bool = False
    timer: int | None = None
    backoff: int | None = None
    unseen: bool = False  # input came that its worker has not seen
    paused: bool = False
    due: int | None = None


NOW = 0
TABLE = [
    Case(name="done: nothing to wait for", due=None),
    Case(name="input that nobody has seen", unseen=True, due=NOW),
    Case(name="a timer", timer=2, due=2),
    Case(name="a timer that is over", timer=-2, due=-2),
    Case(name="a timer, but input came before it", timer=2, unseen=True, due=NOW),
    Case(name="a back-off, and input", backoff=2, unseen=True, due=2),
    Case(name="a back-off longer than the timer", backoff=2, timer=1, due=2),
    Case(name="a back-off shorter than the timer", backoff=1, timer=2, due=2),
    Case(name="a back-off that is over, and input", backoff=-1, unseen=True, due=NOW),
    Case(name="a back-off alone is nothing to wait for", backoff=2, due=None),
    Case(name="paused: input waits", paused=True, unseen=True, due=None),
    Case(name="paused: timers wait", paused=True, timer=1, due=None),
    Case(name="leased: input waits for the worker", leased=True, unseen=True, due=None),
]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.name)
async def test_when_a_thread_is_due(store: Client, case: Case) -> None:
    await born(store)
    lease = await claimed(store)
    start = now_us()
    if case.unseen:
        await scripts.ingest(store, THREAD, change(1))
    if not case.leased:
        head = {"paused": "1"} if case.paused else {}
        timer = None if case.timer is None else start + case.timer * HOUR
        backoff = None if case.backoff is None else start + case.backoff * HOUR
        release = terms(1, 1, release=Release(timer=timer, backoff=backoff))
        await scripts.commit(store, lease, replace(change(2), head=head), release)
    found = await stored(store)
    assert (found.leased is not None) == case.leased
    if case.due is None:
        assert found.due is None
    elif case.due == NOW:
        assert found.due is not None
        assert start <= found.due <= now_us()
    else:
        assert found.due == start + case.due * HOUR


async def test_a_paused_thread_is_due_again_once_it_is_resumed(store: Client) -> None:
    await born(store)
    await scripts.ingest(store, THREAD, replace(change(1), head={"paused": "1"}))
    assert (await stored(store)).due is None
    done = await scripts.ingest(store, THREAD, replace(change(2), head={"paused": "0"}))
    assert (await stored(store)).due == done.now


async def test_pausing_a_leased_thread_leaves_it_to_its_worker(store: Client) -> None:
    await born(store)
    lease = await claimed(store)
    await scripts.ingest(store, THREAD, replace(change(1), head={"paused": "1"}))
    assert (await stored(store)).leased == lease.now + 30_000_000


async def test_a_new_release_forgets_the_timer_of_the_last_one(store: Client) -> None:
    await born(store)
    lease = await claimed(store)
    await scripts.commit(store, lease, change(), terms(1, 1, release=Release(timer=1, backoff=1)))
    again = await claimed(store, nonce="n2")
    await scripts.commit(store, again, change(), terms(1, 1, release=Release()))
    assert (await stored(store)).due is None
