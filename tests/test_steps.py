"""Steps: their names, hashes and what their authors may say about them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from bot.steps import Action, Ask, Facts, Options, Principal, RequestHumanInput, hash_of
from tests.example_steps import Fire, LookUp, Pay, Post, Sync


class IssueRefund(Action):
    """Pay  a customer back."""

    order_id: str
    amount: Decimal = Field(gt=0)


def principal(trust: str) -> Principal:
    return Principal(id="ana", name="Ana", trust=trust)


def test_a_step_is_offered_under_its_class_name() -> None:
    assert (IssueRefund.name(), LookUp.name()) == ("issue_refund", "look_up")


def test_the_docstring_is_the_description_with_single_spaces() -> None:
    assert IssueRefund.description() == "Pay a customer back."


def test_a_step_survives_being_stored() -> None:
    step = IssueRefund(order_id="7", amount=Decimal("19.90"))
    assert IssueRefund.model_validate(step.arguments()) == step
    assert IssueRefund.model_validate(step.arguments()).call_hash() == step.call_hash()


@given(st.text(), st.text())
def test_calls_with_other_arguments_have_other_hashes(one: str, other: str) -> None:
    assert (LookUp(what=one).call_hash() == LookUp(what=other).call_hash()) == (one == other)


def test_another_step_with_the_same_arguments_has_another_hash() -> None:
    assert Fire(at="x").call_hash() != hash_of({"step": "water", "arguments": {"at": "x"}})
    assert Fire(at="x").call_hash() == hash_of({"step": "fire", "arguments": {"at": "x"}})


def test_a_step_cannot_be_changed_and_takes_no_unknown_fields() -> None:
    with pytest.raises(ValidationError):
        setattr(Pay(), "amount", 2)  # noqa: B010  # a type checker would not let it pass
    with pytest.raises(ValidationError):
        Pay.model_validate({"amount": 1, "to": "me"})


def test_an_action_without_a_policy_asks_the_routes_approvers() -> None:
    assert Sync().policy(Facts(principal=principal("staff"))) == Ask()
    assert (Sync.policy_is_own(), Pay.policy_is_own()) == (False, True)


def test_only_a_step_that_says_so_can_be_checked() -> None:
    assert (Fire.can_check(), Pay.can_check()) == (True, False)


async def test_by_default_nobody_can_tell_and_there_is_nothing_to_take_down() -> None:
    assert await Post().happened(None, "key") is None
    assert await Post().snapshot(None, principal("staff")) == {}


@pytest.mark.parametrize(
    ("trust", "staff", "outsider"),
    [("staff", True, False), ("member", False, False), ("guest", False, True), ("outsider", False, True)],
)
def test_trust_tells_insiders_from_outsiders(trust: str, *, staff: bool, outsider: bool) -> None:
    assert (principal(trust).is_staff, principal(trust).is_outsider) == (staff, outsider)


@pytest.mark.parametrize(
    ("options", "fits"),
    [
        (Options(), True),
        (Options(format="yes_no"), True),
        (Options(format="multiple_choice", choices=("a", "b")), True),
        (Options(format="multiple_choice", choices=("a",)), False),
        (Options(format="multiple_choice", choices=tuple("abcdefghijk")), False),
        (Options(format="multiple_choice", choices=("a", "a")), False),
        (Options(format="multiple_choice", choices=("a", " ")), False),
        (Options(choices=("a", "b")), False),
        (Options(format="yes_no", choices=("ja", "nein")), False),
    ],
)
def test_a_question_whose_options_do_not_fit_is_refused(options: Options, *, fits: bool) -> None:
    assert (RequestHumanInput(question="Which?", options=options).problem() is None) == fits
