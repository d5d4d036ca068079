"""A log as lines that people can read: when, a glyph, who, what. Pure."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, assert_never

from pydantic import JsonValue

from bot import events as e
from bot.cli.output import one_line
from bot.entries import Unreadable, decode
from bot.ids import display_id

Tone = Literal["plain", "good", "bad", "ask", "dim"]
BODY = 200  # characters of a body that one line shows
ERASED = "[erased]"


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of the log; `more` is shown below it."""

    at: int | None  # us
    glyph: str
    who: str
    what: str
    more: str = ""
    tone: Tone = "plain"


@dataclass(slots=True)
class Timeline:
    """Turns stored entries into lines, in order; it remembers what later entries refer to."""

    name: Callable[[str], str]  # of a person, by id
    body: int = BODY
    _begun: dict[str, int] = field(default_factory=dict[str, int])  # call -> us
    _steps: dict[str, str] = field(default_factory=dict[str, str])  # call -> step
    _count: int = 0

    def lines(self, entries: Sequence[bytes]) -> Iterator[Line]:
        """Render more entries."""
        for entry in entries:
            event = decode(entry)
            if isinstance(event, Unreadable):
                yield Line(None, "!", "", f"entry {self._count} cannot be read: {event.reason}", tone="bad")
            else:
                yield self._line(event)
            self._count += 1

    def _line(self, event: e.AnyEvent) -> Line:  # one arm an event, as the vocabulary has them
        match event:
            case e.MessageReceived():
                name = event.body.name if event.body else self._who(event)
                text = self._short(event.body.text) if event.body else ERASED
                return Line(event.at, "▸", name, text, f"begins with {event.birth.agent}" if event.birth else "")
            case e.Prefetched():
                text = self._json(event.body.data) if event.body else ERASED
                return Line(event.at, "·", event.agent, f"read beforehand: {text}", tone="dim")
            case e.StepChosen():
                return self._chosen(event)
            case e.StepStarted():
                self._begun[event.call] = event.at or 0
                again = f", attempt {event.attempt}" if event.attempt > 1 else ""
                return Line(event.at, "▶", "", f"{self._step(event.call)} started{again}")
            case e.StepFinished():
                how = {"ran": "", "checked": ", as a check shows", "confirmed": ", as a person says"}[event.how]
                text = self._json(event.body.data) if event.body else ERASED
                return Line(event.at, "✔", "", f"{self._step(event.call)} done{how}{self._took(event)}", text, "good")
            case e.StepFailed():
                why = event.body.error if event.body else ERASED
                said = {"denied": "refused by code", "not_done": "not done"}.get(event.how, event.how)
                return Line(event.at, "✘", "", f"{self._step(event.call)} {said}", self._short(why), "bad")
            case e.StepInDoubt():
                why = event.body.error if event.body else ERASED
                what = f"{self._step(event.call)} in doubt ({event.how.replace('_', ' ')})"
                return Line(event.at, "?", "", what, self._short(why), "bad")
            case e.LateResult():
                text = ERASED if event.body is None else event.body.error or self._json(event.body.data)
                return Line(event.at, "↩", "", f"{self._step(event.call)}: late result ({event.outcome})", text)
            case e.RequestOpened():
                return self._opened(event)
            case e.RequestAnswered():
                return self._answered(event)
            case e.RequestExpired():
                return Line(event.at, "⌛", "", f"request {display_id(event.request)} expired", tone="bad")
            case e.RequestWithdrawn():
                return Line(event.at, "⌫", "", f"request {display_id(event.request)} withdrawn ({event.reason})")
            case e.Replied():
                text = event.body.text if event.body else ERASED
                return Line(event.at, "■" if event.final else "◂", "bot", self._short(text), tone="good")
            case e.HandedOff():
                return Line(event.at, "→", "", f"handed over to {event.agent}")
            case e.Delegated():
                return Line(event.at, "⇢", "", f"delegated to {event.agent}: thread {event.child}")
            case e.DelegateFinished():
                text = event.body.text if event.body else ERASED
                return Line(event.at, "⇠", "", f"thread {event.child}: {event.outcome}", self._short(text))
            case e.Paused():
                return Line(event.at, "‖", self._who(event), "paused it", tone="ask")
            case e.Resumed() | e.Unparked():
                return Line(event.at, "▸", self._who(event), "let it go on", tone="ask")
            case e.Cancelled():
                return Line(event.at, "✘", self._who(event), "cancelled it", tone="bad")
            case e.Parked():
                why = event.body.text if event.body else ERASED
                return Line(event.at, "‖", "bot", "set it aside", self._short(why), "bad")
            case e.ModelFailed():
                why = event.body.error if event.body else ERASED
                return Line(
                    event.at, "✘", "model", f"no step ({event.kind.replace('_', ' ')})", self._short(why), "bad"
                )
            case e.Delivered():
                return Line(event.at, "·", event.channel, f"delivered {event.foreign}", tone="dim")
            case e.DeliveryFailed():
                why = event.body.error if event.body else ERASED
                return Line(event.at, "✘", event.channel, f"could not be delivered: {self._short(why)}", tone="bad")
            case e.Refused():
                of = f" request {display_id(event.request)}" if event.request else ""
                return Line(
                    event.at, "·", self._who(event), f"refused{of}: {event.reason.replace('_', ' ')}", tone="dim"
                )
            case _:
                assert_never(event)

    def _chosen(self, event: e.StepChosen) -> Line:
        self._begun[event.call] = event.at or 0
        self._steps[event.call] = event.step
        arguments = event.body.arguments if event.body else {}
        given = ", ".join(f"{name}={self._json(value)}" for name, value in arguments.items())
        policy = {"run": "", "ask": f"  asks {event.role}", "deny": "  refused"}[event.policy]
        used = event.usage
        cost = (
            f"{event.latency_ms / 1000:.1f} s, {used.input:,} tokens in ({used.cached:,} cached), {used.output:,} out"
        )
        why = self._short(event.body.why) if event.body else ERASED
        return Line(event.at, "◆", event.agent, f"{self._short(f'{event.step}({given})')}{policy}", f"{why}\n{cost}")

    def _opened(self, event: e.RequestOpened) -> Line:
        names = ", ".join(self.name(person) for person in event.approvers) or "nobody"
        whom = f"{event.role} ({names})" if event.role else names
        text = (event.body.text if event.kind != "approval" else "") if event.body else ERASED
        votes = f", {event.quorum} of them" if event.quorum > 1 else ""
        what = f"{event.kind} {display_id(event.request)}: waits for {whom}{votes}"
        return Line(event.at, "?", "bot", what, self._short(text), "ask")

    def _answered(self, event: e.RequestAnswered) -> Line:
        name = (event.body.name if event.body else "") or self._who(event)
        said = {"approve": "approved", "reject": "rejected", "choose": f"chose {event.option}", "say": "answered"}
        what = f"{said[event.answer]} {display_id(event.request)}{'' if event.outcome else ' (more votes needed)'}"
        tone: Tone = "bad" if event.answer == "reject" else "good"
        return Line(event.at, "✓", name, what, self._short(event.body.text) if event.body else ERASED, tone)

    def _who(self, event: e.AnyEvent) -> str:
        return "bot" if event.by == "bot" else self.name(event.by or "")

    def _step(self, call: str) -> str:
        return self._steps.get(call, call)

    def _took(self, event: e.StepFinished) -> str:
        begun = self._begun.get(event.call)
        return "" if begun is None or event.at is None else f" in {_duration(event.at - begun)}"

    def _json(self, value: JsonValue) -> str:
        return self._short(json.dumps(value, ensure_ascii=False))

    def _short(self, text: str) -> str:
        return one_line(text, self.body)


def _duration(us: int) -> str:
    seconds = us / 1_000_000
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"
