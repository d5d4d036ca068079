"""When a request is shown, reminded of, escalated and over: planned when it opens, by who sleeps and works when."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.approvals.daily import daily
from bot.approvals.hours import Hours, next_daily, next_waking, next_working
from bot.bodies import Rung, Urgency
from bot.config_tables import EXPIRES_AFTER_S
from bot.events import NEVER
from bot.people import Directory
from bot.steps import Ladder

_SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens when, if nobody answers. Times are us since 1970."""

    expires_at: int
    rungs: tuple[Rung, ...]  # in the order of time
    later: frozenset[str]  # the people who are not shown it at once: a rung does that


def plan(
    directory: Directory,
    role: str | None,
    people: Sequence[str],
    ladder: Ladder,
    urgency: Urgency,
    now: int,
    *,
    never_expires: bool,
) -> Plan:
    """Plan for a request to these people, asked as having this role, or (None) as themselves.

    What `ladder` leaves open is as the role has it in bot.toml. If it is not urgent, people are shown it in their
    working hours, and reminders and escalations count from then; the expiry always counts from now. Unless it is
    urgent, nobody is reminded in their quiet hours, and it is escalated when somebody is awake to see that.
    """
    given = _merged(ladder, directory.ladder(role) if role else Ladder())
    expires_at = NEVER if never_expires else now + _us(given.expire_s or EXPIRES_AFTER_S)
    shown = _shown(directory, role, people, now, expires_at) if urgency == "low" else dict.fromkeys(people, now)
    gathered = _daily(directory, role, people, now, expires_at) if urgency == "low" else {}
    shown |= gathered
    awake = _anytime if urgency == "high" else _awake(directory)
    one_by_one = {person: at for person, at in shown.items() if person not in gathered}
    rungs = [Rung(at=at, do="show", people=who) for at, who in _grouped(one_by_one) if at > now]
    if given.remind_s is not None:
        wait = _us(given.remind_s)
        due = {person: awake(person, at + wait) for person, at in one_by_one.items()}
        rungs += [Rung(at=at, do="remind", people=who) for at, who in _grouped(due)]
    if given.escalate_s is not None and given.escalate_to is not None:
        first = min(shown.values(), default=now) + _us(given.escalate_s)
        others = [person.id for person in directory.with_role(given.escalate_to) if person.id not in shown]
        at = min((awake(person, first) for person in others), default=first)
        rungs.append(Rung(at=at, do="escalate", role=given.escalate_to))
    later = frozenset(person for person, at in shown.items() if at > now)
    return Plan(expires_at, tuple(sorted((rung for rung in rungs if rung.at < expires_at), key=_in_order)), later)


def _merged(ladder: Ladder, default: Ladder) -> Ladder:
    return default.model_copy(update=ladder.model_dump(exclude_none=True))


def _shown(directory: Directory, role: str | None, people: Sequence[str], now: int, expires_at: int) -> dict[str, int]:
    """When each is shown what is not urgent: when they work next; in a channel, when the first of them does."""
    times = {person: next_working(hours, now) if (hours := directory.hours(person)) else now for person in people}
    if role is not None and directory.place_of_role(role) is not None:
        times = dict.fromkeys(people, min(times.values(), default=now))
    return {person: at if at < expires_at else now for person, at in times.items()}


def _daily(directory: Directory, role: str | None, people: Sequence[str], now: int, expires_at: int) -> dict[str, int]:
    """When those who want it so read of it in their mail of the day (bot.digests), which comes day after day."""
    if role is not None and directory.place_of_role(role) is not None:
        return {}
    found = ((person, daily(directory, person)) for person in people)
    times = {person: next_daily(mail.hours, mail.minute, now) for person, mail in found if mail is not None}
    return {person: at for person, at in times.items() if at < expires_at}


def _awake(directory: Directory) -> Callable[[str, int], int]:
    """When a person is awake next, from some time on; those whose hours nobody knows always are."""

    def awake(person: str, at: int) -> int:
        hours: Hours | None = directory.hours(person)
        return next_waking(hours, at) if hours is not None else at

    return awake


def _anytime(person: str, at: int) -> int:
    return at


def _grouped(times: dict[str, int]) -> Iterable[tuple[int, tuple[str, ...]]]:
    """Those whose time is the same, together."""
    for at in sorted(set(times.values())):
        yield at, tuple(person for person, theirs in times.items() if theirs == at)


def _in_order(rung: Rung) -> tuple[int, int]:
    return rung.at, ("show", "remind", "escalate").index(rung.do)


def _us(seconds: int) -> int:
    return seconds * _SECOND_US
