"""A shop behind an HTTP API of JSON, and what that API has to offer.

Every request carries `Authorization: Bearer <token>`, and in its query for whom it is made: `customer=<id>`, or
`staff=<id>` for staff, who may see every order. The ids are those of the bot: `email:kim@example.test`,
`slack:<team>/<user>`, or the id of a person in bot.toml. The shop MUST limit every answer to that customer's orders and
repeat the `customer` (null for staff) in it; an answer that does not is not used.

| request | answer |
|---|---|
| `GET /orders`, and for staff `?address=<e-mail>` | `{"customer": ..., "orders": [Order, ...]}`, newest first |
| `GET /orders/<number>` | `{"customer": ..., "order": Order}` |
| `GET /orders/<number>/tracking` | `{"customer": ..., "tracking": Tracking}` |
| `GET /return-policy` | `{"days": 30, "text": "..."}` |
| `POST /orders/<number>/missing` `{"what_happened": ...}` | `{"customer": ..., "receipt": Receipt}` |
| `POST /orders/<number>/returns` `{"article": ..., "size": ..., "reason": ...}` | the same |
| `POST /orders/<number>/exchanges` `{"article": ..., "size": ..., "new_size": ...}` | the same |
| `POST /orders/<number>/address` `{"address": ...}` | the same |
| `POST /orders/<number>/refunds` `{"amount": "19.00", "reason": ...}` | the same |
| `POST /keys/<key>/settle` | `{"happened": true}`, or false, after which the shop never accepts that key |

`Order`, `Tracking` and `Receipt` are the models of `agents.backends.shop`; amounts are strings such as "19.00". A
change carries the header `Idempotency-Key`: the same key brings the same receipt, and is never done twice. The shop
itself checks periods, stock, and that no more is refunded than was paid.

Answers of 4xx mean that nothing was changed. A reason that may be quoted to the customer comes as
`{"error": {"message": "..."}}`; anything else in the answer is ignored, and internal reasons stay in the shop's own
notes. An order of somebody else is 404, exactly like one that does not exist. 408 and 5xx leave a change in doubt.
"""

import contextlib
import logging
from collections.abc import AsyncGenerator, Mapping
from decimal import Decimal
from typing import Final, Self, TypeVar
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel, JsonValue, TypeAdapter, ValidationError

from agents.backends import shop
from agents.backends.shop import NoSuchOrder, Order, Receipt, Refused, ReturnPolicy, ShopUnclear, Tracking
from agents.backends.shop_settings import ShopSettings
from agents.backends.shop_words import item_of
from bot.steps import NotDone, Principal

_log: Final = logging.getLogger(__name__)
_TIMEOUT: Final = aiohttp.ClientTimeout(total=20.0, connect=5.0)  # seconds; well below a step's own limit
_LONGEST: Final = 300  # characters of the shop's words
_UNREACHABLE: Final = "The shop cannot be reached just now, and nothing was changed. Try again later."
_UNCLEAR_4XX: Final = frozenset({408, 499})  # it may have gone through before somebody lost patience
_OBJECT: Final = TypeAdapter(dict[str, JsonValue])

Model = TypeVar("Model", bound=BaseModel)


class NoAnswer(ShopUnclear):
    """The shop gave no answer that can be used; try again, and look at its own log if that does not help."""


class HttpShop(shop.Shop):
    """The API's client. It never repeats a change by itself."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        """Take a session with the token in its headers."""
        self._session, self._url = session, url

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls, url: str, settings: ShopSettings, *, timeout: aiohttp.ClientTimeout = _TIMEOUT
    ) -> AsyncGenerator[Self]:
        """Open the connections; nothing is asked yet. Raise SettingsError if the token cannot be read."""
        headers = {"Authorization": f"Bearer {settings.token()}", "Accept": "application/json"}
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
            yield cls(session, url)

    async def order(self, number: str, who: Principal) -> Order:
        return await self._one(Order, number, "", "order", who)

    async def orders(self, who: Principal) -> list[Order]:
        return await self._orders(who)

    async def orders_of(self, address: str, who: Principal) -> list[Order]:
        return await self._orders(who, address=address.strip()) if shop.sees_all(who) else []

    async def tracking(self, number: str, who: Principal) -> Tracking:
        return await self._one(Tracking, number, "/tracking", "tracking", who)

    async def return_policy(self) -> ReturnPolicy:
        _, said = await self._get("/return-policy", {})
        return _as(ReturnPolicy, said)

    async def report_missing(self, number: str, what_happened: str, who: Principal, *, key: str) -> Receipt:
        return await self._post(number, "missing", {"what_happened": what_happened}, who, key)

    async def start_return(self, number: str, article: str, reason: str, who: Principal, *, key: str) -> Receipt:
        item = await self._item(number, article, who)
        body = {"article": item.article, "size": item.size, "reason": reason}
        return await self._post(number, "returns", body, who, key)

    async def exchange_return(self, number: str, article: str, size: str, who: Principal, *, key: str) -> Receipt:
        item = await self._item(number, article, who)
        body = {"article": item.article, "size": item.size, "new_size": size}
        return await self._post(number, "exchanges", body, who, key)

    async def change_address(self, number: str, address: str, who: Principal, *, key: str) -> Receipt:
        return await self._post(number, "address", {"address": address}, who, key)

    async def refund(self, number: str, amount: Decimal, reason: str, who: Principal, *, key: str) -> Receipt:
        return await self._post(number, "refunds", {"amount": f"{amount:.2f}", "reason": reason}, who, key)

    async def happened(self, key: str) -> bool | None:
        with contextlib.suppress(TimeoutError, aiohttp.ClientError, NoAnswer):
            status, said = await self._send("POST", f"/keys/{quote(key, safe='')}/settle", {})
            match said.get("happened"):
                case bool() as happened if status == 200:
                    return happened
                case _:
                    return None
        return None

    async def _orders(self, who: Principal, **more: str) -> list[Order]:
        if shop.is_unproven(who):
            return []
        status, said = await self._get("/orders", {**_whom(who), **more})
        if status == 404:
            return []
        return [_as(Order, order) for order in _list(_checked(said, who).get("orders"))]

    async def _one(self, model: type[Model], number: str, path: str, field: str, who: Principal) -> Model:
        canonical = _number(number, who)
        status, said = await self._get(f"/orders/{quote(canonical, safe='')}{path}", _whom(who))
        if status == 404:
            raise NoSuchOrder(number)
        return _as(model, _checked(said, who).get(field))

    async def _item(self, number: str, article: str, who: Principal) -> shop.Item:
        """Say in the shop's words which article is meant; whatever goes wrong, nothing was changed."""
        try:
            return item_of(await self.order(number, who), article)
        except NoAnswer as error:
            raise NotDone(_UNREACHABLE) from error

    async def _get(self, path: str, query: Mapping[str, str]) -> tuple[int, dict[str, JsonValue]]:
        """Read; raise NoAnswer, or Refused with the shop's words. 404 is the caller's to understand."""
        try:
            status, said = await self._send("GET", path, query)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise NoAnswer(f"The shop gave no answer ({type(error).__name__}); try again later.") from error
        if status not in {200, 404}:
            _refuse(status, said)
            raise NoAnswer(f"The shop answered with an error ({status}); try again later.")
        return status, said

    async def _post(self, number: str, what: str, body: Mapping[str, str], who: Principal, key: str) -> Receipt:
        """Make one change; raise a NotDone only if it surely was not made, and ShopUnclear if that is in doubt."""
        canonical = _number(number, who)
        path = f"/orders/{quote(canonical, safe='')}/{what}"
        try:
            status, said = await self._send("POST", path, _whom(who), body, {"Idempotency-Key": key})
        except aiohttp.ClientConnectorError as error:  # not even connected
            raise NotDone(_UNREACHABLE) from error
        except (TimeoutError, aiohttp.ClientError) as error:
            raise ShopUnclear(f"The shop gave no answer to a change ({type(error).__name__}).") from error
        if status == 404:
            raise NoSuchOrder(number)
        _refuse(status, said)
        if status not in {200, 201}:
            raise ShopUnclear(f"The shop answered a change with an error ({status}).")
        return _as(Receipt, _checked(said, who).get("receipt"))

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, JsonValue]]:
        """Return the status and the object that came with it, empty if there was none."""
        url = f"{self._url}{path}"
        async with self._session.request(
            method, url, params=query, json=body, headers=headers, allow_redirects=False
        ) as answer:
            text = await answer.read()
            try:
                return answer.status, _OBJECT.validate_json(text)
            except ValidationError:
                return answer.status, {}


def _whom(who: Principal) -> dict[str, str]:
    return {"staff": who.id} if shop.sees_all(who) else {"customer": who.id}


def _number(number: str, who: Principal) -> str:
    """The number for a path. A sender whom nobody vouches for has no orders: the shop is not even asked."""
    canonical = shop.order_number(number)
    if shop.is_unproven(who):
        raise NoSuchOrder(number)
    return canonical


def _checked(said: dict[str, JsonValue], who: Principal) -> dict[str, JsonValue]:
    """Use no answer that was made for somebody else, or for everybody by a shop that ignores who asks."""
    if "customer" not in said or said["customer"] != (None if shop.sees_all(who) else who.id):
        raise NoAnswer("The shop did not say for which customer its answer is, so it is not used.")
    return said


def _refuse(status: int, said: dict[str, JsonValue]) -> None:
    """Raise what a 4xx means: nothing was changed."""
    if not 400 <= status < 500 or status in _UNCLEAR_4XX:
        return
    if status in {401, 403}:
        _log.error("the shop's API does not accept the token (%d): renew it in [agents.support] token_file", status)
        raise NotDone("The shop's system is closed to me just now, and nothing was changed: a colleague has to look.")
    error = said.get("error")
    words = error.get("message") if isinstance(error, dict) else None
    shown = " ".join(words.split())[:_LONGEST] if isinstance(words, str) else ""
    raise Refused(shown or f"The shop refused this ({status}) and gave no reason; nothing was changed.")


def _as(model: type[Model], value: object) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise NoAnswer(f"The shop's answer is not the {model.__name__} that was expected.") from error


def _list(value: JsonValue) -> list[JsonValue]:
    if not isinstance(value, list):
        raise NoAnswer("The shop's answer holds no list of orders.")
    return value
