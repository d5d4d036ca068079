"""A heads file is what was exported, byte for byte, or it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audit.heads import Export, Head, HeadsError, read
from tests.builders import START

SECRET = b"a secret of the tests"
HEADS = [Head(thread=f"0{n}-abcdefghijklmnop", version=n + 1, seal="0" * 32, at=START + n) for n in range(3)]


def exported(heads: list[Head], secret: bytes = SECRET) -> bytes:
    """The file's bytes."""
    export = Export(secret)
    return "".join([*map(export.line, heads), export.last(START + 9)]).encode()


@pytest.mark.parametrize("heads", [HEADS, HEADS[:1], []], ids=["three", "one", "none"])
def test_what_was_exported_is_read_again(heads: list[Head]) -> None:
    found = read(exported(heads), SECRET)
    assert (list(found.threads.values()), found.at) == (heads, START + 9)


@given(st.data())
def test_any_changed_byte_is_refused(data: st.DataObject) -> None:
    raw = exported(HEADS)
    at = data.draw(st.integers(0, len(raw) - 1))
    other = data.draw(st.binary(max_size=2).filter(lambda new: new != raw[at : at + 1]))
    with pytest.raises(HeadsError):
        read(raw[:at] + other + raw[at + 1 :], SECRET)


@pytest.mark.parametrize("part", [slice(0), slice(1, None), slice(-1), slice(2)])
def test_a_file_that_lacks_lines_is_refused(part: slice) -> None:
    lines = exported(HEADS).splitlines(keepends=True)
    with pytest.raises(HeadsError):
        read(b"".join(lines[part]), SECRET)


def test_a_file_of_another_installation_is_refused() -> None:
    with pytest.raises(HeadsError, match="another BOT_SECRET"):
        read(exported(HEADS, b"another"), SECRET)


def test_two_files_cannot_be_joined() -> None:
    with pytest.raises(HeadsError):
        read(exported(HEADS[:1]) + exported(HEADS[1:]), SECRET)


@given(st.binary())
def test_anything_else_is_refused(raw: bytes) -> None:
    with pytest.raises(HeadsError):
        read(raw, SECRET)
