"""A model that reads the thread as the real one would, and always knows at once what to do."""

import asyncio
import json
import random
import re
from dataclasses import dataclass, field
from typing import Literal

from bot.model import Answer, Prompt, Usage

ORDER = re.compile(
    r"order (\d+): (plain|tracked|pair), (smooth|refuses|breaks_before|breaks_after), (\d+) ms(?:, (\w+))?"
)
NEVER_MIND = "never mind"
TRIES = 3
_TAG = re.compile(r'<(\w+)(?: n="(\d+)")?(?: of="(\d+)")?(?: name="(\w+)")?')
_ENDS = {"shipped": "is out", "refused": "was not wanted", "failed": "could not be shipped"}


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
    reading = _Reading()
    for block in blocks:
        reading.take(block)
    return _pair(order, reading) if order[2] == "pair" else _next(order, reading)


@dataclass(slots=True)
class _Reading:
    """What has become of an order, by what was read so far."""

    state: Literal["new", "pending", "shipped", "failed", "refused", "over", "told"] = "new"
    ships: set[str] = field(default_factory=set[str])  # numbers of the steps that ship
    parts: dict[str, bool] = field(default_factory=dict[str, bool])  # numbers of those that delegate: is it over?
    question: str = ""  # the number of the one that asks whether to ship at all
    wanted: bool = False  # by the answer to it
    looked: bool = False
    asked: bool = False  # somebody who is to decide asked something first
    unwanted: bool = False  # somebody wrote that it is not wanted any more
    insisted: bool = False  # what was refused was proposed once more

    def take(self, block: str) -> None:
        """Read one block."""
        marks = _TAG.match(block)
        if marks is None:
            return
        tag, number, of, name = (str(mark or "") for mark in marks.groups())
        match tag:
            case "message":
                self.unwanted = NEVER_MIND in block
                if self.state == "over":
                    self.state = "told" if self.ships or self.parts or self.question else "new"
            case "step":
                self._stepped(number, name)
            case "question":
                self.asked = True
            case "replied":
                self.asked = False
                self.state = "over" if "<done/>" in block else self.state
            case "failed" | "delegate_finished" if of in self.parts:
                self.parts[of] = True
            case "answered" | "expired" | "withdrawn" | "failed" if of and of == self.question:
                self.wanted = tag == "answered" and "yes" in block
                self.state = self.state if self.wanted else "refused"
            case _ if of in self.ships:
                self._came(tag, block)
            case _:
                pass

    def _stepped(self, number: str, name: str) -> None:
        self.looked = self.looked or name == "stock"
        if name.startswith("ship_"):
            self.insisted = self.insisted or self.state == "refused"
            self.ships.add(number)
            self.state = "pending"
        elif name == "delegate":
            self.parts[number] = False
        elif name == "request_human_input":
            self.question = number
        elif name == "withdraw":
            self.unwanted = False

    def _came(self, tag: str, block: str) -> None:
        """What came of a parcel."""
        match tag:
            case "result" | "late_result" if "failed" not in block.splitlines()[0]:
                self.state = "shipped" if 'how="in_doubt"' not in block else self.state
            case "failed" | "late_result":
                self.state = "refused" if self.insisted or 'how="withdrawn"' in block else "failed"
            case "rejected" | "expired" | "withdrawn":
                self.state = "refused"
            case "answered":
                again, never = "run again" in block, "must not be run again" in block
                self.state = "refused" if never else "pending" if again else "shipped"
            case _:
                pass


def _next(order: re.Match[str], read: _Reading) -> dict[str, object]:
    number, form, manner, hold_ms, care = order.groups()
    attempts = len(read.ships)
    if read.asked:
        return _step("reply", message=f"Order {number} was ordered by somebody.")
    if read.state == "new" and not read.looked:
        return _step("stock")
    if read.state == "pending":
        return _step("withdraw" if read.unwanted else "keep_waiting")
    if read.state == "new" and care == "sure" and not read.wanted:
        if read.question:
            return _step("keep_waiting")
        options = {"format": "yes_no"}
        return _step("request_human_input", question="Is it to go out?", context="", options=options, ask="release")
    insists = read.state == "refused" and attempts and not read.insisted and int(number) % 2
    if read.state == "new" or (read.state == "failed" and attempts < TRIES) or insists:
        attempt = attempts if insists else attempts + 1
        return _step(
            f"ship_{form}",
            order=int(number),
            attempt=attempt,
            manner=manner if attempt == 1 else "smooth",
            hold_ms=int(hold_ms),
            label="as it is",
            care=care or "usual",
        )
    return _step("done_for_now", message=f"Order {number} {_ENDS.get(read.state, 'is settled')}.")


def _pair(order: re.Match[str], read: _Reading) -> dict[str, object]:
    """Two parcels at once, each of them another agent's part."""
    number, _, manner, hold_ms, _ = order.groups()
    if len(read.parts) < len(PARTS):
        part = PARTS[len(read.parts)]
        return _step("delegate", agent="shipping", task=f"order {number}: {part}, {manner}, {hold_ms} ms")
    if not all(read.parts.values()):
        return _step("keep_waiting")
    return _step("done_for_now", message=f"Order {number} is settled.")


PARTS = ("plain", "tracked")


def _step(name: str, **arguments: object) -> dict[str, object]:
    return {"step": name, "why": "It is what was ordered.", **arguments}
