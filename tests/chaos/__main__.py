"""`python -m tests.chaos`: a run as long and as big as you like, with its figures."""

import argparse
import asyncio
import secrets
import sys
import tempfile
from pathlib import Path

from tests.chaos.run import Plan, run


def main() -> int:
    """Run, print, and return 1 if anything was violated (or, in the control, if nothing was)."""
    arguments = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    arguments.add_argument("--seconds", type=float, default=60, help="of orders and faults")
    arguments.add_argument("--threads", type=int, default=300)
    arguments.add_argument("--seed", type=int, default=secrets.randbelow(2**31))
    arguments.add_argument("--control", action="store_true", help="workers without the epoch check: must be found out")
    arguments.add_argument("--keep", type=Path, help="a new folder for logs and data, which is kept")
    given = arguments.parse_args()
    plan = Plan(seconds=given.seconds, threads=given.threads, seed=given.seed, fenced=not given.control)
    print(f"seed {plan.seed}: {plan.threads} threads in {plan.seconds:g} s of faults ...", flush=True)  # noqa: T201
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(run(plan, given.keep or Path(folder)))
    print("\n".join(report.lines()))  # noqa: T201
    return int(bool(report.violations) == plan.fenced)


if __name__ == "__main__":
    sys.exit(main())
