"""A small shop behind HTTP, as agents.backends.shop_http describes it, with the embedded shop inside."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from aiohttp import web
from pydantic import JsonValue, TypeAdapter

from agents.backends.shop import NoSuchOrder, Refused, Shop
from bot.runtime import jsonable
from bot.steps import NotDone, Principal

TOKEN = "made-up-token"
_WORDS = TypeAdapter(dict[str, str])

Trick = Callable[[web.Request], Awaitable[web.Response]]


@dataclass
class ShopApi:
    """The server, what it was asked, and what it should do instead of answering properly."""

    shop: Shop
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list[tuple[str, str, dict[str, str]]])
    keys: list[str] = field(default_factory=list[str])
    trick: Trick | None = None
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        self.seen.append((request.method, request.path, dict(request.query)))
        if key := request.headers.get("Idempotency-Key"):
            self.keys.append(key)
        if self.trick is not None:
            return await self.trick(request)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": {"message": "token tok_123 of client 7 is not valid"}}, status=401)
        try:
            return web.json_response(jsonable(await self._answer(request)))
        except NoSuchOrder:
            return web.json_response({}, status=404)
        except NotDone as refused:
            internal = refused.internal if isinstance(refused, Refused) else ""
            return web.json_response({"error": {"message": str(refused)}, "internal": internal}, status=422)

    async def _answer(self, request: web.Request) -> dict[str, object]:
        who = _principal(request.query)
        common: dict[str, object] = {"customer": request.query.get("customer")}
        parts = request.path.strip("/").split("/")
        match request.method, parts:
            case "GET", ["return-policy"]:
                return {**(await self.shop.return_policy()).model_dump()}
            case "GET", ["orders"] if "address" in request.query:
                return {**common, "orders": await self.shop.orders_of(request.query["address"], who)}
            case "GET", ["orders"]:
                return {**common, "orders": await self.shop.orders(who)}
            case "GET", ["orders", number]:
                return {**common, "order": await self.shop.order(number, who)}
            case "GET", ["orders", number, "tracking"]:
                return {**common, "tracking": await self.shop.tracking(number, who)}
            case "POST", ["keys", key, "settle"]:
                return {"happened": await self.shop.happened(key)}
            case "POST", ["orders", number, what]:
                said = _WORDS.validate_json(await request.read())
                return {**common, "receipt": await self._change(what, number, said, who, request)}
            case _:
                raise web.HTTPNotFound

    async def _change(
        self, what: str, number: str, said: Mapping[str, str], who: Principal, request: web.Request
    ) -> object:
        key, shop = request.headers["Idempotency-Key"], self.shop
        match what:
            case "missing":
                return await shop.report_missing(number, said["what_happened"], who, key=key)
            case "returns":
                return await shop.start_return(
                    number, f"{said['article']} {said['size']}", said["reason"], who, key=key
                )
            case "exchanges":
                return await shop.exchange_return(number, said["article"], said["new_size"], who, key=key)
            case "address":
                return await shop.change_address(number, said["address"], who, key=key)
            case "refunds":
                return await shop.refund(number, Decimal(said["amount"]), said["reason"], who, key=key)
            case _:
                raise web.HTTPNotFound


def _principal(query: Mapping[str, str]) -> Principal:
    if "staff" in query:
        return Principal(id=query["staff"], name="", trust="staff")
    return Principal(id=query.get("customer", ""), name="", trust="outsider")


@asynccontextmanager
async def serving(shop: Shop) -> AsyncGenerator[ShopApi]:
    """Serve this shop on a free port of the loopback."""
    api = ShopApi(shop)
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", api.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield api
    finally:
        await runner.cleanup()


def json_trick(status: int, body: JsonValue) -> Trick:
    """Answer every request with this."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    return answer
