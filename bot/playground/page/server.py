"""The page's server: its files, what it shows as JSON, one stream of changes, and the hands of the acting person."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from aiohttp import web
from aiohttp.helpers import content_disposition_header
from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.errors import CountersignError
from bot.playground.mail.control import Control as Mail
from bot.playground.page.guard import Guard
from bot.playground.page.mail import FRAME_POLICY, MailDesk, Reply, Seen, Write
from bot.playground.page.models import Backstage, Trouble
from bot.playground.slack.control import Control
from bot.playground.slack.control_http import (
    Click,
    ClickView,
    CloseView,
    Command,
    Delete,
    Edit,
    OpenApp,
    Say,
    Share,
    Stop,
    SubmitView,
    UseShortcut,
)
from bot.playground.slack.render_files import type_of
from bot.playground.slack.wire import ApiRefusedError

STATIC = Path(__file__).with_name("static")
LOOK_S = 0.25  # how often what is outside Slack is looked at, while a page is open
KEEP_ALIVE_LOOKS = 60
PORTS_TRIED = 20
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
NOT_HERE = "Open the whole address that `bot demo` printed: its last part lets you in.\n"
Asked = TypeVar("Asked", bound=BaseModel)
_TROUBLE: TypeAdapter[Trouble] = TypeAdapter(Trouble)


class PortTakenError(CountersignError):
    """No port for the page is free: name one with --port."""


class PageServer:
    """Serves the page on 127.0.0.1. `open_door` as of Guard."""

    def __init__(self, slack: Control, mail: Mail, backstage: Backstage, *, open_door: bool) -> None:
        """Take the Slack and the mailboxes to show, and what stands behind them; nothing listens until `start`."""
        self._slack = slack
        self._mail = MailDesk(mail, backstage.about.people, backstage.thread_of)
        self._backstage = backstage
        self._guard = Guard(open_door=open_door)
        self._open_door = open_door
        self._stopping = asyncio.Event()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The address to open."""
        address = f"http://127.0.0.1:{self._guard.port}"
        return address if self._open_door else f"{address}/?token={self._guard.token}"

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._guard.port

    async def start(self, port: int) -> None:
        """Listen on this port, or on the next free one (0: on any). Raises PortTakenError."""
        app = web.Application(middlewares=[self._guard.middleware], client_max_size=1024 * 1024)
        app.router.add_get("/", self._page)
        app.router.add_get("/static/{name}", self._file)
        app.router.add_get("/api/about", self._about)
        app.router.add_get("/api/slack", self._snapshot)
        app.router.add_get("/api/attachment", self._attachment)
        app.router.add_get("/api/mail", self._letters)
        app.router.add_get("/api/letter", self._letter)
        app.router.add_get("/api/threads/{thread}", self._thread)
        app.router.add_get("/api/stream", self._stream)
        writing = (self._say, self._share, self._edit, self._delete, self._command, self._shortcut)
        clicking = (self._open, self._click, self._act, self._submit, self._close, self._press_stop)
        for act in (*writing, *clicking, self._write, self._reply, self._seen, self._trouble):
            app.router.add_post(f"/api/{act.__name__.removeprefix('_')}", _careful(act))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        await self._runner.setup()
        for candidate in range(port, min(port + PORTS_TRIED, 65_536)):
            with suppress(OSError):
                await web.TCPSite(self._runner, "127.0.0.1", candidate).start()
                self._guard.port = int(self._runner.addresses[0][1])
                return
        await self._runner.cleanup()
        raise PortTakenError(f"the ports from {port} on are all taken: name a free one with --port")

    async def stop(self) -> None:
        """Let go of the port and of every open page."""
        self._stopping.set()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _page(self, request: web.Request) -> web.StreamResponse:
        if not self._guard.admits(request):
            return web.Response(status=403, text=NOT_HERE)
        if "token" in request.query:
            response = web.Response(
                status=303, headers={"Location": "/"}
            )  # so that the token does not stay in the address
        else:
            response = _sent(STATIC / "index.html")
        response.set_cookie(self._guard.cookie, self._guard.token, httponly=True, samesite="Strict", path="/")
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        place = STATIC / request.match_info["name"]
        if place.parent != STATIC or place.suffix not in KINDS or not place.is_file():
            return web.Response(status=404)
        return _sent(place)

    async def _about(self, request: web.Request) -> web.StreamResponse:
        return _answer(self._backstage.about)

    async def _snapshot(self, request: web.Request) -> web.StreamResponse:
        user = request.query.get("user", "")
        if user not in self._slack.core.workspace.users:
            return _refused(404, f"there is nobody with the id {user!r}")
        return _answer(self._slack.snapshot(user))

    async def _attachment(self, request: web.Request) -> web.StreamResponse:
        """Send a file that was shared in Slack, as text to be read or, whatever it is, as something to save."""
        asked = request.query
        try:
            file, content = self._slack.file(asked.get("user", ""), asked.get("id", ""))
        except ApiRefusedError:
            return _refused(404, "there is no such file")
        except CountersignError as error:
            return _refused(403, str(error))
        headers = {"Content-Security-Policy": "default-src 'none'; sandbox"}
        if "save" in asked:
            headers["Content-Disposition"] = content_disposition_header("attachment", filename=file.name)
        kind = "text/plain; charset=utf-8" if type_of(file).is_text else "application/octet-stream"
        return web.Response(body=content, headers={**headers, "Content-Type": kind})

    async def _letters(self, request: web.Request) -> web.StreamResponse:
        try:
            return _answer(self._mail.letters(request.query.get("person", "")))
        except CountersignError as error:
            return _refused(404, str(error))

    async def _letter(self, request: web.Request) -> web.StreamResponse:
        """Send a mail's own HTML, which is somebody else's, under a policy that lets it do nothing."""
        asked = request.query
        try:
            html = self._mail.html(asked.get("person", ""), asked.get("folder", ""), int(asked.get("uid", "")))
        except (CountersignError, ValueError):
            return _refused(404, "there is no such mail")
        headers = {"Content-Security-Policy": FRAME_POLICY}
        return web.Response(text=html, content_type="text/html", charset="utf-8", headers=headers)

    async def _thread(self, request: web.Request) -> web.StreamResponse:
        found = await self._backstage.thread(request.match_info["thread"])
        return _answer(found) if found else _refused(404, "there is no such thread")

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Tell about every change: `slack` and `mail` with their revisions, `around` with all that is outside them."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        changed = asyncio.Event()
        workspace = self._slack.core.workspace
        ignore, ignore_mail = workspace.listen(changed.set), self._mail.listen(changed.set)
        told: dict[str, str] = {}
        looks = 0
        try:
            while not self._stopping.is_set():
                changed.clear()
                around = (await self._backstage.around()).model_dump_json()
                mail = json.dumps({"revision": self._mail.revision, "unseen": self._mail.unseen()})
                for name, data in (("slack", str(workspace.revision)), ("mail", mail), ("around", around)):
                    if told.get(name) != data:
                        told[name] = data
                        await response.write(f"event: {name}\ndata: {data}\n\n".encode())
                if (looks := looks + 1) % KEEP_ALIVE_LOOKS == 0:
                    await response.write(b": still here\n\n")
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), LOOK_S)
        except ConnectionError:
            pass  # the page was closed
        finally:
            ignore()
            ignore_mail()
        return response

    async def _say(self, request: web.Request) -> web.StreamResponse:
        said = await _read(request, Say)
        ts = self._slack.say(said.user, said.channel, said.text, said.thread_ts)
        return web.json_response({"ts": ts})

    async def _command(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request, Command)
        return _answer(await self._slack.command(**asked.model_dump()))

    async def _shortcut(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request, UseShortcut)
        return _answer(await self._slack.shortcut(**asked.model_dump()))

    async def _press_stop(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request, Stop)
        self._slack.press_stop(asked.user, asked.channel, asked.thread_ts)
        return web.json_response({})

    async def _open(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request, OpenApp)
        return web.json_response({"channel": self._slack.open_app(asked.user, asked.tab)})

    async def _share(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request, Share)
        ts = self._slack.share(asked.user, asked.channel, asked.name, asked.content, asked.said, asked.thread_ts)
        return web.json_response({"ts": ts})

    async def _edit(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request, Edit)
        self._slack.edit(asked.user, asked.channel, asked.ts, asked.text)
        return web.json_response({})

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request, Delete)
        self._slack.delete(asked.user, asked.channel, asked.ts)
        return web.json_response({})

    async def _click(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request, Click)
        return _answer(await self._slack.click(**asked.model_dump()))

    async def _act(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request, ClickView)
        return _answer(await self._slack.click_view(**asked.model_dump()))

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request, SubmitView)
        return _answer(await self._slack.submit_view(asked.user, asked.view_id, asked.values))

    async def _close(self, request: web.Request) -> web.StreamResponse:
        asked = await _read(request, CloseView)
        await self._slack.close_view(asked.user, asked.view_id)
        return web.json_response({})

    async def _write(self, request: web.Request) -> web.StreamResponse:
        return _answer(self._mail.write(await _read(request, Write)))

    async def _reply(self, request: web.Request) -> web.StreamResponse:
        return _answer(self._mail.reply(await _read(request, Reply)))

    async def _seen(self, request: web.Request) -> web.StreamResponse:
        self._mail.seen(await _read(request, Seen))
        return web.json_response({})

    async def _trouble(self, request: web.Request) -> web.StreamResponse:
        begun = await self._backstage.make(_TROUBLE.validate_json(await request.text()))
        return _answer(begun) if begun else web.json_response({})


def _careful(
    act: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> Callable[..., Awaitable[web.StreamResponse]]:
    """Answer what goes wrong with a reason that the page can show."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.content_type != "application/json":
            return _refused(415, "send JSON")
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
    return web.Response(status=status, text=json.dumps({"error": reason}), content_type="application/json")


def _sent(place: Path) -> web.Response:
    return web.Response(body=place.read_bytes(), content_type=KINDS[place.suffix], charset="utf-8")
