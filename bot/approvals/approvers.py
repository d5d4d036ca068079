"""Who may answer a request: resolved to people when it opens, and looked at again at each answer and before it runs."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.config import OPERATORS
from bot.events import RequestOpened
from bot.people import Directory, Person
from bot.thread import RequestState


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked: a role's people or one person, by their ids; `delegates` are those to whom it was given."""

    role: str | None
    people: tuple[str, ...]
    delegates: tuple[str, ...] = ()


def approvers(directory: Directory, role: str, requesters: Collection[str]) -> Asked:
    """Everyone with this role; without those who asked for it themselves, unless the role allows that."""
    own = directory.requesters_may_approve(role)
    able = (person for person in directory.with_role(role) if person.staff)
    people = [person.id for person in able if own or person.id not in requesters]
    return Asked(role, tuple(people))


def settlers(directory: Directory, role: str | None, operators: str) -> Asked:
    """Who may say what became of a call in doubt: those who could approve it, else the operators.

    Requesters are not left out: this is a question about the world, and they may know.
    """
    for name in (role, operators):
        if name and (people := directory.with_role(name)):
            return Asked(name, tuple(person.id for person in people))
    return Asked(operators, ())


def askees(directory: Directory, ask: str, requester: str) -> Asked | None:
    """Whom a question is for: `requester`, a role, or a person; None if there is nobody of that name."""
    if ask == "requester":
        return Asked(None, (requester,))
    if people := directory.with_role(ask):
        return Asked(ask, tuple(person.id for person in people))
    person = directory.by_id(ask)
    return Asked(None, (person.id,)) if person.listed else None


def given_on(asked: Asked, given: Mapping[str, tuple[str, ...]], barred: Collection[str] = ()) -> Asked:
    """The same, with those to whom it was given in the place of those who gave it.

    Not if they are `barred`: whoever edited a call after it was given to them asks for what it is now.
    """
    people, delegates = list(asked.people), list(asked.delegates)
    for giver, named in given.items():
        receivers = [person for person in named if person not in barred]
        people = [person for person in people if person != giver]
        delegates = [person for person in delegates if person != giver]
        delegates += [person for person in receivers if person not in people]
        people += [person for person in receivers if person not in people]
    return Asked(asked.role, tuple(people), tuple(dict.fromkeys(delegates)))


def may_answer(request: RequestState, person: Person) -> bool:
    """Whether this person was asked, and still is what they were asked as."""
    opened = request.opened
    if opened.role is None and person.id in opened.approvers and person.id not in opened.delegates:
        return True  # a question to this very person, who may be from outside
    if not person.staff:
        return False
    if person.id in opened.delegates and person.listed:
        return True
    if person.id in opened.approvers and person.id not in opened.delegates:
        return opened.role in person.roles
    return any(person.id in more.approvers and more.role in person.roles for more in request.escalations)


def approving(request: RequestState, directory: Directory) -> tuple[str, ...]:
    """Who approved, as far as they may still do that by bot.toml as it is now."""
    votes = (by for by, vote in request.votes.items() if vote.answer == "approve")
    return tuple(by for by in votes if may_answer(request, directory.by_id(by)))


def enough_left(request: RequestState, directory: Directory) -> bool:
    """Whether as many people as it takes may still answer."""
    able = [person for person in request.approvers if may_answer(request, directory.by_id(person))]
    return len(able) >= request.opened.quorum


def may_give(request: RequestState, person: Person) -> bool:
    """Whether this person may give it to somebody else: whoever may answer it, and operators."""
    return person.staff and (may_answer(request, person) or OPERATORS in person.roles)


def receivers(directory: Directory, opened: RequestOpened) -> tuple[Person, ...]:
    """To whom a request may be given: people with its role, and those whom bot.toml names for that."""
    role = opened.role
    people = (*directory.with_role(role), *directory.delegates(role)) if role else _staff(directory)
    own = role is not None and directory.requesters_may_approve(role)
    found = {one.id: one for one in people if one.staff and (own or one.id not in opened.requesters)}
    return tuple(found.values())


def _staff(directory: Directory) -> tuple[Person, ...]:
    return tuple(directory.by_id(name) for name, entry in directory.config.people.items() if entry.staff)
