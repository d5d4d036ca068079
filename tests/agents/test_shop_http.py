"""The shop behind HTTP: the same answers, and no doubt taken for a no or the other way round."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from agents.backends.shop import NoSuchOrder, Refused, Shop, ShopUnclear
from agents.backends.shop_embedded import EmbeddedShop
from agents.backends.shop_http import HttpShop
from agents.backends.shop_settings import ShopSettings, read_settings
from bot.steps import NotDone
from tests.agents.shop_api import TOKEN, ShopApi, json_trick, serving
from tests.agents.shops import KIM, NOOR, STAFF, refusal, shop_at

SOON = aiohttp.ClientTimeout(total=0.2)  # seconds


@pytest.fixture
def inside(tmp_path: Path) -> EmbeddedShop:
    """The shop inside the server."""
    return shop_at(tmp_path)


@pytest.fixture
async def api(inside: EmbeddedShop) -> AsyncGenerator[ShopApi]:
    """The server."""
    async with serving(inside) as api:
        yield api


@pytest.fixture
async def shop(api: ShopApi, tmp_path: Path) -> AsyncGenerator[HttpShop]:
    """The client."""
    async with HttpShop.open(api.url, settings(api, tmp_path)) as shop:
        yield shop


def settings(api: ShopApi, tmp_path: Path, token: str = TOKEN) -> ShopSettings:
    (tmp_path / "token").write_text(token)
    return read_settings({"url": api.url, "token_file": str(tmp_path / "token")})


def refund(shop: Shop, key: str = "k") -> Awaitable[object]:
    return shop.refund("1042", Decimal("5.00"), "please", KIM, key=key)


Read = Callable[[Shop], Awaitable[object]]

READS: dict[str, Read] = {
    "an order": lambda shop: shop.order("1042", KIM),
    "the orders": lambda shop: shop.orders(KIM),
    "a customer's orders": lambda shop: shop.orders_of("kim@example.test", STAFF),
    "tracking": lambda shop: shop.tracking("1042", KIM),
    "the return policy": lambda shop: shop.return_policy(),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
async def test_api_tells_what_the_shop_inside_tells(read: Read, shop: HttpShop, inside: EmbeddedShop) -> None:
    assert await read(shop) == await read(inside)


async def test_every_change_goes_through(shop: HttpShop, inside: EmbeddedShop) -> None:
    await shop.start_return("1042", "blue shirt", "too small", KIM, key="k1")
    await shop.exchange_return("1042", "blue shirt", "L", KIM, key="k2")
    await shop.report_missing("1045", "not there", KIM, key="k3")
    await shop.change_address("1047", "9 New Street, Northtown", KIM, key="k4")
    await shop.refund("1047", Decimal("24.00"), "no hat after all", KIM, key="k5")
    shirt, socks, jacket = [await inside.order(number, KIM) for number in ("1042", "1045", "1047")]
    assert (shirt.items[0].exchanged_for, socks.missing) == ("L", "M-3")
    assert (jacket.ship_to, jacket.refunded) == ("9 New Street, Northtown", Decimal("24.00"))


async def test_change_carries_its_key(shop: HttpShop, api: ShopApi) -> None:
    await refund(shop, "07-abc.c12")
    assert api.keys == ["07-abc.c12"]


async def test_same_key_pays_once(shop: HttpShop, inside: EmbeddedShop) -> None:
    assert await refund(shop) == await refund(shop)
    assert (await inside.order("1042", KIM)).refunded == Decimal("5.00")


async def test_every_question_says_for_whom_it_is(shop: HttpShop, api: ShopApi) -> None:
    await shop.order("1042", KIM)
    await shop.order("1042", STAFF)
    assert [query for _, _, query in api.seen] == [{"customer": "email:kim@example.test"}, {"staff": "ana"}]


async def test_shop_that_ignores_for_whom_it_is_asked_is_not_believed(shop: HttpShop, api: ShopApi) -> None:
    async def everything(request: web.Request) -> web.Response:
        return web.json_response({"orders": [(await api.shop.order("1043", STAFF)).model_dump(mode="json")]})

    api.trick = everything
    with pytest.raises(ShopUnclear, match="did not say for which customer"):
        await shop.orders(KIM)


async def test_answer_for_somebody_else_is_not_used(shop: HttpShop, api: ShopApi) -> None:
    order = (await api.shop.order("1043", STAFF)).model_dump(mode="json")
    api.trick = json_trick(200, {"customer": "email:lee@example.test", "order": order})
    with pytest.raises(ShopUnclear):
        await shop.order("1043", KIM)


async def test_refusal_is_told_in_the_shops_words_and_no_others(shop: HttpShop) -> None:
    said = await refusal(shop.refund("1044", Decimal("5.00"), "please", NOOR, key="k"))
    assert said == "I cannot change this order myself: a colleague has to look at it first."


@pytest.mark.parametrize("status", [400, 403, 409, 422, 429])
async def test_4xx_says_that_nothing_was_changed(shop: HttpShop, api: ShopApi, status: int) -> None:
    api.trick = json_trick(status, {"error": {"message": "No."}})
    with pytest.raises(NotDone):
        await refund(shop)


async def test_words_of_a_refusal_are_shortened(shop: HttpShop, api: ShopApi) -> None:
    api.trick = json_trick(422, {"error": {"message": "no " * 1000}})
    with pytest.raises(Refused) as refused:
        await refund(shop)
    assert len(str(refused.value)) == 300


async def test_404_is_no_such_order(shop: HttpShop, api: ShopApi) -> None:
    api.trick = json_trick(404, {"error": {"message": "belongs to lee"}})
    for call in (refund(shop), shop.order("1042", KIM), shop.tracking("1042", KIM)):
        with pytest.raises(NoSuchOrder, match="was found for this customer"):
            await call


async def test_wrong_token_is_a_refusal_that_tells_the_customer_nothing(api: ShopApi, tmp_path: Path) -> None:
    async with HttpShop.open(api.url, settings(api, tmp_path, token="old")) as shop:
        said = await refusal(refund(shop))
    assert said == "The shop's system is closed to me just now, and nothing was changed: a colleague has to look."


@pytest.mark.parametrize("status", [302, 408, 500, 502, 503])
async def test_other_answer_to_a_change_leaves_it_in_doubt(shop: HttpShop, api: ShopApi, status: int) -> None:
    api.trick = json_trick(status, {})
    with pytest.raises(ShopUnclear) as doubt:
        await refund(shop)
    assert not isinstance(doubt.value, NotDone)


async def test_token_follows_no_redirect(shop: HttpShop, api: ShopApi) -> None:
    async def elsewhere(request: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "/elsewhere"})

    api.trick = elsewhere
    with pytest.raises(ShopUnclear):
        await refund(shop)
    assert [path for _, path, _ in api.seen] == ["/orders/1042/refunds"]


async def test_receipt_that_cannot_be_read_leaves_a_change_in_doubt(shop: HttpShop, api: ShopApi) -> None:
    api.trick = json_trick(200, {"customer": KIM.id, "receipt": {"reference": 7}})
    with pytest.raises(ShopUnclear):
        await refund(shop)


async def test_change_without_an_answer_in_time_is_in_doubt(api: ShopApi, tmp_path: Path) -> None:
    api.trick = never
    async with HttpShop.open(api.url, settings(api, tmp_path), timeout=SOON) as shop:
        with pytest.raises(ShopUnclear, match="no answer to a change"):
            await refund(shop)


async def test_change_whose_connection_breaks_is_in_doubt(shop: HttpShop, api: ShopApi) -> None:
    async def hang_up(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    api.trick = hang_up
    with pytest.raises(ShopUnclear):
        await refund(shop)
    assert len(api.seen) == 1


async def test_shop_that_cannot_be_connected_to_has_changed_nothing(api: ShopApi, tmp_path: Path) -> None:
    async with HttpShop.open("http://127.0.0.1:1", settings(api, tmp_path)) as shop:
        assert "cannot be reached" in await refusal(refund(shop))


@pytest.mark.parametrize("read", READS.values(), ids=READS)
async def test_server_error_fails_a_read(read: Read, shop: HttpShop, api: ShopApi) -> None:
    api.trick = json_trick(500, {})
    with pytest.raises(ShopUnclear):
        await read(shop)


async def test_read_without_an_answer_in_time_fails(api: ShopApi, tmp_path: Path) -> None:
    api.trick = never
    async with HttpShop.open(api.url, settings(api, tmp_path), timeout=SOON) as shop:
        with pytest.raises(ShopUnclear, match="gave no answer"):
            await shop.order("1042", KIM)


async def test_article_that_cannot_be_looked_up_has_changed_nothing(shop: HttpShop, api: ShopApi) -> None:
    api.trick = json_trick(500, {})
    with pytest.raises(NotDone):
        await shop.start_return("1042", "blue shirt", "too small", KIM, key="k")


async def test_what_happened_is_the_shops_to_say(shop: HttpShop) -> None:
    await refund(shop, "k1")
    assert (await shop.happened("k1"), await shop.happened("k2")) == (True, False)


@pytest.mark.parametrize(("status", "body"), [(404, {}), (500, {}), (200, {}), (200, {"happened": "yes"}), (401, {})])
async def test_shop_that_cannot_tell_what_happened_leaves_it_open(
    shop: HttpShop, api: ShopApi, status: int, body: dict[str, str]
) -> None:
    api.trick = json_trick(status, {**body})
    assert await shop.happened("k") is None


async def test_shop_that_is_away_leaves_open_what_happened(api: ShopApi, tmp_path: Path) -> None:
    async with HttpShop.open("http://127.0.0.1:1", settings(api, tmp_path)) as shop:
        assert await shop.happened("k") is None


async def never(request: web.Request) -> web.Response:
    """An answer that does not come while anybody waits."""
    await asyncio.Event().wait()
    return web.Response()
