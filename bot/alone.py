"""A held thread without a store: its commits go to its fold, and its time is whoever's who runs it (bot.testing)."""

from typing import ClassVar

from bot.entries import stamped
from bot.events import AnyEvent
from bot.fold import extend
from bot.held import Held
from bot.places import Delivery
from bot.runtime import Runtime
from bot.store.scripts import Change, Done, Lease, Terms
from bot.thread import Thread


class Alone(Held):
    """A thread that nobody else writes to."""

    BEGIN: ClassVar = 1_767_258_000_000_000  # us: 2026-01-01T09:00:00Z, so that every run reads the same
    TICK: ClassVar = 1_000  # us that pass with every commit

    def __init__(self, runtime: Runtime, lease: Lease, thread: Thread) -> None:
        """Begin at a time that is always the same."""
        super().__init__(runtime, lease, thread)
        self.clock = self.BEGIN
        self.deliveries: list[Delivery] = []
        self._spent: dict[str, dict[str, int]] = {}

    def now(self) -> int:
        """The time, which passes with commits alone."""
        return self.clock

    def append(self, event: AnyEvent) -> None:
        """Take what comes from outside."""
        self.clock += self.TICK
        extend(self.thread, [stamped(self.thread.sealer.entry(self.thread.id, event), self.clock)])

    async def refresh(self) -> None:
        """There is nothing that it does not know."""

    async def count(self, key: str, call: str, amount: int | None, limit: int) -> bool:
        """Count towards a limit as the store does."""
        spent = self._spent.setdefault(key, {})
        if amount is None:
            spent.pop(call, None)
        elif call not in spent and sum(spent.values()) + amount > limit:
            return False
        else:
            spent[call] = amount
        return True

    async def _until_answered(self, change: Change, terms: Terms) -> Done:
        del terms
        self.clock += self.TICK
        self.deliveries += change.out
        version = self.thread.version
        return Done("ok", version, version + len(change.entries), self.clock)
