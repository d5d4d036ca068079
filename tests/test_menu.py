"""The menu: a schema that the Messages API takes, and answers read back as steps or refused in short words."""

import json
from typing import Literal, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue

from agents.deploy import agent as deploy
from bot.menu import InvalidOutput, Menu, step_version
from bot.playground.model.schema import schema_problem
from bot.steps import STANDARD, Action, DoneForNow, Query, RequestHumanInput, Step
from tests.example_steps import LookUp, Pay


class Item(BaseModel):
    name: str
    size: Literal["s", "m"] = "s"


class Order(Action):
    """Order some items."""

    items: list[Item]
    first: Item
    note: str = ""


class Repeat(Query):
    """Look at another step."""

    of: LookUp


MENU = Menu((LookUp, Pay, Order, *STANDARD))


def answer(step: str, **fields: object) -> str:
    return json.dumps({"next": {"step": step, "why": "because", **fields}})


def variants(menu: Menu) -> list[dict[str, JsonValue]]:
    offered = cast("dict[str, dict[str, dict[str, list[dict[str, JsonValue]]]]]", menu.schema)
    return offered["properties"]["next"]["anyOf"]


# --- the schema ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [STANDARD, (LookUp, Pay, Order, *STANDARD), (*deploy.own_steps(), *STANDARD)])
def test_the_schema_is_one_that_the_api_takes(steps: tuple[type[Step], ...]) -> None:
    assert schema_problem(cast("dict[str, JsonValue]", Menu(steps).schema)) is None


def test_every_step_is_offered_by_its_name_with_its_docstring() -> None:
    properties = [cast("dict[str, dict[str, str]]", variant["properties"]) for variant in variants(MENU)]
    assert [own["step"]["const"] for own in properties] == list(MENU.steps)
    assert variants(MENU)[0]["description"] == "Look something up."


def test_every_step_begins_with_its_name_and_the_reason() -> None:
    for variant in variants(MENU):
        assert list(cast("dict[str, JsonValue]", variant["properties"]))[:2] == ["step", "why"]
        assert cast("list[str]", variant["required"])[:2] == ["step", "why"]


def test_shared_definitions_stand_once_at_the_top() -> None:
    assert set(cast("dict[str, JsonValue]", MENU.schema["$defs"])) == {"Item", "Options"}
    assert '"$defs":' not in json.dumps(MENU.schema["properties"])


def test_a_step_within_a_step_keeps_its_definition() -> None:
    menu = Menu((LookUp, Repeat))
    assert schema_problem(cast("dict[str, JsonValue]", menu.schema)) is None
    assert menu.parse(answer("repeat", of={"what": "x"})).step == Repeat(of=LookUp(what="x"))


def test_the_version_follows_the_steps() -> None:
    assert MENU.version == Menu((LookUp, Pay, Order, *STANDARD)).version
    assert MENU.version != Menu((LookUp, Pay, *STANDARD)).version


def test_another_form_of_a_step_has_another_version() -> None:
    assert step_version(Pay) == step_version(Pay)
    assert step_version(Pay) != step_version(LookUp)


# --- the answer ----------------------------------------------------------------------------------------------------


def test_an_answer_is_read_back_as_the_step_and_the_models_words() -> None:
    chosen = MENU.parse(answer("order", items=[{"name": "x"}], first={"name": "y", "size": "m"}))
    assert chosen.step == Order(items=[Item(name="x")], first=Item(name="y", size="m"))
    assert chosen.why == "because"


def test_the_reason_is_part_of_no_hash() -> None:
    one = MENU.parse('{"next": {"step": "pay", "why": "a", "amount": 2}}')
    other = MENU.parse('{"next": {"step": "pay", "why": "b", "amount": 2}}')
    assert one.why != other.why
    assert one.step.call_hash() == other.step.call_hash()


def test_the_order_of_the_fields_is_part_of_no_hash() -> None:
    one = MENU.parse('{"next": {"step": "done_for_now", "why": "", "message": "m"}}')
    other = MENU.parse('{"next": {"message": "m", "why": "", "step": "done_for_now"}}')
    assert one.step.call_hash() == other.step.call_hash() == DoneForNow(message="m").call_hash()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("I would rather talk.", "not JSON"),
        ('{"next": {"step": "pay", "why": "", "amount": NaN}}', "not JSON: expected value"),
        ('{"next": {"step": "pay", "why": "\\ud800"}}', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("null", '"next"'),
        ("[]", '"next"'),
        ("{}", '"next"'),
        ('{"next": "pay"}', '"next"'),
        ('{"next": {}}', "There is no step 'None'. The steps are: look_up, pay, order"),
        ('{"next": {"step": "fly", "why": ""}}', "There is no step 'fly'"),
        ('{"next": {"step": ["pay"], "why": ""}}', "There is no step"),
        ('{"next": {"step": "done_for_now", "why": ""}}', "done_for_now: message: Field required"),
        ('{"next": {"step": "done_for_now", "why": "", "message": ""}}', "at least 1 character"),
        ('{"next": {"step": "pay", "why": "", "currency": "EUR"}}', "pay: currency: Extra inputs"),
        ('{"next": {"step": "order", "why": "", "items": [{}], "first": {"name": ""}}}', "items.0.name"),
    ],
)
def test_what_is_no_step_is_refused_in_words_that_help(text: str, said: str) -> None:
    with pytest.raises(InvalidOutput) as raised:
        MENU.parse(text)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        answer("x" * 100_000),
        answer("pay", **{f"field{number}": 1 for number in range(1_000)}),
        answer("pay", amount="x" * 100_000),
        "x" * 100_000,
    ],
)
def test_a_refusal_is_short_however_long_the_answer_was(text: str) -> None:
    with pytest.raises(InvalidOutput) as raised:
        MENU.parse(text)
    assert len(str(raised.value)) < 800


@given(st.text() | st.text().map(lambda text: json.dumps({"next": {"step": "pay", "why": text, "x": text}})))
def test_no_answer_makes_more_than_a_refusal(text: str) -> None:
    with pytest.raises(InvalidOutput):
        MENU.parse(text)


@given(st.text())
def test_any_reason_can_be_stored(why: str) -> None:
    assert MENU.parse(answer("pay", why=why)).why.encode() == why.encode()


@pytest.mark.parametrize("why", [None, 7, ["a"]])
def test_a_reason_of_another_kind_becomes_text(why: object) -> None:
    assert MENU.parse(answer("pay", why=why)).why == str(why)


def test_a_missing_reason_is_no_reason_to_refuse() -> None:
    assert MENU.parse('{"next": {"step": "pay"}}').why == ""


def test_nested_options_are_read_back() -> None:
    text = answer(
        "request_human_input", question="Which?", options={"format": "multiple_choice", "choices": ["a", "b"]}
    )
    step = MENU.parse(text).step
    assert isinstance(step, RequestHumanInput)
    assert step.options.choices == ("a", "b")
    assert step.problem() is None
