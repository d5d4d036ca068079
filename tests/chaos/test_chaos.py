"""About a minute of chaos: no invariant is violated, every fault was seen to fire, and the control is found out."""

import secrets
from pathlib import Path

import pytest

from tests.chaos.run import Plan, Report, run

pytestmark = pytest.mark.timeout(400)


async def test_nothing_is_lost_doubled_or_disordered_whatever_is_killed(tmp_path: Path) -> None:
    """Workers, web process and server die at random, workers sleep beyond their leases: 0 violations."""
    seed = secrets.randbelow(2**31)
    report = await run(Plan(seconds=30, threads=120, seed=seed), tmp_path / "it")
    print(f"seed {seed}", *report.lines(), sep="\n")  # noqa: T201  # shown when this fails, and by -s
    assert report.violations == []
    assert _fired(report) == set()


async def test_without_the_epoch_check_the_same_faults_are_found_out(tmp_path: Path) -> None:
    """The control: workers that commit whether or not the lease is still theirs break the invariants."""
    plan = Plan(seconds=10, threads=40, seed=7, fenced=False, kinds=("stop",), pause_s=0.5, rest_s=20)
    report = await run(plan, tmp_path / "it")
    assert report.counts["leases taken over"] > 0
    assert any("had lost the thread" in line for line in report.violations), report.lines()


def _fired(report: Report) -> set[str]:
    """What should have happened and did not: then the run says nothing about it."""
    wanted = {
        *(
            "worker killed",
            "web killed",
            "email killed",
            "server killed",
            "stopped beyond the lease",
            "leases taken over",
        ),
        *("stale workers turned away", "duplicates refused", "clicks refused", "in doubt", "looks while it ran"),
        *("parcels shipped", "doubts asked of people", "mails", "answers by mail"),
        *("edits", "questions back", "given to others", "grants", "asked of two", "reminders", "children that asked"),
    }
    return {name for name in wanted if not report.counts[name]}
