"""Looks at threads while everything happens, so that what holds at every moment is not only checked at the end."""

import asyncio
from itertools import count

from bot.store import log
from bot.store.away import AWAY
from tests.chaos.installation import Installation
from tests.chaos.stored import Stored, read

_MOST = 600


class Samples:
    """Keeps what some of the threads were at some moments."""

    def __init__(self, it: Installation) -> None:
        """Take what to look at."""
        self.it = it
        self.copies: list[Stored] = []

    async def run(self) -> None:
        """Look at some of the newest threads, again and again, until cancelled."""
        for turn in count():
            try:
                store = await self.it.store()
                for head in (await log.recent(store, 40))[turn % 8 :: 8]:
                    self.copies.append(await read(store, head.thread))
            except AWAY:
                pass
            if len(self.copies) > _MOST:
                del self.copies[::2]
            await asyncio.sleep(0.4)
