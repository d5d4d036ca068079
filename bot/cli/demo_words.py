"""What the rows of the demo's log are made of: a few words, the calls so far, and values told shortly. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from bot.playground.page.models import Tone

Names = Callable[[str], str]
_SHORTEST = 7  # characters of a commit that are enough to tell two apart
_LONGEST = 30  # characters of an argument that is told: longer ones are texts, and stand in the stored event
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Words:
    """What a row says."""

    glyph: str
    words: str
    more: str = ""
    tone: Tone = "plain"


@dataclass(slots=True)
class Calls:
    """The steps so far: later events name them by their call alone."""

    steps: dict[str, str]
    names: dict[str, str]
    kinds: dict[str, str]
    asked: dict[str, str]  # by request

    def edited(self, request: str, arguments: Mapping[str, JsonValue]) -> None:
        """From here on it is told with what somebody made of it."""
        call = self.asked.get(request, "")
        self.steps[call] = " ".join([self.names.get(call, "a step"), *values(arguments)])

    def step(self, call: str | None) -> str:
        """What a call is told as."""
        return self.steps.get(call or "", "a step")


def quoted(text: str) -> str:
    """Somebody's own words; nothing stays nothing."""
    return f"“{text}”" if text else ""


def values(arguments: Mapping[str, JsonValue]) -> list[str]:
    """Those arguments that are short enough to be told."""
    given = [str(value) for value in arguments.values() if isinstance(value, str | int)]
    return [value for value in given if len(value) <= _LONGEST]


def difference(changes: Mapping[str, Sequence[JsonValue]]) -> str:
    """What was, and what is."""
    told = (f"{name} was {short(values[0])}, is {short(values[-1])}" for name, values in changes.items())
    return ", ".join(told)


def short(value: JsonValue) -> str:
    """A commit by its beginning, anything else as it is."""
    text = str(value)
    return text[:_SHORTEST] if _COMMIT.fullmatch(text) else text
