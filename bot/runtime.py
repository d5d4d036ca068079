"""What a worker has at hand: the store, the agents with what they depend on, the model, and who is who."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import cast

from pydantic import JsonValue

from bot.agent import LoadedAgent
from bot.config import OPERATORS
from bot.entries import Sealer
from bot.guards import Allowed
from bot.ids import RequestIds
from bot.model import Model
from bot.people import Directory
from bot.port_turns import Sessions
from bot.steps import Action
from bot.store.server import Client
from bot.thread import Thread


@dataclass(slots=True)
class Runtime:
    """Everything that the loop needs; made once by the composition root."""

    client: Client
    sealer: Sealer
    ids: RequestIds
    agents: Mapping[str, LoadedAgent]
    deps: Mapping[str, object]
    model: Model
    directory: Callable[[], Directory]
    lease_us: int = 30_000_000
    warning: str = ""  # shown on every approval card
    sessions: Mapping[str, Sessions] = field(default_factory=dict[str, Sessions])  # channel -> what shows a status
    draining: asyncio.Event = field(default_factory=asyncio.Event)

    def own_settings(self, agent: str) -> Mapping[str, object]:
        """The agent's table of bot.toml as it is now."""
        return self.directory().config.agents.get(agent, {})

    def unattended(self, agent: str) -> frozenset[str]:
        """What this agent's actions may do without asking, by `[agents.<name>] unattended`."""
        listed = self.own_settings(agent).get("unattended", ())
        return frozenset(map(str, cast("list[object]", listed))) if isinstance(listed, list) else frozenset()

    def limit(self, agent: str, step: object, thread: Thread) -> Decimal | None:
        """What the thread's principal may use up a day by this step without asking; None: nothing was set."""
        principal = thread.principal
        if not isinstance(step, Action) or principal is None:
            return None
        name = type(step).limits.get(principal.trust)
        value = self.own_settings(agent).get(name) if name else None
        try:
            return Decimal(str(value)) if value is not None else None
        except InvalidOperation:
            return None

    def allowed(self, thread: Thread) -> Allowed:
        """To which agents this thread may be handed: their routes must admit its principal."""
        admits = {name: self.approvers_for(name, thread) is not None for name in self.agents}
        return Allowed(admits)

    def approvers_for(self, agent: str, thread: Thread) -> str | None:
        """Who approves for this agent's actions in this thread; None if no route admits the principal to it."""
        principal = thread.principal
        if principal is None:
            return None
        directory = self.directory()
        routes = [route for route in directory.config.routes if route.agent == agent]
        if not routes:  # our own people may use every agent; those from outside only where a route admits them
            return OPERATORS if agent in self.agents and not principal.is_outsider else None
        for route in routes:
            if directory.admits(route, principal.id, principal.trust, thread.origin.channel):
                return route.approvers
        return None


def jsonable(value: object) -> JsonValue:
    """A tool's result as JSON; pydantic models and dates are welcome. Raises pydantic's serialisation error.

    What JSON cannot hold as such is written in words (`NaN`), and half a character, as in names of files that are not
    UTF-8, becomes a question mark: the log must be able to take whatever a tool returns.
    """
    from pydantic_core import from_json, to_json, to_jsonable_python  # noqa: PLC0415  # keeps the command line's start quick

    with suppress(ValueError):  # about half a character; the rest below is slower, and knows what to do about it
        quick: JsonValue = from_json(to_json(value, inf_nan_mode="strings"))
        return quick
    try:
        plain = to_jsonable_python(value)
    except UnicodeEncodeError:  # half a character in a name, which pydantic encodes on its way
        plain = to_jsonable_python(_whole(value))
    text = json.dumps(plain, ensure_ascii=False)
    result: JsonValue = json.loads(text.encode(errors="replace"), parse_constant=str)
    return result


def _whole(value: object) -> object:
    """The value with half characters in the names of its entries replaced."""
    match value:
        case dict():
            entries = cast("dict[object, object]", value).items()
            return {_replaced(key): _whole(each) for key, each in entries}
        case list() | tuple():
            return [_whole(each) for each in cast("list[object]", value)]
        case _:
            return value


def _replaced(key: object) -> object:
    return key.encode(errors="replace").decode() if isinstance(key, str) else key
