"""What a rung of a ladder says, and where: a reminder under the cards, cards for others, a line where it was asked."""

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.approvals import cards
from bot.approvals.approvers import may_answer
from bot.bodies import CardAt, Rung
from bot.config import OPERATORS
from bot.events import NEVER
from bot.identity import SlackIdentity
from bot.ids import fresh_id
from bot.people import Directory
from bot.places import Card, Delivery, Place, StatusLine, Text
from bot.thread import RequestState, Thread
from bot.visible import line

_NAMES = 200  # characters of those who ask
_WANTED = {
    "approval": "your decision",
    "question": "your answer",
    "doubt": "you to look what came of this",
    "stuck": "you to look at this",
}


def awaited(request: RequestState, rung: Rung, directory: Directory) -> tuple[str, ...]:
    """Whom this rung concerns: those of its people who have not answered yet, and still may."""
    return tuple(
        person for person in rung.people if person not in request.votes and may_answer(request, directory.by_id(person))
    )


def text(card: Card, request: RequestState) -> str:
    """What a reminder says: without arguments, since it is read on locked screens too."""
    told = f"Still waiting for {_WANTED[card.request_kind]}: {card.bare_title}"
    if card.asked_by:
        told += f", asked by {line(card.asked_by, _NAMES)}"
    return f"{told}." if request.opened.expires_at >= NEVER else f"{told}; expires {_when(request.opened.expires_at)}."


def _when(us: int) -> str:
    return datetime.fromtimestamp(us / 1_000_000, UTC).strftime("%Y-%m-%d at %H:%M UTC")


def reminding(thread: Thread, request: RequestState, rung: int, directory: Directory) -> list[Delivery]:
    """The reminder under each card of those it is for. A card for several, as in a channel, is reminded of once."""
    rungs = request.opened.rungs
    people = awaited(request, rungs[rung], directory)
    if not people:
        return []
    before = [one for one in rungs[:rung] if one.do == "remind" and awaited(request, one, directory)]
    wanted = _own(directory, people)
    if not before:
        wanted |= _shared(thread, request, directory)
    reminder = text(cards.card(thread, request.opened, directory), request)
    said = Text(markdown=reminder, mention=_accounts(directory, people))
    name = request.opened.request
    return [
        Delivery(id=fresh_id(), thread=thread.id, place=at.place, content=said, under=at.delivery, valid_while=name)
        for at in request.cards
        if _at(at.place) in wanted
    ]


def showing(thread: Thread, request: RequestState, shown: Sequence[CardAt], directory: Directory) -> list[Delivery]:
    """The request's card at these places, as those see it who were asked at first."""
    return _cards(thread, request, shown, cards.card(thread, request.opened, directory))


def escalating(
    thread: Thread,
    request: RequestState,
    role: str,
    asked: Sequence[str],
    shown: Sequence[CardAt],
    directory: Directory,
) -> list[Delivery]:
    """Cards for the others, and a line in the thread it came from, unless people from outside read there."""
    card = cards.card(thread, request.opened, directory)
    names = tuple(directory.by_id(person).name for person in asked)
    mention = _accounts(directory, asked) if request.opened.urgency == "high" else ()
    card = card.model_copy(update={"approvers": (*card.approvers, *names), "mention": mention})
    out = _cards(thread, request, shown, card)
    if not cards.is_for_outsider(thread) and thread.origin not in [at.place for at in shown]:
        out += cards.line(thread, StatusLine(markdown=f"Nobody has answered yet; *{role}* are asked as well."))
    return out


def nobody_else(thread: Thread, request: RequestState, role: str, directory: Directory) -> list[Delivery]:
    """Tell the operators that there is nobody to escalate it to, and what they can do."""
    said = Text(
        markdown=f"Nobody has answered a request of thread {thread.id} yet, and nobody else of the role {role} may. "
        f'Give the role to more people in bot.toml (`roles = ["{role}"]`) for the next time, and ask those who were '
        f"asked: {line(cards.names(thread, request.approvers, directory), _NAMES)}."
    )
    people = [person.id for person in directory.with_role(OPERATORS)]
    return [
        Delivery(id=fresh_id(), thread=thread.id, place=at.place, content=said, valid_while=request.opened.request)
        for at in cards.places(directory, thread.origin, OPERATORS, people)
    ]


def _cards(thread: Thread, request: RequestState, shown: Sequence[CardAt], card: Card) -> list[Delivery]:
    name = request.opened.request
    return [Delivery(id=at.delivery, thread=thread.id, place=at.place, content=card, valid_while=name) for at in shown]


def _at(place: Place) -> tuple[str, str]:
    return place.channel, place.address


def _own(directory: Directory, people: Sequence[str]) -> set[tuple[str, str]]:
    """Where these people are written to alone."""
    return {_at(identity.place) for person in people for identity in directory.identities(person)}


def _shared(thread: Thread, request: RequestState, directory: Directory) -> set[tuple[str, str]]:
    """Where one card is for everyone who is asked: the role's channel, or where it was asked."""
    channel = directory.place_of_role(request.opened.role) if request.opened.role else None
    return {_at(place) for place in (channel, thread.origin) if place is not None}


def _accounts(directory: Directory, people: Sequence[str]) -> tuple[str, ...]:
    found = (identity for person in people for identity in directory.identities(person))
    return tuple(identity.account for identity in found if isinstance(identity, SlackIdentity))
