"""One mail a day with all that is not urgent, for those who want it so: what waits for them, each to be answered there.

It is made where the time has come and sent once, whichever workers are up; one that comes up late sends it late.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.approvals.daily import Daily, daily
from bot.approvals.hours import latest_daily
from bot.ids import fresh_id, thread_id
from bot.pending import PendingCards
from bot.people import Directory
from bot.places import Batch, Card, Delivery
from bot.store import posting
from bot.store.away import AWAY
from bot.store.server import Client

_log = logging.getLogger(__name__)
MOST = 20  # requests in one mail; the others come the day after, or are on `bot requests --mine`
_LOOK_S = 20.0


@dataclass(slots=True)
class Digests:
    """Sends each person's mail of the day."""

    client: Client
    pending: PendingCards
    directory: Callable[[], Directory]
    clock: Callable[[], int]  # us
    done: dict[str, int] = field(default_factory=dict[str, int])  # person -> the latest time that is settled

    async def run(self, stop: asyncio.Event) -> None:
        """Look every few seconds until stopped."""
        while not stop.is_set():
            try:
                await self.round()
            except AWAY as error:
                _log.warning("the store is away (%s); the mails of the day wait", type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _LOOK_S)

    async def round(self) -> None:
        """Send what is due. Raises redis errors."""
        directory, now = self.directory(), self.clock()
        for person in directory.config.people:
            mail = daily(directory, person)
            due = latest_daily(mail.hours, mail.minute, now) if mail is not None else None
            if mail is not None and due is not None and self.done.get(person, 0) < due:
                await self._send(person, mail, due)
                self.done[person] = due

    async def _send(self, person: str, mail: Daily, due: int) -> None:
        """Send what was asked before this time, and is still open; nothing, if there is none."""
        thread = thread_id("digest", person)
        source = f"digest:{person}:{due}"
        if await posting.was_posted(self.client, thread, source):
            return
        waiting = await self.pending.waiting(self.directory().by_id(person))
        cards = [one.card for one in waiting if one.card.urgency == "low" and one.since <= due]
        if not cards:
            return
        delivery = Delivery(id=fresh_id(), thread=thread, place=mail.place, content=_batch(cards))
        await posting.post(self.client, delivery, source)


def _batch(cards: list[Card]) -> Batch:
    told = "1 request waits for you" if len(cards) == 1 else f"{len(cards)} requests wait for you"
    if len(cards) > MOST:
        told += f"; these are the first {MOST}, and `bot requests --mine` lists all"
    return Batch(title=told, items=tuple(cards[:MOST]))
