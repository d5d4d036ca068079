"""A model that answers at once, in this process, and notes when it was asked."""

import asyncio
import json
import re
import time
from dataclasses import dataclass, field

from bot.model import Answer, Prompt, Usage

_ORDER = re.compile(r"drawers: (\d+), thread (\d+)")


def order(thread: int, steps: int) -> str:
    """The message that begins a thread of so many steps, the last of which says that it is done."""
    return f"drawers: {steps}, thread {thread}"


@dataclass(frozen=True, slots=True)
class Asked:
    """When the model was asked for a step: the steps before it, the clock and this process's CPU time (s)."""

    steps: int
    clock: float
    cpu: float


@dataclass
class Instant:
    """Implements `bot.model.Model`: a drawer after the other, then done."""

    asked: dict[int, list[Asked]] = field(default_factory=dict[int, list[Asked]])
    finished: int = 0
    all_finished: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: int = 0  # finished threads at which `all_finished` is set

    async def __call__(self, prompt: Prompt) -> Answer:
        """Choose the next step."""
        found = _ORDER.search(prompt.blocks[0])
        assert found is not None, prompt.blocks[0]
        steps, done = int(found[1]), len(prompt.blocks) // 2  # a message, and two blocks a step: chosen, result
        self.asked.setdefault(int(found[2]), []).append(Asked(done, time.perf_counter(), time.process_time()))
        if done + 1 < steps:
            step = {"step": "look_into", "why": "It has not been looked into yet.", "drawer": done}
        else:
            step = {"step": "done_for_now", "why": "All were looked into.", "message": "I have seen them all."}
            self.finished += 1
            if self.finished == self.wanted:
                self.all_finished.set()
        usage = Usage(input=1_000, cached=900, output=50)
        return Answer(text=json.dumps({"next": step}), usage=usage, model="instant", latency_ms=0)

    async def close(self) -> None:
        """Nothing to close."""
