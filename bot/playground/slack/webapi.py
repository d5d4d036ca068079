"""The Web API under /api/: who calls, with what, whether they may, and the answer as HTTP."""

from collections import defaultdict, deque
from collections.abc import Callable
from typing import NamedTuple

from aiohttp import web
from pydantic import JsonValue

from bot.playground.slack import methods_agents as agents
from bot.playground.slack import methods_chat as chat
from bot.playground.slack import methods_conversations as conversations
from bot.playground.slack import methods_files as files
from bot.playground.slack import methods_people as people
from bot.playground.slack import methods_views as views
from bot.playground.slack.core import Call, Core
from bot.playground.slack.faults import Fault, Faults
from bot.playground.slack.wire import ApiRefusedError, JsonObject, parse_json

Handler = Callable[[Call], JsonObject]


class Method(NamedTuple):
    """What one method does, and the scope it needs (empty: none, or the handler asks by kind of channel)."""

    handler: Handler
    scope: str = ""


METHODS: dict[str, Method] = {
    "agents.sessions.rename": Method(agents.rename, "chat:write"),
    "agents.sessions.setStatus": Method(agents.set_status, "chat:write"),
    "api.test": Method(people.api_test),
    "assistant.threads.setSuggestedPrompts": Method(agents.suggest, "assistant:write"),
    "auth.test": Method(people.auth_test),
    "auth.teams.list": Method(people.auth_teams_list),
    "bots.info": Method(people.bot_info, "users:read"),
    "chat.delete": Method(chat.delete, "chat:write"),
    "chat.getPermalink": Method(chat.get_permalink),
    "chat.postEphemeral": Method(chat.post_ephemeral, "chat:write"),
    "chat.postMessage": Method(chat.post_message, "chat:write"),
    "chat.update": Method(chat.update, "chat:write"),
    "conversations.history": Method(conversations.history),
    "conversations.info": Method(conversations.info),
    "conversations.list": Method(conversations.list_channels),
    "conversations.members": Method(conversations.members),
    "conversations.open": Method(conversations.open_conversation, "im:write"),
    "conversations.replies": Method(conversations.replies),
    "files.completeUploadExternal": Method(files.complete_upload, "files:write"),
    "files.getUploadURLExternal": Method(files.get_upload_url, "files:write"),
    "files.info": Method(files.info, "files:read"),
    "reactions.add": Method(chat.add_reaction, "reactions:write"),
    "team.info": Method(people.team_info, "team:read"),
    "users.conversations": Method(conversations.user_conversations),
    "users.info": Method(people.user_info, "users:read"),
    "users.list": Method(people.list_users, "users:read"),
    "users.lookupByEmail": Method(people.lookup_by_email, "users:read.email"),
    "views.open": Method(views.open_view),
    "views.publish": Method(views.publish_view),
    "views.push": Method(views.push_view),
    "views.update": Method(views.update_view),
}
CONNECT = "apps.connections.open"
READING = frozenset({"conversations.history", "conversations.replies", "users.conversations"})


class WebApi:
    """Answers the calls of the app. `calls` remembers the name of each, for assertions."""

    def __init__(self, core: Core, connect: Callable[[], str], *, rate_limit: bool) -> None:
        """Take what opens a Socket Mode address, and whether Slack's rate limits hold."""
        self.core = core
        self.connect = connect
        self.rate_limit = rate_limit
        self.faults = Faults()
        self.calls: list[str] = []
        self._last_post: dict[str, float] = {}
        self._reads: dict[str, deque[float]] = defaultdict(deque)

    def add_routes(self, app: web.Application) -> None:
        """Serve the methods, by POST or GET as Slack does."""
        app.router.add_route("*", "/api/{method}", self.handle)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        method = request.match_info["method"]
        self.calls.append(method)
        fault = self.faults.take(method)
        if fault.status is not None:
            return web.Response(status=fault.status, text="<html>Slack had a problem</html>", content_type="text/html")
        try:
            token, args = await read_arguments(request)
            self._fail(fault)
            body = self._run(method, token, args)
        except ApiRefusedError as refused:
            return self._answer(refused.body(), refused.status, refused.retry_after)
        if fault.drop_reply and request.transport is not None:
            request.transport.abort()
        return self._answer({"ok": True} | body)

    def _fail(self, fault: Fault) -> None:
        if fault.retry_after_s is not None:
            raise ApiRefusedError("ratelimited", status=429, retry_after=fault.retry_after_s)
        if fault.error is not None:
            raise ApiRefusedError(fault.error)

    def _run(self, method: str, token: str, args: JsonObject) -> JsonObject:
        app = self.core.workspace.app
        call = Call(core=self.core, method=method, args=args)
        if method == "api.test":
            return people.api_test(call)
        if not token:
            raise ApiRefusedError("not_authed")
        if token not in {app.bot_token, app.app_token}:
            raise ApiRefusedError("invalid_auth")
        if token == app.bot_token and self.core.workspace.is_revoked:
            raise ApiRefusedError("account_inactive")
        if method != CONNECT and method not in METHODS:
            raise ApiRefusedError("unknown_method")
        if (token == app.app_token) != (method == CONNECT):
            raise ApiRefusedError("not_allowed_token_type")
        if method == CONNECT and "connections:write" not in app.app_scopes:
            raise ApiRefusedError(
                "missing_scope", needed="connections:write", provided=",".join(sorted(app.app_scopes))
            )
        if method == CONNECT:
            return {"url": self.connect()}
        handler, scope = METHODS[method]
        if scope:
            call.need_scope(scope)
        self._pace(method, args)
        return handler(call)

    def _pace(self, method: str, args: JsonObject) -> None:
        """Hold a channel to about one message a second, and each method that reads conversations to its tier.

        See https://docs.slack.dev/apis/web-api/rate-limits.
        """
        if self.rate_limit and method in READING:
            self._pace_reading(method)
        if not self.rate_limit or method != "chat.postMessage":
            return
        channel, now = str(args.get("channel")), self.core.workspace.clock()
        if now - self._last_post.get(channel, 0.0) < self.core.timing.post_interval_s:
            raise ApiRefusedError(
                "ratelimited", status=429, retry_after=max(1, round(self.core.timing.post_interval_s))
            )
        self._last_post[channel] = now

    def _pace_reading(self, method: str) -> None:
        now, made = self.core.workspace.clock(), self._reads[method]
        while made and made[0] <= now - 60:
            made.popleft()
        if len(made) >= self.core.timing.reads_a_minute:
            raise ApiRefusedError("ratelimited", status=429, retry_after=max(1, round(made[0] + 60 - now)))
        made.append(now)

    def _answer(self, body: JsonObject, status: int = 200, retry_after: int | None = None) -> web.Response:
        headers = {"x-oauth-scopes": ",".join(sorted(self.core.workspace.app.scopes))}
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        return web.json_response(body, status=status, headers=headers)


async def read_arguments(request: web.Request) -> tuple[str, JsonObject]:
    """Return the token and the arguments of a call, from header, query, form and JSON body."""
    args: JsonObject = dict(request.query)
    if request.content_type == "application/json":
        body: JsonValue = parse_json(await request.text())
        if not isinstance(body, dict):
            raise ApiRefusedError("invalid_json")
        args |= body
    elif request.body_exists:
        args |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    in_body = str(args.pop("token", "") or "")
    return (token.strip() if scheme.lower() == "bearer" else in_body), args
