"""The cost of a step against the length of its thread, as an SVG that reads well on light and dark pages."""

import math
from collections.abc import Callable, Sequence

from tests.bench.steps import Cost

_WIDTH, _HEIGHT = 720, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 72, 56
_INK, _FAINT = "#7d8590", "#7d859040"  # a grey that is seen on white and on black
_LINES: tuple[tuple[str, str, Callable[[Cost], float]], ...] = (
    ("by the clock, one thread at a time", "#3987e5", lambda cost: cost.clock),
    ("of it the worker's CPU time", "#e8833a", lambda cost: cost.cpu),
)


def draw(costs: Sequence[Cost], note: str) -> str:
    """The whole picture; `note` says when and where it was measured."""
    top = _ceiling(max(cost.clock for cost in costs) * 1.1)
    first, last = math.log10(costs[0].events), math.log10(costs[-1].events)

    def x(events: float) -> float:
        return round(_LEFT + (math.log10(events) - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(us: float) -> float:
        return round(_HEIGHT - _BOTTOM - us / top * (_HEIGHT - _TOP - _BOTTOM), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif">',
        "<title>The cost of a step against the length of its thread</title>",
        _text(_LEFT, 26, "What a step costs as its thread gets longer", size=17, weight=600),
    ]
    for number in range(5):
        us = top * number / 4
        parts.append(_line(_LEFT, y(us), _WIDTH - _RIGHT, y(us), _FAINT if number else _INK))
        parts.append(_text(_LEFT - 8, y(us) + 4, f"{us:,.0f}", anchor="end"))
    parts.append(_text(_LEFT - 8, _TOP - 14, "us", anchor="end"))
    for cost in costs:
        parts.append(_line(x(cost.events), y(0), x(cost.events), y(0) + 5, _INK))
        parts.append(_text(x(cost.events), y(0) + 20, f"{cost.events:,}", anchor="middle"))
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 14, f"events in the thread ({note})", anchor="middle"))
    for number, (name, colour, value) in enumerate(_LINES):
        points = " ".join(f"{x(cost.events)},{y(value(cost))}" for cost in costs)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round"/>'
        )
        for cost in costs:
            place = f'cx="{x(cost.events)}" cy="{y(value(cost))}"'
            parts.append(f'<circle {place} r="4" fill="{colour}"><title>{value(cost):,.0f} us</title></circle>')
        across = _LEFT + number * 270
        parts.append(f'<circle cx="{across + 5}" cy="46" r="5" fill="{colour}"/>')
        parts.append(_text(across + 16, 50, name))
    return "\n".join([*parts, "</svg>", ""])


def _ceiling(value: float) -> float:
    """The next number that four even parts look well on."""
    step = 10 ** math.floor(math.log10(value))
    return next(step * factor for factor in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10) if step * factor >= value)


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 13, weight: int = 400) -> str:
    style = f'text-anchor="{anchor}" font-size="{size}" font-weight="{weight}"'
    return f'<text x="{x}" y="{y}" fill="{_INK}" {style}>{text}</text>'
