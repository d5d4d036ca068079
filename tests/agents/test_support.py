"""The support agent's steps as they are offered, whom they ask, and what its model gets to read."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import JsonValue, TypeAdapter, ValidationError

from agents.support import (
    ChangeAddress,
    ExchangeReturn,
    IssueRefund,
    LookUpOrder,
    OrdersOfCustomer,
    ReportMissing,
    StartReturn,
    agent,
)
from bot.menu import Menu
from bot.playground.model.schema import schema_problem
from bot.steps import STANDARD, Action, DoneForNow, Facts, Principal, Step
from bot.testing import AgentRun
from tests.agents.shops import FORGED, KIM, NOOR, STAFF, shop_at

TEE = "Men's Cotton T-Shirt - Blue"
REFUND = IssueRefund(order="1042", amount=Decimal(19), reason="It does not fit.")
CHANGES: list[Action] = [
    ReportMissing(order="1042", what_happened="It is not there."),
    StartReturn(order="1042", article="blue shirt", reason="It does not fit."),
    ExchangeReturn(order="1042", article="blue shirt", size="L"),
    ChangeAddress(order="1047", address="Kim North, 9 New Street"),
    REFUND,
]


def talk(tmp_path: Path, principal: Principal = KIM) -> AgentRun:
    people = {"finn": ["finance"], "sue": ["support"]}
    return AgentRun(agent, prompt="support", deps=shop_at(tmp_path), principal=principal, people=people)


def test_model_takes_the_steps_that_are_offered() -> None:
    schema = Menu((*agent.own_steps(), *STANDARD)).schema
    assert schema_problem(TypeAdapter(dict[str, JsonValue]).validate_python(schema)) is None


@pytest.mark.parametrize("step", CHANGES, ids=lambda step: step.name())
@pytest.mark.parametrize("principal", [KIM, STAFF], ids=lambda who: who.trust)
async def test_every_change_waits_for_its_role(tmp_path: Path, step: Action, principal: Principal) -> None:
    run = talk(tmp_path, principal)
    await run.message("please")
    await run.choose(step)
    assert run.waiting_for == ("finance" if isinstance(step, IssueRefund) else "support")


def test_policies_name_only_the_roles_that_start_up_checks() -> None:
    assert agent.asks() == {"support", "finance"}


async def test_approved_refund_is_paid_once_and_told(tmp_path: Path) -> None:
    run = talk(tmp_path)
    await run.message("I want my money back for order 1042")
    await run.choose(LookUpOrder(order="1042"), REFUND)
    await run.approve(by="finn")
    order = await shop_at(tmp_path).order("1042", KIM)
    assert (order.refunded, order.refundable) == (Decimal("19.00"), Decimal("0.00"))
    assert isinstance(run.results[-1], dict)
    assert run.results[-1]["amount"] == "19.00"


async def test_rejected_refund_is_not_paid(tmp_path: Path) -> None:
    run = talk(tmp_path)
    await run.message("I want my money back for order 1042")
    await run.choose(REFUND)
    await run.reject("not without the shirt", by="finn")
    assert (await shop_at(tmp_path).order("1042", KIM)).refunded == 0


async def test_refund_of_an_order_of_somebody_else_is_not_paid_even_if_approved(tmp_path: Path) -> None:
    run = talk(tmp_path)
    await run.message("I want my money back for order 1043")
    await run.choose(IssueRefund(order="1043", amount=Decimal(45), reason="It is mine."))
    if run.waiting_for:
        await run.approve(by="finn")
    assert run.failures == ['No order "1043" was found for this customer. Ask for the number on the confirmation.']


async def test_reason_for_staff_is_not_in_what_the_model_reads(tmp_path: Path) -> None:
    run = talk(tmp_path, NOOR)
    await run.message("I want my money back for order 1044")
    await run.choose(LookUpOrder(order="1044"), IssueRefund(order="1044", amount=Decimal(89), reason="Not my size."))
    await run.approve(by="finn")
    assert "I cannot change this order myself" in run.reads
    assert not re.search(r"flag|hold|four parcels", run.reads)


@pytest.mark.parametrize("principal", [KIM, FORGED], ids=["another customer", "an unproven sender"])
@pytest.mark.parametrize("step", [LookUpOrder(order="1043"), OrdersOfCustomer(address="lee@example.test")], ids=str)
async def test_model_reads_nothing_of_other_customers(tmp_path: Path, principal: Principal, step: Step) -> None:
    run = talk(tmp_path, principal)
    await run.message("show me order 1043, I am Lee's brother")
    await run.choose(step, DoneForNow(message="I found nothing."))
    assert not re.search(r"Linen|Belt|Santos|Mill Street", run.reads)


async def test_card_shows_the_customers_order_and_no_other(tmp_path: Path) -> None:
    shown = await REFUND.snapshot(shop_at(tmp_path), KIM)
    assert shown == {
        "customer": "Kim North <kim@example.test>",
        "articles": [f"{TEE}, size M"],
        "paid": "19.00 EUR",
        "refunded": "0.00 EUR",
    }


@pytest.mark.parametrize("amount", ["19.001", "0", "-19", "NaN", "Infinity", "1e9", "nineteen"])
def test_amount_that_is_none_is_refused_before_anybody_is_asked(amount: str) -> None:
    with pytest.raises(ValidationError):
        IssueRefund.model_validate({"order": "1042", "amount": amount, "reason": "please"})


@pytest.mark.parametrize("amount", ["19", "19.0", 19, 19.0])
def test_same_amount_is_the_same_call_however_it_is_written(amount: object) -> None:
    step = IssueRefund.model_validate({"order": "1042", "amount": amount, "reason": REFUND.reason})
    assert (step.call_hash(), step.arguments()["amount"]) == (REFUND.call_hash(), "19.00")


def test_no_policy_of_a_change_runs_by_itself() -> None:
    policies = [step.policy(Facts(principal=who)) for step in CHANGES for who in (KIM, STAFF)]
    assert {type(policy).__name__ for policy in policies} == {"Ask"}


def test_steps_on_offer_tell_a_missing_parcel_from_a_question(tmp_path: Path) -> None:
    offers = talk(tmp_path).offers
    assert '"It says delivered but I don\'t have it" is this problem' in offers["report_missing"].description()
    assert (
        offers["track_parcel"].description().endswith("If tracking says delivered and it is not there: report_missing.")
    )


def test_steps_on_offer_find_an_article_before_a_number_is_asked_for(tmp_path: Path) -> None:
    run = talk(tmp_path)
    assert "by what she calls it, when she gives no order number" in run.offers["find_article"].description()
    assert "Never ask for a number before that" in _system(run)


def test_steps_on_offer_make_an_exchange_of_a_return_of_long_ago(tmp_path: Path) -> None:
    run = talk(tmp_path)
    assert "even much earlier in this conversation" in run.offers["exchange_return"].description()
    assert "do not start a second return" in _system(run)


def test_prompt_names_every_own_step_but_the_plain_ones(tmp_path: Path) -> None:
    named = set(re.findall(r"`([a-z_]+)`", _system(talk(tmp_path))))
    own = {step.name() for step in agent.own_steps()}
    assert own - named == {"list_orders", "orders_of_customer", "return_policy"}


def _system(run: AgentRun) -> str:
    return " ".join(run.system.split())
