"""Calls of Slack's Web API: one client to read with, one to write with, and what their failures mean."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import aiohttp
from pydantic import JsonValue, TypeAdapter
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from channels.slack.wire import JsonObject, as_text

_OBJECT = TypeAdapter(dict[str, JsonValue])
_READ_TIMEOUT_S = 10
_WRITE_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class Failure:
    """What Slack said to a call that it did not carry out: its word for it, the HTTP status, when to come back."""

    code: str
    status: int
    retry_after_s: float | None = None


def sdk_logger() -> logging.Logger:
    """Return the logger for slack_sdk and Bolt: never below ERROR, since theirs quote tokens and what people wrote."""
    logger = logging.getLogger("channels.slack.sdk")
    logger.setLevel(logging.ERROR)
    return logger


def reading_client(token: str, api_url: str) -> AsyncWebClient:
    """Return a client for calls that change nothing: these are tried again after any failure that may pass."""
    again: list[AsyncRetryHandler] = [
        AsyncConnectionErrorRetryHandler(),
        AsyncRateLimitErrorRetryHandler(),
        AsyncServerErrorRetryHandler(),
    ]
    return _client(token, api_url, _READ_TIMEOUT_S, again)


def writing_client(token: str, api_url: str) -> AsyncWebClient:
    """Return a client that sends once.

    By default slack_sdk repeats a call whose connection broke, although Slack may have carried it out: the message
    would stand there twice. The outbox knows when to try again, and looks first.
    """
    return _client(token, api_url, _WRITE_TIMEOUT_S, [])


def _client(token: str, api_url: str, timeout_s: int, again: list[AsyncRetryHandler]) -> AsyncWebClient:
    client = AsyncWebClient(token=token, base_url=api_url, timeout=timeout_s, logger=sdk_logger(), retry_handlers=again)
    if urlsplit(api_url).hostname in {"127.0.0.1", "localhost", "::1"}:
        client.proxy = None  # slack_sdk obeys HTTP_PROXY even for this machine, and knows no NO_PROXY
    return client


async def read(client: AsyncWebClient, method: str, **arguments: str | int) -> JsonObject:
    """Call a method that reads; these take no JSON. Raises SlackApiError, aiohttp's errors, TimeoutError."""
    return _data(await client.api_call(method, http_verb="GET", params=dict(arguments)))  # pyright: ignore[reportUnknownMemberType] - its dicts are bare


async def write(client: AsyncWebClient, method: str, **arguments: JsonValue) -> JsonObject:
    """Call a method that writes, by JSON. Raises SlackApiError, aiohttp's errors, TimeoutError."""
    given = {key: value for key, value in arguments.items() if value is not None}
    return _data(await client.api_call(method, json=given))  # pyright: ignore[reportUnknownMemberType] - likewise


async def whoami(client: AsyncWebClient) -> tuple[JsonObject, frozenset[str]]:
    """Return the answer of `auth.test`, and the scopes that were granted. Raises as `read` does."""
    answer = await client.api_call("auth.test")  # pyright: ignore[reportUnknownMemberType] - likewise
    granted = _headers(answer).get("x-oauth-scopes", "")
    return _data(answer), frozenset(scope.strip() for scope in granted.split(","))


async def respond(
    client: AsyncWebClient, response_url: str, text: str, blocks: list[JsonValue] | None = None, *, replace: bool = True
) -> None:
    """Answer by a `response_url`: in the place of the message that was clicked in, or below, to that person alone.

    Raises aiohttp's errors, TimeoutError.
    """
    body: JsonObject = {"replace_original": replace, "text": text, "response_type": "ephemeral"}
    body |= {"blocks": blocks} if blocks else {}
    timeout = aiohttp.ClientTimeout(total=_READ_TIMEOUT_S)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(response_url, json=body, proxy=client.proxy) as answer,
    ):
        answer.raise_for_status()


async def upload_address(client: AsyncWebClient, name: str, length: int) -> tuple[str, str]:
    """Return where to send the bytes (so many) of a file, and the file's id. This method takes no JSON.

    Raises SlackApiError, aiohttp's errors, TimeoutError.
    """
    told = _data(await client.files_getUploadURLExternal(filename=name, length=length))  # pyright: ignore[reportUnknownMemberType] - likewise
    return as_text(told.get("upload_url")), as_text(told.get("file_id"))


def _data(answer: AsyncSlackResponse) -> JsonObject:
    return _OBJECT.validate_python(cast("object", answer.data))  # pyright: ignore[reportUnknownMemberType] - likewise


def failure(error: SlackApiError) -> Failure:
    """Read what Slack said; the SDK hands over answers of several kinds."""
    response = cast("object", error.response)
    data = getattr(response, "data", None)
    fields = cast("dict[str, object]", data) if isinstance(data, dict) else {}
    status = cast("object", getattr(response, "status_code", None) or getattr(response, "status", None))
    after = _headers(response).get("retry-after", "")
    return Failure(
        code=str(fields.get("error") or "no_answer"),
        status=status if isinstance(status, int) else 0,
        retry_after_s=float(after) if after.isdigit() else None,
    )


def _headers(answer: object) -> dict[str, str]:
    found = cast("object", getattr(answer, "headers", None))
    if not isinstance(found, Mapping):
        return {}
    return {str(key).lower(): str(value) for key, value in cast("Mapping[object, object]", found).items()}


def may_pass(error: Exception) -> bool:
    """Whether a failed call that changes nothing may go well a little later."""
    match error:
        case SlackApiError():
            told = failure(error)
            return told.status >= 500 or told.status == 429 or told.code in {"ratelimited", *UNCERTAIN, *BUSY}
        case aiohttp.ClientError() | TimeoutError():
            return True
        case _:
            return False


UNCERTAIN = frozenset({"fatal_error", "internal_error", "no_answer"})  # Slack may have done it all the same
BUSY = frozenset({"ratelimited", "rate_limited", "service_unavailable", "request_timeout", "team_added_to_org"})
