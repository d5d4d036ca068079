"""What is said when nobody is left who could decide: to those who wait, and to the operators, who can change that."""

from bot.approvals import cards
from bot.config import OPERATORS
from bot.ids import fresh_id
from bot.people import Directory
from bot.places import Delivery, StatusLine, Text
from bot.thread import Thread

REASON = "nobody_left"


def told(thread: Thread, directory: Directory, role: str) -> list[Delivery]:
    """A line where it was asked for, and one to the operators that names the mend."""
    outside = thread.principal is not None and thread.principal.is_outsider
    waiting = (
        "Nobody is here just now who could confirm this; my colleagues have been told."
        if outside
        else (
            f"Nobody but those who asked for it could decide this: the role *{role}* needs more people. "
            "The operators have been told."
        )
    )
    mend = (
        f"Thread {thread.id} asks the role {role}, and nobody is left who may decide it. "
        f'Give the role to more people in bot.toml (`roles = ["{role}"]`), and ask for it again.'
    )
    people = tuple(person.id for person in directory.with_role(OPERATORS))
    places = [at.place for at in cards.places(directory, thread.origin, OPERATORS, people)]
    to_operators = [
        Delivery(id=fresh_id(), thread=thread.id, place=place, content=Text(markdown=mend))
        for place in places
        if place != thread.origin
    ]
    return [*cards.line(thread, StatusLine(markdown=waiting)), *to_operators]
