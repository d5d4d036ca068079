"""Who may answer a request: resolved to people when it opens."""

from collections.abc import Collection
from dataclasses import dataclass

from bot.people import Directory


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked: a role's people or one person, by their ids."""

    role: str | None
    people: tuple[str, ...]


def approvers(directory: Directory, role: str, requesters: Collection[str]) -> Asked:
    """Everyone with this role; without those who asked for it themselves, unless the role allows that."""
    own = directory.requesters_may_approve(role)
    people = [person.id for person in directory.with_role(role) if own or person.id not in requesters]
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
