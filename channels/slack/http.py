"""Slack's requests by HTTP: signature, size and shape checked before Bolt sees them."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.errors import SettingsError
from channels.slack.app import SlackApp

PATH = "/slack/events"
MAX_BODY = 1024 * 1024  # bytes; a message has at most 40,000 characters, and a form's state less than a card
BODY_S = 5.0  # for a body to come; Slack does not wait longer than three seconds for an answer
DRAIN_S = 5.0  # for what is being taken when the process is told to stop


def routes(slack: SlackApp) -> list[web.RouteDef]:
    """Return the routes to add to an aiohttp application; events and interactions share one address.

    Raises SettingsError without a signing secret: everybody could sign then.
    """
    if not slack.settings.signing_secret.strip():
        raise SettingsError("SLACK_SIGNING_SECRET is not set: without it nobody can tell Slack's requests from others")
    verifier = SignatureVerifier(slack.settings.signing_secret)

    async def events(request: web.Request) -> web.Response:
        body = await _body(request)
        if isinstance(body, web.Response):
            return body
        if not _is_signed(verifier, body, request):
            return web.Response(status=401)
        try:
            asked = AsyncBoltRequest(body=body.decode(), query=request.query_string, headers=dict(request.headers))
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            slack.tally.broken(f"body: {type(error).__name__}")
            return web.Response(status=200)  # signed by Slack, and no better the next time
        return await to_aiohttp_response(await slack.dispatch(asked))

    return [web.post(PATH, events)]


@asynccontextmanager
async def serve_http(
    slack: SlackApp, *, host: str, port: int, more: Iterable[web.RouteDef] = ()
) -> AsyncGenerator[int]:
    """Listen until the block ends; yields the port (0: any free one was taken). `more` are further routes."""
    app = web.Application(client_max_size=MAX_BODY)
    app.add_routes([*routes(slack), *more])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=DRAIN_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
        await slack.close()


async def _body(request: web.Request) -> bytes | web.Response:
    """Return the body, or a refusal: it is too big, though the application may allow more, or comes too slowly."""
    if (request.content_length or 0) > MAX_BODY:
        return web.Response(status=413)
    try:
        async with asyncio.timeout(BODY_S):
            body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        return web.Response(status=413)
    except TimeoutError:
        return web.Response(status=408, headers={"Connection": "close"})
    return body if len(body) <= MAX_BODY else web.Response(status=413)


def _is_signed(verifier: SignatureVerifier, body: bytes, request: web.Request) -> bool:
    """Check Slack's signature; the verifier itself stumbles over headers and bodies that are not text."""
    try:
        return verifier.is_valid(
            body,
            request.headers.get("X-Slack-Request-Timestamp"),
            request.headers.get("X-Slack-Signature"),
        )
    except (ValueError, TypeError):
        return False
