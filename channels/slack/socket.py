"""Slack's requests by Socket Mode: several connections, each replaced before it ends, and when it falls silent."""

import asyncio
import json
import logging
import random
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Final, assert_never

import aiohttp
from pydantic import JsonValue
from slack_bolt.async_app import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import SettingsError
from channels.slack.app import SlackApp
from channels.slack.calls import failure, may_pass, write, writing_client
from channels.slack.connection import Connection, Ending, NotTakenError, TurnedAwayError
from channels.slack.wire import JsonObject, as_object, as_text

CONNECTIONS = 2
MOST_CONNECTIONS = 10
"""Of one app, over all processes (https://docs.slack.dev/apis/events-api/using-socket-mode)."""
QUIET_S = 600.0  # without an event: a connection can be up and hear nothing (slackapi/bolt-python issue 1529)
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0
STEADY_S = 2.0  # a connection that ends sooner counts as a failure to connect
_TOO_MANY: Final = "too_many_websockets"
_MENDS: Final = {
    _TOO_MANY: f"the app has {MOST_CONNECTIONS} connections already, over all processes: lower SLACK_CONNECTIONS",
    "link_disabled": "Socket Mode is off: turn it on in the app's settings, under Socket Mode",
}

_logger = logging.getLogger("channels.slack.socket")


@asynccontextmanager
async def serve_socket(slack: SlackApp, app_token: str, *, connections: int = CONNECTIONS) -> AsyncGenerator[None]:
    """Take events by so many connections (1 to 10) until the block ends; what came is acknowledged before it does.

    Raises SettingsError if Slack refuses the app-level token. If Slack is merely away, it goes on trying.
    """
    web = writing_client(app_token, slack.settings.api_url)
    await _check(web)
    lines = Lines(slack, web)
    holding = [asyncio.create_task(lines.hold()) for _ in range(connections)]
    try:
        yield
    finally:
        for task in holding:
            task.cancel()
        await asyncio.gather(*holding, return_exceptions=True)
        await lines.close()
        await slack.close()


async def _check(web: AsyncWebClient) -> None:
    """Ask once before anything is started, so that a refused token is said at once."""
    try:
        await write(web, "apps.connections.open")
    except SlackApiError as error:
        if not may_pass(error):
            refused = f"Slack refuses SLACK_APP_TOKEN ({failure(error).code})"
            mend = "make an app-level token (xapp-...) with connections:write, under Basic Information"
            raise SettingsError(f"{refused}: {mend}") from None
    except (aiohttp.ClientError, TimeoutError):
        return


class Lines:
    """The connections of this process. Slack gives each event to one of the app's, at random."""

    def __init__(self, slack: SlackApp, web: AsyncWebClient) -> None:
        """Take what the requests are for, and the client to ask Slack for addresses by."""
        self._slack = slack
        self._web = web
        self._open: set[Connection] = set()
        self._finishing: set[asyncio.Task[None]] = set()

    async def hold(self) -> None:
        """Keep one connection up until cancelled. The next one is open before the last one is closed, if Slack lets it.

        Waits between tries grow from half a second to a minute, or are as long as Slack asks for.
        """
        last: Connection | None = None
        failures = 0
        while True:
            try:
                new = await self._connect()
            except (TurnedAwayError, SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
                makes_room = last is not None and _is(error, _TOO_MANY)
                if last is not None and (makes_room or not last.is_open):
                    self._finish(last)
                    last = None
                if not makes_room:
                    await asyncio.sleep(self._pause(error, failures))
                failures += 1
                continue
            self._joined(new)
            if last is not None:
                self._finish(last)
            last, began = new, time.monotonic()
            self._over(await new.over(QUIET_S))
            failures = 0 if time.monotonic() - began > STEADY_S else failures + 1
            if failures:
                await asyncio.sleep(_pause(failures))

    async def close(self) -> None:
        """Acknowledge what came, and close every connection."""
        for connection in [*self._open]:
            self._finish(connection)
        await asyncio.gather(*self._finishing)

    async def _connect(self) -> Connection:
        told = await write(self._web, "apps.connections.open")
        return await Connection.open(as_text(told.get("url")), self._web.proxy, self._take)

    def _joined(self, new: Connection) -> None:
        if not any(connection.is_open for connection in self._open):
            _logger.info("connected to Slack")
            self._slack.hearing.gap.set()
        self._open.add(new)

    def _over(self, ending: Ending) -> None:
        match ending:
            case "link_disabled":
                _logger.warning("Slack ended a connection: %s", _MENDS[ending])
            case "silent":
                _logger.debug("nothing came by a connection for %.0f s: starting another", QUIET_S)
                self._slack.hearing.silent = True
            case "closed" if not any(connection.is_open for connection in self._open):
                _logger.warning("no connection to Slack is left: starting another")
            case "asked" | "closed":
                pass
            case _:
                assert_never(ending)

    def _finish(self, connection: Connection) -> None:
        self._open.discard(connection)
        task = asyncio.create_task(connection.finish())
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    def _pause(self, error: Exception, failures: int) -> float:
        """Log what is wrong, and return how many seconds to wait; each process a little otherwise than others."""
        told = failure(error) if isinstance(error, SlackApiError) else None
        code = told.code if told else error.reason if isinstance(error, TurnedAwayError) else type(error).__name__
        pause = max(_pause(failures), (told and told.retry_after_s) or 0.0)
        level = logging.WARNING if failures in {0, 8} or failures % 60 == 0 else logging.DEBUG
        _logger.log(level, "Slack gives no connection (%s); the next try is in %.1f s", _MENDS.get(code, code), pause)
        return pause

    async def _take(self, envelope: JsonObject) -> JsonValue:
        try:
            asked = AsyncBoltRequest(
                mode="socket_mode", body=as_object(envelope.get("payload")), headers=_retry_headers(envelope)
            )
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            self._slack.tally.broken(f"body: {type(error).__name__}")
            return None
        answer = await self._slack.dispatch(asked)
        if answer.status >= 300:
            raise NotTakenError
        return _payload(answer)


def _pause(failures: int) -> float:
    """Return how many seconds to wait after so many failures in a row; each process a little otherwise than others."""
    return min(FIRST_PAUSE_S * 2 ** min(failures, 10), LONGEST_PAUSE_S) * random.uniform(0.8, 1.2)  # noqa: S311 - no secret hangs on it


def _is(error: Exception, reason: str) -> bool:
    return isinstance(error, TurnedAwayError) and error.reason == reason


def _retry_headers(envelope: JsonObject) -> dict[str, str | Sequence[str]]:
    """Return the headers that say the same by HTTP."""
    told = {"x-slack-retry-num": "retry_attempt", "x-slack-retry-reason": "retry_reason"}
    return {header: str(envelope[name]) for header, name in told.items() if envelope.get(name) is not None}


def _payload(answer: BoltResponse) -> JsonValue:
    """Return what an acknowledgement carries: a form's complaints, for example."""
    if not answer.body:
        return None
    if answer.first_headers().get("content-type", "").startswith("application/json"):
        return json.loads(answer.body)
    return {"text": answer.body}
