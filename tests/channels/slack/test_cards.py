"""Cards and decisions by example: what stands on them, and which buttons they have."""

import re

import pytest
from pydantic import JsonValue

from bot.places import Card
from channels.slack.buttons import APPROVE, ASK, CHOOSE, EDIT, GIVE, MORE, REJECT, SAY
from channels.slack.call_view import value_text
from channels.slack.cards import file_name, needs_file
from channels.slack.render import card_message, render
from channels.slack.wire import array
from tests.channels.slack.cards import APPROVAL, APPROVED, DOUBT, OPEN_QUESTION, QUESTION, REQUEST, STUCK, TAG
from tests.channels.slack.strategies import blocks_of, buttons, runs


def test_an_urgent_card_says_so_in_the_notification_too() -> None:
    (message,) = render(APPROVAL.model_copy(update={"urgency": "high", "mention": ("T0ACME/U0ROB",)}))
    assert message.text == "<@U0ROB> Urgent: Approval needed: Deploy service (asked by Ana Lima)"
    assert "Urgent" in str(message.blocks)


def test_a_card_says_what_is_asked_by_whom_with_what_and_until_when() -> None:
    shown = str(blocks_of(APPROVAL))
    for part in ("Deploy service", "Ana Lima", "deploy_service", "production", "0f3c2d1", "Rob Wills", "0123abcd"):
        assert part in shown
    assert "Request qrst" in shown
    assert "The agent's words:" in shown
    assert "2027-01-02 03:04 UTC" in shown
    assert REQUEST not in render(APPROVAL)[0].text


def test_a_card_says_whether_the_effect_can_be_undone() -> None:
    shown = str(blocks_of(APPROVAL.model_copy(update={"reversibility": "irreversible"})))
    assert "Asked by Ana Lima · Cannot be undone · Agent: deploy" in shown
    assert "undone" not in str(blocks_of(APPROVAL))


def test_an_argument_that_reads_backwards_is_shown_by_its_code_points() -> None:
    card = APPROVAL.model_copy(update={"arguments": {"tag": "v1\u202e4.v", "environment": "prod\u200b"}})
    shown = str(blocks_of(card))
    assert "v1⟨U+202E⟩4.v" in shown
    assert "prod⟨U+200B⟩" in shown


def test_what_changed_is_shown_old_to_new() -> None:
    assert "0f3c2d1 → 77aa" in str(blocks_of(APPROVAL.model_copy(update={"changed": {"commit": ["0f3c2d1", "77aa"]}})))


def test_what_a_person_changed_is_told_from_what_changed_by_itself() -> None:
    changed: dict[str, list[JsonValue]] = {"tag": ["v1.3.9", "v1.4.0"], "commit": ["0f3c2d1", "77aa"]}
    shown = [*runs(array(blocks_of(APPROVAL.model_copy(update={"changed": changed, "edited_by": "Rob Wills"}))))]
    mine = shown.index("Changed by Rob Wills, before → after")
    own = shown.index("Changed since this was last asked, before → after")
    assert "v1.3.9 → v1.4.0" in shown[mine:own]
    assert "0f3c2d1 → 77aa" in shown[own:]


@pytest.mark.parametrize(
    ("outcome", "expected"), [("edited", "Changed by Rob Wills"), ("given", "Given on by Rob Wills")]
)
def test_a_card_that_was_changed_or_given_on_says_by_whom_and_that_it_is_asked_again(
    outcome: str, expected: str
) -> None:
    reason = "Given to Bo; it is asked again."
    (message,) = render(APPROVED.model_copy(update={"outcome": outcome, "reason": reason}))
    assert expected in str(message.blocks)
    assert reason in str(message.blocks)
    assert message.text == f"Deploy service: {expected[0].lower()}{expected[1:]}"


@pytest.mark.parametrize("size", [9_000, 100_000])
def test_a_call_too_long_for_slack_says_how_much_is_missing_and_can_only_be_rejected(size: int) -> None:
    blocks = blocks_of(APPROVAL.model_copy(update={"arguments": {"sql": "x" * size, "last": "DROP"}}))
    if size == 9_000:
        assert buttons(blocks)[0] == APPROVE
        assert "x" * size in str(blocks)
    else:
        assert buttons(blocks) == [REJECT, ASK, GIVE]
        missing = re.search(r"too long for Slack: ([0-9,]+) characters are not shown", str(blocks))
        assert missing is not None
        assert int(missing[1].replace(",", "")) + str(blocks).count("x") > size


def test_a_doubtful_call_too_long_for_slack_cannot_be_run_again_from_there() -> None:
    blocks = blocks_of(DOUBT.model_copy(update={"arguments": {"sql": "x" * 100_000}}))
    assert buttons(blocks) == [f"{CHOOSE}it_did", f"{CHOOSE}stop", ASK, GIVE]


@pytest.mark.parametrize("card", [APPROVAL, DOUBT])
def test_with_a_file_below_it_a_long_call_can_be_let_run_and_the_card_names_the_file(card: Card) -> None:
    long = card.model_copy(update={"arguments": {"sql": "x" * 100_000}, "may_grant_s": 900})
    assert needs_file(long)
    coming, there = card_message(long, "coming").blocks, card_message(long, "there").blocks
    assert not {APPROVE, f"{CHOOSE}run_it", MORE} & {*buttons(coming)}
    assert buttons(there) == buttons(blocks_of(card.model_copy(update={"may_grant_s": 900})))
    assert file_name(long) == "call-qrst-0123abcd.txt"
    assert file_name(long) in str(there)
    assert "xxxx" in str(there), "its beginning is shown"


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (APPROVAL, [APPROVE, REJECT, ASK, GIVE]),
        (APPROVAL.model_copy(update={"fields": (TAG,)}), [APPROVE, REJECT, EDIT, ASK, GIVE]),
        (APPROVAL.model_copy(update={"fields": (TAG,), "may_grant_s": 900}), [APPROVE, REJECT, EDIT, ASK, MORE]),
        (QUESTION, [f"{CHOOSE}backend", f"{CHOOSE}frontend", ASK, GIVE]),
        (OPEN_QUESTION, [SAY, GIVE]),
        (DOUBT, [f"{CHOOSE}it_did", f"{CHOOSE}run_it", f"{CHOOSE}stop", ASK, GIVE]),
        (STUCK, [f"{CHOOSE}go_on", f"{CHOOSE}stop"]),
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
