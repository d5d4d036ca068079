"""One Socket Mode connection: opened, read until Slack or the network ends it, and closed when all is acknowledged."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from typing import Literal

import aiohttp
from pydantic import JsonValue

from bot.errors import CountersignError
from channels.slack.wire import JsonObject, as_object, as_text

HEARTBEAT_S = 10.0  # between two pings; a connection that answers none for half of this is dead
OPEN_S = 15.0  # from the call to Slack's hello
MAX_MESSAGE = 16 * 1024 * 1024  # bytes

Ending = Literal["asked", "silent", "closed", "link_disabled"]
"""Why a connection is to be replaced: Slack asks for it, nothing came for long, it broke, or the app has no Socket
Mode any more."""
Take = Callable[[JsonObject], Awaitable[JsonValue]]
"""Takes an envelope and returns the payload of its acknowledgement. Raises NotTakenError: then there is none."""


class NotTakenError(CountersignError):
    """The envelope could not be stored, so it is not acknowledged, and Slack sends it again."""


class TurnedAwayError(CountersignError):
    """Slack closed the new connection at once."""

    def __init__(self, reason: str) -> None:
        """Take Slack's word for it."""
        super().__init__(reason)
        self.reason = reason


class Connection:
    """A connection that said hello. `over` tells when and why to replace it; until `finish` it goes on taking."""

    def __init__(self, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse, take: Take) -> None:
        """Start to read."""
        self.heard = time.monotonic()  # when the last envelope came
        self._session = session
        self._socket = socket
        self._take = take
        self._asked: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._taking: set[asyncio.Task[None]] = set()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, url: str, proxy: str | None, take: Take) -> "Connection":
        """Connect, and wait for Slack's hello. Raises TurnedAwayError, aiohttp's errors, OSError, TimeoutError."""
        session = aiohttp.ClientSession()
        socket: aiohttp.ClientWebSocketResponse | None = None
        try:
            async with asyncio.timeout(OPEN_S):
                socket = await session.ws_connect(url, proxy=proxy, heartbeat=HEARTBEAT_S, max_msg_size=MAX_MESSAGE)
                _greeted(_object(await socket.receive()))
            return cls(session, socket, take)
        except BaseException:
            if socket is not None:
                await socket.close()
            await session.close()
            raise

    @property
    def is_open(self) -> bool:
        """Whether envelopes can come."""
        return not self._reading.done()

    async def over(self, quiet_s: float) -> Ending:
        """Return why this connection is to be replaced, once it is; after `quiet_s` without an envelope it is."""
        while True:
            left = self.heard + quiet_s - time.monotonic()
            if left <= 0:
                return "silent"
            await asyncio.wait([self._asked, self._reading], timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if self._asked.done():
                return self._asked.result()
            if self._reading.done():
                return "closed"

    async def finish(self) -> None:
        """Acknowledge what came, and close."""
        self._reading.cancel()
        await asyncio.gather(self._reading, *self._taking, return_exceptions=True)
        with contextlib.suppress(aiohttp.ClientError, OSError):
            await self._socket.close()
        await self._session.close()

    async def _read(self) -> None:
        async for message in self._socket:
            envelope = _object(message)
            match as_text(envelope.get("type")):
                case "disconnect":
                    reason = as_text(envelope.get("reason"))
                    if not self._asked.done():
                        self._asked.set_result("link_disabled" if reason == "link_disabled" else "asked")
                case "":
                    pass
                case _:
                    self.heard = time.monotonic()
                    task = asyncio.create_task(self._answer(envelope))
                    self._taking.add(task)
                    task.add_done_callback(self._taking.discard)

    async def _answer(self, envelope: JsonObject) -> None:
        """Take an envelope, and only then acknowledge it, by the connection that it came by."""
        try:
            payload = await self._take(envelope)
        except NotTakenError:
            return
        answer: JsonObject = {"envelope_id": envelope.get("envelope_id")}
        if payload is not None:
            answer["payload"] = payload
        with contextlib.suppress(aiohttp.ClientError, OSError):  # Slack sends it again, and it is known by then
            await self._socket.send_str(json.dumps(answer))


def _greeted(first: JsonObject) -> None:
    if as_text(first.get("type")) != "hello":
        raise TurnedAwayError(as_text(first.get("reason")) or "no hello")


def _object(message: aiohttp.WSMessage) -> JsonObject:
    """Return the JSON object of a frame; an empty one if it holds none."""
    if message.type is not aiohttp.WSMsgType.TEXT:
        return {}
    with contextlib.suppress(ValueError):
        return as_object(json.loads(message.data))
    return {}
