"""What tools return, as the log takes it."""

import math
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.bodies import DataBody
from bot.entries import Unreadable, decode, encode
from bot.events import StepFinished
from bot.runtime import jsonable

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters()), inner, max_size=3),
    max_leaves=6,
)


@given(anything)
def test_whatever_a_tool_returns_can_be_stored_and_read_back(value: object) -> None:
    result = jsonable(value)
    event = decode(encode(StepFinished(call="c1", body=DataBody(data=result))))
    assert not isinstance(event, Unreadable)
    assert isinstance(event, StepFinished)
    assert event.body == DataBody(data=result, salt=event.body.salt if event.body else "")


def test_a_name_of_a_file_that_is_no_utf8_loses_a_character_and_not_the_result() -> None:
    assert jsonable({"file": b"caf\xe9".decode(errors="surrogateescape")}) == {"file": "caf?"}


def test_what_is_no_number_is_said_in_words() -> None:
    assert jsonable([math.nan, math.inf]) == ["NaN", "Infinity"]


def test_models_and_times_are_welcome() -> None:
    assert jsonable(DataBody(data=1)) == {"salt": "", "data": 1}
    assert jsonable(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00Z"
