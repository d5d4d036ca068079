"""What is delivered: whatever a model or a stranger writes, Slack takes it, and nobody is called by it."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from bot.places import Card, Content, Decision, Notice, StatusLine, Text
from bot.playground.slack import Pings
from bot.playground.slack.text import pings
from bot.playground.slack.validate import message_blocks
from bot.visible import exact
from channels.slack.call_view import value_text
from channels.slack.cards import APPROVE, CHOOSE, REJECT, SAY
from channels.slack.limits import TEXT, faults
from channels.slack.render import render
from channels.slack.wire import JsonObject, array, as_objects, as_text
from tests.channels.slack.cards import APPROVAL, APPROVED, DOUBT, OPEN_QUESTION, QUESTION, REQUEST

SOME = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])  # big values take time
NASTY = st.sampled_from(
    [
        "<!channel>", "<!here|x>", "<@U0ANA>", "<!subteam^S1>", "@channel", "@everyone", "<https://evil.test|bank>",
        "[bank](https://evil.test)", "![x](https://evil.test/p.png)", "https://evil.test/?a=1&b=<2>|c", "```", "`", "*",
        "**", "__", "~~", "\n# ", "\n- ", "\n> ", "&lt;!channel&gt;", "&amp;", "\u202e", "\u200b", "\ud800", "\r", "\0",
        "](", "<mailto:a@b.test|c>", "<#C0DEPLOYS|x>", "<!date^1^{date}^https://evil.test|now>", "\n\n", " ", "|", ">",
    ]
)  # fmt: skip
ANY_TEXT = st.lists(NASTY | st.text(max_size=10), max_size=5).map("".join)
LONG_TEXT = st.tuples(ANY_TEXT, st.sampled_from([2, 30, 200])).map(lambda made: made[0] * made[1])
JSON_VALUE: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT | LONG_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=5,
)
NAMED = st.dictionaries(ANY_TEXT, JSON_VALUE, max_size=4)
WORDS = ANY_TEXT | LONG_TEXT
CARDS = st.builds(
    Card,
    request=st.just(REQUEST),
    request_kind=st.sampled_from(["approval", "question", "doubt", "stuck"]),
    title=WORDS,
    agent=WORDS,
    step=st.none() | WORDS,
    arguments=NAMED,
    snapshot=NAMED,
    changed=st.dictionaries(ANY_TEXT, st.lists(JSON_VALUE, min_size=2, max_size=2), max_size=3),
    why=WORDS,
    text=WORDS,
    context=WORDS,
    asked_by=WORDS,
    approvers=st.lists(WORDS, max_size=3).map(tuple),
    options=st.lists(ANY_TEXT, max_size=10).map(tuple),
    format=st.sampled_from(["free_text", "yes_no", "multiple_choice", None]),
    urgency=st.sampled_from(["low", "high"]),
    digest8=st.just("0123abcd"),
    expires_at=st.just(APPROVAL.expires_at),
    thread=WORDS,
)
APPROVALS = CARDS.map(lambda card: card.model_copy(update={"request_kind": "approval"}))
DECISIONS = st.builds(
    Decision,
    card=CARDS,
    outcome=st.sampled_from(["approved", "rejected", "answered", "expired", "withdrawn"]),
    by=WORDS,
    reason=WORDS,
    at=st.just(APPROVED.at),
)
CONTENT = (
    CARDS
    | DECISIONS
    | st.builds(Text, markdown=WORDS)
    | st.builds(StatusLine, markdown=WORDS)
    | st.builds(Notice, markdown=WORDS, to=st.just("T0ACME/U0ANA"))
)
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


def runs(value: JsonValue) -> Iterator[str]:
    """Every text in a rich text, as a reader sees it."""
    if isinstance(value, list):
        for item in value:
            yield from runs(item)
    elif isinstance(value, dict):
        if value.get("type") == "text":
            yield as_text(value.get("text"))
        for item in value.values():
            yield from runs(item)


def buttons(blocks: list[JsonObject]) -> list[str]:
    """The action ids on a card, in order."""
    return [
        as_text(found["action_id"])
        for block in blocks
        for found in as_objects(block.get("elements"))
        if "action_id" in found
    ]


def blocks_of(content: Content) -> list[JsonObject]:
    """The blocks of the one message that this becomes."""
    (message,) = render(content)
    return message.blocks


@SOME
@given(CONTENT)
def test_slack_takes_whatever_is_rendered(content: Content) -> None:
    for message in render(content):
        assert [*faults(message.blocks)] == []
        message_blocks(array(message.blocks))
        assert 0 < len(message.text) <= TEXT


@SOME
@given(CONTENT)
def test_no_text_calls_anybody(content: Content) -> None:
    for message in render(content):
        assert pings(message.text, message.blocks, link_names=True) == Pings()


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


def test_a_card_says_what_is_asked_by_whom_with_what_and_until_when() -> None:
    shown = str(blocks_of(APPROVAL))
    for part in ("Deploy service", "Ana Lima", "deploy_service", "production", "0f3c2d1", "Rob Wills", "0123abcd"):
        assert part in shown
    assert "Request qrst" in shown
    assert "The agent's words:" in shown
    assert "2027-01-02 03:04 UTC" in shown
    assert REQUEST not in render(APPROVAL)[0].text


def test_an_argument_that_reads_backwards_is_shown_by_its_code_points() -> None:
    card = APPROVAL.model_copy(update={"arguments": {"tag": "v1\u202e4.v", "environment": "prod\u200b"}})
    shown = str(blocks_of(card))
    assert "v1⟨U+202E⟩4.v" in shown
    assert "prod⟨U+200B⟩" in shown


def test_what_changed_is_shown_old_to_new() -> None:
    assert "0f3c2d1 → 77aa" in str(blocks_of(APPROVAL.model_copy(update={"changed": {"commit": ["0f3c2d1", "77aa"]}})))


@pytest.mark.parametrize("size", [9_000, 100_000])
def test_a_call_too_long_for_slack_says_how_much_is_missing_and_can_only_be_rejected(size: int) -> None:
    blocks = blocks_of(APPROVAL.model_copy(update={"arguments": {"sql": "x" * size, "last": "DROP"}}))
    if size == 9_000:
        assert buttons(blocks) == [APPROVE, REJECT]
        assert "x" * size in str(blocks)
    else:
        assert buttons(blocks) == [REJECT]
        missing = re.search(r"too long for Slack: ([0-9,]+) characters are not shown", str(blocks))
        assert missing is not None
        assert int(missing[1].replace(",", "")) + str(blocks).count("x") > size


def test_a_doubtful_call_too_long_for_slack_cannot_be_run_again_from_there() -> None:
    blocks = blocks_of(DOUBT.model_copy(update={"arguments": {"sql": "x" * 100_000}}))
    assert buttons(blocks) == [f"{CHOOSE}it_did", f"{CHOOSE}stop"]


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (APPROVAL, [APPROVE, REJECT]),
        (QUESTION, [f"{CHOOSE}backend", f"{CHOOSE}frontend"]),
        (OPEN_QUESTION, [SAY]),
        (DOUBT, [f"{CHOOSE}it_did", f"{CHOOSE}run_it", f"{CHOOSE}stop"]),
    ],
)
def test_each_kind_of_request_has_its_own_buttons(card: Card, expected: list[str]) -> None:
    assert buttons(blocks_of(card)) == expected


def test_a_decision_says_who_when_and_why_and_has_no_buttons() -> None:
    rejected = APPROVED.model_copy(update={"outcome": "rejected", "reason": "v1.4.0 broke staging"})
    shown = str(blocks_of(rejected))
    assert buttons(blocks_of(rejected)) == []
    for part in ("Rejected by Rob Wills", "v1.4.0 broke staging", "2027-01-01 00:00 UTC", "production"):
        assert part in shown


@pytest.mark.parametrize(("one", "other"), [("5", 5), ("true", True), ("", None), ("null", None), ("x ", "x")])
def test_two_values_that_differ_never_look_alike(one: JsonValue, other: JsonValue) -> None:
    assert value_text(one) != value_text(other)
