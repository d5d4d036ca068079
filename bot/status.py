"""How the installation is doing, from the store alone: what `bot status`, /metrics and Slack's `status` show."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from pydantic import BaseModel, ConfigDict

from bot.store import log
from bot.store.keys import ALL_SHARDS, ShardKeys, ThreadKeys
from bot.store.presence import MailboxReport, Presence, ProcessReport, now_us
from bot.store.server import Client

MOST = 10_000  # threads that are looked at for their status: the ones that changed last


class Figures(BaseModel):
    """A frozen group of figures."""

    model_config = ConfigDict(frozen=True)


class Mailbox(Figures):
    """A mailbox and what became of its mails, since counting began."""

    report: MailboxReport
    counts: dict[str, int]

    def silent_s(self, now: int) -> int:
        """For how many seconds nothing was heard of its server; 0 if it never was heard."""
        return max(0, now - self.report.last_contact) // 1_000_000 if self.report.last_contact else 0


class Status(Figures):
    """Everything there is to know at a glance. Times in us."""

    at: int
    processes: tuple[ProcessReport, ...]
    mailboxes: tuple[Mailbox, ...]
    threads: dict[str, int]  # by status, of the MOST that changed last
    requests: int  # that wait for a person
    outbox: int  # deliveries that wait to be sent
    outbox_lag_s: int  # for how long the oldest of them has waited
    dead: int  # given up: `bot dead` lists them

    @property
    def counts(self) -> dict[str, int]:
        """What the listeners of all processes dropped or could not take since they started."""
        total: Counter[str] = Counter()
        for process in self.processes:
            total.update(process.counts)
        return dict(total)


async def read_status(client: Client) -> Status:
    """Read it from the store. Raises redis errors."""
    presence, now = Presence(client), now_us()
    processes, reports, counts, requests, shards = await asyncio.gather(
        presence.processes(),
        presence.mailboxes(),
        presence.counts(),
        log.pending(client),
        asyncio.gather(*(_shard(client, shard) for shard in ALL_SHARDS)),
    )
    known = {report.name: report for report in reports}
    reports = [known.get(name, MailboxReport(name=name)) for name in sorted({*known, *counts})]
    oldest = min((oldest for _, _, oldest in shards if oldest), default=0)
    return Status(
        at=now,
        processes=tuple(processes),
        mailboxes=tuple(Mailbox(report=report, counts=counts.get(report.name, {})) for report in reports),
        threads=dict(await _threads(client)),
        requests=len(requests),
        outbox=sum(waiting for waiting, _, _ in shards),
        outbox_lag_s=max(0, now // 1_000_000 - oldest // 1_000) if oldest else 0,
        dead=sum(dead for _, dead, _ in shards),
    )


async def _shard(client: Client, shard: ShardKeys) -> tuple[int, int, int]:
    """What waits to be sent, what was given up, and since when (ms) the oldest that waits has been there."""
    store = cast("Any", client)
    waiting: int = await store.xlen(shard.out)
    dead: int = await store.xlen(shard.dead)
    first: list[tuple[bytes, object]] = await store.xrange(shard.out, count=1)
    return waiting, dead, int(first[0][0].partition(b"-")[0]) if first else 0


async def _threads(client: Client) -> Counter[str]:
    async def of(shard: ShardKeys) -> Sequence[tuple[bytes, float]]:
        return await cast("Any", client).zrevrange(shard.recent, 0, MOST - 1, withscores=True)

    found = [pair for part in await asyncio.gather(*map(of, ALL_SHARDS)) for pair in part]
    names = [name.decode() for name, _ in sorted(found, key=lambda pair: pair[1], reverse=True)[:MOST]]
    total: Counter[str] = Counter()
    for start in range(0, len(names), 100):
        heads = [ThreadKeys(name).head for name in names[start : start + 100]]
        statuses = await asyncio.gather(*(cast("Any", client).hget(head, "status") for head in heads))
        total.update(status.decode() for status in statuses if status)
    return total
