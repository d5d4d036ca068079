"""Who is there: what each process and each mailbox last said of itself, where `bot status` and the alarm read it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.store.away import AWAY
from bot.store.server import Client

PROCESSES = "countersign:processes"
"""Hash with TTL: process -> what it says of itself, as JSON."""
MAILBOXES = "countersign:mail:boxes"
"""Hash with TTL: mailbox -> how it is doing, as JSON."""
COUNTS = "countersign:mail:counts"
"""Hash with TTL: `mailbox` newline `what became of it` -> how many mails."""
SILENCES = "countersign:mail:silences"
"""Hash with TTL: mailbox -> up to when it had been heard (us), while its silence was told and not yet its return."""

HOOK = "hooks/email"
"""As which mail that comes by HTTP stands among the mailboxes."""
BEAT_S = 5.0
GONE_S = 20  # a process that said nothing for so long is not there any more
_PROCESS_TTL_S = 3_600
KEPT_S = 7 * 86_400  # a mailbox of which nobody has spoken for so long is forgotten
_COUNTS_TTL_S = 400 * 86_400


@asynccontextmanager
async def saying(say: Callable[[], Awaitable[None]], at_last: Callable[[], Awaitable[None]]) -> AsyncGenerator[None]:
    """Say something every few seconds until the block ends, and `at_last` once; not while the store is away."""

    async def beat() -> None:
        while True:
            with suppress(*AWAY):
                await say()
            await asyncio.sleep(BEAT_S)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        with suppress(*AWAY):
            await at_last()


class Report(BaseModel):
    """What one program says and another one, perhaps older, reads: unknown fields are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: int = 0  # when it was said, us


class ProcessReport(Report):
    """One process of the installation."""

    id: str
    roles: tuple[str, ...] = ()
    host: str = ""
    pid: int = 0
    started: int = 0  # us
    config: str = ""  # why the newest bot.toml is refused, if it is
    counts: dict[str, int] = {}  # what its listeners dropped or could not take, since it started

    @property
    def alive(self) -> bool:
        """Whether it was heard from just now."""
        return now_us() - self.at < GONE_S * 1_000_000


class MailboxReport(Report):
    """One mailbox, as the process that watches it sees it; `hooks/email` is mail that comes by HTTP. Times in us."""

    name: str
    connected: bool = False
    last_contact: int = 0  # the server answered
    last_idle: int = 0  # it was last waited for the server to tell of something
    last_uid: int = 0
    waiting: int = 0  # found and not yet taken
    lag_ms: int = 0  # of the last mail: from its arrival to its being stored
    trouble: str = ""  # the last one, while it lasts
    process: str = ""  # which process watches it


ReportType = TypeVar("ReportType", bound=Report)


class Presence:
    """Says and reads it. Every method raises redis errors."""

    def __init__(self, client: Client) -> None:
        """Take the client."""
        self._client = cast("Any", client)

    async def process(self, report: ProcessReport) -> None:
        """Say that a process is there."""
        await self._say(PROCESSES, report.id, report, _PROCESS_TTL_S)

    async def leave(self, process: str) -> None:
        """Say that a process ends."""
        await self._client.hdel(PROCESSES, process)

    async def mailbox(self, report: MailboxReport) -> None:
        """Say how a mailbox is doing."""
        await self._say(MAILBOXES, report.name, report, KEPT_S)

    async def heard_of(self, mailbox: str) -> MailboxReport | None:
        """Read what was last said of one mailbox."""
        text = cast("bytes | None", await self._client.hget(MAILBOXES, mailbox))
        try:
            return MailboxReport.model_validate_json(text) if text else None
        except ValidationError:
            return None

    async def count(self, mailbox: str, became: str, more: int) -> None:
        """Add what became of mails since the last time."""
        await self._client.hincrby(COUNTS, f"{mailbox}\n{became}", more)
        await self._client.expire(COUNTS, _COUNTS_TTL_S)

    async def processes(self) -> list[ProcessReport]:
        """List the processes that are there, the oldest first."""
        found = await self._heard(PROCESSES, ProcessReport)
        return sorted((one for one in found if one.alive), key=lambda one: one.started)

    async def mailboxes(self) -> list[MailboxReport]:
        """List the mailboxes that were watched lately."""
        return sorted(await self._heard(MAILBOXES, MailboxReport), key=lambda one: one.name)

    async def counts(self) -> dict[str, dict[str, int]]:
        """Read how many mails became what, by mailbox."""
        raw = cast("dict[bytes, bytes]", await self._client.hgetall(COUNTS))
        found: dict[str, dict[str, int]] = {}
        for name, number in sorted(raw.items()):
            mailbox, _, became = name.decode().partition("\n")
            found.setdefault(mailbox, {})[became] = int(number)
        return found

    async def silences(self) -> dict[str, int]:
        """Read which mailboxes' silence was told, and up to when (us) they had been heard."""
        raw = cast("dict[bytes, bytes]", await self._client.hgetall(SILENCES))
        return {name.decode(): int(heard) for name, heard in raw.items()}

    async def told_silence(self, mailbox: str, heard: int) -> None:
        """Note that a mailbox's silence was told."""
        await self._client.hset(SILENCES, mailbox, heard)
        await self._client.expire(SILENCES, KEPT_S)

    async def told_return(self, mailbox: str) -> None:
        """Note that its return was told as well."""
        await self._client.hdel(SILENCES, mailbox)

    async def _say(self, key: str, name: str, report: Report, ttl_s: int) -> None:
        await self._client.hset(key, name, report.model_dump_json())
        await self._client.expire(key, ttl_s)

    async def _heard(self, key: str, kind: type[ReportType]) -> list[ReportType]:
        """Read the reports of one kind; those that are too old are taken out, since only the whole hash expires."""
        raw = cast("dict[bytes, bytes]", await self._client.hgetall(key))
        keep_s = _PROCESS_TTL_S if kind is ProcessReport else KEPT_S
        found: list[ReportType] = []
        for name, text in raw.items():
            try:
                report = kind.model_validate_json(text)
            except ValidationError:
                continue  # a newer program's
            if now_us() - report.at > keep_s * 1_000_000:
                await self._client.hdel(key, name)
            else:
                found.append(report)
        return found


def now_us() -> int:
    """The time of this machine, in microseconds since 1970."""
    return time.time_ns() // 1000
