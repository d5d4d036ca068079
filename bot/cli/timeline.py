"""A log as lines that people can read: when, a glyph, who, what. Pure."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, assert_never

from pydantic import JsonValue

from bot import events as e
from bot.bodies import MessageBody, Rung
from bot.cli.output import local, one_line
from bot.entries import Unreadable, decode
from bot.grants import display_id as grant_id
from bot.ids import display_id

Tone = Literal["plain", "good", "bad", "ask", "dim"]
BODY = 200  # characters of a body that one line shows
ERASED = "[erased]"
Asking = (
    e.RequestOpened
    | e.RequestAnswered
    | e.RequestReminded
    | e.RequestEscalated
    | e.RequestShown
    | e.RequestExpired
    | e.RequestWithdrawn
    | e.Granted
    | e.GrantRevoked
)


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
    _rungs: dict[str, tuple[Rung, ...]] = field(default_factory=dict[str, tuple[Rung, ...]])  # request -> its ladder
    _granted: dict[str, str] = field(default_factory=dict[str, str])  # grant -> step
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
                begins = [f"begins with {event.birth.agent}"] if event.birth else []
                return Line(event.at, "▸", name, text, "\n".join([*begins, *self._beside(event.body)]))
            case e.Prefetched():
                text = self._json(event.body.data) if event.body else ERASED
                return Line(event.at, "·", event.agent, f"read beforehand: {text}", tone="dim")
            case e.StepChosen():
                return self._chosen(event)
            case e.StepStarted():
                self._begun[event.call] = event.at or 0
                again = f", attempt {event.attempt}" if event.attempt > 1 else ""
                under = f" under the standing permission {grant_id(event.grant)}" if event.grant else ""
                return Line(event.at, "▶", "", f"{self._step(event.call)} started{under}{again}")
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
            case (
                e.RequestOpened()
                | e.RequestAnswered()
                | e.RequestReminded()
                | e.RequestEscalated()
                | e.RequestShown()
                | e.RequestExpired()
                | e.RequestWithdrawn()
                | e.Granted()
                | e.GrantRevoked()
            ):
                return self._asking(event)
            case e.Replied():
                text = self._short(event.body.text) if event.body else ERASED
                to = f"to those who decide {', '.join(map(display_id, event.to))}: " if event.to else ""
                return Line(event.at, "■" if event.final else "◂", "bot", f"{to}{text}", tone="good")
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
            case e.Feedback():
                text = self._short(event.body.text) if event.body else ""
                what = f"found the answer {'good' if event.value == 'up' else 'bad'}"
                return Line(event.at, "+" if event.value == "up" else "-", self._who(event), what, text, "dim")
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

    def _asking(self, event: Asking) -> Line:
        """What people are asked, what they answer, and what happens when they do not."""
        match event:
            case e.RequestOpened():
                return self._opened(event)
            case e.RequestAnswered():
                return self._answered(event)
            case e.RequestReminded():
                return self._reminded(event)
            case e.RequestEscalated():
                names = self._names(event.approvers) or "nobody has that role"
                what = f"escalated {display_id(event.request)} to {event.role} ({names})"
                return Line(event.at, "▲", "bot", what, tone="ask")
            case e.RequestShown():
                places = ", ".join(f"{card.place.channel} {card.place.address}" for card in event.cards)
                what = f"{display_id(event.request)} did not arrive; asked elsewhere instead: {one_line(places)}"
                return Line(event.at, "▲", "bot", what, tone="ask")
            case e.RequestExpired():
                what = f"request {display_id(event.request)} expired: nobody decided, and that approves nothing"
                return Line(event.at, "⌛", "", what, tone="bad")
            case e.RequestWithdrawn():
                return Line(event.at, "⌫", "", f"request {display_id(event.request)} withdrawn ({event.reason})")
            case e.Granted():
                self._granted[event.grant] = event.step
                what = f"let exactly this {event.step} run without asking until {local(event.until)}"
                return Line(
                    event.at, "∞", self._who(event), what, f"standing permission {grant_id(event.grant)}", "ask"
                )
            case e.GrantRevoked():
                of = f" for {self._granted[event.grant]}" if event.grant in self._granted else ""
                what = f"took the standing permission {grant_id(event.grant)}{of} back"
                return Line(event.at, "⌫", self._who(event), what, tone="ask")
            case _:
                assert_never(event)

    def _opened(self, event: e.RequestOpened) -> Line:
        self._rungs[event.request] = event.rungs
        names = self._names(event.approvers) or "nobody"
        whom = f"{event.role} ({names})" if event.role else names
        votes = f", {event.quorum} of them" if event.quorum > 1 else ""
        urgent = "urgent " if event.urgency == "high" else ""
        what = f"{urgent}{event.kind} {display_id(event.request)}: waits for {whom}{votes}"
        if event.body is None:
            return Line(event.at, "?", "bot", what, ERASED, "ask")
        more = [self._short(event.body.text)] if event.kind != "approval" else []
        more += [f"as {one_line(event.body.edited_by)} changed it"] if event.body.edited_by else []
        more += self._changes(event.body.changed)
        return Line(event.at, "?", "bot", what, "\n".join(filter(None, more)), "ask")

    def _answered(self, event: e.RequestAnswered) -> Line:
        name, short = (event.body.name if event.body else "") or self._who(event), display_id(event.request)
        more = [ERASED] if event.body is None else self._changes(event.body.changes)
        if event.body:
            more += [self._short(event.body.text)]
            more += [f"internal: {self._short(event.body.internal)}"] if event.body.internal else []
        below = "\n".join(filter(None, more))
        match event.answer:
            case "approve":
                votes = "" if event.outcome else " (more votes needed)"
                return Line(event.at, "✓", name, f"approved {short}{votes}", below, "good")
            case "reject":
                return Line(event.at, "✓", name, f"rejected {short}", below, "bad")
            case "edit":
                return Line(event.at, "✎", name, f"changed {short}; it is asked again", below, "ask")
            case "give":
                what = f"gave {short} to {self._names(event.to)}; it is asked again"
                return Line(event.at, "→", name, what, below, "ask")
            case "choose":
                return Line(event.at, "✓", name, f"chose {event.option} in {short}", below, "good")
            case "say" if event.outcome is None:
                return Line(event.at, "?", name, f"asked back about {short}", below, "ask")
            case "say":
                return Line(event.at, "✓", name, f"answered {short}", below, "good")
            case _:
                assert_never(event.answer)

    def _reminded(self, event: e.RequestReminded) -> Line:
        rungs = self._rungs.get(event.request, ())
        rung = rungs[event.rung] if event.rung < len(rungs) else None
        whom = self._names(rung.people if rung else ()) or "those who are asked"
        short = display_id(event.request)
        what = f"showed {short} to {whom}" if rung and rung.do == "show" else f"reminded {whom} of {short}"
        return Line(event.at, "▲", "bot", what, tone="ask")

    def _changes(self, changes: Mapping[str, Sequence[JsonValue]]) -> list[str]:
        """What is different, a line each: field: before -> after."""
        return [
            f"{self._short(name)}: {' → '.join(self._json(value) for value in values)}"
            for name, values in changes.items()
        ]

    def _names(self, people: Iterable[str]) -> str:
        return one_line(", ".join(self.name(person) for person in people))

    def _who(self, event: e.AnyEvent) -> str:
        return "bot" if event.by == "bot" else self.name(event.by or "")

    def _step(self, call: str) -> str:
        return self._steps.get(call, call)

    def _took(self, event: e.StepFinished) -> str:
        begun = self._begun.get(event.call)
        return "" if begun is None or event.at is None else f" in {_duration(event.at - begun)}"

    def _beside(self, body: MessageBody | None) -> Iterator[str]:
        """What came with a message: what others said before it, and what stood in files."""
        earlier = body.earlier if body is not None else None
        if earlier is not None and (earlier.remarks or earlier.omitted or earlier.problem):
            omitted = f", {earlier.omitted} before these left out" if earlier.omitted else ""
            problem = f", {earlier.problem}" if earlier.problem else ""
            yield f"said before it, by people who ask for nothing: {len(earlier.remarks)}{omitted}{problem}"
            for said in earlier.remarks:
                yield f"{local(said.at, '%m-%d %H:%M')} {self._short(said.name)} ({said.who}): {self._short(said.text)}"
        for file in body.files if body is not None else ():
            omitted = f", {file.omitted} bytes left out" if file.omitted else ""
            yield f"in the file {self._short(file.name)}{omitted}: {self._short(file.text)}"

    def _json(self, value: JsonValue) -> str:
        return self._short(json.dumps(value, ensure_ascii=False))

    def _short(self, text: str) -> str:
        return one_line(text, self.body)


def _duration(us: int) -> str:
    seconds = us / 1_000_000
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7_200 else f"{seconds / 3_600:.1f} h"
