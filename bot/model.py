"""The one call to the Anthropic API: a prompt in, one answer or one named failure out."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from ipaddress import ip_address
from json import JSONDecodeError
from typing import Literal, Protocol
from urllib.parse import urlsplit

from anthropic import APIConnectionError, APIError, APIStatusError, AsyncAnthropic, DefaultAsyncHttpxClient
from anthropic.types import Message, MessageParam, OutputConfigParam, TextBlockParam
from anthropic.types import Usage as WireUsage

from bot.errors import CountersignError

API_URL = "https://api.anthropic.com"
SPEND_CODES = frozenset(
    {
        "contract_spend_limit_reached",
        "enforced_spend_limit_reached",
        "linked_organization_billing_unavailable",
        "linked_organization_spend_limit_reached",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What is sent: a system prompt and one user message of text blocks, appended to from turn to turn."""

    system: str
    blocks: tuple[str, ...]  # one text block each, none of them empty
    schema: Mapping[str, object]  # the JSON schema of the answer, already through the SDK's `transform_schema`
    model: str
    max_tokens: int = 4096  # of the answer; on models that always think, their thinking counts too
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None  # None: the model's own default


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one call used, in tokens."""

    input: int  # everything read: new, written to the cache, and from the cache
    cached: int  # the part of `input` that came from the prompt cache
    output: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model said, not yet validated."""

    text: str
    usage: Usage
    model: str  # the model that answered, as the API names it
    latency_ms: int


class ModelFailure(StrEnum):
    """Why there is no answer; each kind has its own mend."""

    OVERLOADED = "overloaded"  # the API as a whole is busy
    RATE_LIMITED = "rate_limited"  # this organization calls too often
    SPEND_LIMIT = "spend_limit"  # no credit, or a limit on spending was reached: an admin must act
    REFUSED = "refused"  # the model declined to answer
    TOO_LONG = "too_long"  # the prompt does not fit: compact it
    CUT_OFF = "cut_off"  # the answer did not fit into max_tokens
    UNREACHABLE = "unreachable"  # no connection, a time-out, a server error
    CREDENTIALS = "credentials"  # the key is missing, wrong, or not allowed to do this
    BAD_REQUEST = "bad_request"  # the API does not take what was sent


PASSING = frozenset({ModelFailure.OVERLOADED, ModelFailure.RATE_LIMITED, ModelFailure.UNREACHABLE})


class ModelFailed(CountersignError):
    """The model gave no answer; the kind of failure says whether to wait or what to mend."""

    def __init__(self, kind: ModelFailure, detail: str, retry_after_s: float | None = None) -> None:
        super().__init__(f"The model gave no answer ({kind}): {detail}")
        self.kind = kind
        self.detail = detail  # short; neither a key nor anything that people wrote
        self.retry_after_s = retry_after_s  # seconds, when the API asked for a pause

    @property
    def passing(self) -> bool:
        """Whether the same call may well succeed later, with nobody doing anything."""
        return self.kind in PASSING


class Model(Protocol):
    """Whatever turns a prompt into an answer."""

    async def __call__(self, prompt: Prompt) -> Answer:
        """Ask once. Raises ModelFailed."""
        ...


class AnthropicModel:
    """The Messages API through the official client. It never retries: that is the runtime's, logged and scheduled."""

    def __init__(self, api_key: str, *, base_url: str = API_URL, timeout_s: float = 120.0) -> None:
        self._client = AsyncAnthropic(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            timeout=timeout_s,
            http_client=_unproxied() if is_loopback(base_url) else None,
        )

    async def __call__(self, prompt: Prompt) -> Answer:
        """Ask once; cancelling closes the request. Raises ModelFailed."""
        start = time.monotonic()
        try:
            reply = await self._client.messages.create(
                model=prompt.model,
                max_tokens=prompt.max_tokens,
                system=[_block(prompt.system, cached=True)],
                messages=[_message(prompt.blocks)],
                output_config=_output_config(prompt),
            )
        except APIError as error:
            raise failure_of(error) from error
        except (JSONDecodeError, UnicodeDecodeError) as error:  # a reply that is not the JSON it says it is
            raise ModelFailed(ModelFailure.UNREACHABLE, _NO_MESSAGE) from error
        return _answer(reply, latency_ms=round((time.monotonic() - start) * 1000))

    async def close(self) -> None:
        """Close the connections; the model cannot be called afterwards."""
        await self._client.close()


_NO_MESSAGE = "what came back is no message of this API; check ANTHROPIC_BASE_URL and any proxy on the way"


def _unproxied() -> DefaultAsyncHttpxClient:
    """What is meant for this machine stays on it: HTTP_PROXY and its kin would send it elsewhere."""
    # The client mounts the environment's proxies whatever `trust_env` says; these mounts take their place.
    return DefaultAsyncHttpxClient(trust_env=False, mounts={"all://": None, "http://": None, "https://": None})


def _message(blocks: tuple[str, ...]) -> MessageParam:
    # Every turn's prompt begins with the whole of the last one, so a mark on its last block is all that caching needs.
    last = len(blocks) - 1
    return {"role": "user", "content": [_block(text, cached=n == last) for n, text in enumerate(blocks)]}


def _block(text: str, *, cached: bool) -> TextBlockParam:
    if cached:
        return {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}
    return {"type": "text", "text": text}


def _output_config(prompt: Prompt) -> OutputConfigParam:
    config: OutputConfigParam = {"format": {"type": "json_schema", "schema": dict(prompt.schema)}}
    if prompt.effort is not None:
        config["effort"] = prompt.effort
    return config


def _answer(reply: object, *, latency_ms: int) -> Answer:
    # The client does not validate replies: a proxy's error page, or JSON of another make, arrives here as it is.
    if not isinstance(reply, Message) or not isinstance(usage := getattr(reply, "usage", None), WireUsage):
        raise ModelFailed(ModelFailure.UNREACHABLE, _NO_MESSAGE)
    match reply.stop_reason:
        case "refusal":
            category = reply.stop_details.category if reply.stop_details else None
            raise ModelFailed(ModelFailure.REFUSED, f"the model declined ({category or 'no category given'})")
        case "max_tokens":
            raise ModelFailed(ModelFailure.CUT_OFF, f"the answer was cut off after {usage.output_tokens} tokens")
        case "model_context_window_exceeded":
            raise ModelFailed(ModelFailure.TOO_LONG, "prompt and answer together do not fit the model's context")
        case _:
            return Answer(
                text="".join(block.text for block in reply.content if block.type == "text"),
                usage=_usage(usage),
                model=reply.model,
                latency_ms=latency_ms,
            )


def _usage(usage: WireUsage) -> Usage:
    cached = usage.cache_read_input_tokens or 0
    return Usage(
        input=usage.input_tokens + cached + (usage.cache_creation_input_tokens or 0),
        cached=cached,
        output=usage.output_tokens,
    )


def failure_of(error: APIError) -> ModelFailed:
    """Name what the client raised."""
    if not isinstance(error, APIStatusError):
        kind = type(error).__name__ if isinstance(error, APIConnectionError) else _NO_MESSAGE
        return ModelFailed(ModelFailure.UNREACHABLE, kind)
    kind = _kind(error)
    parts = [str(error.status_code), error.error_code or error.type or "", error.request_id or ""]
    if kind is ModelFailure.BAD_REQUEST:  # the API's own sentence is what says which field to mend
        parts.append((error.api_message or "")[:200])
    return ModelFailed(kind, " ".join(part for part in parts if part), retry_after_s(error.response.headers))


def _kind(error: APIStatusError) -> ModelFailure:
    """From the status, type and code; see "Errors" in the API's documentation."""
    if _is_spend_limit(error):
        return ModelFailure.SPEND_LIMIT
    match error.status_code:
        case 401 | 403:
            return ModelFailure.CREDENTIALS
        case 413:
            return ModelFailure.TOO_LONG
        case 429:
            return ModelFailure.RATE_LIMITED
        case 400 if error.error_code == "organization_on_hold":
            return ModelFailure.CREDENTIALS
        case 400 if _says(error, "prompt is too long", "exceed context limit"):
            return ModelFailure.TOO_LONG
        case status if status == 529 or error.type == "overloaded_error":
            return ModelFailure.OVERLOADED
        case status if status == 408 or status >= 500:
            return ModelFailure.UNREACHABLE
        case _:
            return ModelFailure.BAD_REQUEST


def _is_spend_limit(error: APIStatusError) -> bool:
    """Some limits on spending come as 402 or with a code; those set in the Console as a plain 400 with a sentence."""
    if error.status_code == 402 or error.type == "billing_error" or error.error_code in SPEND_CODES:
        return True
    return error.status_code == 400 and _says(error, "credit balance", "api usage limits")


def _says(error: APIStatusError, *phrases: str) -> bool:
    message = (error.api_message or "").lower()
    return any(phrase in message for phrase in phrases)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by `retry-after-ms`, else `retry-after` (RFC 9110 10.2.3: seconds or a date); None if neither."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = max(0.0, float(headers[name]) / unit)
        except (KeyError, ValueError):
            continue
        return seconds if math.isfinite(seconds) else None
    try:
        return max(0.0, parsedate_to_datetime(headers["retry-after"]).timestamp() - time.time())
    except (KeyError, ValueError):
        return None


def is_loopback(url: str) -> bool:
    """Whether this address is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
