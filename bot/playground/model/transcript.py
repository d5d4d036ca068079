"""Read back what happened in a thread from the blocks that a model gets to see."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape

from pydantic import JsonValue, TypeAdapter, ValidationError

# After these, nothing is waited for any more; and all of them call for a decision.
ENDING = frozenset({"result", "failed", "rejected", "expired", "answered", "withdrawn"})
DECIDING = ENDING | {"message", "question", "approved", "delegated", "delegate_finished"}

# What people wrote is escaped, so the first closing tag is the right one.
_ELEMENT = re.compile(
    r"<(?P<kind>\w+)(?P<attributes>(?:\s+\w+=\"[^\"]*\")*)\s*(?:/>|>(?P<body>.*?)</(?P=kind)>)", re.DOTALL
)
_ATTRIBUTE = re.compile(r"(\w+)=\"([^\"]*)\"")
_EARLIER = re.compile(r"</?earlier[^>]*>")  # stands around what was said before a message
_MEANS = {  # by kind and `how`
    ("failed", "withdrawn"): "withdrawn",
    ("task", ""): "message",  # what a delegate was given to do
    ("late_result", "finished"): "result",
    ("late_result", "failed"): "failed",
}
_JSON = TypeAdapter[JsonValue](JsonValue)


@dataclass(frozen=True, slots=True)
class Event:
    """One block: what it is, and what it says."""

    kind: str
    attributes: dict[str, str]
    text: str

    @property
    def of(self) -> str:
        """The number of the step that this is about; empty when it is about none."""
        return self.attributes.get("of", "")

    @property
    def data(self) -> JsonValue:
        """The body as JSON, or as it stands if it is none."""
        try:
            return _JSON.validate_json(self.text)
        except ValidationError:
            return self.text


@dataclass(frozen=True, slots=True)
class Transcript:
    """The events of a thread, oldest first."""

    events: tuple[Event, ...] = field(default=())

    def newest(self) -> Event | None:
        """The event that calls for a decision."""
        return next((event for event in reversed(self.events) if event.kind in DECIDING), None)

    def step(self, number: str) -> Event | None:
        """The step with this number."""
        return next((e for e in self.events if e.kind == "step" and e.attributes.get("n") == number), None)

    def steps(self) -> tuple[tuple[str, dict[str, JsonValue]], ...]:
        """Every step so far with its arguments, as they are by now."""
        chosen = (e for e in self.events if e.kind == "step")
        return tuple((e.attributes.get("name", ""), self.arguments(e.attributes.get("n", ""))) for e in chosen)

    def arguments(self, number: str) -> dict[str, JsonValue]:
        """The arguments of the step with this number, with what people have changed in them; empty for no step."""
        edits = (e.data for e in self.events if e.kind == "edited" and e.of == number)
        changed = {
            name: values[-1]
            for edit in edits
            if isinstance(edit, dict)
            for name, values in edit.items()
            if isinstance(values, list) and values
        }
        return arguments(self.step(number)) | changed

    def edited_by(self, number: str) -> str:
        """Who changed the step with this number last; empty if nobody did."""
        edits = [e for e in self.events if e.kind == "edited" and e.of == number]
        return edits[-1].attributes.get("by", "") if edits else ""

    def waiting(self) -> bool:
        """Whether a request is open, or a call is approved and has not come back yet."""
        pending = set[str]()
        for event in self.events:
            if event.kind in {"request", "approved"}:  # approved is not yet done
                pending.add(event.of)
            elif event.kind in ENDING:
                pending.discard(event.of)
        return bool(pending)

    def delegates(self) -> bool:
        """Whether another agent still works on a part of the task."""
        kinds = [event.kind for event in self.events]
        return kinds.count("delegated") > kinds.count("delegate_finished")

    def since(self, start: re.Pattern[str]) -> "Transcript":
        """The part that belongs to the newest task: from the newest message that starts one, never before a `done`."""
        dones = [n for n, event in enumerate(self.events) if event.kind == "done"]
        first = dones[-1] + 1 if dones else 0
        messages = [n for n, event in enumerate(self.events) if n >= first and event.kind == "message"]
        starting = [n for n in messages if start.search(self.events[n].text)]
        return Transcript(self.events[(starting or messages or [first])[-1] :])


def arguments(step: Event | None) -> dict[str, JsonValue]:
    """A step's arguments; empty for no step."""
    data = step.data if step else None
    return data if isinstance(data, dict) else {}


def read_transcript(blocks: Sequence[str]) -> Transcript:
    """Parse the blocks; what is none of ours in them is left out."""
    flat = (_EARLIER.sub("", block) for block in blocks)
    return Transcript(tuple(_event(match) for block in flat for match in _ELEMENT.finditer(block)))


def _event(match: re.Match[str]) -> Event:
    attributes = {name: unescape(value) for name, value in _ATTRIBUTE.findall(match["attributes"])}
    kind = _MEANS.get((match["kind"], attributes.get("how", "")), match["kind"])
    return Event(kind, attributes, unescape(match["body"] or "").strip())
