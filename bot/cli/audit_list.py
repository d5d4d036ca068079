"""`bot audit`: every request, oldest first, as people read it or one JSON object a line."""

import re
from datetime import datetime, timedelta

import typer

from bot.audit.records import Audited, Ran, Reading, with_uses
from bot.audit.threads import find
from bot.cli.audit_text import rendered
from bot.cli.opened import Opened, RefusedError, find_thread, with_store
from bot.cli.output import console, print_json
from bot.cli.showing import naming
from bot.ids import SHARDS, is_thread_id, shard_of
from bot.store import log

_AGO = re.compile(r"([0-9]{1,5})(h|d|w)")
_UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def list_audit(*, since: str | None, thread: str | None, as_json: bool) -> None:
    """Print the requests that were opened, or had something happen to them, since then.

    Raises:
        RefusedError: there is no such time or thread.

    """
    earliest = time_of(since) if since is not None else 0

    async def work(made: Opened) -> list[Audited]:
        return await _collect(made, await _threads(made, thread))

    found = [record for record in with_store(work) if record.last_at >= earliest]
    if as_json:
        for record in found:
            print_json(record.as_json())
    elif found:
        screen = console()
        for record in found:
            screen.print(rendered(record), soft_wrap=True)
    else:
        typer.echo("Nobody was asked anything." if since is None else "Nobody was asked anything since then.")


async def _threads(made: Opened, thread: str | None) -> list[str]:
    if thread is None:
        return (await find(made.client)).threads
    if is_thread_id(thread) and shard_of(thread) < SHARDS and await log.load(made.client, thread):
        return [thread]  # also one whose other keys are gone
    return [(await find_thread(made.client, thread)).thread]


async def _collect(made: Opened, threads: list[str]) -> list[Audited]:
    """Fold one thread after the other; only what is about requests is kept."""
    records: list[Audited] = []
    used: list[Ran] = []
    for name in threads:
        reading = Reading(await made.thread(name), naming(made.directory))
        records += reading.records()
        used += reading.used
    return sorted(with_uses(records, used), key=lambda record: (record.opened_at, record.thread, record.n))


def time_of(text: str) -> int:
    """A time (us since 1970): so long ago, or a date or time by this machine's clock."""
    ago = _AGO.fullmatch(text)
    try:
        if ago is not None:
            then = datetime.now().astimezone() - int(ago[1]) * _UNITS[ago[2]]
        else:
            then = datetime.fromisoformat(text).astimezone()
        return int(then.timestamp() * 1_000_000)
    except (ValueError, OverflowError):
        raise RefusedError(f"{text!a} is no time: write 36h, 7d, 2w or a date such as 2026-11-01") from None
