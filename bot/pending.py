"""What waits for one person's decision: looked up from the list of open requests, and judged by the logs."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.approvals import cards
from bot.approvals.approvers import may_answer
from bot.entries import Sealer
from bot.events import Delivered
from bot.fold import fold
from bot.identity import SlackIdentity
from bot.ids import thread_id
from bot.people import Directory
from bot.places import Card, Place
from bot.store import log
from bot.store.server import Client
from bot.thread import RequestState, Thread

_MOST_THREADS = 200  # that are looked at for one question


@dataclass(frozen=True, slots=True)
class PendingCards:
    """Reads the store; records nothing."""

    client: Client
    sealer: Sealer
    directory: Callable[[], Directory]

    async def open_cards(self, identity: SlackIdentity, place: Place, *, private: bool) -> tuple[Card, ...]:
        """Return the cards of those open approvals which this person may answer, oldest first.

        `private`: all of them. Else those asked for in the thread at `place`, and those whose card stands there.
        Raises redis errors.
        """
        directory = self.directory()
        person = directory.person(identity)
        here = thread_id("slack", *place.address.split("/"), place.thread or "")
        names = {thread for _, thread in await log.pending(self.client)}
        found: list[tuple[int, Card]] = []
        for name in sorted(names, key=lambda name: name != here)[:_MOST_THREADS]:
            thread = fold(name, await log.load(self.client, name), self.sealer)
            if thread.unreadable or thread.cancelled:
                continue
            found += [
                (request.opened.at or 0, cards.card(thread, request.opened, directory))
                for request in thread.open.values()
                if request.opened.kind == "approval"
                and may_answer(request, person)
                and (private or name == here or _stands(thread, request, place))
            ]
        return tuple(card for _, card in sorted(found, key=lambda each: each[0]))


def _stands(thread: Thread, request: RequestState, place: Place) -> bool:
    """Whether the request's card begins the conversation at this place, or stands in it."""
    ours = {at.delivery for at in request.cards if at.place.address == place.address}
    if any(at.delivery in ours and at.place.thread == place.thread for at in request.cards):
        return True
    return any(
        isinstance(event, Delivered) and event.delivery in ours and event.foreign.rpartition("/")[2] == place.thread
        for event in thread.events
    )
