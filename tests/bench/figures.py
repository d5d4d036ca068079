"""A figure: its name, value and unit; and what is done with many of them."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Literal

_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `aim` is what we want: at most that much, or at least, as `better` says."""

    name: str
    value: float
    unit: str
    aim: float | None = None
    better: Literal["less", "more"] = "less"

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None without one."""
        if self.aim is None:
            return None
        return self.value <= self.aim if self.better == "less" else self.value >= self.aim


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def middle(runs: Sequence[Sequence[Figure]]) -> list[Figure]:
    """The median of each figure over runs of the same program."""
    found: list[Figure] = []
    for same in zip(*runs, strict=True):
        first = same[0]
        found.append(Figure(first.name, median(one.value for one in same), first.unit, first.aim, first.better))
    return found


def table(figures: Sequence[Figure]) -> str:
    """The figures as lines for a terminal."""
    lines: list[str] = []
    for one in figures:
        sign = "<=" if one.better == "less" else ">="
        aim = "" if one.aim is None else f"{sign} {_shown(one.aim)}"
        mark = {True: "met", False: "MISSED", None: ""}[one.met]
        lines.append(f"{one.name:<30}{_shown(one.value):>10} {one.unit:<12}{aim:>10}  {mark}".rstrip())
    return "\n".join(lines)


def write(figures: Sequence[Figure], path: Path) -> None:
    """The figures as a JSON list of name, value and unit."""
    wanted = ("name", "value", "unit")
    rows = [{key: value for key, value in asdict(one).items() if key in wanted} for one in figures]
    path.write_text(json.dumps(rows, indent=1) + "\n")


def _shown(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.{_DIGITS}g}"
