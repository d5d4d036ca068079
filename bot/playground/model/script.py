"""What a test can make the stand-in answer, in place of the rehearsal's own choice."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Say:
    """Choose this step."""

    step: str
    fields: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    why: str = "The script says so."


@dataclass(frozen=True, slots=True)
class Text:
    """Answer this text, whatever the schema asks for."""

    text: str
    thinking: bool = False  # put an empty thinking block before it, as models that always think do


@dataclass(frozen=True, slots=True)
class CutOff:
    """Stop at max_tokens, in the middle of this text."""

    text: str = '{"next":{"step":"dep'


@dataclass(frozen=True, slots=True)
class Refuse:
    """Decline to answer (stop_reason `refusal`)."""

    category: str | None = "cyber"


@dataclass(frozen=True, slots=True)
class Fail:
    """Answer with an error of the API."""

    status: int
    type: str
    message: str = "The script says so."
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    error_code: str | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """Answer with this body, as something between us and the API might."""

    body: str
    status: int = 200
    content_type: str = "text/html"


@dataclass(frozen=True, slots=True, eq=False)
class Hang:
    """Hold the request until `release()`; then go on with whatever comes next in the script."""

    held: asyncio.Event = field(default_factory=asyncio.Event)  # a request is being held
    gone: asyncio.Event = field(default_factory=asyncio.Event)  # the client hung up while it was held
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Let the held request go on."""
        self.released.set()


@dataclass(frozen=True, slots=True)
class Delay:
    """Wait this long, then go on with whatever comes next in the script."""

    seconds: float


Scripted = Say | Text | CutOff | Refuse | Fail | Raw | Hang | Delay
