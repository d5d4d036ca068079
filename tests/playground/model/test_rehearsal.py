"""How a rule is chosen: what is on offer, what is known, and what was tried before."""

import pytest
from pydantic import JsonValue, ValidationError

from bot.playground.model.rehearsal import choose
from bot.playground.model.rules import Rule
from tests.playground.model.offered import (
    ASKED,
    DEPLOYING,
    DONE,
    PLEASE,
    PREFETCHED,
    PRODUCTION,
    SYSTEM,
    TRIAGE_SCHEMA,
    chosen,
    message,
    result,
    schema_of,
    step,
)


@pytest.mark.parametrize("text", ["", "help", "hello there", "&lt;prefetched&gt;"])
def test_message_that_asks_for_nothing_hears_what_can_be_done(text: str) -> None:
    choice = chosen(PREFETCHED, message(text))
    assert (choice.step, "deploy backend v1.4.0" in str(choice.fields["message"])) == ("done_for_now", True)


@pytest.mark.parametrize(
    ("text", "missing", "choices"),
    [
        ("deploy backend", "environment", ["staging", "production"]),
        ("deploy to staging", "service", ["backend", "frontend"]),
    ],
)
def test_what_is_missing_is_asked_for(text: str, missing: str, choices: list[str]) -> None:
    choice = chosen(PREFETCHED, message(text))
    assert choice.step == "request_human_input"
    assert missing in str(choice.fields["question"])
    assert choice.fields["options"] == {"urgency": "medium", "format": "multiple_choice", "choices": choices}


def test_tag_is_asked_for_when_none_is_known() -> None:
    assert chosen(message("deploy backend to staging")).rule == "ask for the tag"


def test_words_of_a_task_that_is_done_are_forgotten() -> None:
    thread = (PREFETCHED, PLEASE, DEPLOYING, result(2, {}), DONE)
    assert chosen(*thread, message("deploy frontend", 5)).rule == "ask for the environment"


def test_invalid_output_is_made_good_by_choosing_again() -> None:
    invalid = '<invalid n="2">\nno such step\n</invalid>'
    assert chosen(PREFETCHED, PLEASE, invalid).fields == PRODUCTION


def test_why_says_plainly_what_the_message_asks() -> None:
    assert chosen(PLEASE).why == "The message asks to deploy backend v1.9.0 to production."


@pytest.mark.parametrize(
    ("text", "agent"),
    [
        ("deploy backend v1.9.0 to production", "deploy"),
        ("which tags are there", "deploy"),
        ("I want a refund for order 1001", "support"),
    ],
)
def test_triage_hands_over_by_subject(text: str, agent: str) -> None:
    choice = chosen(message(text), schema=TRIAGE_SCHEMA)
    assert (choice.step, choice.fields) == ("hand_off", {"agent": agent})


def test_triage_says_what_can_be_done_when_no_agent_looks_after_it() -> None:
    choice = chosen(message("where is my parcel"), schema=TRIAGE_SCHEMA, system="The agents: deploy.")
    assert (choice.step, choice.rule) == ("done_for_now", "what the bot can do")


def test_agents_listed_in_the_schema_count_and_no_others() -> None:
    schema = schema_of(
        {
            "hand_off": {"agent": {"type": "string", "enum": ["support"]}},
            "done_for_now": {"message": {"type": "string"}},
        }
    )
    assert chosen(message("where is my parcel"), schema=schema, system="").step == "hand_off"
    assert chosen(message("deploy something"), schema=schema, system=SYSTEM).step == "done_for_now"


def test_rule_whose_step_is_not_offered_is_passed_over() -> None:
    schema = schema_of({"done_for_now": {"message": {"type": "string"}}})
    assert chosen(PREFETCHED, PLEASE, schema=schema).step == "done_for_now"


def test_field_that_the_step_does_not_have_is_left_out() -> None:
    schema = schema_of({"deploy_service": {"service": {"type": "string"}, "tag": {"type": "string"}}})
    assert chosen(PLEASE, schema=schema).fields == {"service": "backend", "tag": "v1.9.0"}


def test_required_field_that_no_rule_knows_becomes_null_where_it_may() -> None:
    nothing: JsonValue = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    schema = schema_of({"withdraw": {"reason": nothing}})
    assert chosen(*ASKED, message("cancel", 4), schema=schema).fields == {"reason": None}


def test_schema_that_offers_no_steps_gets_no_choice() -> None:
    assert choose([PLEASE], {"type": "object"}) is None


ROW = {"after": "failed", "why": "w", "say": "s"}


@pytest.mark.parametrize(
    "wrong",
    [{"after": "exploded"}, {"step": "reply"}, {"say": ""}, {"whne": "now"}, {"text": "("}],
    ids=["an unknown event", "both step and say", "neither", "a misspelt condition", "a broken pattern"],
)
def test_wrong_rule_is_an_error_when_it_is_read(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate({**ROW, **wrong})


def test_right_rule_is_read() -> None:
    assert Rule.model_validate(ROW).after == ("failed",)


def test_a_release_report_has_tables_of_what_is_known_and_of_what_was_looked_up() -> None:
    asked = (PREFETCHED, message("write the release report"))
    assert chosen(*asked).fields == {"old": "v1.2.0", "new": "v1.10.0"}
    found = result(2, {"commits": [{"id": "0f3c2d1", "subject": "Pay | by invoice"}]})
    said = str(chosen(*asked, step(2, "what_changed", old="v1.2.0", new="v1.10.0"), found).fields["message"])
    assert "| id | subject |\n| --- | --- |\n| 0f3c2d1 | Pay \\| by invoice |" in said
    assert "- v1.9.0" in said.partition("## Versions")[2].partition("## Deployed")[0]
