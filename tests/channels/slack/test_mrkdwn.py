"""Markdown into mrkdwn, and long texts into pieces."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.slack.mrkdwn import convert, pieces


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("**bold** and *italic*, ~~gone~~", "*bold* and _italic_, ~gone~"),
        ("__bold__ and snake_case_name", "*bold* and snake_case_name"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("# A heading #", "*A heading*"),
        ("- one\n  * two", "• one\n  • two"),
        ("`a < b` & c", "`a &lt; b` &amp; c"),
        ("```python\nif a < b: **x**\n```", "```\nif a &lt; b: **x**\n```"),
        ("```\nnever closed", "```\nnever closed\n```"),
        ("see https://acme.test/a?b=1&c=2.", "see <https://acme.test/a?b=1&amp;c=2>."),
        ("[the docs](https://acme.test)", "the docs (<https://acme.test>)"),
        ("[x](javascript:alert)", "x (javascript:alert)"),
        ("![chart](https://acme.test/p.png)", "chart (<https://acme.test/p.png>)"),
        ("https://аcme.test", "https://аcme.test"),  # noqa: RUF001 - a Cyrillic a, on purpose: not made a link
        ("<!channel> <@U0ANA>", "&lt;!channel&gt; &lt;@U0ANA&gt;"),
        ("@channel, mail ops@here.test", "@ channel, mail ops@ here.test"),
        ("a\u202eb", "a⟨U+202E⟩b"),
    ],
)
def test_what_it_becomes(markdown: str, expected: str) -> None:
    assert convert(markdown) == expected


ROWS = st.lists(
    st.sampled_from(["```", "word " * 9, "x" * 90, "<https://acme.test/a>" * 3, "&amp;&lt;" * 9, "", "`c`", "é" * 30]),
    max_size=40,
).map("\n".join)


@settings(deadline=None)
@given(ROWS, st.integers(60, 200))
def test_no_piece_is_too_long(text: str, most: int) -> None:
    assert all(len(piece) <= most for piece in pieces(text, most))


@settings(deadline=None)
@given(ROWS, st.integers(60, 200))
def test_no_link_and_no_escaped_character_is_torn(text: str, most: int) -> None:
    for piece in pieces(text, most):
        assert piece.count("<") == piece.count(">")
        assert piece.count("&") == piece.count(";")


@settings(deadline=None)
@given(ROWS, st.integers(60, 200))
def test_nothing_is_lost(text: str, most: int) -> None:
    def kept(some: str) -> str:
        return "".join(some.replace("```", "").split())

    assert kept("".join(pieces(text, most))) == kept(text)


@settings(deadline=None)
@given(ROWS, st.integers(60, 200))
def test_every_piece_closes_its_code_blocks(text: str, most: int) -> None:
    *early, _ = [*pieces(text, most), ""]
    assert all(piece.split("\n").count("```") % 2 == 0 for piece in early[:-1])
