"""What `bot web` answers besides its channels: whether the store is there, and figures; and how it listens."""

import hmac
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import Any, cast

from aiohttp import web

from bot.core import Core
from bot.metrics import CONTENT_TYPE, render
from bot.status import read_status
from bot.store.away import AWAY

_PROXIED = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
_CLOSE_S = 5


def routes(core: Core) -> list[web.RouteDef]:
    """What every `bot web` answers."""
    return [
        web.get("/healthz", lambda _: _health(core)),
        web.get("/metrics", lambda request: _metrics(core, request)),
    ]


@asynccontextmanager
async def serve(routes: Iterable[web.RouteDef], *, host: str, port: int) -> AsyncGenerator[int]:
    """Listen until the block ends; yields the port (0: any free one was taken)."""
    app = web.Application()
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


async def _health(core: Core) -> web.Response:
    """Answer a load balancer: 200 while the store answers, else 503."""
    try:
        await cast("Any", core.client).ping()
    except AWAY:
        return web.json_response({"store": "away"}, status=503)
    return web.json_response({"store": "ok", "config": core.config.refused or "ok"})


async def _metrics(core: Core, request: web.Request) -> web.Response:
    """Answer Prometheus: whoever reaches the port itself, or knows METRICS_TOKEN. The figures name mailboxes."""
    token = core.settings.metrics_token
    if token is not None:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, f"Bearer {token.get_secret_value()}".encode()):
            return web.Response(status=401)
    elif any(name in request.headers for name in _PROXIED):
        return web.Response(status=404)  # it came from outside, through the proxy
    try:
        text = render(await read_status(core.client))
    except AWAY:
        return web.Response(status=503)
    return web.Response(text=text, headers={"Content-Type": CONTENT_TYPE})
