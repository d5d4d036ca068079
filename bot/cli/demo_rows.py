"""A thread's events in plain words, one row each, for the demo's page. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import assert_never

from pydantic import JsonValue

from bot import events as e
from bot.entries import Unreadable, decode
from bot.playground.page.models import Row, Tone
from bot.playground.slack.wire import JsonObject

Names = Callable[[str], str]
_BOT = "Countersign"
_SHORTEST = 7  # characters of a commit that are enough to tell two apart
_LONGEST = 30  # characters of an argument that is told: longer ones are texts, and stand in the stored event
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class _Words:
    """What a row says."""

    glyph: str
    words: str
    more: str = ""
    tone: Tone = "plain"


@dataclass(slots=True)
class _Calls:
    """The steps so far: later events name them by their call alone."""

    steps: dict[str, str]
    kinds: dict[str, str]

    def step(self, call: str | None) -> str:
        return self.steps.get(call or "", "a step")


def rows(entries: Sequence[bytes], names: Names) -> list[Row]:
    """One row for each stored entry, those that cannot be read included."""
    calls = _Calls({}, {})
    made: list[Row] = []
    for index, entry in enumerate(entries):
        event = decode(entry)
        if isinstance(event, Unreadable):
            details: JsonObject = {"entry": entry.decode("utf-8", "replace")}
            words = "This entry cannot be read, so the thread stops here"
            row = Row(
                index=index,
                type="unreadable",
                glyph="!",
                words=words,
                more=event.reason,
                who="",
                at=0,
                tone="bad",
                details=details,
            )
        else:
            said = _say(event, calls, names)
            row = Row(
                index=index,
                type=event.type,
                glyph=said.glyph,
                words=said.words,
                more=said.more,
                who=_who(event, names),
                at=(event.at or 0) / 1_000_000,
                tone=said.tone,
                details=event.model_dump(mode="json", exclude_none=True),
            )
        made.append(row)
    return made


def _who(event: e.AnyEvent, names: Names) -> str:
    if isinstance(event, e.MessageReceived) and event.body is not None:
        return event.body.name
    return _BOT if event.by in {None, "bot"} else names(event.by or "")


def _say(event: e.AnyEvent, calls: _Calls, names: Names) -> _Words:
    """What happened, as a predicate: it follows the name of who did it."""
    match event:
        case e.MessageReceived():
            said = event.body.text if event.body else "(erased)"
            if (event.by or "").startswith("unproven:"):
                return _Words("→", "seems to have written, but nothing proves that it was them", _quoted(said), "bad")
            return _Words("→", "wrote" if said else "mentioned the bot, and said nothing", _quoted(said))
        case e.Prefetched():
            return _Words("↓", "looked up what it needs to know anyway", tone="note")
        case e.StepChosen():
            return _chosen(event, calls)
        case e.StepStarted():
            again = f", attempt {event.attempt}" if event.attempt > 1 else ""
            leave = ", without asking: it has leave to" if event.grant else ""
            return _Words("▶", f"started: {calls.step(event.call)}{again}{leave}")
        case e.StepFinished():
            kind = calls.kinds.get(event.call)
            words = f"{_FINISHED[event.how]}: {calls.step(event.call)}"
            return _Words("✓", words, tone="good" if kind == "action" else "plain")
        case e.StepFailed():
            words = f"{_FAILED[event.how]}: {calls.step(event.call)}"
            return _Words("✗", words, event.body.error if event.body else "", "bad")
        case e.StepInDoubt():
            words = f"does not know whether this happened: {calls.step(event.call)}"
            return _Words("?", words, _IN_DOUBT[event.how], "bad")
        case e.LateResult():
            return _Words("↺", f"heard late what became of: {calls.step(event.call)}", tone="note")
        case e.RequestOpened():
            return _opened(event, calls, names)
        case e.RequestAnswered():
            return _answered(event, names)
        case e.RequestReminded() | e.RequestEscalated() | e.Granted() | e.GrantRevoked():
            return _meanwhile(event, names)
        case e.RequestExpired():
            return _Words("○", "got no answer in time, so nothing was run", tone="bad")
        case e.RequestWithdrawn():
            return _Words("○", f"took the request back: {_WITHDRAWN[event.reason]}", tone="note")
        case e.Replied():
            text = _quoted(event.body.text) if event.body else ""
            return _Words("←", "replied, and is done", text, "good") if event.final else _Words("←", "replied", text)
        case e.HandedOff():
            return _Words("⇢", f"handed the thread to the {event.agent} agent")
        case e.Delegated():
            return _Words("⇉", f"gave a part of the task to the {event.agent} agent")
        case e.DelegateFinished():
            said = _quoted(event.body.text) if event.body else ""
            return _Words(
                "⇇", f"heard from a delegate: {event.outcome}", said, "plain" if event.outcome == "done" else "bad"
            )
        case e.ModelFailed():
            words = f"got no step from the model: {event.kind.replace('_', ' ')}"
            return _Words("!", words, event.body.error if event.body else "", "bad")
        case e.Refused(by="bot"):
            return _Words("!", "finds nobody left who could answer", tone="bad")
        case e.Refused():
            return _Words("⊘", f"was refused: {_REFUSED.get(event.reason, event.reason.replace('_', ' '))}", tone="bad")
        case e.Delivered():
            sent = {"slack": "delivered a message to Slack", "email": "sent a mail", "console": "wrote a line"}
            return _Words("·", sent[event.channel], tone="note")
        case e.DeliveryFailed():
            return _Words("!", "could not deliver a message", event.body.error if event.body else "", "bad")
        case e.Paused() | e.Resumed() | e.Cancelled() | e.Parked() | e.Unparked():
            glyph, words = _CONTROL[event.type]
            return _Words(glyph, words, event.body.text if isinstance(event, e.Parked) and event.body else "")
        case _:
            assert_never(event)


_CONTROL = {
    "paused": ("‖", "paused the thread"),
    "resumed": ("▷", "let the thread go on"),
    "cancelled": ("■", "cancelled the thread"),
    "parked": ("□", "set the thread aside for a person to look at"),
    "unparked": ("▷", "let the thread go on"),
}
_WITHDRAWN = {
    "asked": "that was asked for",
    "cancelled": "the thread was cancelled",
    "changed": "something has changed",
    "resolved": "it is settled",
}
_REFUSED = {
    "not_allowed": "may not decide this",
    "requester": "asked for this, so somebody else decides",
    "decided": "it was decided already",
    "expired": "the request has expired",
    "cancelled": "the thread was cancelled",
    "voted": "has answered already",
    "unfit": "what was put in does not fit",
    "nobody_left": "nobody else could approve that",
    "no_such_option": "this is no answer to what is asked",
}
_FINISHED = {
    "ran": "finished",
    "checked": "found out that this happened",
    "confirmed": "was told by a person that this happened",
}
_FAILED = {
    "failed": "failed at",
    "not_done": "heard that nothing was done",
    "denied": "may not do this",
    "checked": "found out that this did not happen",
    "stopped": "gave up, as a person said",
    "withdrawn": "gave up what was taken back",
}
_IN_DOUBT = {
    "raised": "The tool broke off with an error.",
    "timed_out": "The tool took too long.",
    "worker_lost": "The worker died while it ran.",
    "unclear": "The tool itself cannot tell either.",
}


def _quoted(text: str) -> str:
    return f"“{text}”" if text else ""


def _chosen(event: e.StepChosen, calls: _Calls) -> _Words:
    step, body = event.step.replace("_", " "), event.body
    given = [str(value) for value in body.arguments.values() if isinstance(value, str | int)] if body else []
    values = [value for value in given if len(value) <= _LONGEST]
    shown = step if event.kind == "standard" else " ".join([step, *values])
    calls.steps[event.call], calls.kinds[event.call] = shown, event.kind
    why = _quoted(body.why) if body else ""
    match event.policy:
        case "run":
            return _Words("◇", f"chose: {shown}", why)
        case "ask":
            return _Words("◇", f"chose: {shown}; role {event.role or 'operators'} has to approve", why)
        case "deny":
            denied = body.denied if body else None
            return _Words("◇", f"chose: {shown}; code refused that", denied or why, "bad")
        case _:
            assert_never(event.policy)


def _opened(event: e.RequestOpened, calls: _Calls, names: Names) -> _Words:
    listed = list(map(names, event.approvers))
    people = " and ".join(listed) if 1 < event.quorum == len(listed) else " or ".join(listed) or "nobody"
    people = f"{event.quorum} of {', '.join(listed)}" if 1 < event.quorum < len(listed) else people
    step, body = calls.step(event.call), event.body
    changed = body.changed if body else {}
    news = _difference(changed)
    match event.kind:
        case "approval":
            return _Words("◉", f"asked {people} to approve: {step}", f"Asked again: {news}." if news else "", "ask")
        case "question":
            return _Words("◉", f"asked {people}", _quoted(body.text) if body else "", "ask")
        case "doubt":
            return _Words("◉", f"asked {people} whether this happened: {step}", tone="ask")
        case "stuck":
            return _Words("◉", f"asked {people} for help", body.text if body else "", "ask")
        case _:
            assert_never(event.kind)


def _short(value: JsonValue) -> str:
    text = str(value)
    return text[:_SHORTEST] if _COMMIT.fullmatch(text) else text


def _meanwhile(event: e.RequestReminded | e.RequestEscalated | e.Granted | e.GrantRevoked, names: Names) -> _Words:
    """What a request leads to beside its outcome."""
    match event:
        case e.RequestReminded():
            words = "showed it to those who were to be left in peace before" if event.cards else "reminded of it"
            return _Words("◔", words, event.body.text if event.body else "", "ask")
        case e.RequestEscalated():
            people = " and ".join(map(names, event.approvers))
            asked = f"asked {people} as well" if people else "found nobody else to ask"
            return _Words("◕", f"had no answer, and {asked}", f"They have the role {event.role}.", "ask")
        case e.Granted():
            until = datetime.fromtimestamp(event.until / 1_000_000, UTC)
            return _Words("∞", f"lets exactly this run without asking until {until:%H:%M} UTC", tone="good")
        case e.GrantRevoked():
            return _Words("⊘", "took that permission back", tone="bad")
        case _:
            assert_never(event)


def _answered(event: e.RequestAnswered, names: Names) -> _Words:
    body = event.body
    text = _quoted(body.text) if body else ""
    how = " by mail" if event.proof.startswith("email") else " on the command line" if event.proof == "os" else ""
    match event.answer:
        case "approve":
            more = "" if event.outcome else "; another approval is needed"
            return _Words("✓", f"approved{how}{more}", text, "good")
        case "reject":
            kept = f" (internal: {_quoted(body.internal)})" if body and body.internal else ""
            return _Words("✗", f"rejected{how}", f"{text}{kept}", "bad")
        case "edit":
            changed = _difference(body.changes if body else {})
            return _Words("✎", f"changed it{how}, so it is asked again", changed, "ask")
        case "give":
            return _Words("⇢", f"gave it{how} to {' and '.join(map(names, event.to))}", text, "ask")
        case "choose":
            return _Words("✓", f"chose{how}: {(event.option or '').replace('_', ' ')}", text, "good")
        case "say" if event.outcome is None:
            return _Words("⁇", f"asked the agent something{how} first", text, "ask")
        case "say":
            return _Words("✓", f"answered{how}", text, "good")
        case _:
            assert_never(event.answer)


def _difference(changes: Mapping[str, Sequence[JsonValue]]) -> str:
    """What was, and what is."""
    told = (f"{name} was {_short(values[0])}, is {_short(values[-1])}" for name, values in changes.items())
    return ", ".join(told)
