"""Lengths of time as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("4h", 14_400),
        ("7d", 604_800),
        ("1h30m", 5400),
        (" 1d1s ", 86_401),
        ("365d", 31_536_000),
    ],
)
def test_a_length_of_time_is_so_many_seconds(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "h", "30", "30 m", "-5m", "1.5h", "1w", "30m1h", "1h1h", "٣m", "1H", 30, None, True]
)
def test_anything_else_is_refused_with_examples(text: object) -> None:
    with pytest.raises(ValueError, match="should be a length of time such as 90s, 30m, 4h, 7d or 1h30m"):
        parse_duration(text)


def test_no_time_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="'0h' is no time at all: leave it out"):
        parse_duration("0h")


@pytest.mark.parametrize("text", ["366d", "365d1s", "999999999d"])
def test_what_would_never_come_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is more than 365d: make it shorter"):
        parse_duration(text)


@given(st.tuples(st.integers(0, 300), st.integers(0, 99), st.integers(0, 99), st.integers(1, 99)))
def test_the_parts_add_up(parts: tuple[int, int, int, int]) -> None:
    days, hours, minutes, seconds = parts
    text = f"{days}d{hours}h{minutes}m{seconds}s"
    assert parse_duration(text) == ((days * 24 + hours) * 60 + minutes) * 60 + seconds
