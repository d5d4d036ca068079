"""Give up a model call or a query, because its thread was paused, cancelled or lost, or its worker stops."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from bot.errors import CountersignError

Result = TypeVar("Result")


class Interrupted(CountersignError):
    """The thread was paused or cancelled, or its worker is stopping: what ran was given up."""


class Interrupt(asyncio.Event):
    """An event that also ends the work that is being done under it, in the way of `asyncio.timeout`."""

    def __init__(self) -> None:
        """Nothing is interrupted yet."""
        super().__init__()
        self._task: asyncio.Task[object] | None = None
        self._struck = False

    def set(self) -> None:
        """Interrupt what runs under it, now or next."""
        super().set()
        if self._task is not None and not self._struck:
            self._struck = True
            self._task.cancel()

    async def during(self, work: Awaitable[Result]) -> Result:
        """Await work that may be given up.

        Raises:
            Interrupted: it was; the work was cancelled.

        """
        task = asyncio.current_task()
        if task is None:
            msg = "there is no task to interrupt"
            raise RuntimeError(msg)
        self._task, self._struck = task, False
        before = task.cancelling()
        if self.is_set():
            self._struck = True
            task.cancel()  # the work is begun, so that it can end in its own way
        try:
            result = await work
        except asyncio.CancelledError:
            if self._struck and task.uncancel() <= before:
                raise Interrupted from None
            raise
        else:
            if self._struck:
                task.uncancel()
            return result
        finally:
            self._task = None
