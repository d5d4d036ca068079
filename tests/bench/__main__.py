"""`python -m tests.bench` (`make bench`): how quick the bot is here, as a table, as JSON and as a picture."""

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.bare import bare
from tests.bench.figures import Figure, middle, table, write
from tests.bench.mails import mails
from tests.bench.memory import resident
from tests.bench.picture import draw
from tests.bench.steps import STEP, Cost, by_length, round_trips, throughput
from tests.bench.whole import waits
from tests.helpers import ROOT


def main() -> int:
    """Measure, print and write; the figures judge nothing, so this succeeds whatever they are."""
    arguments = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    arguments.add_argument("--runs", type=int, default=5, help="short runs, of which the median counts")
    arguments.add_argument("--waits", type=int, default=100, help="Slack events, clicks and mails each")
    arguments.add_argument(
        "--only", choices=("steps", "memory", "waits", "mails"), help="a part of it; writes no files"
    )
    arguments.add_argument("--into", type=Path, default=ROOT / "build", help="where bench.json and bench.svg go")
    given = arguments.parse_args()
    where = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}"
    _say(f"{where}, load average {_load()}\n\n{STEP}")
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        figures, costs = asyncio.run(_measure(Path(folder), given.runs, given.waits, given.only))
    _say(f"\n{table(figures)}\n\nload average afterwards {_load()}")
    if given.only is None:
        given.into.mkdir(exist_ok=True)
        write(figures, given.into / "bench.json")
        (given.into / "bench.svg").write_text(draw(costs, where))
        _say(f"written: {given.into / 'bench.json'}, {given.into / 'bench.svg'}")
    return 0


async def _measure(folder: Path, runs: int, count: int, only: str | None) -> tuple[list[Figure], list[Cost]]:
    figures: list[Figure] = []
    costs: list[Cost] = []
    if only in {None, "steps"}:
        for slots, threads in ((1, 30), (16, 160)):
            figures += await _several(folder, runs, slots, threads)
        figures += middle([await bare(folder / f"bare.{number}", slots=16) for number in range(runs)])
        figures += await round_trips(folder / "trips")
        long, costs = await by_length(folder / "long", 2 * runs)
        figures += long
    if only in {None, "memory"}:
        (folder / "memory").mkdir()
        figures += await resident(folder / "memory")
    if only in {None, "waits"}:
        (folder / "waits").mkdir()
        figures += await waits(folder / "waits", count)
    if only in {None, "mails"}:
        (folder / "mails").mkdir()
        figures += await mails(folder / "mails", 5 * count)
    return figures, costs


async def _several(folder: Path, runs: int, slots: int, threads: int) -> list[Figure]:
    done: list[Sequence[Figure]] = []
    for number in range(runs):
        done.append(await throughput(folder / f"c{slots}.{number}", slots=slots, threads=threads))
        rate = done[-1][0].value
        _say(f"concurrency {slots}, run {number + 1}: {rate:,.0f} steps/s, load average {_load()}")
    return middle(done)


def _load() -> str:
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
