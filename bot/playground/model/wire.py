"""What the Messages API takes, as far as Countersign needs it: anything else is refused, as the original does.

Narrower than the original on purpose: text blocks only, no streaming. What is checked follows the API's reference
and the pages "What's new in Claude Opus 5.5" and "Structured outputs" of the platform's documentation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from bot.playground.model.schema import schema_problem

MODELS = (
    "claude-opus-5-5",
    "claude-sonnet-5-5",
    "claude-haiku-5-5",
    "claude-fable-5-2",
    "claude-opus-5",
    "claude-sonnet-5",
)
MAX_REQUEST_BYTES = 32 * 1024 * 1024
MAX_CACHE_MARKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a request is refused, in the API's terms."""

    status: int
    type: str
    message: str


class Wire(BaseModel):
    """A part of a request: unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CacheControl(Wire):
    """A mark: keep the prompt up to here."""

    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] = "5m"


class TextBlock(Wire):
    """A piece of text."""

    type: Literal["text"]
    text: str
    cache_control: CacheControl | None = None


class Turn(Wire):
    """One message of the conversation."""

    role: Literal["user", "assistant"]
    content: str | tuple[TextBlock, ...]

    def texts(self) -> tuple[TextBlock, ...]:
        return as_blocks(self.content)


class OutputFormat(Wire):
    """The form that the answer must have."""

    type: Literal["json_schema"]
    schema_: dict[str, JsonValue] = Field(alias="schema")


class OutputConfig(Wire):
    """How to answer."""

    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: OutputFormat | None = None


class Thinking(Wire):
    """Whether to think, which current models always do."""

    type: Literal["adaptive", "disabled"]
    display: str | None = None


class ToolChoice(Wire):
    """Which tool to use, which current models choose themselves."""

    type: Literal["auto", "none", "any", "tool"]
    name: str | None = None
    disable_parallel_tool_use: bool = False


class MessagesRequest(Wire):
    """The body of POST /v1/messages."""

    model: str
    max_tokens: int = Field(ge=1)
    messages: tuple[Turn, ...]
    system: str | tuple[TextBlock, ...] = ()
    output_config: OutputConfig = OutputConfig()
    thinking: Thinking | None = None
    tools: tuple[dict[str, JsonValue], ...] = ()
    tool_choice: ToolChoice | None = None
    cache_control: CacheControl | None = None
    metadata: dict[str, JsonValue] | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    stop_sequences: tuple[str, ...] = ()
    stream: bool = False

    def blocks(self) -> tuple[TextBlock, ...]:
        """Everything the model reads, in the order in which the prompt cache sees it."""
        return (*as_blocks(self.system), *(block for turn in self.messages for block in turn.texts()))

    def answer_schema(self) -> dict[str, JsonValue]:
        """The schema the answer must have; empty when it is free text."""
        return self.output_config.format.schema_ if self.output_config.format else {}


def as_blocks(content: str | tuple[TextBlock, ...]) -> tuple[TextBlock, ...]:
    """Text and its long form mean the same."""
    return (TextBlock(type="text", text=content),) if isinstance(content, str) else content


def read_request(body: bytes, models: tuple[str, ...] = MODELS) -> MessagesRequest | Problem:
    """Parse and judge a request: the first thing the original would object to, or the request."""
    try:
        request = MessagesRequest.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return bad_request(f"{where}: {first['msg']}" if where else first["msg"])
    if request.model not in models:
        return Problem(status=404, type="not_found_error", message=f"model: {request.model}")
    return next((bad_request(objection) for objection in _objections(request)), request)


def bad_request(message: str) -> Problem:
    """Refuse what is ours to mend."""
    return Problem(status=400, type="invalid_request_error", message=message)


def _objections(request: MessagesRequest) -> Iterator[str]:
    if not request.messages:
        yield "messages: at least one message is required"
    elif request.messages[-1].role != "user":
        yield "messages: the conversation must end with a user message, prefilled answers are not supported"
    if not all(turn.texts() for turn in request.messages):
        yield "messages: every message must have content"
    if any(not block.text.strip() for block in request.blocks()):
        yield "messages: text content blocks must not be empty"
    if (marks := sum(block.cache_control is not None for block in request.blocks())) > MAX_CACHE_MARKS:
        yield f"A maximum of {MAX_CACHE_MARKS} blocks with cache_control may be provided. Found {marks}."
    if request.thinking is not None and request.thinking.type == "disabled":
        yield "thinking: it cannot be disabled on this model; leave it out and set output_config.effort"
    if request.tool_choice is not None and request.tool_choice.type in {"any", "tool"}:
        yield "tool_choice: forced tool use is not supported by this model; use auto"
    if request.stream:
        yield "stream: this local stand-in does not stream"
    if request.output_config.format and (problem := schema_problem(request.output_config.format.schema_)):
        yield f"output_config.format.schema: {problem}"
