"""Replies that came before what makes their thread ours, known to all processes: that may come to another one."""

import time
from collections import OrderedDict
from typing import Any, Protocol, cast

from bot.ids import thread_id
from bot.store.keys import ThreadKeys
from bot.store.server import Client

KEPT_S = 60  # a message that is late by more has the replies to it looked for in any case
_KEPT = 5_000  # threads


class Early(Protocol):
    """What is remembered of replies whose thread was not ours. Both raise redis errors."""

    async def note(self, team: str, channel: str, root: str) -> bool:
        """Remember one; False: it was known already. With True, ask once more whether the thread is ours by now."""
        ...

    async def noted(self, team: str, channel: str, root: str) -> bool:
        """Whether there was one in this thread lately."""
        ...


class Nowhere:
    """Implements `Early` for a process that is alone, and remembers them itself."""

    async def note(self, team: str, channel: str, root: str) -> bool:
        return False

    async def noted(self, team: str, channel: str, root: str) -> bool:
        return False


class ForAll:
    """Implements `Early` over the store: one write a thread in half a minute, however much is said there."""

    def __init__(self, client: Client) -> None:
        """Take the client."""
        self._client = client
        self._known: OrderedDict[str, float] = OrderedDict()  # thread -> until when it need not be written again

    async def note(self, team: str, channel: str, root: str) -> bool:
        key = _key(team, channel, root)
        if self._known.get(key, 0.0) > time.monotonic():
            return False
        await cast("Any", self._client).set(key, 1, ex=KEPT_S)
        self._known[key] = time.monotonic() + KEPT_S / 2
        self._known.move_to_end(key)
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return True

    async def noted(self, team: str, channel: str, root: str) -> bool:
        return bool(await cast("Any", self._client).exists(_key(team, channel, root)))


def _key(team: str, channel: str, root: str) -> str:
    return ThreadKeys(thread_id("slack", team, channel, root)).early
