"""Climb the ladder of an open request: show it, remind of it, or ask others as well, because nobody answered."""

from typing import assert_never

from bot.approvals import approvers, cards, reminders
from bot.approvals.approvers import Asked
from bot.approvals.ladder import Plan
from bot.bodies import Rung, TextBody
from bot.events import RequestEscalated, RequestReminded
from bot.held import Held
from bot.opening import cards_for
from bot.thread import RequestState


async def climb(held: Held, request: str, rung: int) -> None:
    """Go this rung up, and commit that together with what is said; not if somebody answered or wrote meanwhile."""
    state = held.thread.requests[request]
    step = state.opened.rungs[rung]
    match step.do:
        case "show":
            await _show(held, state, step)
        case "remind":
            await _remind(held, state)
        case "escalate":
            await _escalate(held, state, step)
        case _:
            assert_never(step.do)


async def _show(held: Held, request: RequestState, rung: Rung) -> None:
    """Show it to those who were not to be disturbed with it before."""
    opened, directory = request.opened, held.runtime.directory()
    people = reminders.awaited(request, rung, directory)
    at_once = Plan(opened.expires_at, (), frozenset())
    shown = cards_for(held, Asked(opened.role, people, opened.delegates), at_once)
    event = RequestReminded(request=opened.request, rung=request.climbed, cards=shown)
    await held.commit(event, out=reminders.showing(held.thread, request, shown, directory))


async def _remind(held: Held, request: RequestState) -> None:
    out = reminders.reminding(held.thread, request, request.climbed, held.runtime.directory())
    said = [one.content.markdown for one in out[:1] if one.content.kind == "text"]
    body = TextBody(text=said[0]) if said else None
    await held.commit(RequestReminded(request=request.opened.request, rung=request.climbed, body=body), out=out)


async def _escalate(held: Held, request: RequestState, rung: Rung) -> None:
    """Ask everyone of the other role who was not asked before, and may answer."""
    thread, opened, directory = held.thread, request.opened, held.runtime.directory()
    role = rung.role or ""
    found = approvers.approvers(directory, role, opened.requesters).people
    people = tuple(person for person in found if person not in request.approvers)
    shown = tuple(cards.places(directory, thread.origin, role, people)) if people else ()
    event = RequestEscalated(request=opened.request, rung=request.climbed, role=role, approvers=people, cards=shown)
    if people:
        out = reminders.escalating(thread, request, role, people, shown, directory)
    else:
        out = reminders.nobody_else(thread, request, role, directory)
    await held.commit(event, out=out)
