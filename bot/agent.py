"""An agent: a switch over its steps, its dependencies and its prompt file; found by the name of its file."""

import hashlib
import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType, UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from bot.errors import SettingsError
from bot.menu import OWN_FIELDS, Menu
from bot.prompts import FrontMatter, read_prompt
from bot.steps import STANDARD, Action, Call, Principal, Query, Step

Settings = Mapping[str, Any]
"""An agent's own table of bot.toml: `[agents.<name>]`."""


class AgentError(SettingsError):
    """An agent is not well formed; correct its file and start again."""


class Agent:
    """What an agent's file defines, as `agent = Agent(switch, deps=...)`.

    `switch(step, deps, call)` runs one step and returns its result, in whatever pydantic can turn into JSON; the steps
    are those of its first parameter's annotation. `deps(settings, data)` is an async context manager, opened once a
    worker; `data` is a folder that the agent may keep files in. `prefetch(deps, principal)` reads what the model will
    need anyway.
    """

    def __init__(
        self,
        switch: Callable[..., Awaitable[object]] | None = None,
        *,
        deps: Callable[[Settings, Path], AbstractAsyncContextManager[Any]] | None = None,
        prefetch: Callable[[Any, Principal], Awaitable[object]] | None = None,
    ) -> None:
        """Take the parts; they are checked when the agent is loaded."""
        self.switch = switch
        self.deps = deps
        self.prefetch = prefetch

    def own_steps(self) -> tuple[type[Step], ...]:
        """The steps that the switch knows, in the order of its annotation.

        Raises:
            AgentError: they are not named there, or one of them cannot be offered to a model.

        """
        if self.switch is None:
            return ()
        try:
            hints = get_type_hints(self.switch)
        except NameError as error:
            raise AgentError(f"the annotations of switch name something that is not imported: {error}") from error
        first = next(iter(hints.values()), None)
        union = get_origin(first) in {Union, UnionType}
        steps = cast("tuple[object, ...]", get_args(first)) if union else (first,)
        if not steps or not all(isinstance(step, type) and issubclass(step, Query | Action) for step in steps):
            raise AgentError("annotate the first parameter of switch with its steps: LookUpOrder | IssueRefund | ...")
        found = cast("tuple[type[Step], ...]", steps)
        _check(found)
        return found

    def asks(self) -> frozenset[str]:
        """Every role that the policy of one of its actions may ask."""
        return frozenset(role for step in self.own_steps() if issubclass(step, Action) for role in step.asks)


def _check(steps: tuple[type[Step], ...]) -> None:
    taken = {step.name(): step.__name__ for step in STANDARD}
    for step in steps:
        if other := taken.get(step.name()):
            raise AgentError(f"{step.__name__} has the same name as another step, {other}: rename it")
        taken[step.name()] = step.__name__
        if own := sorted(OWN_FIELDS.intersection(step.model_fields)):
            raise AgentError(f"{step.__name__} has a field `{own[0]}`, which every answer has of its own: rename it")
        if not step.description():
            raise AgentError(f"{step.__name__} has no docstring: it is what the model reads about this step")
        if issubclass(step, Action) and (unknown := sorted(step.editable - step.model_fields.keys())):
            raise AgentError(
                f"{step.__name__} lets `{unknown[0]}` be edited, which is none of its fields: mend editable"
            )


@dataclass(frozen=True, slots=True)
class LoadedAgent:
    """An agent with its prompt, ready to work."""

    name: str
    agent: Agent
    front: FrontMatter
    system: str
    menu: Menu

    @property
    def version(self) -> str:
        """A hash of the rendered system prompt and the steps' schemas."""
        return _version(self.system, self.menu.version)

    @property
    def description(self) -> str:
        """What it is for, in one line."""
        return self.front.description

    async def run(self, step: Step, deps: object, call: Call) -> object:
        """Run one of its own steps."""
        if self.agent.switch is None:
            raise AgentError(f"agents/{self.name}.py has no switch")
        return await self.agent.switch(step, deps, call)


@cache
def _version(system: str, menu: str) -> str:
    return hashlib.sha256((system + menu).encode()).hexdigest()[:16]


def find(package: ModuleType) -> dict[str, Agent]:
    """Find every agent in a package: a module that defines `agent`, by the module's name.

    Raises:
        AgentError: a file is not well formed; names it and the mend.

    """
    found: dict[str, Agent] = {}
    for module in pkgutil.iter_modules(package.__path__):
        if module.ispkg or module.name.startswith("_"):
            continue
        agent = getattr(importlib.import_module(f"{package.__name__}.{module.name}"), "agent", None)
        if not isinstance(agent, Agent):
            raise AgentError(f"agents/{module.name}.py defines no `agent = Agent(...)`")
        found[module.name] = agent
    return found


def load(agents: Mapping[str, Agent], prompts: Path, settings: Mapping[str, Settings]) -> dict[str, LoadedAgent]:
    """Read and render the prompts of these agents; each may name the others.

    `settings` are the agents' own tables of bot.toml, which their prompts may show.

    Raises:
        AgentError: a file is not well formed; names it and the mend.
        bot.prompts.PromptError: likewise of a prompt file.

    """
    files = {name: read_prompt(prompts / f"{name}.md") for name in agents}
    descriptions = {name: file.front.description for name, file in files.items()}
    loaded: dict[str, LoadedAgent] = {}
    for name, agent in agents.items():
        try:
            menu = Menu((*agent.own_steps(), *STANDARD))
        except AgentError as error:
            raise AgentError(f"agents/{name}.py: {error}") from error
        others = {other: text for other, text in descriptions.items() if other != name}
        variables = {
            "name": name,
            "description": descriptions[name],
            "agents": others,
            "steps": {step.name(): step.description() for step in menu.steps.values()},
            "settings": dict(settings.get(name, {})),
        }
        system = files[name].render(variables)
        loaded[name] = LoadedAgent(name, agent, files[name].front, system, menu)
    return loaded
