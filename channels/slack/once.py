"""One thing done once, however many ask for it at the same time: Slack tells of one mention by two events."""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

Made = TypeVar("Made")


class Once(Generic[Made]):
    """Keeps what was made last, by name; what failed is made again."""

    def __init__(self, most: int) -> None:
        """Keep at most so many."""
        self._most = most
        self._tasks: OrderedDict[str, asyncio.Task[Made]] = OrderedDict()

    async def get(self, name: str, making: Coroutine[Any, Any, Made]) -> Made:
        """Return what this makes, or what is being made under that name. Raises what making it raises."""
        task = self._tasks.get(name)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._tasks[name] = asyncio.create_task(making)
            task.add_done_callback(_looked_at)
            if len(self._tasks) > self._most:
                self._tasks.popitem(last=False)
        else:
            making.close()
        return await asyncio.shield(task)


def _looked_at(task: "asyncio.Task[Any]") -> None:
    """Whoever asked may have run out of time: then nobody else looks at the exception."""
    if not task.cancelled():
        task.exception()
