"""A real Bolt app for the peer to talk to: it notes what it hears and can be told to answer badly."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self, cast

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import SlackPeer
from bot.playground.slack.wire import JsonObject, as_object
from tests.playground.slack.client import Call, dig

BUTTONS: list[JsonObject] = [
    {"type": "section", "block_id": "what", "text": {"type": "mrkdwn", "text": "Deploy?"}},
    {
        "type": "actions",
        "block_id": "decide",
        "elements": [
            {
                "type": "button",
                "action_id": "approve",
                "text": {"type": "plain_text", "text": "Approve"},
                "value": "r1",
                "style": "primary",
            },
            {"type": "button", "action_id": "reject", "text": {"type": "plain_text", "text": "Reject"}, "value": "r1"},
            {"type": "button", "action_id": "silent", "text": {"type": "plain_text", "text": "Broken"}, "value": "r1"},
        ],
    },
]
REASON_MODAL: JsonObject = {
    "type": "modal",
    "callback_id": "reason",
    "private_metadata": "r1",
    "title": {"type": "plain_text", "text": "Why not?"},
    "submit": {"type": "plain_text", "text": "Reject"},
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "Reason"},
            "element": {"type": "plain_text_input", "action_id": "text", "max_length": 50},
        }
    ],
}


class BoltBot:
    """Bolt behind aiohttp, as the project's own adapter runs it: listeners first, acknowledgement after."""

    def __init__(self, peer: SlackPeer, *, secret: str | None = None) -> None:
        """Take the peer to talk to; another `secret` than the peer's makes every signature wrong."""
        app = peer.workspace.app
        self.peer = peer
        self.client = AsyncWebClient(token=app.bot_token, base_url=peer.api_url)
        self.call = Call(self.client)
        self.bolt = AsyncApp(
            client=self.client, signing_secret=secret or app.signing_secret, process_before_response=True
        )
        self.heard: list[JsonObject] = []  # inner events, in the order of arrival
        self.bodies: list[JsonObject] = []  # whole payloads
        self.headers: list[dict[str, str]] = []
        self.fail_http = 0  # this many requests are answered with 500
        self.hang = asyncio.Event()  # unset: requests wait
        self.hang.set()
        self._runner: web.AppRunner | None = None
        self._listen()

    async def serve(self) -> str:
        """Listen on a free port and return the address for events."""
        app = web.Application()
        app.router.add_post("/slack/events", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/slack/events"

    async def __aenter__(self) -> Self:
        """Serve, and tell the peer where."""
        self.peer.deliver_to(await self.serve())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self.hang.set()
        if self._runner:
            await self._runner.cleanup()

    def types(self) -> list[str]:
        """The types of the events heard, with their subtypes."""
        return [str(event.get("subtype") or event["type"]) for event in self.heard]

    async def _handle(self, request: web.Request) -> web.Response:
        self.headers.append(dict(request.headers))
        await self.hang.wait()
        if self.fail_http:
            self.fail_http -= 1
            return web.Response(status=500)
        return await to_aiohttp_response(await self.bolt.async_dispatch(await to_bolt_request(request)))

    def _listen(self) -> None:
        async def note(body: JsonObject) -> None:
            self.bodies.append(body)
            self.heard.append(as_object(body["event"]))

        async def approve(ack: AsyncAck, body: JsonObject) -> None:
            self.bodies.append(body)
            await ack()
            channel, ts = dig(body, "channel", "id"), dig(body, "message", "ts")
            await self.call("chat.update", channel=channel, ts=ts, text="Approved", blocks=[])

        async def reject(ack: AsyncAck, body: JsonObject) -> None:
            self.bodies.append(body)
            await ack()
            await self.call("views.open", trigger_id=body["trigger_id"], view=REASON_MODAL)

        async def reason(ack: AsyncAck, body: JsonObject) -> None:
            self.bodies.append(body)
            if dig(body, "view", "state", "values", "reason", "text", "value") == "no":
                await ack(response_action="errors", errors={"reason": "Say more"})
            else:
                await ack()

        async def silent(body: JsonObject) -> None:
            self.bodies.append(body)

        for kind in ("app_mention", "message", "app_home_opened", "reaction_added"):
            self.on("event", kind, note)
        self.on("action", "approve", approve)
        self.on("action", "reject", reject)
        self.on("action", "silent", silent)
        self.on("view", "reason", reason)

    def on(self, what: str, name: str, listener: object) -> None:
        """Register a listener, past the bare types of Bolt's decorators."""
        register = cast("Callable[[str], Callable[[object], object]]", getattr(self.bolt, what))
        register(name)(listener)
