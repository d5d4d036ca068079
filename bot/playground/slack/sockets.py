"""Socket Mode: WebSocket connections of the app, each event to one of them at random, acknowledged by envelope id."""

import asyncio
import contextlib
import random
from dataclasses import dataclass

from aiohttp import WSMsgType, web
from pydantic import JsonValue

from bot.playground.slack.core import Core
from bot.playground.slack.events import Ack, Delivery
from bot.playground.slack.wire import JsonObject, as_object, as_text, new_id, parse_json

MAX_CONNECTIONS = 10


@dataclass(eq=False)
class Line:
    """One connection, and how it fails without being closed."""

    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    muted: bool = False  # no envelope comes through it any more, although it answers pings
    frozen: bool = False  # nothing at all does, as when a firewall has forgotten it


class Sockets:
    """The app's open connections (https://docs.slack.dev/apis/events-api/using-socket-mode)."""

    def __init__(self, core: Core) -> None:
        """Start without connections."""
        self.core = core
        self.muted = False  # all connections stay up, those to come as well, but no envelope comes through them
        self.opened = 0  # connections made so far
        self._tickets: set[str] = set()
        self._open: list[Line] = []
        self._closing: set[asyncio.Task[None]] = set()
        self._joined = asyncio.Event()
        self._waiting: dict[str, tuple[Line, asyncio.Future[JsonValue]]] = {}

    @property
    def connections(self) -> int:
        """How many connections the app has open."""
        return len(self._open)

    @property
    def lines(self) -> tuple[Line, ...]:
        """The open connections, oldest first: to mute or freeze one of them."""
        return tuple(self._open)

    def new_url(self) -> str:
        """Return an address for one connection: the answer of apps.connections.open."""
        ticket = new_id("T", 24)
        self._tickets.add(ticket)
        return f"{self.core.url.replace('http', 'ws', 1)}/link/?ticket={ticket}&app_id={self.core.workspace.app.id}"

    def add_routes(self, app: web.Application) -> None:
        """Serve the WebSocket end."""
        app.router.add_get("/link/", self.handle)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until either side closes it."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=401, text="this ticket was used already, or never given out")
        self._tickets.remove(ticket)
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        if len(self._open) >= MAX_CONNECTIONS:
            await self._say_goodbye(socket, "too_many_websockets")
            return socket
        line = Line(socket, request.transport)
        self._open.append(line)
        self.opened += 1
        await socket.send_json(self._hello())
        self._joined.set()
        try:
            async for message in socket:
                if line.frozen:
                    continue
                if message.type is WSMsgType.TEXT:
                    self._acknowledge(as_object(parse_json(str(message.data))))
                elif message.type is WSMsgType.PING:
                    await socket.pong(message.data)
        finally:
            self._forget(line)
        return socket

    async def send(self, delivery: Delivery, timeout_s: float) -> Ack:
        """Send one delivery through a connection chosen at random, and wait for its acknowledgement."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._joined.wait()
                body = await self._exchange(random.choice(self._open), delivery)  # noqa: S311 - no secret hangs on it
        except TimeoutError:
            return Ack(result="http_timeout" if self._open else "connection_failed")
        except ConnectionError:
            return Ack(result="connection_failed")
        return Ack(result="acked", body=body)

    async def disconnect(self, reason: str = "refresh_requested", *lines: Line) -> None:
        """Ask the clients to reconnect, as Slack does every few hours, and close; without `lines`, all of them.

        After a `warning` they stay open for a while (`Timing.warning_s`), so that a client can change over.
        """
        for line in lines or self.lines:
            if reason != "warning":
                await self._say_goodbye(line.socket, reason)
                continue
            with contextlib.suppress(ConnectionError):
                await self._tell_to_go(line.socket, reason)
            task = asyncio.create_task(self._close_later(line))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def cut(self, *lines: Line) -> None:
        """Break connections without a word; without `lines`, all of them."""
        for line in lines or self.lines:
            if line.transport is not None:
                line.transport.abort()

    async def stop(self) -> None:
        """Close every connection."""
        for task in [*self._closing]:
            task.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)
        await self.disconnect("link_disabled")

    async def _close_later(self, line: Line) -> None:
        await asyncio.sleep(self.core.timing.warning_s)
        with contextlib.suppress(ConnectionError):
            await line.socket.close()

    async def _exchange(self, line: Line, delivery: Delivery) -> JsonValue:
        envelope_id = new_id("EN", 20)
        envelope: JsonObject = {
            "envelope_id": envelope_id,
            "type": delivery.kind,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.kind != "events_api",
        }
        if delivery.kind == "events_api":
            reason = "timeout" if delivery.reason == "http_timeout" else delivery.reason
            envelope |= {"retry_attempt": delivery.tries, "retry_reason": reason}
        answer: asyncio.Future[JsonValue] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = (line, answer)
        try:
            if not (self.muted or line.muted or line.frozen):
                await line.socket.send_json(envelope)
            return await answer
        finally:
            self._waiting.pop(envelope_id, None)

    def _acknowledge(self, message: JsonObject) -> None:
        _, answer = self._waiting.get(as_text(message.get("envelope_id")), (None, None))
        if answer is not None and not answer.done():
            answer.set_result(message.get("payload"))

    def _forget(self, line: Line) -> None:
        self._open.remove(line)
        if not self._open:
            self._joined.clear()
        for owner, answer in self._waiting.values():
            if owner is line and not answer.done():
                answer.set_exception(ConnectionResetError("the app closed this connection"))

    def _hello(self) -> JsonObject:
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "connection_info": {"app_id": self.core.workspace.app.id},
            "debug_info": {"host": "playground", "build_number": 1, "approximate_connection_time": 18060},
        }

    async def _say_goodbye(self, socket: web.WebSocketResponse, reason: str) -> None:
        with contextlib.suppress(ConnectionError):
            await self._tell_to_go(socket, reason)
            await socket.close()

    async def _tell_to_go(self, socket: web.WebSocketResponse, reason: str) -> None:
        await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "playground"}})
