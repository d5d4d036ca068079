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
from bot.people import Directory, Person
from bot.places import Card, Place
from bot.port_desk import At, Waiting
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
        here = thread_id("slack", *place.address.split("/"), place.thread or "")
        found = await self._may_answer(directory.person(identity), first=here)
        return tuple(
            cards.card(thread, request.opened, directory)
            for thread, request in found
            if request.opened.kind == "approval" and (private or thread.id == here or _stands(thread, request, place))
        )

    async def waiting(self, person: Person) -> tuple[Waiting, ...]:
        """Return every open request that this person may answer, oldest first. Raises redis errors."""
        directory = self.directory()
        return tuple(
            Waiting(
                card=cards.card(thread, request.opened, directory),
                since=request.opened.at or 0,
                at=_shown_at(thread, request),
            )
            for thread, request in await self._may_answer(person)
            if person.id not in request.votes
        )

    async def _may_answer(self, person: Person, first: str = "") -> list[tuple[Thread, RequestState]]:
        """The open requests that somebody may answer, oldest first; the thread `first` is looked at in any case."""
        names = {thread for _, thread in await log.pending(self.client)}
        found: list[tuple[Thread, RequestState]] = []
        for name in sorted(names, key=lambda name: name != first)[:_MOST_THREADS]:
            thread = fold(name, await log.load(self.client, name), self.sealer)
            if not (thread.unreadable or thread.cancelled):
                found += [(thread, request) for request in thread.open.values() if may_answer(request, person)]
        return sorted(found, key=lambda each: each[1].opened.at or 0)


def _shown_at(thread: Thread, request: RequestState) -> tuple[At, ...]:
    """Where its cards stand, as far as they were sent."""
    places = {at.delivery: at.place for at in request.cards}
    return tuple(
        At(place=places[event.delivery], foreign=event.foreign)
        for event in thread.events
        if isinstance(event, Delivered) and event.delivery in places
    )


def _stands(thread: Thread, request: RequestState, place: Place) -> bool:
    """Whether the request's card begins the conversation at this place, or stands in it."""
    ours = {at.delivery for at in request.cards if at.place.address == place.address}
    if any(at.delivery in ours and at.place.thread == place.thread for at in request.cards):
        return True
    return any(
        isinstance(event, Delivered) and event.delivery in ours and event.foreign.rpartition("/")[2] == place.thread
        for event in thread.events
    )
