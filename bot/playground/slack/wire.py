"""The JSON of Slack's protocols: its types, careful readers, and the refusal a caller gets."""

import json
import secrets
from collections.abc import Iterable

from pydantic import JsonValue

from bot.errors import CountersignError

JsonObject = dict[str, JsonValue]

TRUE_WORDS = frozenset({"1", "true", "True"})


class ApiRefusedError(CountersignError):
    """Slack refuses the call; `code` is the word that its Web API would answer with in `error`."""

    def __init__(
        self, code: str, *messages: str, status: int = 200, retry_after: int | None = None, **extra: str
    ) -> None:
        """Take the error's code, the messages for `response_metadata`, and further fields of the answer."""
        super().__init__(": ".join([code, "; ".join(messages)]) if messages else code)
        self.code = code
        self.messages = messages
        self.status = status
        self.retry_after = retry_after
        self.extra = extra

    def body(self) -> JsonObject:
        """Return the answer's JSON as Slack shapes it."""
        answer: JsonObject = {"ok": False, "error": self.code, **self.extra}
        if self.messages:
            answer["errors"] = list(self.messages)
            answer["response_metadata"] = {"messages": [f"[ERROR] {message}" for message in self.messages]}
        return answer


def as_object(value: JsonValue) -> JsonObject:
    """Return the value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: JsonValue) -> list[JsonValue]:
    """Return the value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def as_text(value: JsonValue) -> str:
    """Return the value if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def as_flag(value: JsonValue) -> bool:
    """Read a boolean the way Slack does: JSON `true`, or the words `true` and `1` of a form."""
    return value in TRUE_WORDS if isinstance(value, str) else bool(value)


def as_objects(value: JsonValue) -> tuple[JsonObject, ...]:
    """Return the objects in a list, leaving out whatever else is in it."""
    return tuple(item for item in as_list(value) if isinstance(item, dict))


def listing(objects: Iterable[JsonObject]) -> list[JsonValue]:
    """Return objects as a JSON list (a list of objects is no list of values to a type checker)."""
    return [*objects]


def parse_json(text: str) -> JsonValue:
    """Read JSON; what is no JSON comes back as the text itself."""
    try:
        value: JsonValue = json.loads(text)
    except ValueError:
        return text
    return value


def new_id(prefix: str, length: int = 10) -> str:
    """Return a fresh id in Slack's style, such as `Ev0K3V9QZ1A`."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    return prefix + "0" + "".join(secrets.choice(alphabet) for _ in range(length - 1))
