"""What did not arrive: whoever was asked there is asked elsewhere, and those who wait hear of it.

Nothing here closes a request or decides anything: a report of a mail server is as easy to forge as any mail.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.approvals import cards, reminders
from bot.bodies import CardAt, ErrorBody
from bot.config import OPERATORS
from bot.entries import Sealer, encode
from bot.events import DeliveryFailed
from bot.events_asking import RequestShown
from bot.fold import fold
from bot.identity import EmailIdentity, Identity, SlackIdentity
from bot.ids import fresh_id
from bot.people import Directory
from bot.places import Delivery, Place, StatusLine, Text
from bot.port import Returned, Verdict
from bot.store import log, scripts
from bot.store.scripts import Change
from bot.store.server import Client
from bot.thread import RequestState, Thread
from bot.visible import line

MOST = 20  # failures that a thread keeps: whoever knows a mail of ours can invent reports about it
_TRIES = 5
_BY = {"email": "by mail", "slack": "in Slack", "console": "at the command line"}
_NAMES = 200  # characters


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Follows what could not be delivered; `channels` are those that this installation can send by."""

    client: Client
    sealer: Sealer
    directory: Callable[[], Directory]
    channels: frozenset[str]

    async def returned(self, report: Returned) -> Verdict:
        """Take a report that a delivery of ours came back: `told`, `refused` (kept only), `duplicate` or `ignored`.

        That it was ours is known by its id. Its note may be later than the report.
        """
        thread, basis = await self._read(report.thread)
        if thread.birth is None:
            return "ignored"
        copied = report.recipient if report.recipient in thread.origin.cc else ""
        why = f"returned{' from a copy' if copied else ''}: {report.status or 'without a code'}"
        known = [event for event in thread.events if isinstance(event, DeliveryFailed)]
        if any(event.delivery == report.delivery and event.body and event.body.error == why for event in known):
            return "duplicate"
        if len(known) >= MOST:
            return "refused"
        failed = DeliveryFailed(delivery=report.delivery, channel=report.channel, body=ErrorBody(error=why))
        out: list[Delivery] = []
        if report.for_good:
            found = _asked_by(thread, report.delivery)
            if found is not None:
                out = await self._ask_elsewhere(thread, basis, *found, report.status)
            else:
                out = self._answer_returned(thread, report, copied)
        await scripts.note(self.client, thread.id, Change(entries=[encode(failed)], out=out))
        return "told" if out else "refused"

    async def given_up(self, delivery: Delivery, why: str) -> list[Delivery] | None:
        """Ask elsewhere what a card that was never delivered asks; return what to tell those who wait.

        None: it is no card of a request.
        """
        thread, basis = await self._read(delivery.thread)
        found = _asked_by(thread, delivery.id) if thread.birth is not None else None
        return await self._ask_elsewhere(thread, basis, *found, why) if found is not None else None

    async def _ask_elsewhere(
        self, thread: Thread, basis: int, request: RequestState, at: CardAt, why: str
    ) -> list[Delivery]:
        """Show an open request where else those are found whom it did not reach; return what others are told."""
        for _ in range(_TRIES):
            if request.outcome is not None or thread.unreadable or thread.cancelled:
                return []
            directory = self.directory()
            people = _missed(directory, request, at.place)
            if not people:
                return []
            shown = self._elsewhere(directory, request, at.place, people)
            told = _told(thread, at.place, _Missed(people, shown, line(why, _NAMES)), directory)
            if not shown:
                return told
            event = RequestShown(request=request.opened.request, instead_of=at.delivery, cards=shown)
            out = reminders.showing(thread, request, shown, directory)
            change = Change(entries=[self.sealer.entry(thread.id, event)], out=out)
            seen = [f"elsewhere:{at.delivery}"]
            # As an input: a worker that closes the request meanwhile sees these cards first, and closes them, too.
            done = await scripts.ingest(self.client, thread.id, change, seen=seen, expect=basis)
            if done.verdict != "newer":
                return told if done.ok else []
            thread, basis = await self._read(thread.id)
            request = thread.requests[request.opened.request]
        return []

    async def _read(self, name: str) -> tuple[Thread, int]:
        """A thread, and the version of the latest input that it surely has."""
        head = await log.head(self.client, name)
        return fold(name, await log.load(self.client, name), self.sealer), head.input_version if head else 0

    def _elsewhere(
        self, directory: Directory, request: RequestState, failed: Place, people: Sequence[str]
    ) -> tuple[CardAt, ...]:
        """One other place for each of them, of those where the request is not shown yet."""
        taken = {_at(card.place) for card in request.cards} | {_at(failed)}
        found: list[CardAt] = []
        for person in people:
            places = [identity.place for identity in directory.identities(person)]
            free = (place for place in places if place.channel in self.channels and _at(place) not in taken)
            if (place := next(free, None)) is not None:
                found.append(CardAt(delivery=fresh_id(), place=place))
        return tuple(found)

    def _answer_returned(self, thread: Thread, report: Returned, copied: str) -> list[Delivery]:
        """An answer came back: its reader hears of it where else they are found; of a copy, its author does."""
        origin, code = thread.origin, f" ({report.status})" if report.status else ""
        if copied:
            said = f"What I wrote to {line(copied, _NAMES)} came back{code}; please check that address."
            return [_say(thread, origin.alone, said)] if origin.channel in self.channels else []
        directory = self.directory()
        person = _owner(directory, origin)
        places = [identity.place for identity in directory.identities(person)] if person else []
        other = next((place for place in places if place.channel in self.channels and _at(place) != _at(origin)), None)
        if other is None or (report.channel, report.recipient) != (origin.channel, origin.address):
            return []
        said = (
            f"What I wrote to you {_BY[report.channel]} came back{code}. It was about: {line(thread.title, _NAMES)}. "
            f"`bot show {thread.id}` has it; please check your address."
        )
        return [_say(thread, other, said)]


def _asked_by(thread: Thread, delivery: str) -> tuple[RequestState, CardAt] | None:
    """The request whose card this delivery is."""
    for request in thread.requests.values():
        for card in request.cards:
            if card.delivery == delivery:
                return request, card
    return None


def _missed(directory: Directory, request: RequestState, place: Place) -> tuple[str, ...]:
    """Whom a card at this place was for, and who is asked nowhere else now: its owner, or all who are asked.

    Not those who answered, and not those who see the one card for all of them in a channel.
    """
    owner = _owner(directory, place)
    people = (owner,) if owner is not None and owner in request.approvers else request.approvers
    shared = {card.place.channel for card in request.cards if card.place != place and not _owner(directory, card.place)}
    return tuple(
        person
        for person in people
        if person not in request.votes
        and not any(identity.place.channel in shared for identity in directory.identities(person))
    )


def _owner(directory: Directory, place: Place) -> str | None:
    """The person who alone is written to at this place; None: it is a channel."""
    identity: Identity
    try:
        match place.channel:
            case "email":
                identity = EmailIdentity(address=place.address, proven=True)
            case "slack":
                identity = SlackIdentity(account=place.address, proven=True)
            case "console":
                return place.address
    except ValueError:
        return None
    return directory.person(identity).id


@dataclass(frozen=True, slots=True)
class _Missed:
    """Whom it did not reach, where they are asked instead, and why."""

    people: Sequence[str]
    shown: Sequence[CardAt]
    why: str


def _told(thread: Thread, failed: Place, missed: _Missed, directory: Directory) -> list[Delivery]:
    """What those who wait hear, and, if nobody could be asked elsewhere, what the operators do."""
    names = line(cards.names(thread, missed.people, directory), _NAMES) or "Nobody"
    lost = f"{names} could not be reached {_BY[failed.channel]}{f' ({missed.why})' if missed.why else ''}"
    own = _at(thread.origin) == _at(failed)
    if missed.shown:
        where = " and ".join(dict.fromkeys(_BY[card.place.channel] for card in missed.shown))
        said = StatusLine(markdown=f"{lost}; I asked {where} instead.")
        return [] if own or cards.is_for_outsider(thread) else cards.line(thread, said)
    operators = [person.id for person in directory.with_role(OPERATORS)]
    told = (
        f"{lost}, and bot.toml names no other way to ask. It is about thread {thread.id}; "
        "correct the address in bot.toml, or give the request to somebody else."
    )
    out = [
        Delivery(id=fresh_id(), thread=thread.id, place=at.place, content=Text(markdown=told))
        for at in cards.places(directory, thread.origin, OPERATORS, operators)
        if _at(at.place) != _at(failed)
    ]
    if own:
        return out
    whom = "those who have to decide this" if cards.is_for_outsider(thread) else names
    code = "" if cards.is_for_outsider(thread) or not missed.why else f" ({missed.why})"
    end = "the operators were told" if out else "please tell an operator"
    return [*cards.line(thread, StatusLine(markdown=f"I could not reach {whom}{code}; {end}.")), *out]


def _say(thread: Thread, place: Place, text: str) -> Delivery:
    return Delivery(id=fresh_id(), thread=thread.id, place=place, content=StatusLine(markdown=text))


def _at(place: Place) -> tuple[str, str]:
    return place.channel, place.address
