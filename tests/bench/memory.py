"""How much memory a worker's process takes up with a thousand threads in flight."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

from bot.store.away import AWAY
from bot.store.keys import ALL_SHARDS
from tests.bench.figures import Figure
from tests.bench.office import CONFIG, Office, office
from tests.helpers import ROOT, wait_until

THREADS = 1_000
_STEPS = 6  # 13 events a thread


async def resident(folder: Path) -> list[Figure]:
    """Start a worker, have it go through a thousand threads, and look at it before and after."""
    data = folder / "data"
    data.mkdir()
    (folder / "bot.toml").write_text(CONFIG)
    output = folder / "worker.log"
    async with office(data) as at:
        worker = _start(_environment(folder, data), folder, output)
        try:
            await wait_until(lambda: "ready" in output.read_text() or worker.poll() is not None, timeout=60)
            assert worker.poll() is None, output.read_text()
            idle = _rss_mb(worker.pid)
            own = Office(at.url, at.client, (data / "secret").read_bytes().strip())
            await own.begin(0, THREADS, _STEPS)
            await wait_until(lambda: _rests(at), timeout=120, what="all threads to be done")
            busy = _rss_mb(worker.pid)
        finally:
            worker.send_signal(signal.SIGTERM)
            await asyncio.to_thread(worker.wait, 30)
    return [
        Figure("worker_rss_mb_idle", idle, "MB"),
        Figure("worker_rss_mb_1000_threads", busy, "MB", 150),
    ]


def _start(environment: dict[str, str], folder: Path, output: Path) -> "subprocess.Popen[bytes]":
    with output.open("wb") as log:
        argv = [sys.executable, "-m", "tests.bench.process"]
        return subprocess.Popen(argv, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


async def _rests(at: Office) -> bool:
    store = cast("Any", at.client)
    try:
        counts = [await store.zcard(key) for shard in ALL_SHARDS for key in (shard.due, shard.leases)]
    except AWAY:
        return False
    return not any(counts)


def _rss_mb(pid: int) -> float:
    kilobytes = subprocess.check_output(["ps", "-o", "rss=", "-p", str(pid)])
    return int(kilobytes) / 1024


def _environment(folder: Path, data: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "BOT_DATA": str(data),
        "BOT_CONFIG": str(folder / "bot.toml"),
        "ANTHROPIC_API_KEY": "instant",
    }
