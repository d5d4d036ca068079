"""Who reads what is not urgent in one mail a day, when by the clock on their wall, and where."""

from typing import NamedTuple

from bot.approvals.hours import Hours
from bot.people import Directory
from bot.places import Place


class Daily(NamedTuple):
    """The mail of the day of one person."""

    hours: Hours
    minute: int  # of the day
    place: Place


def daily(directory: Directory, person: str) -> Daily | None:
    """Return when and where they get it; None: they are asked one by one, as all are who are not asked by mail."""
    entry, hours, found = directory.config.people.get(person), directory.hours(person), directory.identities(person)
    if entry is None or entry.digest is None or hours is None or not found or found[0].kind != "email":
        return None
    return Daily(hours, entry.digest, found[0].place)
