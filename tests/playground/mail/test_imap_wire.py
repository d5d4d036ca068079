"""The grammar of IMAP: whatever a client sends is read, or refused as such."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.mail.imap_wire import BadCommandError, members, parse, quoted


@given(st.text())
def test_any_line_is_read_or_refused(line: str) -> None:
    try:
        parse([(line, False)])
    except BadCommandError as error:
        assert str(error)  # noqa: PT017 - either outcome is right


@given(st.lists(st.text(st.characters(exclude_characters="\r\n")), max_size=4))
def test_quoted_strings_are_read_back(words: list[str]) -> None:
    line = " ".join(map(quoted, words))
    assert parse([(f"({line})", False)]) == (tuple(words),)


@pytest.mark.parametrize(
    ("sequence_set", "expected"),
    [("2", [2]), ("1:2,9", [1, 2, 9]), ("5:*", [5, 9]), ("*", [9]), ("*:5", [5, 9]), ("100:*", [9]), ("3:4", [])],
)
def test_sets_of_numbers(sequence_set: str, expected: list[int]) -> None:
    assert [*members(sequence_set, [1, 2, 5, 9])] == expected


@pytest.mark.parametrize("sequence_set", ["", "a", "1:", ":1", "1,,2", "-1", "\u00b2", "9" * 5000])
def test_what_is_no_set_is_refused(sequence_set: str) -> None:
    with pytest.raises(BadCommandError):
        members(sequence_set, [1])
