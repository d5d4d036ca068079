"""The control API over HTTP under /control/, for a page that plays the people; JSON in, JSON out, behind a token."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import TypeVar

from aiohttp import web
from pydantic import Base64Bytes, BaseModel, Field, ValidationError

from bot.errors import CountersignError
from bot.playground.slack.control import Control
from bot.playground.slack.inputs import Value
from bot.playground.slack.models import Frozen
from bot.playground.slack.wire import JsonObject

TOKEN_HEADER = "X-Control-Token"  # noqa: S105 - the header's name
KEEP_ALIVE_S = 15.0
Asked = TypeVar("Asked", bound=BaseModel)


class Say(Frozen):
    """POST /control/say."""

    user: str
    channel: str
    text: str
    thread_ts: str | None = None
    broadcast: bool = False


class Share(Frozen):
    """POST /control/share; `content` is base64."""

    user: str
    channel: str
    name: str
    content: Base64Bytes
    said: str = ""
    thread_ts: str | None = None


class Edit(Frozen):
    """POST /control/edit."""

    user: str
    channel: str
    ts: str
    text: str


class Delete(Frozen):
    """POST /control/delete."""

    user: str
    channel: str
    ts: str


class React(Frozen):
    """POST /control/react."""

    user: str
    channel: str
    ts: str
    name: str


class OpenApp(Frozen):
    """POST /control/open_app."""

    user: str
    tab: str = "messages"


class Stop(Frozen):
    """POST /control/press_stop."""

    user: str
    channel: str
    thread_ts: str


class Click(Frozen):
    """POST /control/click."""

    user: str
    channel: str
    ts: str
    action_id: str
    value: Value | None = None
    block_id: str = ""
    values: dict[str, Value] = Field(default_factory=dict)
    stale: bool = False


class Command(Frozen):
    """POST /control/command."""

    user: str
    channel: str
    typed: str
    thread_ts: str | None = None


class UseShortcut(Frozen):
    """POST /control/shortcut."""

    user: str
    channel: str
    ts: str
    callback_id: str


class ClickView(Frozen):
    """POST /control/click_view."""

    user: str
    view_id: str
    action_id: str
    value: Value | None = None
    block_id: str = ""
    values: dict[str, Value] = Field(default_factory=dict)


class SubmitView(Frozen):
    """POST /control/submit_view."""

    user: str
    view_id: str
    values: dict[str, Value] = Field(default_factory=dict)


class CloseView(Frozen):
    """POST /control/close_view."""

    user: str
    view_id: str


class ControlHttp:
    """Serves the same as `Control`, plus `GET /control/snapshot?user=` and `GET /control/stream`."""

    def __init__(self, control: Control, token: str) -> None:
        """Take whom to act through, and the token that callers must send in the X-Control-Token header."""
        self.control = control
        self._token = token
        self._streams: set[asyncio.Event] = set()
        self._closing = False

    def add_routes(self, app: web.Application) -> None:
        """Serve the paths under /control/."""
        for act in (self.say, self.share, self.edit, self.delete, self.react, self.open_app, self.press_stop):
            app.router.add_post(f"/control/{act.__name__}", self._guarded(act))
        for act in (self.command, self.shortcut, self.click, self.click_view, self.submit_view, self.close_view):
            app.router.add_post(f"/control/{act.__name__}", self._guarded(act))
        app.router.add_get("/control/snapshot", self._guarded(self.snapshot))
        app.router.add_get("/control/stream", self._guarded(self.stream))

    def close(self) -> None:
        """End every stream."""
        self._closing = True
        for changed in self._streams:
            changed.set()

    async def say(self, request: web.Request) -> web.StreamResponse:
        """Answer with the ts of the new message."""
        asked = await _read(request, Say)
        ts = self.control.say(asked.user, asked.channel, asked.text, asked.thread_ts, broadcast=asked.broadcast)
        return web.json_response({"ts": ts})

    async def share(self, request: web.Request) -> web.StreamResponse:
        """Answer with the ts of the message that shows the file."""
        asked = await _read(request, Share)
        ts = self.control.share(asked.user, asked.channel, asked.name, asked.content, asked.said, asked.thread_ts)
        return web.json_response({"ts": ts})

    async def edit(self, request: web.Request) -> web.StreamResponse:
        """Change one's own message."""
        asked = await _read(request, Edit)
        self.control.edit(asked.user, asked.channel, asked.ts, asked.text)
        return web.json_response({})

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """Delete one's own message."""
        asked = await _read(request, Delete)
        self.control.delete(asked.user, asked.channel, asked.ts)
        return web.json_response({})

    async def react(self, request: web.Request) -> web.StreamResponse:
        """Put an emoji on a message."""
        asked = await _read(request, React)
        self.control.react(asked.user, asked.channel, asked.ts, asked.name)
        return web.json_response({})

    async def open_app(self, request: web.Request) -> web.StreamResponse:
        """Answer with the id of the direct-message channel."""
        asked = await _read(request, OpenApp)
        return web.json_response({"channel": self.control.open_app(asked.user, asked.tab)})

    async def command(self, request: web.Request) -> web.StreamResponse:
        """Answer with the Outcome."""
        asked = await _read(request, Command)
        return _answer(await self.control.command(**asked.model_dump()))

    async def shortcut(self, request: web.Request) -> web.StreamResponse:
        """Answer with the Outcome."""
        asked = await _read(request, UseShortcut)
        return _answer(await self.control.shortcut(**asked.model_dump()))

    async def press_stop(self, request: web.Request) -> web.StreamResponse:
        """Press the Stop button of a thread."""
        asked = await _read(request, Stop)
        self.control.press_stop(asked.user, asked.channel, asked.thread_ts)
        return web.json_response({})

    async def click(self, request: web.Request) -> web.StreamResponse:
        """Answer with the Outcome."""
        asked = await _read(request, Click)
        return _answer(await self.control.click(**asked.model_dump()))

    async def click_view(self, request: web.Request) -> web.StreamResponse:
        """Answer with the Outcome."""
        asked = await _read(request, ClickView)
        return _answer(await self.control.click_view(**asked.model_dump()))

    async def submit_view(self, request: web.Request) -> web.StreamResponse:
        """Answer with the Outcome."""
        asked = await _read(request, SubmitView)
        return _answer(await self.control.submit_view(asked.user, asked.view_id, asked.values))

    async def close_view(self, request: web.Request) -> web.StreamResponse:
        """Dismiss a modal."""
        asked = await _read(request, CloseView)
        await self.control.close_view(asked.user, asked.view_id)
        return web.json_response({})

    async def snapshot(self, request: web.Request) -> web.StreamResponse:
        """Answer with the Snapshot of what `?user=` sees."""
        return _answer(self.control.snapshot(request.query.get("user")))

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send the revision now and after every change, as server-sent events named `revision`."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        changed = asyncio.Event()
        stop_listening = self.control.core.workspace.listen(changed.set)
        self._streams.add(changed)
        try:
            while not self._closing:
                changed.clear()
                revision = self.control.core.workspace.revision
                await response.write(f'id: {revision}\nevent: revision\ndata: {{"revision": {revision}}}\n\n'.encode())
                while not changed.is_set():
                    try:
                        await asyncio.wait_for(changed.wait(), KEEP_ALIVE_S)
                    except TimeoutError:
                        await response.write(b": still here\n\n")
        except ConnectionError:
            pass  # the page was closed
        finally:
            stop_listening()
            self._streams.discard(changed)
        return response

    def _guarded(
        self, act: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            if not hmac.compare_digest(request.headers.get(TOKEN_HEADER, "").encode(), self._token.encode()):
                return _refused(403, f"send the control token in the header {TOKEN_HEADER}")
            try:
                return await act(request)
            except ValidationError as error:
                return _refused(400, str(error))
            except CountersignError as error:
                return _refused(409, str(error))

        return handle


async def _read(request: web.Request, model: type[Asked]) -> Asked:
    return model.model_validate_json(await request.text())


def _answer(model: BaseModel) -> web.Response:
    return web.Response(text=model.model_dump_json(), content_type="application/json")


def _refused(status: int, reason: str) -> web.Response:
    body: JsonObject = {"error": reason}
    return web.json_response(body, status=status)
