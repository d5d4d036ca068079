"""What is delivered: whatever a model or a stranger writes, Slack takes it, and nobody is called by it."""

import re
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.places import Card, Content, Text
from bot.playground.slack import Pings
from bot.playground.slack.text import pings
from bot.playground.slack.validate import message_blocks
from bot.visible import exact
from channels.slack.buttons import APPROVE, GIVE, GRANT
from channels.slack.call_view import call_text, parts, value_text
from channels.slack.cards import Below
from channels.slack.checks import message_faults
from channels.slack.limits import TEXT
from channels.slack.render import card_message, render
from channels.slack.wire import array, as_objects, as_text
from tests.channels.slack.cards import APPROVED, REQUEST
from tests.channels.slack.strategies import APPROVALS, CARDS, CONTENT, SOME, WORDS, blocks_of, buttons, runs

LINK = re.compile(r"https?://[!-;=?-{}~]+")
DATE = re.compile(r"!date\^[0-9]+\^\{date_short_pretty\} at \{time\}\|[0-9: -]+ UTC")


def markup(value: JsonValue) -> Iterator[str]:
    """Every text that Slack reads as mrkdwn."""
    if isinstance(value, list):
        for item in value:
            yield from markup(item)
    elif isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield as_text(value.get("text"))
        for item in value.values():
            yield from markup(item)


@SOME
@given(CONTENT)
def test_slack_takes_whatever_is_rendered(content: Content) -> None:
    for message in render(content):
        assert [*message_faults(message.blocks)] == []
        message_blocks(array(message.blocks))
        assert 0 < len(message.text) <= TEXT


@SOME
@given(CONTENT)
def test_no_text_calls_anybody(content: Content) -> None:
    for message in render(content):
        assert pings(message.text, message.blocks, link_names=True) == Pings()


MENTIONED = ("T0ACME/U0ROB", "T0ACME/U0MIA", "T0ACME/<!channel>", "U0ANA", "T0ACME/C0DEPLOYS")


@SOME
@given(CARDS)
def test_an_urgent_card_calls_those_whom_the_core_names_and_nobody_else(card: Card) -> None:
    (message,) = render(card.model_copy(update={"mention": MENTIONED}))
    expected = ("U0ROB", "U0MIA") if card.urgency == "high" else ()
    assert pings(message.text, message.blocks, link_names=True) == Pings(users=expected)
    assert [*message_faults(message.blocks)] == []


@SOME
@given(WORDS)
def test_a_reminder_calls_those_whom_the_core_names_once_and_nobody_else(text: str) -> None:
    first, *others = render(Text(markdown=text, mention=MENTIONED))
    assert pings(first.text, first.blocks, link_names=True) == Pings(users=("U0ROB", "U0MIA"))
    assert all(pings(other.text, other.blocks, link_names=True) == Pings() for other in others)
    assert [*message_faults(first.blocks)] == []


@SOME
@given(CONTENT)
def test_the_only_markup_in_brackets_is_a_visible_address_or_our_own_date(content: Content) -> None:
    for message in render(content):
        for text in [message.text, *markup(array(message.blocks))]:
            inside = re.findall(r"<([^<>]*)>", text)
            assert all(LINK.fullmatch(found) or DATE.fullmatch(found) for found in inside)
            assert text.count("<") == text.count(">") == len(inside)


@SOME
@given(CONTENT)
def test_nothing_invisible_gets_through(content: Content) -> None:
    for message in render(content):
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\ufeff\0\r\ud800]", str(message))


@SOME
@given(CARDS)
def test_buttons_carry_the_request_and_nothing_else(card: Card) -> None:
    elements = [found for block in blocks_of(card) for found in as_objects(block.get("elements"))]
    assert {as_text(found["value"]) for found in elements if "value" in found} <= {REQUEST}
    options = [as_text(option["value"]) for found in elements for option in as_objects(found.get("options"))]
    assert set(options) <= {f"{GIVE}|{REQUEST}", f"{GRANT}|{REQUEST}"}


@SOME
@given(APPROVALS)
def test_a_call_that_can_be_approved_is_shown_to_the_last_character(card: Card) -> None:
    blocks = blocks_of(card)
    if APPROVE not in buttons(blocks):
        return
    shown = {*runs(array(blocks))}
    assert {exact(value_text(value)) for value in [*card.arguments.values(), *card.snapshot.values()]} <= shown


@SOME
@given(APPROVALS)
def test_a_call_that_is_approved_whole_is_shown_whole_afterwards(card: Card) -> None:
    if APPROVE not in buttons(blocks_of(card)):
        return
    decision = APPROVED.model_copy(update={"card": card, "reason": "because " * 100})
    assert "characters are not shown here" not in str(blocks_of(decision)) or "not shown here" in str(card)


@SOME
@given(CARDS, st.sampled_from(["coming", "there"]))
def test_slack_takes_a_card_with_a_file_too(card: Card, below: Below) -> None:
    message = card_message(card, below)
    assert [*message_faults(message.blocks)] == []
    message_blocks(array(message.blocks))


@SOME
@given(CARDS)
def test_the_file_has_every_value_exactly_and_none_can_pass_for_the_name_of_another(card: Card) -> None:
    text = call_text(card)
    for value in [*card.arguments.values(), *card.snapshot.values()]:
        shown = exact(value_text(value))
        assert "\n".join(f"    {row}" for row in shown.split("\n")) in text
    assert "Digest: 0123abcd" in text
    outside = [row for row in text.split("\n") if row and not row.startswith("    ")]
    headings = 4 + 1 + sum(1 for _ in parts(card))
    assert len(outside) == headings
