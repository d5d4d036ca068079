"""`bot stats`: figures from the logs, by agent, as a table or as one JSON object."""

from collections.abc import Mapping

from rich.table import Table

from bot.audit.threads import find
from bot.cli.audit_list import time_of
from bot.cli.opened import Opened, with_store
from bot.cli.output import console, print_json
from bot.stats import Stats, collect, total
from bot.thread import Thread

_HEADINGS = (
    "agent",
    "threads",
    "turns",
    "steps",
    "answer",
    "requests",
    "decided",
    "tokens in",
    "cached",
    "out",
    "failures",
    "refusals",
    "+",
    "-",
)


def show_stats(*, since: str | None, as_json: bool) -> None:
    """Print the figures of what happened since then.

    Raises:
        RefusedError: that is no time.

    """
    earliest = time_of(since) if since is not None else 0

    async def work(made: Opened) -> dict[str, Stats]:
        found = await find(made.client)
        threads: list[Thread] = [await made.thread(name) for name in found.threads]
        return collect(threads, earliest)

    by_agent = with_store(work)
    if as_json:
        agents = {name: one.as_json() for name, one in by_agent.items()}
        print_json({"since": earliest, "agents": {**agents}, "total": total(by_agent).as_json()})
        return
    screen = console()
    screen.print(_table(by_agent))
    if outcomes := total(by_agent).outcomes:
        screen.print("requests: " + ", ".join(f"{count} {name}" for name, count in outcomes.most_common()))


def _table(by_agent: Mapping[str, Stats]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for number, heading in enumerate(_HEADINGS):
        table.add_column(heading, justify="left" if number == 0 else "right", no_wrap=True)
    for name, one in by_agent.items():
        table.add_row(*_row(name, one))
    if len(by_agent) != 1:
        table.add_row(*_row("all", total(by_agent)), style="bold")
    return table


def _row(name: str, one: Stats) -> list[str]:
    figures = one.as_json()
    return [
        name,
        f"{one.threads:,}",
        f"{one.turns:,}",
        f"{one.steps:,}",
        _span(figures["answer_s"]),
        f"{one.requests:,}",
        _span(figures["decision_s"]),
        f"{one.input:,}",
        f"{one.cached:,}",
        f"{one.output:,}",
        f"{one.failures:,}",
        f"{one.refusals:,}",
        f"{one.up:,}",
        f"{one.down:,}",
    ]


def _span(seconds: object) -> str:
    """A median as people read it; a dash if there was none."""
    if not isinstance(seconds, float):
        return "-"
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.1f} s"
