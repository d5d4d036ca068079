"""The shape of rules.toml: which step follows what, in the order in which the rules are tried."""

import re
import tomllib
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from bot.playground.model.transcript import DECIDING

RULES = Path(__file__).with_name("rules.toml")


class Part(BaseModel):
    """A part of the file: a misspelt name in it is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Rule(Part):
    """One row of the table: when all of its conditions hold and its words can be filled in, it chooses its step."""

    why: str

    after: tuple[str, ...] = ()  # the event that calls for a decision: "failed", "result of list_tags"; none: any
    text: re.Pattern[str] | None = None  # found in that event's text; its named groups can be used as words
    task: re.Pattern[str] | None = None  # found in the message that began the task
    waiting: bool | None = None  # whether something is being waited for; None: either
    delegates: bool | None = None  # whether another agent still works on a part of the task; None: either
    offers: str = ""  # a step that must be on offer
    lacks: str = ""  # a step that must not be on offer
    missing: str = ""  # a word that nobody may have said
    again: bool = False  # it may choose a call that was chosen for this task before

    step: str = ""
    with_: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue], alias="with")
    say: str = ""  # in place of a step: `done_for_now` with this message, or `reply` while something is waited for

    @field_validator("after", mode="before")
    @classmethod
    def _one_or_several(cls, after: object) -> object:
        return (after,) if isinstance(after, str) else after

    @model_validator(mode="after")
    def _known_events(self) -> "Rule":
        if unknown := {after.partition(" of ")[0] for after in self.after} - DECIDING:
            raise ValueError(f"`after` cannot be {min(unknown)}; it is one of {', '.join(sorted(DECIDING))}")
        return self

    @model_validator(mode="after")
    def _one_outcome(self) -> "Rule":
        if bool(self.step) == bool(self.say):
            raise ValueError("a rule needs either `step` or `say`")
        return self


class Rules(Part):
    """The whole table, and the words that it can recognise in what people write."""

    task: re.Pattern[str]  # a message in which this is found begins a new task
    aliases: dict[str, str]  # other words for the same thing
    words: dict[str, re.Pattern[str]]  # recognised everywhere
    guesses: dict[str, re.Pattern[str]]  # recognised in the message that begins a task, if there is no word
    rule: dict[str, Rule]  # by name, in the order of the file


@cache
def load_rules() -> Rules:
    """The rules that come with the playground."""
    return Rules.model_validate(tomllib.loads(rules_text()))


def rules_text() -> str:
    """The file as it is, for people to read."""
    return RULES.read_text(encoding="utf-8")
