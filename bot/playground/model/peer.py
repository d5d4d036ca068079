"""A local stand-in for the Messages API: the real protocol on a loopback port, and no model behind it."""

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.web_exceptions import HTTPRequestEntityTooLarge
from pydantic import JsonValue

from bot.playground.model.cache import Count, PromptCache, tokens_in
from bot.playground.model.rehearsal import ANNOUNCEMENT, choose
from bot.playground.model.script import CutOff, Delay, Fail, Hang, Raw, Refuse, Say, Scripted, Text
from bot.playground.model.wire import (
    MAX_REQUEST_BYTES,
    MODELS,
    MessagesRequest,
    Problem,
    as_blocks,
    bad_request,
    read_request,
)

Rehearsed = Say | Text
Spoken = Say | Text | CutOff | Refuse | Fail | Raw


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A request that was taken, as it came in."""

    headers: dict[str, str]  # names in lower case
    body: MessagesRequest
    client_port: int  # tells connections apart


@dataclass(slots=True, kw_only=True)
class ModelPeer:
    """POST /v1/messages and GET /v1/models. Answers by script while there is one, else by the rehearsal's rules."""

    port: int = 0  # 0: any free one
    key: str | None = None  # the only API key that is taken; None: any
    models: tuple[str, ...] = MODELS
    context_tokens: int = 200_000  # of prompt and answer together
    cache: PromptCache = field(default_factory=PromptCache)
    requests: list[Recorded] = field(default_factory=list[Recorded])
    _script: deque[Scripted] = field(default_factory=deque[Scripted])
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """What to set as the API's base URL."""
        return f"http://127.0.0.1:{self.port}"

    def script(self, entries: Iterable[Scripted | str]) -> None:
        """Answer the next requests with these, one each, in this order; a bare string is text."""
        self._script.extend(Text(entry) if isinstance(entry, str) else entry for entry in entries)

    async def start(self) -> None:
        """Listen on loopback. Raises OSError when the port is taken."""
        app = web.Application(client_max_size=MAX_REQUEST_BYTES)
        app.router.add_post("/v1/messages", self._messages)
        app.router.add_get("/v1/models", self._list_models)
        app.router.add_route("*", "/{rest:.*}", self._not_found)
        # A client that hangs up ends its request at once, so that a cancelled call can be seen here.
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self.port).start()
        except OSError:
            await runner.cleanup()
            raise
        self.port = int(runner.addresses[0][1])
        self._runner = runner

    async def stop(self) -> None:
        """Close the port and end the requests that are being held."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _messages(self, request: web.Request) -> web.Response:
        taken = await self._take(request)
        if isinstance(taken, Problem):
            return _error(taken)
        self.requests.append(_recorded(request, taken))
        count = self.cache.count(taken)
        if count.total > self.context_tokens:
            return _error(bad_request(f"prompt is too long: {count.total} tokens > {self.context_tokens} maximum"))
        entry = await self._next(taken)
        match entry:
            case Fail():
                problem = Problem(status=entry.status, type=entry.type, message=entry.message)
                return _error(problem, headers=dict(entry.headers), error_code=entry.error_code)
            case Raw():
                return web.Response(status=entry.status, text=entry.body, content_type=entry.content_type)
            case _:
                self.cache.remember(taken)
                return _json(_message(taken, entry, count))

    async def _take(self, request: web.Request) -> MessagesRequest | Problem:
        if (problem := self._unauthorized(request)) is not None:
            return problem
        if "anthropic-version" not in request.headers:
            return bad_request("anthropic-version: header is required")
        try:
            body = await request.read()
        except HTTPRequestEntityTooLarge:
            return Problem(status=413, type="request_too_large", message="Request exceeds the maximum size of 32 MB")
        return read_request(body, self.models)

    async def _next(self, request: MessagesRequest) -> Spoken:
        """The script's next answer, after whatever it says to wait for; the rehearsal's when there is none left."""
        while self._script:
            match entry := self._script.popleft():
                case Hang():
                    entry.held.set()
                    try:
                        await entry.released.wait()
                    except asyncio.CancelledError:
                        entry.gone.set()
                        raise
                case Delay():
                    await asyncio.sleep(entry.seconds)
                case _:
                    return entry
        return rehearse(request)

    def _unauthorized(self, request: web.Request) -> Problem | None:
        # The documentation's examples send x-api-key, the official client sends the same key as a bearer token.
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        key = request.headers.get("x-api-key") or bearer
        if key and self.key in {None, key}:
            return None
        message = "invalid API key" if key else "x-api-key header is required"
        return Problem(status=401, type="authentication_error", message=message)

    async def _list_models(self, request: web.Request) -> web.Response:
        if (problem := self._unauthorized(request)) is not None:
            return _error(problem)
        made = "2026-01-01T00:00:00Z"
        data: list[JsonValue] = [
            {"type": "model", "id": name, "display_name": f"{name} (rehearsal)", "created_at": made}
            for name in self.models
        ]
        return _json({"data": data, "has_more": False, "first_id": self.models[0], "last_id": self.models[-1]})

    async def _not_found(self, request: web.Request) -> web.Response:
        return _error(Problem(status=404, type="not_found_error", message=f"Not found: {request.path}"))


def _recorded(request: web.Request, body: MessagesRequest) -> Recorded:
    name = request.transport.get_extra_info("peername") if request.transport else None
    return Recorded(
        headers={key.lower(): value for key, value in request.headers.items()},
        body=body,
        client_port=int(name[1]) if name else 0,
    )


def rehearse(request: MessagesRequest) -> Rehearsed:
    """Choose a step by rule; a request that offers no steps hears what this is."""
    system = "\n".join(block.text for block in as_blocks(request.system))
    blocks = [block.text for block in request.messages[-1].texts()]
    choice = choose(blocks, request.answer_schema(), system)
    return Text(ANNOUNCEMENT) if choice is None else Say(choice.step, choice.fields, choice.why)


def _message(request: MessagesRequest, entry: Say | Text | CutOff | Refuse, count: Count) -> dict[str, JsonValue]:
    text, stop_reason = _spoken(entry)
    content: list[JsonValue] = [{"type": "text", "text": text}] if text else []
    if isinstance(entry, Text) and entry.thinking:
        content.insert(0, {"type": "thinking", "thinking": "", "signature": secrets.token_hex(16)})
    refusal: JsonValue = (
        {"type": "refusal", "category": entry.category, "explanation": None} if isinstance(entry, Refuse) else None
    )
    return {
        "id": f"msg_{secrets.token_hex(12)}",
        "type": "message",
        "role": "assistant",
        "model": request.model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "stop_details": refusal,
        "usage": {
            "input_tokens": count.new,
            "cache_creation_input_tokens": count.written,
            "cache_read_input_tokens": count.cached,
            "output_tokens": request.max_tokens if isinstance(entry, CutOff) else tokens_in(text),
        },
    }


def _spoken(entry: Say | Text | CutOff | Refuse) -> tuple[str, str]:
    """The text, and why it ends there."""
    match entry:
        case Say():
            return json.dumps({"next": {"step": entry.step, "why": entry.why, **entry.fields}}), "end_turn"
        case Text():
            return entry.text, "end_turn"
        case CutOff():
            return entry.text, "max_tokens"
        case Refuse():
            return "", "refusal"


def _error(problem: Problem, *, headers: dict[str, str] | None = None, error_code: str | None = None) -> web.Response:
    error: dict[str, JsonValue] = {"type": problem.type, "message": problem.message}
    if error_code is not None:
        error["details"] = {"error_code": error_code}
    return _json({"type": "error", "error": error}, status=problem.status, headers=headers or {})


def _json(body: dict[str, JsonValue], *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    request_id = f"req_{secrets.token_hex(12)}"
    if body.get("type") == "error":
        body = {**body, "request_id": request_id}
    return web.json_response(body, status=status, headers={**(headers or {}), "request-id": request_id})


@asynccontextmanager
async def model_peer(peer: ModelPeer | None = None) -> AsyncGenerator[ModelPeer]:
    """A started peer, stopped at the end."""
    peer = peer or ModelPeer()
    await peer.start()
    try:
        yield peer
    finally:
        await peer.stop()


async def serve(port: int = 0, announce: Callable[[str], object] = print) -> None:
    """Run a peer until cancelled, for `bot playground model --port N`. Raises OSError when the port is taken."""
    async with model_peer(ModelPeer(port=port)) as peer:
        announce(f"ANTHROPIC_BASE_URL={peer.url}")
        announce(ANNOUNCEMENT)
        await asyncio.Event().wait()
