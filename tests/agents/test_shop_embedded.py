"""The embedded shop: what it allows, that money adds up, that a key works once, and what nobody may quote."""

import asyncio
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from agents.backends.shop import Receipt, Refused
from agents.backends.shop_embedded import EmbeddedShop
from bot.steps import NotDone
from tests.agents.shops import IDA, KIM, LEE, NOOR, SAM, refusal, shop_at

TEE = "Men's Cotton T-Shirt - Blue"


@pytest.fixture
def shop(tmp_path: Path) -> EmbeddedShop:
    """A new sample shop."""
    return shop_at(tmp_path)


def rows(tmp_path: Path, query: str) -> list[tuple[object, ...]]:
    """What staff see who look into the file."""
    with closing(sqlite3.connect(tmp_path / "shop.sqlite3")) as db:
        return db.execute(query).fetchall()


async def test_orders_outlast_the_process_that_made_them(shop: EmbeddedShop, tmp_path: Path) -> None:
    await shop.refund("1042", Decimal("19.00"), "please", KIM, key="k")
    assert (await shop_at(tmp_path).order("1042", KIM)).refunded == Decimal("19.00")


def test_two_workers_that_start_at_once_make_one_shop(tmp_path: Path) -> None:
    async def both() -> None:
        await asyncio.gather(*(asyncio.to_thread(shop_at, tmp_path) for _ in range(8)))

    asyncio.run(both())
    assert rows(tmp_path, "SELECT count(*) FROM orders") == [(12,)]


async def test_tracking_tells_what_the_carrier_noted(shop: EmbeddedShop) -> None:
    tracking = await shop.tracking("1043", LEE)
    assert (tracking.state, tracking.moments[-1].text) == ("delivered", "Delivered: left at the door")


async def test_order_that_has_not_left_has_no_tracking(shop: EmbeddedShop) -> None:
    tracking = await shop.tracking("1047", KIM)
    assert (tracking.state, tracking.code, tracking.moments) == ("paid", "", ())


async def test_return_policy_tells_the_days_of_the_settings(tmp_path: Path) -> None:
    policy = await shop_at(tmp_path, return_days=14).return_policy()
    assert (policy.days, "for 14 days" in policy.text) == (14, True)


async def test_missing_parcel_is_on_file_with_its_order(shop: EmbeddedShop) -> None:
    receipt = await shop.report_missing("1043", "nobody has it", LEE, key="k")
    assert (await shop.order("1043", LEE)).missing == receipt.reference == "M-1"


async def test_parcel_is_reported_missing_once(shop: EmbeddedShop) -> None:
    await shop.report_missing("1043", "nobody has it", LEE, key="k1")
    assert "already, under M-1" in await refusal(shop.report_missing("1043", "still", LEE, key="k2"))


async def test_parcel_that_has_not_left_is_not_missing(shop: EmbeddedShop) -> None:
    assert "is not on its way" in await refusal(shop.report_missing("1047", "where is it", KIM, key="k"))


async def test_return_in_the_customers_words_is_of_the_right_article(shop: EmbeddedShop) -> None:
    receipt = await shop.start_return("1042", "blue shirt", "too small", KIM, key="k")
    assert (receipt.reference, receipt.article) == ("R-1", f"{TEE}, size M")


async def test_return_period_of_the_settings_counts(tmp_path: Path) -> None:
    assert "ended on" in await refusal(shop_at(tmp_path).start_return("1041", "jacket", "torn", SAM, key="k"))
    assert (await shop_at(tmp_path, return_days=60).start_return("1041", "jacket", "torn", SAM, key="k")).reference


async def test_return_can_be_started_once(shop: EmbeddedShop) -> None:
    await shop.start_return("1042", TEE, "too small", KIM, key="k1")
    assert "is open already, under R-1" in await refusal(shop.start_return("1042", TEE, "again", KIM, key="k2"))


async def test_nothing_is_returned_before_it_is_delivered(shop: EmbeddedShop) -> None:
    assert "not been delivered yet" in await refusal(shop.start_return("1045", "socks", "itchy", KIM, key="k"))


async def test_return_becomes_an_exchange_for_the_size_as_the_shop_writes_it(shop: EmbeddedShop) -> None:
    await shop.start_return("1042", TEE, "too small", KIM, key="k1")
    receipt = await shop.exchange_return("1042", "shirt", " l ", KIM, key="k2")
    assert (receipt.reference, (await shop.order("1042", KIM)).items[0].exchanged_for) == ("R-1", "L")


async def test_exchange_takes_one_from_the_stock(shop: EmbeddedShop, tmp_path: Path) -> None:
    await shop.start_return("1042", TEE, "too small", KIM, key="k1")
    await shop.exchange_return("1042", TEE, "L", KIM, key="k2")
    assert rows(tmp_path, "SELECT count FROM stock WHERE article LIKE '%T-Shirt%' AND size = 'L'") == [(6,)]


async def test_size_out_of_stock_is_refused_with_those_in_stock(shop: EmbeddedShop) -> None:
    await shop.start_return("1042", TEE, "too small", KIM, key="k1")
    said = await refusal(shop.exchange_return("1042", TEE, "XL", KIM, key="k2"))
    assert said.endswith("Sizes in stock: L, M, S.")


async def test_nothing_is_exchanged_without_a_return(shop: EmbeddedShop) -> None:
    assert "Start the return first" in await refusal(shop.exchange_return("1042", TEE, "L", KIM, key="k"))


async def test_return_is_exchanged_once(shop: EmbeddedShop) -> None:
    await shop.start_return("1042", TEE, "too small", KIM, key="k1")
    await shop.exchange_return("1042", TEE, "L", KIM, key="k2")
    assert "for size L already" in await refusal(shop.exchange_return("1042", TEE, "S", KIM, key="k3"))


async def test_address_changes_until_the_parcel_has_left(shop: EmbeddedShop) -> None:
    await shop.change_address("1047", "Kim North,\n 9 New Street", KIM, key="k1")
    assert (await shop.order("1047", KIM)).ship_to == "Kim North, 9 New Street"
    assert "has left already" in await refusal(shop.change_address("1045", "9 New Street", KIM, key="k2"))


async def test_what_is_exchanged_is_not_paid_back_too(shop: EmbeddedShop) -> None:
    await shop.start_return("1042", TEE, "too small", KIM, key="k1")
    await shop.exchange_return("1042", TEE, "L", KIM, key="k2")
    assert "Nothing of order 1042 is left" in await refusal(shop.refund("1042", Decimal(1), "please", KIM, key="k3"))


async def test_what_is_paid_back_is_not_exchanged_too(shop: EmbeddedShop) -> None:
    await shop.start_return("1042", TEE, "too small", KIM, key="k1")
    await shop.refund("1042", Decimal("0.01"), "please", KIM, key="k2")
    assert "refunded or exchanged already" in await refusal(shop.exchange_return("1042", TEE, "L", KIM, key="k3"))


@pytest.mark.parametrize("amount", ["19.01", "0", "-1", "0.001", "18.999", "1000000"])
async def test_amount_that_cannot_be_paid_back_is_refused_with_the_limit(shop: EmbeddedShop, amount: str) -> None:
    said = await refusal(shop.refund("1042", Decimal(amount), "please", KIM, key="k"))
    assert said == "At most 19.00 EUR of order 1042 can be refunded."


async def test_refunds_never_add_up_to_more_than_was_paid(shop: EmbeddedShop) -> None:
    for n in range(3):
        await shop.refund("1042", Decimal("6.33"), "please", KIM, key=f"k{n}")
    assert "At most 0.01 EUR" in await refusal(shop.refund("1042", Decimal("0.02"), "please", KIM, key="k4"))


async def test_refunds_at_once_do_not_add_up_to_more_than_was_paid(shop: EmbeddedShop) -> None:
    calls = (shop.refund("1042", Decimal("10.00"), "please", KIM, key=f"k{n}") for n in range(6))
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(end) for end in ended].count(Receipt) == 1
    assert (await shop.order("1042", KIM)).refunded == Decimal("10.00")


async def test_part_that_was_refunded_counts(shop: EmbeddedShop) -> None:
    order = await shop.order("1051", IDA)
    assert (order.paid, order.refunded, order.refundable) == (Decimal("36.00"), Decimal("14.00"), Decimal("22.00"))


async def test_same_key_brings_the_same_receipt_and_pays_once(shop: EmbeddedShop, tmp_path: Path) -> None:
    calls = [shop.refund("1042", Decimal("5.00"), "please", KIM, key="k") for _ in range(5)]
    receipts = await asyncio.gather(*calls)
    assert {receipt.reference for receipt in receipts} == {"P-1"}
    assert rows(tmp_path, "SELECT kind, amount FROM cases") == [("refund", 500)]


async def test_key_of_another_call_is_refused(shop: EmbeddedShop) -> None:
    await shop.refund("1042", Decimal("5.00"), "please", KIM, key="k")
    assert "was used for another" in await refusal(shop.refund("1042", Decimal("6.00"), "please", KIM, key="k"))


async def test_refused_call_may_be_made_again_under_its_key(shop: EmbeddedShop) -> None:
    await refusal(shop.exchange_return("1042", TEE, "L", KIM, key="k"))
    await shop.start_return("1042", TEE, "too small", KIM, key="k1")
    assert (await shop.exchange_return("1042", TEE, "L", KIM, key="k")).reference == "R-1"


async def test_what_was_done_has_happened(shop: EmbeddedShop) -> None:
    await shop.refund("1042", Decimal("5.00"), "please", KIM, key="k")
    assert await shop.happened("k") is True


async def test_what_was_not_done_never_happens_after_it_was_said(shop: EmbeddedShop) -> None:
    assert await shop.happened("k") is False
    assert "was given up" in await refusal(shop.refund("1042", Decimal("5.00"), "please", KIM, key="k"))
    assert (await shop.happened("k"), (await shop.order("1042", KIM)).refunded) == (False, Decimal("0.00"))


async def test_file_that_another_holds_is_a_refusal_and_no_doubt(
    shop: EmbeddedShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.backends.shop_embedded._PATIENCE_S", 0.01)
    with closing(sqlite3.connect(tmp_path / "shop.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotDone, match="nothing was changed"):
            await shop.refund("1042", Decimal("5.00"), "please", KIM, key="k")


async def test_flagged_account_gets_words_that_say_nothing_of_the_flag(shop: EmbeddedShop) -> None:
    with pytest.raises(Refused) as refused:
        await shop.refund("1044", Decimal("5.00"), "please", NOOR, key="k")
    assert str(refused.value) == "I cannot change this order myself: a colleague has to look at it first."
    assert refused.value.internal.startswith("account flagged")


async def test_reason_for_staff_is_in_the_shops_notes_once(shop: EmbeddedShop, tmp_path: Path) -> None:
    for key in ("k1", "k2"):
        await refusal(shop.refund("1044", Decimal("5.00"), "please", NOOR, key=key))
    [(number, text)] = rows(tmp_path, "SELECT order_number, text FROM notes")
    assert (number, str(text).startswith("refund refused for email:noor@example.test: account flagged")) == (
        "1044",
        True,
    )


async def test_nothing_that_is_read_tells_of_a_flag(shop: EmbeddedShop) -> None:
    await refusal(shop.refund("1044", Decimal("5.00"), "please", NOOR, key="k"))
    read = [*await shop.orders(NOOR), await shop.order("1044", NOOR), await shop.tracking("1044", NOOR)]
    assert not [one for one in read if "flag" in one.model_dump_json()]
