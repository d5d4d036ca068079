"""A model that reads the thread as the real one would, and always knows at once what to do."""

import asyncio
import json
import random
import re

from bot.model import Answer, Prompt, Usage

ORDER = re.compile(r"order (\d+): (plain|tracked), (smooth|refuses|breaks_before|breaks_after), (\d+) ms")
_TAG = re.compile(r'<(\w+)(?: n="(\d+)")?(?: of="(\d+)")?(?: name="(\w+)")?')
TRIES = 3


class Instant:
    """Implements `bot.model.Model`: orders are shipped, refused ones tried again, news answered with patience."""

    def __init__(self, slowest_s: float = 0.03) -> None:
        """Take how long an answer may take: any time up to that."""
        self._slowest_s = slowest_s

    async def __call__(self, prompt: Prompt) -> Answer:
        """Choose the next step."""
        await asyncio.sleep(random.uniform(0, self._slowest_s))  # noqa: S311  # no secret, just time
        step = choose(prompt.blocks)
        usage = Usage(input=1, cached=0, output=1)
        return Answer(text=json.dumps({"next": step}), usage=usage, model="instant", latency_ms=1)

    async def close(self) -> None:
        """Nothing to close."""


def choose(blocks: tuple[str, ...]) -> dict[str, object]:
    """The step that fits what was read."""
    order = next((found for block in blocks if (found := ORDER.search(block))), None)
    if order is None:
        return _step("done_for_now", message="There is no order here.")
    ships: set[str] = set()
    state, looked, unheard = "new", False, False
    for block in blocks:
        marks = _TAG.match(block)
        if marks is None:
            continue
        tag, number, of, name = (str(mark or "") for mark in marks.groups())
        mine = of in ships
        match tag:
            case "message":
                unheard = True
                if state == "over":
                    state = "told" if ships else "new"
            case "step" if name.startswith("ship_"):
                ships.add(number)
                state, unheard = "pending", False
            case "step":
                looked, unheard = looked or name == "stock", unheard and name == "stock"
            case "result" | "late_result" if mine and "failed" not in block.splitlines()[0]:
                state = "shipped" if 'how="in_doubt"' not in block else state
            case "failed" if mine:
                state = "failed"
            case "rejected" if mine:
                state = "refused"
            case "answered" if mine:
                again, never = "run again" in block, "must not be run again" in block
                state = "refused" if never else "pending" if again else "shipped"
            case "replied":
                state = "over" if "<done/>" in block else state
            case _:
                pass
    return _next(order, state, len(ships), looked=looked, unheard=unheard)


def _next(order: re.Match[str], state: str, attempts: int, *, looked: bool, unheard: bool) -> dict[str, object]:
    number, form, manner, hold_ms = order.groups()
    if state == "new" and not looked:
        return _step("stock")
    if state == "pending" and unheard:
        return _step("keep_waiting")
    if state == "new" or (state == "failed" and attempts < TRIES):
        arguments = {"order": int(number), "attempt": attempts + 1, "hold_ms": int(hold_ms)}
        return _step(f"ship_{form}", manner=manner if attempts == 0 else "smooth", **arguments)
    ends = {"shipped": "is out", "refused": "was not wanted", "failed": "could not be shipped", "told": "is settled"}
    return _step("done_for_now", message=f"Order {number} {ends.get(state, 'is settled')}.")


def _step(name: str, **arguments: object) -> dict[str, object]:
    return {"step": name, "why": "It is what was ordered.", **arguments}
