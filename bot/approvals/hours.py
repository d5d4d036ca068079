"""When people sleep and when they work, by the clock on their wall; pure, and right when clocks change."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_MINUTE_US = 60_000_000
_DAY_US = 1440 * _MINUTE_US
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")
_WORKING = re.compile(rf"(?:({'|'.join(_DAYS)})\s*(?:-\s*({'|'.join(_DAYS)}))?\s+)?(\S.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """A part of every day, in minutes since midnight: `start` belongs to it, `end` does not; it may cross midnight."""

    start: int  # 0 to 1439
    end: int  # 1 to 1440; before `start`: of the next day

    def __str__(self) -> str:
        return f"{self.start // 60:02d}:{self.start % 60:02d}-{self.end // 60:02d}:{self.end % 60:02d}"

    @property
    def minutes(self) -> int:
        """How long it is."""
        return (self.end - self.start) % 1440 or 1440

    def overlaps(self, other: "Span") -> bool:
        """Whether some minute of the day belongs to both."""
        return (other.start - self.start) % 1440 < self.minutes or (self.start - other.start) % 1440 < other.minutes


@dataclass(frozen=True, slots=True)
class Working:
    """Working hours: a part of each of these days (0 is Monday); what crosses midnight belongs to the day it began."""

    days: frozenset[int] = frozenset(range(5))
    span: Span = Span(9 * 60, 17 * 60)


@dataclass(frozen=True, slots=True)
class Hours:
    """One person's hours, by the clock of their time zone."""

    zone: ZoneInfo
    quiet: Span | None = None
    working: Working = Working()


def parse_quiet(text: object) -> Span:
    """Read quiet hours such as `20:00-07:00`. Raises ValueError."""
    span = _span(text, "20:00-07:00")
    if span.minutes == 1440:
        raise ValueError(f"{text!a} is the whole day: leave some of it for questions")
    return span


def parse_working(text: object) -> Working:
    """Read working hours such as `09:00-17:00` (Monday to Friday) or `sun-thu 08:00-16:00`. Raises ValueError."""
    match = _WORKING.fullmatch(text.strip()) if isinstance(text, str) else None
    span = _span(match[3] if match else text, "mon-fri 09:00-17:00")
    if match is None or match[1] is None:
        return Working(span=span)
    first = _DAYS.index(match[1].lower())
    last = _DAYS.index(match[2].lower()) if match[2] else first
    return Working(frozenset((first + n) % 7 for n in range((last - first) % 7 + 1)), span)


def _span(text: object, example: str) -> Span:
    match = _SPAN.fullmatch(text.strip()) if isinstance(text, str) else None
    numbers = [int(number) for number in match.groups()] if match else []
    if not numbers or numbers[1] > 59 or numbers[3] > 59:
        raise ValueError(f"{text!a} should be hours of the day such as {example}")
    start, end = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
    if start >= 1440 or end > 1440:
        raise ValueError(f"{text!a} goes past the end of the day: hours are 00:00 to 24:00, as in {example}")
    if start == end:
        raise ValueError(f"{text!a} begins when it ends: should be hours of the day such as {example}")
    return Span(start, end or 1440)


def is_quiet(hours: Hours, at_us: int) -> bool:
    """Whether this person is not to be disturbed at this time (us since 1970)."""
    return hours.quiet is not None and _within(hours.quiet, _wall(hours.zone, at_us) % _DAY_US)


def is_working(hours: Hours, at_us: int) -> bool:
    """Whether this person works at this time (us since 1970)."""
    wall = _wall(hours.zone, at_us)
    days, span = hours.working.days, hours.working.span
    if not _within(span, wall % _DAY_US):
        return False
    began = wall - _DAY_US if span.end < span.start and wall % _DAY_US < span.end * _MINUTE_US else wall
    return (began // _DAY_US + 3) % 7 in days  # 1970 began on a Thursday


def next_waking(hours: Hours, at_us: int) -> int:
    """Return the first time, from this one on (us since 1970), that is not in this person's quiet hours."""
    while hours.quiet is not None and is_quiet(hours, at_us):
        at_us = _next(hours.zone, at_us, hours.quiet.end)
    return at_us


def next_working(hours: Hours, at_us: int) -> int:
    """Return the first time, from this one on (us since 1970), that is in this person's working hours."""
    while not is_working(hours, at_us):
        at_us = _next(hours.zone, at_us, hours.working.span.start)
    return at_us


def parse_time(text: object) -> int:
    """Read a time of the day such as `09:00`, in minutes since midnight. Raises ValueError."""
    match = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", text.strip()) if isinstance(text, str) else None
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise ValueError(f"{text!a} should be a time of the day such as 09:00")
    return int(match[1]) * 60 + int(match[2])


def next_daily(hours: Hours, minute: int, at_us: int) -> int:
    """Return the first time after this one (us since 1970) when it is this minute of a day on which they work."""
    at_us = _next(hours.zone, at_us, minute)
    while not _is_minute(hours, minute, at_us):
        at_us = _next(hours.zone, at_us, minute)
    return at_us


def latest_daily(hours: Hours, minute: int, at_us: int) -> int | None:
    """Return the latest such time, this one included; None if it is longer ago than twenty hours."""
    found = next_daily(hours, minute, at_us - 20 * 60 * _MINUTE_US)
    return found if found <= at_us else None


def _is_minute(hours: Hours, minute: int, at_us: int) -> bool:
    wall = _wall(hours.zone, at_us)
    return wall % _DAY_US // _MINUTE_US == minute and (wall // _DAY_US + 3) % 7 in hours.working.days


def _wall(zone: ZoneInfo, at_us: int) -> int:
    """What the clock on the wall shows: us since 1970, as if that were UTC."""
    return at_us + _offset(zone, at_us)


def _offset(zone: ZoneInfo, at_us: int) -> int:
    offset = (_EPOCH + timedelta(microseconds=at_us)).astimezone(zone).utcoffset() or timedelta()
    return offset // timedelta(microseconds=1)


def _within(span: Span, time_us: int) -> bool:
    """Whether this time of the day (us) belongs to it."""
    return (time_us - span.start * _MINUTE_US) % _DAY_US < span.minutes * _MINUTE_US


def _next(zone: ZoneInfo, at_us: int, minute: int) -> int:
    """When the clock next shows this minute of the day; or when it is changed, if that comes first.

    Whoever asks looks again at what it shows then: a change may skip that minute, or show it twice.
    """
    offset = _offset(zone, at_us)
    to = at_us + ((minute * _MINUTE_US - at_us - offset) % _DAY_US or _DAY_US)
    if _offset(zone, to) == offset:
        return to
    before, after = at_us, to
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _offset(zone, middle) == offset else (before, middle)
    return after
