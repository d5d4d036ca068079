"""Open a request: whatever is asked, it is committed together with its cards and the first rung of its ladder."""

from bot.approvals import cards
from bot.approvals.approvers import Asked
from bot.approvals.ladder import Plan, plan
from bot.bodies import CardAt, Urgency
from bot.events import RequestOpened
from bot.held import Held
from bot.steps import Ladder


def request_id(held: Held) -> str:
    """The id of a request that is opened now."""
    return held.runtime.ids.make(held.thread.id, held.thread.version)


def plan_for(
    held: Held, asked: Asked, *, ladder: Ladder | None = None, urgency: Urgency = "medium", never: bool = False
) -> Plan:
    """When it is shown to whom, reminded of, escalated, and when it expires (`never`: it does not)."""
    directory = held.runtime.directory()
    given = ladder or Ladder()
    return plan(directory, asked.role, asked.people, given, urgency, held.now(), never_expires=never)


def cards_for(held: Held, asked: Asked, plan: Plan) -> tuple[CardAt, ...]:
    """Where it appears at once: to the people with the role, and directly to whom it was given."""
    directory, origin = held.runtime.directory(), held.thread.origin
    people = [person for person in asked.people if person not in plan.later]
    own = [person for person in people if person not in asked.delegates]
    direct = [person for person in people if person in asked.delegates]
    found = cards.places(directory, origin, asked.role, own) if own else []
    return (*found, *(cards.places(directory, origin, None, direct) if direct else []))


async def open_request(held: Held, opened: RequestOpened) -> None:
    """Commit it with its cards, unless input came that the decision has not seen."""
    out = cards.opening(held.thread, opened, held.runtime.directory())
    facts = f"{opened.digest}:{opened.expires_at}"
    await held.commit(opened, out=out, opened={opened.request: facts}, decides=True)
