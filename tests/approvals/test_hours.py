"""When people sleep and work: by the clock on their wall, and right when that is changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.approvals.hours import (
    Hours,
    Span,
    Working,
    is_quiet,
    is_working,
    next_waking,
    next_working,
    parse_quiet,
    parse_working,
)

MINUTE_US = 60_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
ZONES = [
    "UTC",
    "Europe/Berlin",
    "Europe/London",
    "Africa/Casablanca",  # changes its clocks for Ramadan
    "America/New_York",
    "America/Sao_Paulo",  # used to skip midnight
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",  # changes them by half an hour
    "Pacific/Apia",  # left out a whole day
    "Pacific/Chatham",
]
spans = st.builds(Span, st.integers(0, 1439), st.integers(1, 1440)).filter(lambda span: span.minutes < 1440)
workings = st.builds(
    Working, st.frozensets(st.integers(0, 6), min_size=1), spans.filter(lambda span: span.minutes > 120)
)
hours = st.builds(Hours, st.sampled_from(ZONES).map(ZoneInfo), spans, workings)
times = st.datetimes(datetime(2005, 1, 1), datetime(2040, 1, 1)).map(lambda at: us(at.replace(tzinfo=UTC)))  # noqa: DTZ001
near_changes = st.tuples(
    st.sampled_from(
        [
            datetime(2026, 3, 29, 1, tzinfo=UTC),  # Berlin and London go forward
            datetime(2026, 10, 25, 1, tzinfo=UTC),  # ... and back
            datetime(2026, 3, 8, 7, tzinfo=UTC),  # New York
            datetime(2026, 11, 1, 6, tzinfo=UTC),
            datetime(2018, 11, 4, 3, tzinfo=UTC),  # Sao Paulo
            datetime(2011, 12, 30, 10, tzinfo=UTC),  # Apia
            datetime(2026, 4, 4, 15, tzinfo=UTC),  # Lord Howe
        ]
    ),
    st.integers(-2 * 1440, 2 * 1440),
).map(lambda change: us(change[0]) + change[1] * MINUTE_US)


def us(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


def wall(zone: ZoneInfo, at_us: int) -> datetime:
    return (EPOCH + timedelta(microseconds=at_us)).astimezone(zone)


def berlin(text: str, fold: int = 0) -> int:
    return us(datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold))


def test_quiet_hours_may_cross_midnight() -> None:
    person = Hours(BERLIN, parse_quiet("20:00-07:00"))
    shown = [f"2026-11-20 {time}" for time in ("06:59:59", "07:00", "19:59", "20:00", "23:00")]
    assert [is_quiet(person, berlin(at)) for at in shown] == [True, False, False, True, True]


def test_somebody_who_sleeps_is_awake_in_the_morning() -> None:
    person = Hours(BERLIN, parse_quiet("20:00-07:00"))
    assert next_waking(person, berlin("2026-11-20 21:30:05")) == berlin("2026-11-21 07:00")


def test_somebody_who_is_awake_is_awake_at_once() -> None:
    person = Hours(BERLIN, parse_quiet("20:00-07:00"))
    assert next_waking(person, berlin("2026-11-20 12:00")) == berlin("2026-11-20 12:00")


def test_without_quiet_hours_one_is_always_awake() -> None:
    assert next_waking(Hours(BERLIN), 1) == 1


def test_a_night_is_shorter_when_clocks_go_forward() -> None:
    person = Hours(BERLIN, parse_quiet("22:00-07:00"))
    evening = berlin("2026-03-28 22:00")
    assert next_waking(person, evening) - evening == 8 * 60 * MINUTE_US


def test_quiet_hours_that_end_in_the_hour_left_out_end_when_it_is() -> None:
    person = Hours(BERLIN, parse_quiet("22:00-02:30"))
    assert next_waking(person, berlin("2026-03-28 23:00")) == berlin("2026-03-29 03:00")


def test_the_hour_that_comes_twice_is_quiet_twice() -> None:
    person = Hours(BERLIN, parse_quiet("02:00-02:30"))
    at = [berlin("2026-10-25 02:10"), berlin("2026-10-25 02:40"), berlin("2026-10-25 02:10", fold=1)]
    assert [is_quiet(person, each) for each in at] == [True, False, True]


def test_working_hours_begin_on_monday_again() -> None:
    person = Hours(BERLIN)
    friday, monday = "2026-11-20", "2026-11-23"
    assert next_working(person, berlin(f"{friday} 16:59")) == berlin(f"{friday} 16:59")
    assert next_working(person, berlin(f"{friday} 17:00")) == berlin(f"{monday} 09:00")


def test_a_night_shift_belongs_to_the_day_it_began() -> None:
    person = Hours(BERLIN, working=parse_working("fri 22:00-06:00"))
    at = [f"2026-11-{time}" for time in ("20 05:00", "20 22:00", "21 05:59", "21 22:00")]
    assert [is_working(person, berlin(each)) for each in at] == [False, True, True, False]


@given(hours, times | near_changes)
def test_the_next_waking_time_is_not_quiet_and_every_minute_before_it_is(person: Hours, at: int) -> None:
    found = next_waking(person, at)
    assert found >= at
    assert not is_quiet(person, found)
    assert all(is_quiet(person, minute) for minute in range(at, found, MINUTE_US))
    assert found == at or is_quiet(person, found - 1)


@given(hours, times | near_changes)
def test_the_next_working_time_is_working_and_no_quarter_of_an_hour_before_it_is(person: Hours, at: int) -> None:
    found = next_working(person, at)
    assert found >= at
    assert is_working(person, found)
    assert not any(is_working(person, quarter) for quarter in range(at, found, 15 * MINUTE_US))
    assert found == at or not is_working(person, found - 1)


@given(hours, times | near_changes)
def test_quiet_is_what_the_clock_on_the_wall_says(person: Hours, at: int) -> None:
    assert person.quiet
    shown = wall(person.zone, at)
    minute, (start, end) = shown.hour * 60 + shown.minute, (person.quiet.start, person.quiet.end)
    assert is_quiet(person, at) == (start <= minute < end if start < end else minute >= start or minute < end)


@given(hours, times | near_changes)
def test_work_is_on_the_days_that_were_named(person: Hours, at: int) -> None:
    span = person.working.span
    assume(span.start < span.end)
    if is_working(person, at):
        assert wall(person.zone, at).weekday() in person.working.days


@given(spans, spans)
@example(Span(0, 60), Span(60, 120))
@example(Span(1200, 420), Span(540, 1020))
@example(Span(1200, 420), Span(0, 30))
def test_spans_overlap_if_they_share_a_minute(one: Span, other: Span) -> None:
    def minutes(span: Span) -> set[int]:
        return {(span.start + n) % 1440 for n in range(span.minutes)}

    assert one.overlaps(other) == bool(minutes(one) & minutes(other))


@pytest.mark.parametrize(
    ("text", "days", "span"),
    [
        ("09:00-17:00", {0, 1, 2, 3, 4}, Span(540, 1020)),
        ("mon-fri 9:00-17:30", {0, 1, 2, 3, 4}, Span(540, 1050)),
        ("Sun-Thu 08:00 - 16:00", {6, 0, 1, 2, 3}, Span(480, 960)),
        ("sat 00:00-24:00", {5}, Span(0, 1440)),
        ("mon - wed 22:00-00:00", {0, 1, 2}, Span(1320, 1440)),
    ],
)
def test_working_hours_are_read_with_their_days(text: str, days: set[int], span: Span) -> None:
    assert parse_working(text) == Working(frozenset(days), span)


@pytest.mark.parametrize(
    "text",
    ["", "9-17", "09:00", "mon-fri", "mon-fry 09:00-17:00", "09:60-10:00", "\N{ARABIC-INDIC DIGIT ONE}9:00-17:00", 9],
)
def test_what_are_no_hours_is_refused_with_an_example(text: object) -> None:
    with pytest.raises(ValueError, match="should be hours of the day such as mon-fri 09:00-17:00"):
        parse_working(text)


@pytest.mark.parametrize("text", ["24:00-06:00", "20:00-25:00", "20:00-24:01"])
def test_hours_past_midnight_are_written_as_the_next_day(text: str) -> None:
    with pytest.raises(ValueError, match="goes past the end of the day: hours are 00:00 to 24:00"):
        parse_quiet(text)


@pytest.mark.parametrize("text", ["00:00-24:00"])
def test_nobody_sleeps_all_day(text: str) -> None:
    with pytest.raises(ValueError, match="is the whole day: leave some of it for questions"):
        parse_quiet(text)


def test_hours_that_end_when_they_begin_are_refused() -> None:
    with pytest.raises(ValueError, match="'07:00-07:00' begins when it ends"):
        parse_quiet("07:00-07:00")


@pytest.mark.parametrize("text", ["09:00-17:00", "20:00-07:00", "22:00-24:00"])
def test_a_span_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_quiet(text)) == text
