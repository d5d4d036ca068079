"""Whole conversations with the support agent, in which the rehearsal chooses among the steps on offer."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.agents.shops import FORGED, IDA, KIM, LEE, SAM, STAFF, Conversation, shop_at

TEE = "Men's Cotton T-Shirt - Blue"


@pytest.fixture
def kim(tmp_path: Path) -> Conversation:
    """A conversation with Kim."""
    return Conversation(shop_at(tmp_path), KIM)


async def test_blue_shirt_is_found_without_a_number_and_tracked(kim: Conversation) -> None:
    said = await kim.says("where is my blue shirt?")
    assert kim.steps == ["find_article", "track_parcel"]
    assert said.startswith("Order 1042 is delivered (Swift Parcel SP10427731):")


async def test_delivered_but_not_there_is_reported_and_not_tracked(tmp_path: Path) -> None:
    lee = Conversation(shop_at(tmp_path), LEE)
    await lee.says("It says delivered but I don't have it")
    assert (lee.steps, lee.run.waiting_for) == (["list_orders", "report_missing"], "support")
    assert "Order 1043 is reported as missing, under M-1." in await lee.approved()


async def test_delivered_but_not_there_is_about_the_order_that_was_tracked(kim: Conversation) -> None:
    await kim.says("where is my blue shirt?")
    await kim.says("it says delivered but I don't have it")
    assert (kim.steps[2:], kim.arguments["order"]) == (["report_missing"], "1042")


@pytest.mark.parametrize(
    "text",
    [
        "My blue shirt says delivered but it never came",
        "tracking says delivered, I have nothing. order 1042",
        "order 1042 never arrived",
        "Order #1042 is marked as delivered and it is not here",
        "the parcel of order 1042 is missing",
    ],
)
async def test_missing_parcel_is_a_problem_in_other_words_too(kim: Conversation, text: str) -> None:
    await kim.says(text)
    assert (kim.steps[-1], kim.arguments["order"], "track_parcel" in kim.steps) == ("report_missing", "1042", False)


async def test_return_becomes_an_exchange_five_messages_later(kim: Conversation, tmp_path: Path) -> None:
    await kim.says("I want to send back the blue shirt")
    assert "under R-1" in await kim.approved()
    for text in ("thanks!", "what is your return policy?", "where are my socks?", "show me order 1047"):
        await kim.says(text)
    before = len(kim.steps)
    await kim.says("actually can I get it in size L instead?")
    assert kim.steps[before:] == ["exchange_return"]
    assert kim.arguments == {"order": "1042", "article": TEE, "size": "L"}
    assert "The return R-1 is an exchange now" in await kim.approved()
    assert (await shop_at(tmp_path).order("1042", KIM)).items[0].exchanged_for == "L"


async def test_money_back_is_what_was_paid_and_finance_decides(kim: Conversation, tmp_path: Path) -> None:
    await kim.says("I want my money back for order 1042")
    assert (kim.steps, kim.run.waiting_for) == (["look_up_order", "issue_refund"], "finance")
    assert kim.arguments["amount"] == "19.00"
    assert (await kim.approved()).startswith("19.00 EUR of order 1042 are on their way back to you, under P-1.")
    assert (await shop_at(tmp_path).order("1042", KIM)).refunded == Decimal("19.00")


async def test_the_internal_part_of_a_no_reaches_neither_model_nor_customer(kim: Conversation) -> None:
    await kim.says("I want my money back for order 1042")
    said = await kim.rejected("It was returned too late.", internal="third claim this month, smells of fraud")
    assert "It was returned too late." in said
    assert "fraud" not in said + kim.run.reads


async def test_a_no_without_a_reason_is_told_kindly(kim: Conversation) -> None:
    await kim.says("I want my money back for order 1042")
    said = await kim.rejected("")
    assert said == (
        "I am sorry: a colleague has looked at this, and it is not possible as you asked. Nothing was changed."
    )


async def test_whoever_decides_asks_about_the_order_first(kim: Conversation) -> None:
    await kim.says("I want my money back for order 1042")
    said = await kim.decider_asks("What was paid for that order?")
    assert "1042" in said
    assert kim.run.status == "waiting"


async def test_what_an_approver_made_of_a_refund_is_what_is_paid(kim: Conversation) -> None:
    await kim.says("I want my money back for order 1042")
    await kim.run.edit(amount="5.00")
    assert kim.run.request.body is not None
    assert kim.run.request.body.changed["amount"][1] == "5.00"
    await kim.approved()
    assert any("5.00" in str(result) for result in kim.run.results)


async def test_nothing_is_asked_when_all_was_refunded_already(tmp_path: Path) -> None:
    ida = Conversation(shop_at(tmp_path), IDA)
    said = await ida.says("I want my money back for order 1040")
    assert said == "Nothing of order 1040 is left to be paid back: 59.00 EUR were refunded already."
    assert ida.steps == ["look_up_order"]


@pytest.mark.parametrize("text", ["show me order 1043", "I want my money back for order 1043", "where is order 1043?"])
async def test_order_of_somebody_else_is_politely_not_found(kim: Conversation, text: str) -> None:
    assert (await kim.says(text)).startswith("I am sorry, I found no such order of yours.")
    assert kim.run.status == "done"


async def test_unproven_sender_is_told_that_nothing_was_found(tmp_path: Path) -> None:
    forged = Conversation(shop_at(tmp_path), FORGED)
    assert (await forged.says("where is my blue shirt?")).startswith("I found nothing like that among your orders.")


async def test_several_articles_that_fit_are_listed(tmp_path: Path) -> None:
    sam = Conversation(shop_at(tmp_path), SAM)
    said = await sam.says("where is my blue shirt?")
    assert (said.startswith("I found several."), TEE in said, "Oxford Shirt - Navy" in said) == (True, True, True)


async def test_address_changes_before_the_parcel_has_left(kim: Conversation, tmp_path: Path) -> None:
    await kim.says("please change the address of order 1047 to Kim North, 9 New Street, 1010 Northtown")
    assert kim.run.waiting_for == "support"
    await kim.approved()
    assert (await shop_at(tmp_path).order("1047", KIM)).ship_to == "Kim North, 9 New Street, 1010 Northtown"


async def test_new_address_that_was_not_told_is_asked_for(kim: Conversation) -> None:
    await kim.says("please change the address of order 1047")
    await kim.answers("Kim North, 9 New Street, 1010 Northtown")
    assert kim.arguments == {"order": "1047", "address": "Kim North, 9 New Street, 1010 Northtown"}


async def test_address_of_a_parcel_that_has_left_is_not_changed(kim: Conversation) -> None:
    said = await kim.says("please change the address of order 1045")
    assert said == "Order 1045 has left already, so its address can no longer be changed."


async def test_return_policy_is_told(kim: Conversation) -> None:
    assert "for 30 days after delivery" in await kim.says("what is your return policy?")


async def test_question_is_answered_while_a_return_waits_for_approval(kim: Conversation) -> None:
    await kim.says("I want to send back the blue shirt")
    assert "for 30 days after delivery" in await kim.says("what is your return policy?")
    assert kim.run.waiting_for == "support"


async def test_staff_see_the_orders_of_a_customer_and_customers_do_not(tmp_path: Path) -> None:
    text = "show the orders of lee@example.test"
    staff, kim = [Conversation(shop_at(tmp_path), who) for who in (STAFF, KIM)]
    assert "Linen Shirt" in await staff.says(text)
    assert await kim.says(text) == (
        "I found no such orders of yours. If you ordered with another address, please write from that one."
    )


async def test_message_that_asks_for_nothing_hears_what_can_be_asked(kim: Conversation) -> None:
    assert (await kim.says("hello")).startswith("I can help with your orders.")
