"""The control API over HTTP under /control/, for a page that plays the people; JSON in, JSON out, behind a token."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Literal, TypeVar
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from bot.errors import CountersignError
from bot.playground.mail.control import Control
from bot.playground.mail.models import Attachment, Client, FaultPoint, Frozen, ShownMailbox, ShownMessage

TOKEN_HEADER = "X-Control-Token"  # noqa: S105 - the header's name
KEEP_ALIVE_S = 15.0
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
Asked = TypeVar("Asked", bound=BaseModel)
_MAILBOXES = TypeAdapter(list[ShownMailbox])
_MESSAGES = TypeAdapter(list[ShownMessage])


class Write(Frozen):
    """POST /control/write."""

    from_: str
    to: str | tuple[str, ...]
    subject: str
    text: str
    html: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    headers: dict[str, str] = Field(default_factory=dict[str, str])
    attachments: tuple[Attachment, ...] = ()
    authentic: bool | Literal["none"] = True


class Reply(Frozen):
    """POST /control/reply."""

    box: str
    uid: int
    text: str
    quote: bool = True
    client: Client = "gmail"
    from_: str | None = None
    headers: dict[str, str] = Field(default_factory=dict[str, str])
    authentic: bool | Literal["none"] = True


class AutoReply(Frozen):
    """POST /control/auto_reply."""

    box: str
    uid: int
    text: str = "I am away until Monday."


class MarkSeen(Frozen):
    """POST /control/mark_seen."""

    box: str
    uid: int


class FailNext(Frozen):
    """POST /control/fail_next."""

    point: FaultPoint
    about: str | None = None
    reply: str | None = None
    delay_s: float = 0.0
    drop: Literal["before", "after"] | None = None
    bye: bool = False
    hang: bool = False
    times: int | None = 1


class Disconnect(Frozen):
    """POST /control/disconnect."""

    box: str | None = None
    idling_only: bool = False
    bye: str | None = None


class Renumber(Frozen):
    """POST /control/renumber."""

    box: str
    folder: str = "INBOX"


class ControlHttp:
    """Serves the same as `Control`; what only looks is a GET with `?box=` and `?folder=`."""

    def __init__(self, control: Control, token: str) -> None:
        """Take whom to act through, and the token that callers must send in the X-Control-Token header."""
        self.control = control
        self._token = token
        self._streams: set[asyncio.Event] = set()
        self._closing = False

    def add_routes(self, app: web.Application) -> None:
        """Serve the paths under /control/."""
        for act in (self.write, self.reply, self.auto_reply, self.mark_seen):
            app.router.add_post(f"/control/{act.__name__}", self._guarded(act))
        for act in (self.fail_next, self.heal, self.disconnect, self.renumber):
            app.router.add_post(f"/control/{act.__name__}", self._guarded(act))
        for look in (self.mailboxes, self.messages, self.snapshot, self.stream):
            app.router.add_get(f"/control/{look.__name__}", self._guarded(look))

    def close(self) -> None:
        """End every stream."""
        self._closing = True
        for changed in self._streams:
            changed.set()

    async def write(self, request: web.Request) -> web.StreamResponse:
        """Answer with what was Posted."""
        asked = await _read(request, Write)
        return _answer(
            self.control.write(
                asked.from_,
                asked.to,
                asked.subject,
                asked.text,
                asked.html,
                in_reply_to=asked.in_reply_to,
                references=asked.references,
                headers=asked.headers,
                attachments=asked.attachments,
                authentic=asked.authentic,
            )
        )

    async def reply(self, request: web.Request) -> web.StreamResponse:
        """Answer with what was Posted."""
        asked = await _read(request, Reply)
        return _answer(
            self.control.reply(
                asked.box,
                asked.uid,
                asked.text,
                quote=asked.quote,
                client=asked.client,
                from_=asked.from_,
                headers=asked.headers,
                authentic=asked.authentic,
            )
        )

    async def auto_reply(self, request: web.Request) -> web.StreamResponse:
        """Answer with what was Posted."""
        asked = await _read(request, AutoReply)
        return _answer(self.control.auto_reply(asked.box, asked.uid, asked.text))

    async def mark_seen(self, request: web.Request) -> web.StreamResponse:
        """Mark a mail as read."""
        asked = await _read(request, MarkSeen)
        self.control.mark_seen(asked.box, asked.uid)
        return web.json_response({})

    async def fail_next(self, request: web.Request) -> web.StreamResponse:
        """Plan a fault."""
        asked = await _read(request, FailNext)
        self.control.fail_next(
            asked.point,
            about=asked.about,
            reply=asked.reply,
            delay_s=asked.delay_s,
            drop=asked.drop,
            bye=asked.bye,
            hang=asked.hang,
            times=asked.times,
        )
        return web.json_response({})

    async def heal(self, request: web.Request) -> web.StreamResponse:
        """Forget all faults."""
        self.control.heal()
        return web.json_response({})

    async def disconnect(self, request: web.Request) -> web.StreamResponse:
        """Answer with how many connections were closed."""
        asked = await _read(request, Disconnect)
        closed = self.control.disconnect(asked.box, idling_only=asked.idling_only, bye=asked.bye)
        return web.json_response({"closed": closed})

    async def renumber(self, request: web.Request) -> web.StreamResponse:
        """Change a folder's UIDVALIDITY."""
        asked = await _read(request, Renumber)
        self.control.renumber(asked.box, asked.folder)
        return web.json_response({})

    async def mailboxes(self, request: web.Request) -> web.StreamResponse:
        """Answer with the list of mailboxes."""
        return web.Response(body=_MAILBOXES.dump_json(self.control.mailboxes()), content_type="application/json")

    async def messages(self, request: web.Request) -> web.StreamResponse:
        """Answer with the list of mails in `?box=`."""
        found = self.control.messages(request.query.get("box", ""), request.query.get("folder", "INBOX"))
        return web.Response(body=_MESSAGES.dump_json(found), content_type="application/json")

    async def snapshot(self, request: web.Request) -> web.StreamResponse:
        """Answer with the Snapshot, the mails of `?box=` in it."""
        return _answer(self.control.snapshot(request.query.get("box"), request.query.get("folder", "INBOX")))

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Send the revision now and after every change, as server-sent events named `revision`."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        changed = asyncio.Event()
        stop_listening = self.control.office.listen(changed.set)
        self._streams.add(changed)
        try:
            while not self._closing:
                changed.clear()
                revision = self.control.office.revision
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


@web.middleware
async def loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what a foreign web page sends to this port: by its own host name (DNS rebinding), or across sites."""
    origin = request.headers.get("Origin")
    is_foreign = origin is not None and urlsplit(origin).hostname not in LOOPBACK
    is_foreign = is_foreign or request.headers.get("Sec-Fetch-Site") == "cross-site"
    if is_foreign or urlsplit(f"//{request.host}").hostname not in LOOPBACK:
        return web.Response(status=403, text="these mailboxes are for this machine alone: call them by 127.0.0.1")
    return await handler(request)


async def _read(request: web.Request, model: type[Asked]) -> Asked:
    return model.model_validate_json(await request.text())


def _answer(model: BaseModel) -> web.Response:
    return web.Response(text=model.model_dump_json(), content_type="application/json")


def _refused(status: int, reason: str) -> web.Response:
    return web.json_response({"error": reason}, status=status)
