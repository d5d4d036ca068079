"""What changes by itself while others decide: roles, permissions, facts; and threads that somebody cancels."""

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from bot.control import control
from bot.grants import HalfRevokedError, listed, revoke
from bot.store import log
from bot.store.away import AWAY
from tests.chaos.installation import Installation
from tests.chaos.staff import GRANT_S, RISKED

_VANS = ("the blue one", "the red one", "a bicycle")
_WHATS = ("roles", "roles", "revoke", "revoke", "cancel", "van")
_NEWEST = 30  # threads of which one may be cancelled


@dataclass(frozen=True, slots=True)
class Lost:
    """Somebody had no roles from one time to another (us), by the bot.toml on the disk."""

    person: str
    since: int
    until: int


class Meddling:
    """Another process than those of the bot: this one. `run` runs beside the faults, and leaves all in order."""

    def __init__(self, it: Installation, rng: random.Random) -> None:
        """Take what to meddle with, and the chance that decides."""
        self.it = it
        self.rng = rng
        self.lost: list[Lost] = []
        self.done: Counter[str] = Counter()

    async def run(self) -> None:
        """Change something every now and then, until cancelled."""
        while True:
            await asyncio.sleep(self.rng.uniform(0.5, 2.5))
            with suppress(*AWAY):
                await self.once(self.rng.choice(_WHATS))

    async def once(self, what: str) -> None:
        """One change."""
        match what:
            case "roles":
                await self._take_roles()
            case "revoke":
                await self._revoke()
            case "cancel":
                await self._cancel()
            case _:
                self.it.warehouse.change_van(self.rng.choice(_VANS))
                self.done["vans changed"] += 1

    async def _take_roles(self) -> None:
        """Somebody loses all roles for some seconds; and what may be granted gets shorter now and then."""
        person, grant_s = self.rng.choice(RISKED), self.rng.choice((GRANT_S, GRANT_S, GRANT_S // 2))
        self.it.configure(lost=(person,), grant_s=grant_s)
        since = _now()
        try:
            await asyncio.sleep(self.rng.uniform(2.0, 5.0))
        finally:
            self.lost.append(Lost(person, since, _now()))
            self.it.configure()
        self.done["roles lost for a while"] += 1

    async def _revoke(self) -> None:
        """Rob takes back what may run without asking."""
        store = await self.it.store()
        for one in await listed(store, self.it.sealer):
            if self.rng.random() < 0.5:
                with suppress(HalfRevokedError):  # then it is tried again, if it still stands, at another time
                    await revoke(store, self.it.sealer, one.granted.grant, "rob")

    async def _cancel(self) -> None:
        """Rob ends a thread in which people are waited for."""
        store = await self.it.store()
        waiting = [head for head in await log.recent(store, _NEWEST) if head.status == "waiting"]
        if waiting:
            await control(store, self.it.sealer, self.rng.choice(waiting), "cancel", "rob")
            self.done["threads cancelled"] += 1


def _now() -> int:
    return time.time_ns() // 1000
