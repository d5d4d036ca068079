"""Which files count as text, and what their bytes say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.slack.files import MOST_BYTES, decoded, is_text
from channels.slack.payloads import File


@pytest.mark.parametrize(
    ("name", "mimetype", "text"),
    [
        ("a.log", "text/plain", True),
        ("a", "text/x-python; charset=utf-8", True),
        ("a.json", "application/json", True),
        ("a.yml", "application/octet-stream", True),
        ("A.TXT", None, True),
        ("a.png", "image/png", False),
        ("a.svg.txt", "image/svg+xml", False),
        ("a.pdf", "application/pdf", False),
        ("a.html", "text/plain", False),
        ("a", "text/html", False),
        (None, None, False),
    ],
)
def test_what_counts_as_text(name: str | None, mimetype: str | None, text: bool) -> None:  # noqa: FBT001 - a table
    assert is_text(File(name=name, mimetype=mimetype)) is text


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        ("é".encode(), "", "é"),
        (b"\xef\xbb\xbfhi", "", "hi"),
        ("hé".encode("utf-16"), "", "hé"),
        ("é".encode("latin-1"), "iso-8859-1", "é"),
        (b"caf\xe9", "", "café"),
        (b"caf\xe9", "no-such-charset", "café"),
        (b"\x00\x01", "", None),
        (bytes(range(128, 160)) * 9, "", None),
        (b"", "", ""),
    ],
)
def test_bytes_become_text_or_are_none(content: bytes, charset: str, text: str | None) -> None:
    assert decoded(content, charset) == text


@given(st.text(alphabet="aé€😀", min_size=1, max_size=20))
def test_a_character_that_the_cap_cuts_in_two_does_not_change_the_encoding(part: str) -> None:
    text = part * MOST_BYTES
    cut = text.encode()[:MOST_BYTES]
    found = decoded(cut)
    assert found is not None
    assert text.startswith(found)
    assert len(cut) - len(found.encode()) < 4
