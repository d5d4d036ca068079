"""A model that says what the test wrote down, and keeps every prompt that it was given."""

import inspect
import json
from collections import deque
from collections.abc import Awaitable, Callable

from bot.model import Answer, ModelFailed, ModelFailure, Prompt, Usage

Said = dict[str, object] | str | Exception
Line = Said | Callable[[Prompt], Said | Awaitable[Said]]
"""A step, a raw text, an exception to raise, or a function of the prompt that gives one of these."""

END = "The script is at its end."


def step(name: str, /, **arguments: object) -> dict[str, object]:
    """A step as the model writes it, with its reason."""
    return {"step": name, "why": f"because of {name}", **arguments}


def done(message: str = "All done.") -> dict[str, object]:
    """The step that ends a turn."""
    return step("done_for_now", message=message)


def overloaded(retry_after_s: float | None = None) -> ModelFailed:
    """The API is busy."""
    return ModelFailed(ModelFailure.OVERLOADED, "529 overloaded_error", retry_after_s)


class Scripted:
    """Implements `bot.model.Model`. At the end of its script it is done, so that no test hangs."""

    def __init__(self) -> None:
        self.script: deque[Line] = deque()
        self.otherwise: Line = done(END)
        self.prompts: list[Prompt] = []

    def says(self, *lines: Line) -> None:
        """Add to the script."""
        self.script.extend(lines)

    async def __call__(self, prompt: Prompt) -> Answer:
        self.prompts.append(prompt)
        line: Line = self.script.popleft() if self.script else self.otherwise
        while callable(line):
            found = line(prompt)
            line = await found if inspect.isawaitable(found) else found
        if isinstance(line, Exception):
            raise line
        text = line if isinstance(line, str) else json.dumps({"next": line})
        return Answer(text=text, usage=Usage(input=100, cached=80, output=10), model="scripted", latency_ms=1)

    @property
    def calls(self) -> int:
        """How often it was asked."""
        return len(self.prompts)

    @property
    def read(self) -> str:
        """All that it was given to read the last time."""
        return "\n".join(self.prompts[-1].blocks)
