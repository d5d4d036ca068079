"""Lengths of time as people write them: 90s, 30m, 4h, 7d, 1h30m."""

import re

_PARTS = re.compile(r"(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?")
_SECONDS = (86_400, 3_600, 60, 1)
_LONGEST_S = 365 * 86_400


def parse_duration(text: object) -> int:
    """Return the seconds that `1h30m` and the like stand for: days, hours, minutes and seconds, in this order.

    Raises ValueError if it is anything else, nothing at all, or more than 365 days.
    """
    match = _PARTS.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None or not any(match.groups()):
        raise ValueError(f"{text!a} should be a length of time such as 90s, 30m, 4h, 7d or 1h30m")
    seconds = sum(int(number or 0) * each for number, each in zip(match.groups(), _SECONDS, strict=True))
    if seconds == 0:
        raise ValueError(f"{text!a} is no time at all: leave it out to do without, or make it longer")
    if seconds > _LONGEST_S:
        raise ValueError(f"{text!a} is more than 365d: make it shorter")
    return seconds


def duration(seconds: int) -> str:
    """Write a length of time as people type it, in the largest unit that it is a whole number of: 90s, 30m, 2h, 7d."""
    for unit, length in zip("dhm", _SECONDS, strict=False):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
