"""Markdown as Slack's blocks: what it becomes, that nothing is lost or torn, and that no text in it can act."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.places import Text
from bot.playground.slack import Pings
from bot.playground.slack.text import pings
from bot.playground.slack.validate import message_blocks
from channels.slack import kit
from channels.slack.checks import message_faults
from channels.slack.limits import WHOLE, weight
from channels.slack.pages import pages
from channels.slack.render import render
from channels.slack.wire import JsonObject, array, as_object, as_objects, as_text
from tests.channels.slack.strategies import NASTY, SOME


def blocks_of(markdown: str) -> list[JsonObject]:
    """The blocks of the one message that this becomes."""
    (found,) = pages(markdown)
    return found


def parts_of(markdown: str) -> list[JsonObject]:
    """The parts of the one rich text that this becomes."""
    (found,) = blocks_of(markdown)
    assert found["type"] == "rich_text"
    return as_objects(found["elements"])


def runs_of(markdown: str) -> list[JsonObject]:
    """The runs of the one paragraph that this becomes."""
    (found,) = parts_of(markdown)
    assert found["type"] == "rich_text_section"
    return as_objects(found["elements"])


def text(*styles: str, of: str) -> JsonObject:
    """A run of text."""
    made: JsonObject = {"type": "text", "text": of}
    return {**made, "style": dict.fromkeys(styles, True)} if styles else made


def link(url: str) -> JsonObject:
    """A run that can be clicked, and shows where it leads."""
    return {"type": "link", "url": url}


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("a **b _c_** `d` ~~e~~", [
            text(of="a "), text("bold", of="b "), text("bold", "italic", of="c"), text(of=" "),
            text("code", of="d"), text(of=" "), text("strike", of="e"),
        ]),
        ("[the docs](https://acme.test/a)", [text(of="the docs ("), link("https://acme.test/a"), text(of=")")]),
        ("[https://bank.test](https://evil.test)", [
            link("https://bank.test"), text(of=" ("), link("https://evil.test"), text(of=")"),
        ]),
        ("[https://acme.test](https://acme.test)", [link("https://acme.test")]),
        ("<https://acme.test>", [link("https://acme.test")]),
        ("see https://acme.test/a?b=1&c=2.", [text(of="see "), link("https://acme.test/a?b=1&c=2"), text(of=".")]),
        ("![chart](https://acme.test/p.png)", [text(of="chart ("), link("https://acme.test/p.png"), text(of=")")]),
        ("[x](javascript:alert)", [text(of="[x](javascript:alert)")]),
        ("[x](mailto:a@acme.test)", [text(of="x (mailto:a@acme.test)")]),
        ("[x](https://аcme.test)", [text(of="x ("), link("https://xn--cme-5cd.test"), text(of=")")]),  # noqa: RUF001
        ("<!channel> <@U0ANA> @here &lt;!here&gt;", [text(of="<!channel> <@U0ANA> @here <!here>")]),
        ("<b>bold</b>", [text(of="<b>bold</b>")]),
        ("one\ntwo", [text(of="one\ntwo")]),
        ("a\u202eb", [text(of="a⟨U+202E⟩b")]),
        ("a&#x202E;b [c&#8203;](https://acme.test/&#x202E;)", [
            text(of="a⟨U+202E⟩b c⟨U+200B⟩ ("), link("https://acme.test/%E2%80%AE"), text(of=")"),
        ]),
        ("", [text("italic", of="(nothing)")]),
    ],
)  # fmt: skip
def test_what_a_paragraph_becomes(markdown: str, expected: list[JsonObject]) -> None:
    assert runs_of(markdown) == expected


def test_a_heading_stands_out_and_one_with_a_link_shows_where_it_leads() -> None:
    assert blocks_of("# A *high* one") == [kit.header("A high one")]
    assert runs_of("### lower") == [text("bold", of="lower")]
    assert "https://evil.test" in str(blocks_of("# [Bank](https://evil.test)"))
    assert blocks_of("# " + "x" * 151)[0]["type"] == "rich_text", "too long for Slack's own"


def test_code_is_kept_to_the_character_and_ends_no_block() -> None:
    (code,) = parts_of("~~~python\nif a < b:\n    print('```<!channel>')\n~~~")
    assert code == kit.preformatted("if a < b:\n    print('```<!channel>')")


def test_lists_nest_and_go_on_counting_after_what_is_nested() -> None:
    found = parts_of("3. three\n   - inner\n4. four\n\n   ```\n   code\n   ```\n5. five")
    assert [(part["type"], part.get("style"), part.get("indent"), part.get("offset")) for part in found] == [
        ("rich_text_list", "ordered", 0, 2),
        ("rich_text_list", "bullet", 1, None),
        ("rich_text_list", "ordered", 0, 3),
        ("rich_text_preformatted", None, None, None),
        ("rich_text_list", "ordered", 0, 4),
    ]


def test_a_quotation_is_one_with_whatever_is_in_it() -> None:
    found = parts_of("> said\n>\n> - this\n>\n> ```\n> x\n> ```")
    assert [(part["type"], part.get("border")) for part in found] == [
        ("rich_text_quote", None),
        ("rich_text_list", 1),
        ("rich_text_preformatted", 1),
    ]


TABLE = "| Name | Sum |\n|:--|--:|\n| `a` | 1 |\n| | [x](https://acme.test) |"


def test_a_table_is_slacks_own_with_its_columns_aligned() -> None:
    (found,) = blocks_of(TABLE)
    assert found["type"] == "table"
    assert found["column_settings"] == [{"align": "left", "is_wrapped": False}, {"align": "right", "is_wrapped": False}]
    rows = found["rows"]
    assert isinstance(rows, list)
    assert rows[0] == [kit.rich(kit.paragraph(text("bold", of=name))) for name in ("Name", "Sum")]
    assert rows[1] == [kit.rich(kit.paragraph(text("code", of="a"))), {"type": "raw_text", "text": "1"}]
    assert as_object(as_objects(rows[2])[0]) == {"type": "raw_text", "text": " "}
    assert "https://acme.test" in str(rows[2])


def test_a_message_has_one_table_and_a_heading_goes_with_what_it_stands_above() -> None:
    found = pages(f"One\n\n{TABLE}\n\n## Two\n\n{TABLE}")
    assert [[block["type"] for block in page] for page in found] == [["rich_text", "table"], ["header", "table"]]


def test_a_long_table_goes_on_in_more_messages_each_with_its_head() -> None:
    rows = "\n".join(f"| {number} | x |" for number in range(250))
    found = pages(f"| Number | |\n|--|--|\n{rows}")
    tables = [block["rows"] for page in found for block in page]
    assert [len(table) if isinstance(table, list) else 0 for table in tables] == [100, 100, 53]
    assert all("Number" in str(table) for table in tables)


@pytest.mark.parametrize("columns", [21, 60])
def test_a_table_too_wide_for_slack_is_aligned_code(columns: int) -> None:
    head, line = "|".join(f"c{number}" for number in range(columns)), "|".join(["-"] * columns)
    (code,) = parts_of(f"|{head}|\n|{line}|\n|漢字|{'|'.join(['1'] * (columns - 1))}|")
    assert code["type"] == "rich_text_preformatted"
    first, _, last = as_text(as_objects(code["elements"])[0]["text"]).split("\n")
    assert first.startswith("c0   | c1")
    assert last.startswith("漢字 | 1 ")


def test_long_code_is_code_in_each_message() -> None:
    lines = "\n".join(f"{number}: {'x' * 60}" for number in range(600))
    found = pages(f"Look:\n\n```\n{lines}\n```")
    parts = [part for page in found for block in page[len(page) - 1 :] for part in as_objects(block["elements"])]
    code = [as_text(as_objects(part["elements"])[0]["text"]) for part in parts if part["type"].endswith("preformatted")]  # pyright: ignore[reportOptionalMemberAccess, reportAttributeAccessIssue, reportUnknownMemberType]
    assert "".join(code) == lines
    assert len(found) > 2


def test_what_fits_into_a_message_of_its_own_is_not_torn() -> None:
    filler, items = "word " * 1_500, "\n".join(f"- item {number} {'x' * 100}" for number in range(60))
    found = pages(f"{filler}\n\n## The list\n\n{items}")
    assert [[block["type"] for block in page] for page in found] == [["rich_text"], ["header", "rich_text"]]


def test_what_goes_below_an_answer_stands_in_its_last_message_and_there_is_room_for_who_is_called() -> None:
    below = kit.actions([kit.button("Good", "good", "x")])
    first, *_, last = pages("word " * 10_000, [below])
    assert last[-1] == below
    assert [*message_faults([kit.people(["U0ROB"] * 20), *first]), *message_faults(last)] == []


@pytest.mark.parametrize(
    ("markdown", "told"),
    [
        ("# Done\n\nAll **of** it, see [docs](https://acme.test)", "*Done* All of it, see docs (https://acme.test)"),
        ("- one <!channel>\n- two", "• one &lt;!channel&gt; • two"),
        ("word " * 100, "word " * 59 + "word…"),
        ("", "(nothing)"),
    ],
)
def test_a_notification_says_how_it_begins_in_words(markdown: str, told: str) -> None:
    (message,) = render(Text(markdown=markdown))
    assert message.text == told


def test_nothing_is_left_out_however_deep_it_is_nested() -> None:
    assert "innermost" in str(pages("> " * 90 + "innermost"))
    assert "innermost" in str(
        pages("".join(f"{'  ' * depth}- {depth}\n" for depth in range(80)) + "  " * 80 + "- innermost")
    )


FRAGMENTS = st.sampled_from(
    [
        "# ", "## heading\n", "- ", "  - ", "    1. ", "10) ", "> ", "> > ", "```\n", "~~~py\n", "    code\n", "---\n",
        "| a | b |\n|---|:-:|\n| 1 | 2 |\n", "| c ", "|\n", "\n\n", "\n", "**", "_", "~~", "`", "``", "![", "](", ")",
        "<!channel>", "<@U0ANA>", "<!subteam^S1>", "@channel ", "@here ", "&lt;!here&gt;", "<a href='x'>", "<!--",
        "[bank](https://evil.test/?q=1)", '![p](https://evil.test/p.png "t")', "[x]: https://evil.test\n", "[x]",
        "https://evil.test/a_b*c", "<https://evil.test>", "\\", "&amp;", "&#60;!channel&#62;", "&#x202E;", "\t",
        "漢字 ", "\u202e",
    ]
)  # fmt: skip
WORD = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=12)
LONG = st.sampled_from(["x" * 13_000, "word " * 4_000, "| wide " * 30 + "|\n" + "|-" * 30 + "|\n", "- item\n" * 400])
HOSTILE = st.lists(FRAGMENTS | WORD | NASTY | LONG, max_size=25).map("".join)


@SOME
@given(HOSTILE)
def test_every_message_is_one_that_slack_takes(markdown: str) -> None:
    for page in pages(markdown):
        assert [*message_faults(page)] == []
        message_blocks(array(page))
        assert weight(page) <= WHOLE


@SOME
@given(HOSTILE)
def test_nobody_is_called_and_no_picture_is_loaded(markdown: str) -> None:
    for page in pages(markdown):
        assert pings("", page, link_names=True) == Pings()
        kinds = {*types(array(page))}
        assert not kinds & {"mrkdwn", "markdown", "image", "user", "usergroup", "broadcast", "channel", "video"}


@SOME
@given(HOSTILE)
def test_nothing_invisible_gets_through(markdown: str) -> None:
    for page in pages(markdown):
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff\0\r\ud800]", str(page))


@SOME
@given(HOSTILE)
def test_a_link_shows_where_it_leads(markdown: str) -> None:
    for page in pages(markdown):
        for found in of_type(array(page), "link"):
            assert "text" not in found
            assert re.fullmatch(r"https?://[!-~]+", as_text(found["url"]))


@SOME
@given(
    st.lists(
        WORD.filter(str.isalnum) | st.sampled_from(["- ", "> ", "# ", "\n\n", "\n", "1. ", "`", "*", "**"]), max_size=40
    )
)
def test_no_word_is_lost(parts: list[str]) -> None:
    shown = "".join(str(found["text"]) for page in pages(" ".join(parts)) for found in [*texts(array(page))])
    for word in [part for part in parts if part.isalnum()]:
        assert word in shown or re.fullmatch("[0-9]+", word)  # which may be the number of an item


def of_type(value: JsonValue, kind: str) -> Iterator[JsonObject]:
    """Every object of this type."""
    if isinstance(value, list):
        for item in value:
            yield from of_type(item, kind)
    elif isinstance(value, dict):
        if value.get("type") == kind:
            yield value
        for item in value.values():
            yield from of_type(item, kind)


def types(value: JsonValue) -> Iterator[str]:
    """Every type that occurs."""
    if isinstance(value, list):
        for item in value:
            yield from types(item)
    elif isinstance(value, dict):
        yield as_text(value.get("type"))
        for item in value.values():
            yield from types(item)


def texts(value: JsonValue) -> Iterator[JsonObject]:
    """Every text that a reader sees."""
    for kind in ("text", "plain_text", "raw_text"):
        yield from of_type(value, kind)
