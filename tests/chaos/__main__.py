"""`python -m tests.chaos`: a run as long and as big as you like, with its figures."""

import argparse
import asyncio
import logging
import secrets
import sys
import tempfile
from pathlib import Path

from tests.chaos.every_command import FORMS, sweep
from tests.chaos.run import Plan, run
from tests.store.servers import free_ports, server


def main() -> int:
    """Run, print, and return 1 if anything was violated (or, in the control, if nothing was)."""
    arguments = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    arguments.add_argument("--seconds", type=float, default=600, help="of orders and faults")
    arguments.add_argument("--threads", type=int, help="by default five in two seconds")
    arguments.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    arguments.add_argument("--control", action="store_true", help="workers without the epoch check: must be found out")
    arguments.add_argument("--no-commands", action="store_true", help="without a death at every single command")
    arguments.add_argument("--keep", type=Path, help="a new folder for logs and data, which is kept")
    given = arguments.parse_args()
    plan = Plan(
        seconds=given.seconds,
        threads=given.threads or int(given.seconds * 2.5) + 1,
        seed=given.seed,
        fenced=not given.control,
        rest_s=max(120.0, given.seconds / 3),
    )
    print(f"seed {plan.seed}: {plan.threads} threads in {plan.seconds:g} s of faults ...", flush=True)  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(run(plan, given.keep or Path(folder) / "it"))
        print("\n".join(report.lines()), flush=True)  # noqa: T201
        swept = _at_every_command(Path(folder)) if plan.fenced and not given.no_commands else []
    return int(bool(report.violations or swept) == plan.fenced)


def _at_every_command(folder: Path) -> list[str]:
    """Kill the process of one order before and after each of its commands."""
    logging.disable()  # a process that dies complains
    (port,) = free_ports(1)
    wrong: list[str] = []
    with server(folder, port):
        for form in FORMS:
            swept = asyncio.run(sweep(port, folder, form))
            wrong += swept.violations
            told = f"{len(swept.commands)} commands, {swept.tried} deaths, {len(swept.violations)} violations"
            print(f"one {form} order: {told}", *swept.violations[:20], sep="\n  ! ", flush=True)  # noqa: T201
    return wrong


if __name__ == "__main__":
    sys.exit(main())
