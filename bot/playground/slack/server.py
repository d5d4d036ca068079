"""The peer as a whole: one HTTP server on loopback that is a small Slack to the app and a remote control to us."""

import asyncio
import secrets
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.playground.slack import defaults
from bot.playground.slack.control import Control
from bot.playground.slack.control_http import ControlHttp
from bot.playground.slack.core import Core, Timing
from bot.playground.slack.events import Attempt, HttpTransport, Sender
from bot.playground.slack.faults import Fault
from bot.playground.slack.files_http import FilesHttp
from bot.playground.slack.happenings import envelope, subscription
from bot.playground.slack.models import App, Channel, Team, User
from bot.playground.slack.responses import Responses
from bot.playground.slack.sockets import Sockets
from bot.playground.slack.store import FileJournal, Journal
from bot.playground.slack.surfaces import Surfaces
from bot.playground.slack.webapi import WebApi
from bot.playground.slack.wire import JsonObject
from bot.playground.slack.workspace import Workspace

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MAX_BODY = 4 * 1024 * 1024  # bytes; above Slack's own limits, so that these are what refuses
CLOSE_S = 2.0  # how long open requests may take to end when the peer stops


class SlackPeer(Control):
    """A small Slack on this machine.

    Without `events_url` the app is in Socket Mode; with it, events and interactions are posted there. `data` names the
    file that keeps the workspace and undelivered events over a restart. `rate_limit` holds each channel to about one
    message a second, and reading to so many calls a minute.
    """

    def __init__(  # noqa: PLR0913 - every part of the workspace can be overridden, each by name
        self,
        *,
        users: Iterable[User] = defaults.DEFAULT_USERS,
        channels: Iterable[Channel] = defaults.DEFAULT_CHANNELS,
        team: Team = defaults.ACME,
        app: App = defaults.COUNTERSIGN,
        timing: Timing = defaults.REAL_TIME,
        events_url: str | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        data: Path | None = None,
        control_token: str | None = None,
        rate_limit: bool = False,
    ) -> None:
        """Build the workspace; nothing listens until `start`."""
        self._journal = FileJournal(data) if data else Journal()
        workspace = Workspace(users, channels, team=team, app=app, journal=self._journal)
        surfaces = Surfaces(self._journal, workspace.clock, workspace.touch)
        core = Core(workspace=workspace, surfaces=surfaces, timing=timing)
        self.sender = Sender(self._journal, timing)
        super().__init__(core, self.sender)
        workspace.announce = self._announce
        self.sockets = Sockets(core)
        self.webapi = WebApi(core, self.sockets.new_url, rate_limit=rate_limit)
        self.control_token = control_token or secrets.token_urlsafe(24)
        self._control_http = ControlHttp(self, self.control_token)
        self._address = (host, port)
        self._runner: web.AppRunner | None = None
        self._http: HttpTransport | None = None
        self.deliver_to(events_url)

    @property
    def url(self) -> str:
        """Where the peer listens, without a slash at the end."""
        return self.core.url

    @property
    def api_url(self) -> str:
        """The `base_url` for slack_sdk's clients."""
        return f"{self.url}/api/"

    @property
    def workspace(self) -> Workspace:
        """The state, for assertions."""
        return self.core.workspace

    @property
    def attempts(self) -> list[Attempt]:
        """Every try to deliver something to the app so far, oldest first."""
        return self.sender.attempts

    async def start(self) -> None:
        """Listen, and go on delivering what an earlier run left."""
        app = web.Application(middlewares=[_loopback_only], client_max_size=MAX_BODY)
        files = FilesHttp(self.core, self.webapi.faults)
        for part in (self.webapi, files, self.sockets, Responses(self.core), self._control_http):
            part.add_routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_S)
        await self._runner.setup()
        host, port = self._address
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound = self._runner.addresses[0]
        self._address = (host, int(bound[1]))
        self.workspace.url = f"http://{host}:{bound[1]}"
        self.sender.resume()

    async def stop(self) -> None:
        """Close every connection and let go of the data file; the peer cannot be started again."""
        self._control_http.close()
        await self.sender.stop()
        await self.sockets.stop()
        if self._runner:
            await self._runner.cleanup()
        self._journal.close()

    async def __aenter__(self) -> Self:
        """Start."""
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        await self.stop()

    def deliver_to(self, events_url: str | None) -> None:
        """Post events to this address from now on; None: Socket Mode."""
        self._http = HttpTransport(self.workspace.app, events_url) if events_url else None
        self.sender.transport = self._http.send if self._http else self.sockets.send

    async def verify_url(self) -> bool:
        """Do the `url_verification` handshake with the app's address; False also in Socket Mode."""
        return self._http is not None and await self._http.verify(self.core.timing.ack_s)

    def fail_next(
        self,
        method: str,
        *,
        error: str | None = None,
        status: int | None = None,
        retry_after_s: int | None = None,
        drop_reply: bool = False,
        times: int = 1,
    ) -> None:
        """Let the next calls of a method, or (as `upload`) of a file's address, fail in one way; see Fault."""
        fault = Fault(error=error, status=status, retry_after_s=retry_after_s, drop_reply=drop_reply)
        self.webapi.faults.add(method, fault, times)

    def duplicate_next(self) -> None:
        """Deliver the next event twice."""
        self.sender.duplicate_next()

    def hold(self) -> None:
        """Keep events back until `release`."""
        self.sender.hold()

    def release(self, *, newest_first: bool = False) -> int:
        """Let the held events go, in order or backwards; return how many there were."""
        return self.sender.release(newest_first=newest_first)

    @property
    def idle(self) -> bool:
        """Whether every event was delivered or given up."""
        return self.sender.idle

    def _announce(self, event: JsonObject, channel: Channel | None) -> None:
        app = self.workspace.app
        if app.events is None or subscription(event, channel) in app.events:
            self.sender.send(envelope(event, channel, app, self.workspace.team))


async def serve(
    *, port: int = 0, events_url: str | None = None, data: Path | None = None, control_token: str | None = None
) -> None:
    """Run a peer until the task is cancelled, and print what an app needs to talk to it."""
    async with SlackPeer(port=port, events_url=events_url, data=data, control_token=control_token) as peer:
        app = peer.workspace.app
        for name, value in {
            "SLACK_API_URL": peer.api_url,
            "SLACK_BOT_TOKEN": app.bot_token,
            "SLACK_APP_TOKEN": app.app_token,
            "SLACK_SIGNING_SECRET": app.signing_secret,
            "CONTROL_TOKEN": peer.control_token,
        }.items():
            print(f"{name}={value}", flush=True)  # noqa: T201 - the command's answer
        await asyncio.Event().wait()


@web.middleware
async def _loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what a foreign web page sends to this port: by its own host name (DNS rebinding), or across sites."""
    origin = request.headers.get("Origin")
    is_foreign = origin is not None and urlsplit(origin).hostname not in LOOPBACK
    is_foreign = is_foreign or request.headers.get("Sec-Fetch-Site") == "cross-site"
    if is_foreign or urlsplit(f"//{request.host}").hostname not in LOOPBACK:
        return web.Response(status=403, text="this Slack is for this machine alone: call it by 127.0.0.1")
    return await handler(request)
