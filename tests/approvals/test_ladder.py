"""What is planned for when nobody answers: by whose defaults, around whose sleep, and never at or after the expiry."""

from datetime import UTC, datetime
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.approvals.hours import is_quiet, is_working, next_waking, next_working
from bot.approvals.ladder import Plan, plan
from bot.bodies import Rung, Urgency
from bot.config import parse_config
from bot.events import NEVER
from bot.people import Directory
from bot.steps import Ladder

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
DIRECTORY = Directory(
    parse_config("""
    [people.ana]
    timezone = "Europe/Berlin"
    quiet = "20:00-07:00"
    roles = ["release"]
    [people.bo]
    timezone = "America/New_York"
    quiet = "20:00-07:00"
    roles = ["release"]
    [people.cy]
    roles = ["open", "operators"]
    [people.di]
    timezone = "Asia/Tokyo"
    quiet = "22:00-06:00"
    working = "sun-thu 09:00-18:00"
    roles = ["night", "channel"]
    [people.ed]
    timezone = "Europe/Berlin"
    quiet = "20:00-07:00"
    roles = ["night", "channel"]
    [roles.operators]
    [roles.open]
    [roles.release]
    remind_after = "4h"
    escalate_after = "1d"
    escalate_to = "operators"
    expire_after = "3d"
    [roles.night]
    [roles.channel]
    channel = "slack:T0ACME/C0CHANNEL"
    """)
)


def utc(day: int, hour: int, minute: int = 0) -> int:
    """A time in November 2026, in us; the 20th is a Friday."""
    return int(datetime(2026, 11, day, hour, minute, tzinfo=UTC).timestamp()) * SECOND


NOON = utc(18, 12)  # Wednesday: 13:00 in Berlin, 07:00 in New York, 21:00 in Tokyo


def made(
    role: str | None,
    people: tuple[str, ...] = ("ana", "bo"),
    ladder: Ladder | None = None,
    urgency: Urgency = "medium",
    now: int = NOON,
    *,
    never: bool = False,
) -> Plan:
    return plan(DIRECTORY, role, people, ladder or Ladder(), urgency, now, never_expires=never)


def test_a_role_has_its_ladder_in_bot_toml() -> None:
    shown = made("release", ("cy",))
    assert shown.expires_at == NOON + 3 * DAY
    assert shown.rungs == (
        Rung(at=NOON + 4 * HOUR, do="remind", people=("cy",)),
        Rung(at=NOON + DAY, do="escalate", role="operators"),
    )


def test_what_a_policy_says_wins_and_what_it_leaves_open_is_the_roles() -> None:
    shown = made("release", ("cy",), Ladder(remind_s=60, escalate_to="open"))
    assert shown.expires_at == NOON + 3 * DAY
    assert shown.rungs == (
        Rung(at=NOON + 60 * SECOND, do="remind", people=("cy",)),
        Rung(at=NOON + DAY, do="escalate", role="open"),
    )


@pytest.mark.parametrize("role", [None, "open"])
def test_without_a_ladder_it_expires_after_a_week(role: str | None) -> None:
    assert made(role) == Plan(NOON + 7 * DAY, (), frozenset())


def test_what_must_not_be_forgotten_never_expires_and_climbs_all_the_same() -> None:
    shown = made("release", ("cy",), Ladder(remind_s=30 * 86_400), never=True)
    assert shown.expires_at == NEVER
    assert [rung.do for rung in shown.rungs] == ["escalate", "remind"]


def test_an_escalation_needs_a_time_and_a_role() -> None:
    assert made("open", ladder=Ladder(escalate_s=60)).rungs == ()
    assert made("open", ladder=Ladder(escalate_to="operators")).rungs == ()


@pytest.mark.parametrize(("expire_s", "rungs"), [(59, 0), (60, 0), (61, 1)])
def test_nothing_is_planned_for_when_it_is_over(expire_s: int, rungs: int) -> None:
    assert len(made("open", ("cy",), Ladder(remind_s=60, expire_s=expire_s)).rungs) == rungs


def test_each_is_reminded_when_they_are_awake() -> None:
    evening = utc(18, 16)  # four hours later it is 21:00 in Berlin, and 15:00 in New York
    assert [(rung.at, rung.people) for rung in made("release", now=evening).rungs if rung.do == "remind"] == [
        (utc(18, 20), ("bo",)),
        (utc(19, 6), ("ana",)),
    ]


def test_what_is_urgent_wakes_people() -> None:
    rung = made("release", urgency="high", now=utc(18, 16)).rungs[0]
    assert (rung.at, rung.people) == (utc(18, 20), ("ana", "bo"))


def test_it_is_escalated_when_one_of_those_asked_then_is_awake() -> None:
    """At 16:00 UTC it is 01:00 in Tokyo and 17:00 in Berlin; at 20:00 both sleep, and Tokyo gets up first."""
    ladder = Ladder(escalate_s=4 * 3600, escalate_to="night")
    assert made("open", ("cy",), ladder).rungs[0].at == utc(18, 16)
    assert made("open", ("cy",), ladder, now=utc(18, 16)).rungs[0].at == utc(18, 21)


def test_that_somebody_is_awake_who_was_asked_before_hastens_no_escalation() -> None:
    ladder = Ladder(escalate_s=4 * 3600, escalate_to="night")
    assert made("open", ("ed",), ladder).rungs[0].at == utc(18, 21)


def test_what_is_not_urgent_is_shown_when_each_works() -> None:
    shown = made("night", ("di", "ed", "cy"), urgency="low")
    assert shown.later == {"di"}
    assert shown.rungs == (Rung(at=utc(19, 0), do="show", people=("di",)),)


def test_in_a_channel_it_is_shown_to_all_when_the_first_of_them_works() -> None:
    shown = made("channel", ("di", "ed"), urgency="low", now=utc(18, 20))
    assert shown.later == {"di", "ed"}
    assert shown.rungs == (Rung(at=utc(19, 0), do="show", people=("di", "ed")),)


def test_what_would_be_over_before_they_work_is_shown_at_once() -> None:
    shown = made("night", ("di",), Ladder(expire_s=3600), urgency="low")
    assert shown == Plan(NOON + HOUR, (), frozenset())


def test_whoever_is_shown_it_later_is_reminded_after_that() -> None:
    shown = made("night", ("di",), Ladder(remind_s=3600), urgency="low")
    assert [(rung.do, rung.at) for rung in shown.rungs] == [("show", utc(19, 0)), ("remind", utc(19, 1))]


def test_what_nobody_has_been_shown_is_not_escalated() -> None:
    ladder = Ladder(escalate_s=3600, escalate_to="operators")
    shown = made("night", ("di",), ladder, urgency="low")
    assert [(rung.do, rung.at) for rung in shown.rungs] == [("show", utc(19, 0)), ("escalate", utc(19, 1))]


seconds = st.none() | st.integers(1, 10 * 86_400)
ladders = st.builds(
    Ladder,
    remind_s=seconds,
    escalate_s=seconds,
    escalate_to=st.none() | st.sampled_from(["operators", "release", "night", "gone"]),
    expire_s=seconds,
)
roles = st.none() | st.sampled_from(["open", "release", "night", "channel", "gone"])
somebody = st.lists(st.sampled_from(["ana", "bo", "cy", "di", "ed", "email:kim@else.test"]), unique=True).map(tuple)
urgencies: st.SearchStrategy[Literal["low", "medium", "high"]] = st.sampled_from(["low", "medium", "high"])
times = st.integers(utc(1, 0), utc(30, 0))


@given(roles, somebody, ladders, urgencies, times, st.booleans())
def test_any_plan_is_in_order_and_over_before_the_expiry(
    role: str | None,
    people: tuple[str, ...],
    ladder: Ladder,
    urgency: Urgency,
    now: int,
    never: bool,  # noqa: FBT001
) -> None:
    shown = made(role, people, ladder, urgency, now, never=never)
    at = [rung.at for rung in shown.rungs]
    assert at == sorted(at)
    assert all(now < time < shown.expires_at for time in at)
    assert (shown.expires_at == NEVER) == never


@given(roles, somebody, ladders, urgencies, times)
def test_everyone_is_reminded_once_unless_it_is_over_before(
    role: str | None, people: tuple[str, ...], ladder: Ladder, urgency: Urgency, now: int
) -> None:
    shown = made(role, people, ladder, urgency, now)
    reminded = [person for rung in shown.rungs if rung.do == "remind" for person in rung.people]
    assert len(reminded) == len(set(reminded))
    assert set(reminded) <= set(people)
    if urgency == "high" and ladder.remind_s and now + ladder.remind_s * SECOND < shown.expires_at:
        assert set(reminded) == set(people)


@given(roles, somebody, ladders, urgencies, times)
def test_nobody_is_disturbed_in_their_quiet_hours_unless_it_is_urgent(
    role: str | None, people: tuple[str, ...], ladder: Ladder, urgency: Urgency, now: int
) -> None:
    for rung in made(role, people, ladder, urgency, now).rungs:
        known = [hours for person in rung.people if (hours := DIRECTORY.hours(person))]
        if rung.do == "remind" and urgency != "high":
            assert not any(is_quiet(hours, rung.at) for hours in known)
        if rung.do == "show" and role != "channel":
            assert all(is_working(hours, rung.at) for hours in known)


@given(roles, somebody, ladders, urgencies, times)
def test_whoever_is_not_shown_it_at_once_is_shown_it_later(
    role: str | None, people: tuple[str, ...], ladder: Ladder, urgency: Urgency, now: int
) -> None:
    shown = made(role, people, ladder, urgency, now)
    assert shown.later == {person for rung in shown.rungs if rung.do == "show" for person in rung.people}
    assert not shown.later or urgency == "low"
    for person in set(people) - shown.later:
        hours = DIRECTORY.hours(person)
        if urgency == "low" and role != "channel" and hours is not None:
            assert is_working(hours, now) or next_working(hours, now) >= shown.expires_at


@given(roles, somebody, ladders, urgencies, times)
def test_an_escalation_waits_for_somebody_to_be_awake(
    role: str | None, people: tuple[str, ...], ladder: Ladder, urgency: Urgency, now: int
) -> None:
    for rung in made(role, people, ladder, urgency, now).rungs:
        others = [person.id for person in DIRECTORY.with_role(rung.role or "") if person.id not in people]
        hours = [DIRECTORY.hours(person) for person in others]
        if rung.do == "escalate" and others and urgency != "high":
            assert any(theirs is None or next_waking(theirs, rung.at) == rung.at for theirs in hours)
