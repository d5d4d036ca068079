"""What every part of the peer shares: the workspace, the open surfaces, Slack's delays, one call's arguments."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import JsonValue

from bot.playground.slack.models import Frozen
from bot.playground.slack.surfaces import Surfaces
from bot.playground.slack.wire import ApiRefusedError, JsonObject, as_flag, parse_json
from bot.playground.slack.workspace import Workspace


class Timing(Frozen):
    """Slack's delays in seconds; tests make them shorter."""

    ack_s: float = 3.0  # how long the app has to answer
    retry_s: tuple[float, ...] = (0.0, 60.0, 300.0)  # before the first, second and third retry of an event
    trigger_s: float = 3.0  # how long a trigger_id opens a modal
    response_url_s: float = 1800.0
    post_interval_s: float = 1.0  # with the rate limit on: between two messages in a channel
    reads_a_minute: int = 50  # with the rate limit on: calls of each method that reads conversations (Slack's tier 3)
    warning_s: float = 10.0  # from a warning to the end of a Socket Mode connection

    def retries_scaled(self, factor: float) -> "Timing":
        """Return the same with the waits between retries multiplied."""
        return self.model_copy(update={"retry_s": tuple(wait * factor for wait in self.retry_s)})


@dataclass(kw_only=True)
class Core:
    """The peer's state, handed to each of its parts."""

    workspace: Workspace
    surfaces: Surfaces
    timing: Timing

    @property
    def url(self) -> str:
        """Where the peer listens, without a slash at the end; empty before it does."""
        return self.workspace.url


@dataclass(frozen=True, kw_only=True)
class Call:
    """One Web API call: its arguments, from a form, a query or JSON."""

    core: Core
    method: str
    args: JsonObject

    @property
    def workspace(self) -> Workspace:
        """The workspace that is called."""
        return self.core.workspace

    def text(self, name: str, default: str = "") -> str:
        """Return a text argument."""
        value = self.args.get(name)
        return default if value is None else value if isinstance(value, str) else str(value)

    def needed(self, name: str) -> str:
        """Return a text argument, or refuse with `invalid_arguments` if it is missing."""
        value = self.text(name)
        if not value:
            raise ApiRefusedError("invalid_arguments", f"missing required field: {name} [json-pointer:/{name}]")
        return value

    def flag(self, name: str) -> bool:
        """Return a boolean argument; missing is false."""
        return as_flag(self.args.get(name))

    def maybe_flag(self, name: str) -> bool | None:
        """Return a boolean argument, or None if the caller did not give it."""
        return None if self.args.get(name) is None else self.flag(name)

    def number(self, name: str, default: int) -> int:
        """Return a whole number above zero, or refuse with `invalid_limit`."""
        value = self.text(name, str(default))
        if not value.isdigit() or int(value) < 1:
            raise ApiRefusedError(f"invalid_{name}")
        return int(value)

    def json(self, name: str) -> JsonValue:
        """Return a structured argument; forms and queries carry it as JSON text."""
        value = self.args.get(name)
        return parse_json(value) if isinstance(value, str) else value

    def need_scope(self, scope: str) -> None:
        """Refuse with `missing_scope` unless the app was granted the scope."""
        provided = self.workspace.app.scopes
        if scope not in provided:
            raise ApiRefusedError("missing_scope", needed=scope, provided=",".join(sorted(provided)))

    def page(self, items: Iterable[JsonObject], default: int = 100) -> tuple[list[JsonValue], str]:
        """Return one page of a list and the cursor of the next one (empty at the end)."""
        everything = [*items]
        cursor = self.text("cursor")
        if cursor and not cursor.removeprefix("next:").isdigit():
            raise ApiRefusedError("invalid_cursor")
        start = int(cursor.removeprefix("next:")) if cursor else 0
        end = start + min(self.number("limit", default), 999)
        return [*everything[start:end]], f"next:{end}" if end < len(everything) else ""


def cursor_metadata(cursor: str) -> JsonObject:
    """Return the part of an answer that tells where the next page starts."""
    return {"response_metadata": {"next_cursor": cursor}}
