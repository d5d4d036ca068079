"""The sender: one a shard at a time, over all processes, with a fence; lanes (bot.lanes) are sent beside each other."""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from bot.ids import fresh_id
from bot.lanes import Lanes
from bot.port import Channel
from bot.sending import SEND_S, Elsewhere, Sending
from bot.store.away import AWAY
from bot.store.keys import ALL_SHARDS, ShardKeys
from bot.store.outbox import Outbox, ShardLostError
from bot.store.server import Client
from bot.wake import Wakes

_log = logging.getLogger(__name__)
_SWEEP_S = 1.0


class Sender:
    """Sends what lies in the outboxes of all shards, as far as this process can get the right to."""

    def __init__(
        self, client: Client, channels: Mapping[str, Channel], wakes: Wakes, elsewhere: Elsewhere | None = None
    ) -> None:
        """Take the channels by name (a delivery for any other is given up at once), and who asks elsewhere instead."""
        self._client = client
        self._channels = channels
        self._elsewhere = elsewhere
        self._wakes = wakes
        self._token = fresh_id()
        self._busy: dict[ShardKeys, asyncio.Task[None]] = {}
        self._hints: defaultdict[ShardKeys, asyncio.Event] = defaultdict(asyncio.Event)  # heard while it is busy
        self._complained = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Send until stopped; what is being sent then is finished first."""
        swept = 0.0
        while not stop.is_set():
            shards: Sequence[ShardKeys] = list(self._wakes.out())
            if time.monotonic() - swept > _SWEEP_S:
                shards, swept = ALL_SHARDS, time.monotonic()
            for shard in shards:
                if shard in self._busy:
                    self._hints[shard].set()
                    continue
                task = asyncio.create_task(self._shard(shard, stop))
                self._busy[shard] = task
                task.add_done_callback(lambda _, shard=shard: self._busy.pop(shard, None))
            await self._wakes.wait_out(_SWEEP_S)
        for shard in self._busy:
            self._hints[shard].set()
        if self._busy:
            await asyncio.wait(self._busy.values(), timeout=SEND_S)

    async def _shard(self, shard: ShardKeys, stop: asyncio.Event) -> None:
        outbox, hint = Outbox(self._client, shard, self._token), self._hints[shard]
        try:
            while True:
                hint.clear()
                if await outbox.empty() or not await outbox.acquire():
                    return
                await Lanes(outbox, Sending(outbox, self._channels, self._elsewhere)).run(stop, hint)
                await outbox.release()
                if not hint.is_set() or stop.is_set():
                    return
        except ShardLostError:
            return
        except AWAY as error:
            if time.monotonic() - self._complained > 60:
                self._complained = time.monotonic()
                _log.warning("the store is away (%s); what is to be sent waits", type(error).__name__)
