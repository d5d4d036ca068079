"""A customer sees and changes her own orders only, through either backend and whatever she types."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from agents.backends.shop import NoSuchOrder, Receipt, Shop
from agents.backends.shop_http import HttpShop
from agents.backends.shop_settings import read_settings
from bot.steps import Principal
from tests.agents.shop_api import TOKEN, serving
from tests.agents.shops import FORGED, KIM, LEE, STAFF, refusal, shop_at

THEIRS = "1043"  # Lee's
NOBODYS = "9943"
MEMBER = Principal(id="slack:T0ACME/U0MEMBER", name="Mel", trust="member")
NAMED_LIKE_STAFF = Principal(id="ana", name="Ana Lima", trust="outsider")


@pytest.fixture(params=["embedded", "http"])
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Shop]:
    """The sample shop, by itself and behind its HTTP API."""
    embedded = shop_at(tmp_path)
    if request.param == "embedded":
        yield embedded
        return
    (tmp_path / "token").write_text(TOKEN)
    async with serving(embedded) as api:
        settings = read_settings({"url": api.url, "token_file": str(tmp_path / "token")})
        async with HttpShop.open(api.url, settings) as http:
            yield http


Change = Callable[[Shop, str, Principal], Awaitable[Receipt]]

CHANGES: dict[str, Change] = {
    "missing": lambda shop, number, who: shop.report_missing(number, "not there", who, key="k"),
    "return": lambda shop, number, who: shop.start_return(number, "shirt", "too big", who, key="k"),
    "exchange": lambda shop, number, who: shop.exchange_return(number, "shirt", "L", who, key="k"),
    "address": lambda shop, number, who: shop.change_address(number, "9 New Street, Northtown", who, key="k"),
    "refund": lambda shop, number, who: shop.refund(number, Decimal(1), "please", who, key="k"),
}


async def test_customer_sees_her_own_orders_newest_first(shop: Shop) -> None:
    assert [order.number for order in await shop.orders(KIM)] == ["1047", "1045", "1042"]


async def test_slack_account_of_a_customer_sees_the_same_orders(shop: Shop) -> None:
    kim = Principal(id="slack:T0NORTH/U0KIM", name="kim", trust="outsider")
    assert [order.number for order in await shop.orders(kim)] == ["1047", "1045", "1042"]


async def test_staff_see_every_order(shop: Shop) -> None:
    assert (len(await shop.orders(STAFF)), (await shop.order(THEIRS, STAFF)).number) == (12, THEIRS)


async def test_staff_find_orders_by_address(shop: Shop) -> None:
    assert [order.number for order in await shop.orders_of(" Lee@Example.test ", STAFF)] == [THEIRS]


@pytest.mark.parametrize("who", [KIM, LEE, FORGED, MEMBER, NAMED_LIKE_STAFF], ids=lambda who: who.id)
async def test_nobody_else_finds_orders_by_address(shop: Shop, who: Principal) -> None:
    assert await shop.orders_of("lee@example.test", who) == []


@pytest.mark.parametrize("who", [FORGED, MEMBER, NAMED_LIKE_STAFF], ids=lambda who: who.id)
async def test_whoever_is_no_customer_sees_no_orders(shop: Shop, who: Principal) -> None:
    assert await shop.orders(who) == []


async def test_unproven_sender_finds_nothing_even_if_the_trust_were_wrong(shop: Shop) -> None:
    who = Principal(id="unproven:email:ana@acme.test", name="Ana", trust="staff")
    assert (await shop.orders(who), await shop.orders_of("lee@example.test", who)) == ([], [])
    with pytest.raises(NoSuchOrder):
        await shop.order(THEIRS, who)


@pytest.mark.parametrize("who", [KIM, FORGED, MEMBER, NAMED_LIKE_STAFF], ids=lambda who: who.id)
async def test_order_of_somebody_else_answers_exactly_like_none(shop: Shop, who: Principal) -> None:
    theirs = await refusal(shop.order(THEIRS, who)), await refusal(shop.tracking(THEIRS, who))
    nobodys = await refusal(shop.order(NOBODYS, who)), await refusal(shop.tracking(NOBODYS, who))
    assert theirs == tuple(said.replace(NOBODYS, THEIRS) for said in nobodys)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_change_to_an_order_of_somebody_else_answers_exactly_like_none(shop: Shop, change: Change) -> None:
    theirs, nobodys = await refusal(change(shop, THEIRS, KIM)), await refusal(change(shop, NOBODYS, KIM))
    assert theirs == nobodys.replace(NOBODYS, THEIRS)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_refused_change_to_an_order_of_somebody_else_changes_nothing(shop: Shop, change: Change) -> None:
    before = await shop.order(THEIRS, LEE)
    await refusal(change(shop, THEIRS, KIM))
    assert await shop.order(THEIRS, LEE) == before


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
async def test_unproven_sender_changes_nothing(shop: Shop, change: Change) -> None:
    assert (await refusal(change(shop, "1042", FORGED))).startswith('No order "1042" was found')


TRICKS = [
    "1043' OR '1'='1",
    "' UNION SELECT * FROM orders --",
    "1042 or 1043",
    "1043%",
    "104_",
    "*",
    "1042/../1043",
    "1043?staff=ana",
    "1043&customer=email:lee@example.test",
    "1043#",
    "1043\n",
    "".join(chr(ord(c) + 0xFEE0) for c in THEIRS),
    "1043\u200b",
    "order no. 1043",
    "\u202e3401",
]


@pytest.mark.parametrize("number", TRICKS)
async def test_no_way_of_writing_the_number_shows_an_order_of_somebody_else(shop: Shop, number: str) -> None:
    with pytest.raises(NoSuchOrder):
        await shop.order(number, KIM)


@pytest.mark.parametrize(
    "identity",
    [
        "email:kim@example.test' OR '1'='1",
        "email:%",
        "email:KIM@EXAMPLE.TEST",  # whoever makes principals folds addresses; what is not folded is somebody else
        "email:\u212aim@example.test",  # the Kelvin sign
        "email:kim@example.test&staff=ana",
        "email:kim@example.test\x00",
        "",
    ],
)
async def test_identity_that_only_looks_like_a_customers_sees_nothing(shop: Shop, identity: str) -> None:
    assert await shop.orders(Principal(id=identity, name="Kim North", trust="outsider")) == []


async def test_key_that_somebody_else_used_brings_no_receipt_of_theirs(shop: Shop) -> None:
    await shop.report_missing(THEIRS, "not there", LEE, key="k")
    said = await refusal(shop.report_missing("1042", "not there", KIM, key="k"))
    assert (THEIRS in said, (await shop.order("1042", KIM)).missing) == (False, None)
