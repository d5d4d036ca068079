"""Agents: found by the names of their files, checked when they are loaded, never with a traceback."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest

import agents
from bot.agent import Agent, AgentError, find, load
from bot.prompts import PromptError
from bot.steps import STANDARD, Action, Call, Principal, Query
from tests.example_steps import LookUp, Pay, Post
from tests.helpers import ROOT

PROMPT = "---\ndescription: looks after tests\n---\nYou are {{ name }}.\n"


async def switch(step: LookUp | Pay | Post, deps: object, call: Call) -> object:
    del deps, call
    return step.name()


async def one_step(step: LookUp, deps: object, call: Call) -> object:
    del step, deps, call


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    (tmp_path / "tester.md").write_text(PROMPT)
    return tmp_path


@pytest.fixture
def package(tmp_path: Path) -> Iterator[Path]:
    """A package of agents' files, importable as `specialists`."""
    folder = tmp_path / "specialists"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    sys.path.insert(0, str(tmp_path))
    yield folder
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "specialists"]:
        del sys.modules[name]


def refusal(agent: Agent, prompts: Path) -> str:
    with pytest.raises(AgentError) as raised:
        load({"tester": agent}, prompts, {})
    return str(raised.value)


# --- steps ---------------------------------------------------------------------------------------------------------


def test_the_steps_are_those_that_the_switch_takes() -> None:
    assert Agent(switch).own_steps() == (LookUp, Pay, Post)
    assert Agent(one_step).own_steps() == (LookUp,)


def test_an_agent_without_a_switch_has_the_standard_steps_alone(prompts: Path) -> None:
    loaded = load({"tester": Agent()}, prompts, {})["tester"]
    assert list(loaded.menu.steps) == [step.name() for step in STANDARD]


def test_the_roles_that_its_steps_may_ask_are_known() -> None:
    assert Agent(switch).asks() == {"finance"}


async def test_a_step_runs_by_the_switch(prompts: Path) -> None:
    loaded = load({"tester": Agent(switch)}, prompts, {})["tester"]
    principal = Principal(id="ana", name="Ana", trust="staff")
    assert await loaded.run(LookUp(), None, Call(thread="t", principal=principal, key="k", snapshot={})) == "look_up"


@pytest.mark.parametrize("annotation", [str, LookUp | str, None])
def test_a_switch_over_something_else_is_refused(annotation: object, prompts: Path) -> None:
    async def wrong(step: object, deps: object, call: Call) -> None:
        del step, deps, call

    wrong.__annotations__ = {"step": annotation} if annotation else {}
    assert refusal(Agent(wrong), prompts).startswith("agents/tester.py: annotate the first parameter")


def test_an_annotation_that_is_not_imported_is_named(prompts: Path) -> None:
    async def wrong(step: object) -> None:
        del step

    wrong.__annotations__ = {"step": "LookUpp"}
    assert "LookUpp" in refusal(Agent(wrong), prompts)


class Reply(Query):
    """Say something: the runtime has such a step already."""


class Explained(Query):
    """Look up why."""

    why: str


class Stepped(Query):
    """Look up a step."""

    step: str


class Silent(Query):
    asked: ClassVar = 0


class Misspelt(Action):
    """Pay."""

    editable: ClassVar = {"ammount"}
    amount: int


def first_of(step: type[Query | Action]) -> Agent:
    async def switch(step: object, deps: object, call: Call) -> None:
        del step, deps, call

    switch.__annotations__ = {"step": step}
    return Agent(switch)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Reply, "Reply has the same name as another step"),
        (Explained, "Explained has a field `why`"),
        (Stepped, "Stepped has a field `step`"),
        (Silent, "Silent has no docstring"),
        (Misspelt, "Misspelt lets `ammount` be edited, which is none of its fields"),
    ],
)
def test_a_step_that_cannot_be_offered_is_named_with_the_mend(
    step: type[Query | Action], said: str, prompts: Path
) -> None:
    assert f"agents/tester.py: {said}" in refusal(first_of(step), prompts)


# --- files ---------------------------------------------------------------------------------------------------------


def test_the_agents_of_this_installation_can_be_loaded() -> None:
    loaded = load(find(agents), ROOT / "prompts", {})
    assert {"deploy", "triage"} <= set(loaded)
    assert "- deploy: " in loaded["triage"].system
    assert all(agent.description for agent in loaded.values())


def test_an_agent_is_called_like_its_file(package: Path) -> None:
    (package / "shop.py").write_text("from bot.agent import Agent\nagent = Agent()\n")
    (package / "_shared.py").write_text("")
    assert list(find(_module())) == ["shop"]


def test_a_file_without_an_agent_is_named(package: Path) -> None:
    (package / "shop.py").write_text("agent = 7\n")
    with pytest.raises(AgentError, match=r"agents/shop\.py defines no"):
        find(_module())


def test_a_missing_prompt_is_named(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match=r"tester\.md"):
        load({"tester": Agent()}, tmp_path, {})


def test_the_version_follows_prompt_and_steps(prompts: Path) -> None:
    before = load({"tester": Agent(switch)}, prompts, {})["tester"].version
    assert load({"tester": Agent(switch)}, prompts, {})["tester"].version == before
    assert load({"tester": Agent(one_step)}, prompts, {})["tester"].version != before
    (prompts / "tester.md").write_text(PROMPT + "Be kind.\n")
    assert load({"tester": Agent(switch)}, prompts, {})["tester"].version != before


def _module() -> ModuleType:
    return import_module("specialists")
