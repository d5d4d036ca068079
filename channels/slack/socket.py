"""Slack's requests by Socket Mode: one connection, renewed when Slack asks, rebuilt when it is dead."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import send_async_response
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.async_app import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SettingsError
from channels.slack.app import SlackApp
from channels.slack.calls import failure, may_pass, sdk_logger, write, writing_client
from channels.slack.wire import JsonObject

WATCH_S = 5.0  # between two looks at the connection
DEAD_S = 30.0  # without a connection: a client that has not mended itself by then is replaced

_logger = logging.getLogger("channels.slack.socket")


@asynccontextmanager
async def serve_socket(slack: SlackApp, app_token: str) -> AsyncGenerator[None]:
    """Take events by Socket Mode until the block ends.

    Raises SettingsError if Slack refuses the app-level token. If Slack is merely away, it goes on trying.
    """
    web = writing_client(app_token, slack.settings.api_url)
    await _check(web)
    keeper = asyncio.create_task(_keep(slack, web, app_token))
    try:
        yield
    finally:
        keeper.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await keeper
        await slack.close()


async def _check(web: AsyncWebClient) -> None:
    """Ask once by ourselves: the SDK's client would retry a refused token for ever, with a traceback each time."""
    try:
        await write(web, "apps.connections.open")
    except SlackApiError as error:
        if not may_pass(error):
            refused = f"Slack refuses SLACK_APP_TOKEN ({failure(error).code})"
            mend = "make an app-level token (xapp-...) with connections:write, under Basic Information"
            raise SettingsError(f"{refused}: {mend}") from None
    except (aiohttp.ClientError, TimeoutError):
        return


async def _keep(slack: SlackApp, web: AsyncWebClient, app_token: str) -> None:
    """Hold one connection; the SDK's client can end up retrying an address that has served its one time."""

    async def handle(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        await _take(slack, client, request)

    while True:
        client = SocketModeClient(app_token=app_token, logger=sdk_logger(), web_client=web, ping_interval=WATCH_S)
        client.proxy = web.proxy
        client.socket_mode_request_listeners.append(handle)
        connecting = asyncio.create_task(client.connect())
        try:
            await _until_dead(client)
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
            with contextlib.suppress(aiohttp.ClientError, OSError):  # it is given up in any case
                await client.close()
        _logger.warning("no connection to Slack for %.0f s: starting a new one", DEAD_S)


async def _until_dead(client: SocketModeClient) -> None:
    alive = time.monotonic()
    while time.monotonic() - alive < DEAD_S:
        await asyncio.sleep(WATCH_S)
        if await client.is_connected():
            alive = time.monotonic()


async def _take(slack: SlackApp, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
    started = time.time()
    try:
        asked = AsyncBoltRequest(mode="socket_mode", body=_payload(request), headers=build_headers(request))
    except (ValueError, TypeError, AttributeError, LookupError) as error:
        slack.tally.broken(f"body: {type(error).__name__}")
        answer = BoltResponse(status=200, body="")
    else:
        answer = await slack.dispatch(asked)
    try:
        await send_async_response(client, request, answer, started)
    except (aiohttp.ClientError, OSError) as error:
        slack.tally.failed(error)  # Slack sends it again, and it is known by then


def _payload(request: SocketModeRequest) -> JsonObject:
    payload = cast("object", request.payload)  # pyright: ignore[reportUnknownMemberType] - slack_sdk leaves its dict bare
    return cast("JsonObject", payload) if isinstance(payload, dict) else {}
