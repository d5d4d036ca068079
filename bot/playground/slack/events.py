"""Carry events to the app and try again when it does not acknowledge, as Slack's Events API does."""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Awaitable, Callable
from typing import Literal
from urllib.parse import urlencode

import aiohttp
from pydantic import JsonValue

from bot.playground.slack.core import Timing
from bot.playground.slack.models import App, Frozen
from bot.playground.slack.store import Journal
from bot.playground.slack.wire import JsonObject, as_object, as_text, new_id, parse_json

Kind = Literal["events_api", "interactive", "slash_commands"]
Result = Literal["acked", "http_timeout", "http_error", "connection_failed"]


class Delivery(Frozen):
    """Something on its way to the app; `tries` were made without an acknowledgement, the last for `reason`."""

    id: str
    kind: Kind
    payload: JsonObject
    tries: int = 0
    reason: str = ""


class Ack(Frozen):
    """What the app answered within the time it has, or why there is no answer."""

    result: Result
    status: int | None = None  # of HTTP; None without an answer, and in Socket Mode
    body: JsonValue = None
    no_retry: bool = False  # the app sent X-Slack-No-Retry


class Attempt(Frozen):
    """One try to deliver, for assertions."""

    id: str  # the event's id; the same over all its tries
    kind: Kind
    type: str  # app_mention, message, block_actions ...; of a slash command the command
    retry_num: int
    retry_reason: str
    result: Result
    status: int | None
    duration_s: float
    payload: JsonObject


Transport = Callable[[Delivery, float], Awaitable[Ack]]


def sign(secret: str, timestamp: str, body: str) -> str:
    """Return Slack's v0 signature of a request (https://docs.slack.dev/authentication/verifying-requests-from-slack)."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:{body}".encode(), hashlib.sha256).hexdigest()


class HttpTransport:
    """Posts signed requests to the app's address."""

    def __init__(self, app: App, events_url: str) -> None:
        """Take where the app listens; events and interactions go to the same address."""
        self.app = app
        self.events_url = events_url

    async def send(self, delivery: Delivery, timeout_s: float) -> Ack:
        """Post one delivery and wait for its acknowledgement."""
        body, content_type = json.dumps(delivery.payload), "application/json"
        if delivery.kind == "interactive":
            body, content_type = urlencode({"payload": body}), "application/x-www-form-urlencoded"
        if delivery.kind == "slash_commands":
            body, content_type = urlencode(delivery.payload), "application/x-www-form-urlencoded"
        headers = {"Content-Type": content_type}
        if delivery.tries:
            headers |= {"X-Slack-Retry-Num": str(delivery.tries), "X-Slack-Retry-Reason": delivery.reason}
        return await self._post(body, headers, timeout_s)

    async def verify(self, timeout_s: float) -> bool:
        """Do the `url_verification` handshake: whether the address answers with the challenge."""
        challenge = new_id("CH", 20)
        body = json.dumps({"token": self.app.verification_token, "challenge": challenge, "type": "url_verification"})
        ack = await self._post(body, {"Content-Type": "application/json"}, timeout_s)
        return ack.result == "acked" and challenge in (as_object(ack.body).get("challenge"), ack.body)

    async def _post(self, body: str, headers: dict[str, str], timeout_s: float) -> Ack:
        timestamp = str(int(time.time()))
        signed = headers | {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": sign(self.app.signing_secret, timestamp, body),
            "User-Agent": "Slackbot 1.0 (playground)",
        }
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=timeout_s)) as session,
                session.post(self.events_url, data=body.encode(), headers=signed) as response,
            ):
                text = await response.text()
                no_retry = response.headers.get("X-Slack-No-Retry") == "1"
                result: Result = "acked" if response.ok else "http_error"
                return Ack(
                    result=result, status=response.status, body=parse_json(text) if text else None, no_retry=no_retry
                )
        except TimeoutError:
            return Ack(result="http_timeout")
        except aiohttp.ClientError:
            return Ack(result="connection_failed")


class Sender:
    """Delivers events one by one, each retried three times; what is under way survives a restart in the journal."""

    def __init__(self, journal: Journal, timing: Timing) -> None:
        """Start with an empty list of attempts and no address to send to."""
        self.attempts: list[Attempt] = []
        self.transport: Transport | None = None
        self._journal = journal
        self._timing = timing
        self._held: list[Delivery] | None = None
        self._duplicates = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def resume(self) -> None:
        """Go on with what an earlier run had not delivered."""
        for row in self._journal.rows("delivery"):
            self._start(Delivery.model_validate_json(row))

    def send(self, payload: JsonObject) -> None:
        """Send one event envelope in the background."""
        delivery = Delivery(id=as_text(payload.get("event_id")), kind="events_api", payload=payload)
        self._journal.put("delivery", delivery.id, delivery.model_dump_json())
        copies, self._duplicates = 1 + self._duplicates, 0
        for _ in range(copies):
            if self._held is None:
                self._start(delivery)
            else:
                self._held.append(delivery)

    async def ask(self, payload: JsonObject, kind: Kind = "interactive") -> Ack:
        """Send an interaction or a slash command and wait for the answer; Slack never repeats these."""
        return await self._try(Delivery(id=new_id("IN"), kind=kind, payload=payload))

    def duplicate_next(self) -> None:
        """Deliver the next event twice."""
        self._duplicates += 1

    def hold(self) -> None:
        """Keep events back until `release`."""
        self._held = self._held or []

    def release(self, *, newest_first: bool = False) -> int:
        """Let the held events go, in order or backwards; return how many there were."""
        held, self._held = self._held or [], None
        for delivery in reversed(held) if newest_first else held:
            self._start(delivery)
        return len(held)

    @property
    def idle(self) -> bool:
        """Whether nothing is under way or held back."""
        return not self._tasks and not self._held

    async def stop(self) -> None:
        """Give up what is under way; the journal keeps it for the next run."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self._carry(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, delivery: Delivery) -> None:
        while True:
            ack = await self._try(delivery)
            if ack.result == "acked" or ack.no_retry or delivery.tries >= len(self._timing.retry_s):
                self._journal.drop("delivery", delivery.id)
                return
            wait = self._timing.retry_s[delivery.tries]
            delivery = delivery.model_copy(update={"tries": delivery.tries + 1, "reason": ack.result})
            self._journal.put("delivery", delivery.id, delivery.model_dump_json())
            await asyncio.sleep(wait)

    async def _try(self, delivery: Delivery) -> Ack:
        started = time.monotonic()
        transport = self.transport
        ack = await transport(delivery, self._timing.ack_s) if transport else Ack(result="connection_failed")
        inner = as_object(delivery.payload.get("event")) or delivery.payload
        self.attempts.append(
            Attempt(
                id=delivery.id,
                kind=delivery.kind,
                type=as_text(inner.get("type")) or as_text(inner.get("command")),
                retry_num=delivery.tries,
                retry_reason=delivery.reason,
                result=ack.result,
                status=ack.status,
                duration_s=time.monotonic() - started,
                payload=delivery.payload,
            )
        )
        return ack
