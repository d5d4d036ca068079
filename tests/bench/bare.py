"""What the store can do without any thinking: the same commits, of bytes that are ready, by as many tasks."""

import asyncio
import time
from pathlib import Path

from bot.ids import fresh_id
from bot.store import scripts
from bot.store.keys import ALL_SHARDS
from bot.store.scripts import Change, Lease, Terms
from tests.bench.figures import Figure
from tests.bench.office import office

_COMMITS = 400  # of each thread
_LEASE_US = 60_000_000
_ENTRY = b'{"type":"step_finished","call":"c1","filler":"%s"}\n{"data":"%s"}' % (b"x" * 300, b"y" * 200)


async def bare(folder: Path, *, slots: int) -> list[Figure]:
    """So many threads at once, each with one commit after the other."""
    async with office(folder) as at:
        await at.begin(0, slots, 1)
        leases = [
            lease
            for shard in ALL_SHARDS
            for _ in range(slots)
            if isinstance(lease := await scripts.claim(at.client, shard, fresh_id(), _LEASE_US, prefer="due"), Lease)
        ]
        assert len(leases) == slots, leases

        async def work(lease: Lease) -> None:
            for number in range(_COMMITS):
                terms = Terms(seq=number + 1, basis=lease.version + number, lease_us=_LEASE_US)
                assert (await scripts.commit(at.client, lease, Change(entries=[_ENTRY]), terms)).ok

        clock, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*map(work, leases))
        seconds, cpu = time.perf_counter() - clock, time.process_time() - cpu
    commits = slots * _COMMITS
    return [
        Figure(f"bare_commits_per_s.c{slots}", commits / seconds, "commits/s"),
        Figure(f"bare_commit_cpu_us.c{slots}", 1e6 * cpu / commits, "us"),
    ]
