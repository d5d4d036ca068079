"""A thread's events in plain words, one row each, for the demo's page. Pure."""

from collections.abc import Sequence
from typing import assert_never

from bot import events as e
from bot.cli.demo_words import Calls, Names, Words, quoted, values
from bot.cli.demo_words_asking import answered, meanwhile, opened
from bot.entries import Unreadable, decode
from bot.playground.page.models import Row
from bot.playground.slack.wire import JsonObject

_BOT = "Countersign"


def rows(entries: Sequence[bytes], names: Names) -> list[Row]:
    """One row for each stored entry, those that cannot be read included."""
    calls = Calls({}, {}, {}, {})
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


def beside(event: e.MessageReceived, said: str) -> str:
    """What somebody wrote, and below it what others had said before, and which files were read."""
    body = event.body
    lines = [said]
    if body is not None and body.earlier is not None and body.earlier.remarks:
        lines += ["Said before, and read:", *(f"{one.name}: {one.text}" for one in body.earlier.remarks)]
    lines += [f"Read: {file.name}, {len(file.text)} characters" for file in (body.files if body is not None else ())]
    return "\n".join(lines)


def _say(event: e.AnyEvent, calls: Calls, names: Names) -> Words:
    """What happened, as a predicate: it follows the name of who did it."""
    match event:
        case e.MessageReceived():
            said = event.body.text if event.body else "(erased)"
            if (event.by or "").startswith("unproven:"):
                return Words("→", "seems to have written, but nothing proves that it was them", quoted(said), "bad")
            return Words("→", "wrote" if said else "mentioned the bot, and said nothing", beside(event, quoted(said)))
        case e.Prefetched():
            return Words("↓", "looked up what it needs to know anyway", tone="note")
        case e.StepChosen():
            return _chosen(event, calls)
        case e.StepStarted():
            again = f", attempt {event.attempt}" if event.attempt > 1 else ""
            leave = ", without asking: it has leave to" if event.grant else ""
            return Words("▶", f"started: {calls.step(event.call)}{again}{leave}")
        case e.StepFinished():
            kind = calls.kinds.get(event.call)
            words = f"{_FINISHED[event.how]}: {calls.step(event.call)}"
            return Words("✓", words, tone="good" if kind == "action" else "plain")
        case e.StepFailed():
            words = f"{_FAILED[event.how]}: {calls.step(event.call)}"
            return Words("✗", words, event.body.error if event.body else "", "bad")
        case e.StepInDoubt():
            words = f"does not know whether this happened: {calls.step(event.call)}"
            return Words("?", words, _IN_DOUBT[event.how], "bad")
        case e.LateResult():
            return Words("↺", f"heard late what became of: {calls.step(event.call)}", tone="note")
        case e.RequestOpened():
            return opened(event, calls, names)
        case e.RequestAnswered():
            if event.answer == "edit" and event.body:
                calls.edited(event.request, event.body.arguments)
            return answered(event, names)
        case e.RequestReminded() | e.RequestEscalated() | e.RequestShown() | e.Granted() | e.GrantRevoked():
            return meanwhile(event, names)
        case e.RequestExpired():
            return Words("○", "got no answer in time, so nothing was run", tone="bad")
        case e.RequestWithdrawn():
            return Words("○", f"took the request back: {_WITHDRAWN[event.reason]}", tone="note")
        case e.Replied():
            text = quoted(event.body.text) if event.body else ""
            return Words("←", "replied, and is done", text, "good") if event.final else Words("←", "replied", text)
        case e.HandedOff():
            return Words("⇢", f"handed the thread to the {event.agent} agent")
        case e.Delegated():
            return Words("⇉", f"gave a part of the task to the {event.agent} agent")
        case e.DelegateFinished():
            said = quoted(event.body.text) if event.body else ""
            return Words(
                "⇇", f"heard from a delegate: {event.outcome}", said, "plain" if event.outcome == "done" else "bad"
            )
        case e.ModelFailed():
            words = f"got no step from the model: {event.kind.replace('_', ' ')}"
            return Words("!", words, event.body.error if event.body else "", "bad")
        case e.Refused(by="bot"):
            return Words("!", "finds nobody left who could answer", tone="bad")
        case e.Refused():
            return Words("⊘", f"was refused: {_REFUSED.get(event.reason, event.reason.replace('_', ' '))}", tone="bad")
        case e.Feedback():
            good = event.value == "up"
            said = quoted(event.body.text) if event.body else ""
            return Words("+" if good else "-", f"found the answer {'good' if good else 'bad'}", said, "note")
        case e.Delivered():
            sent = {"slack": "delivered a message to Slack", "email": "sent a mail", "console": "wrote a line"}
            return Words("·", sent[event.channel], tone="note")
        case e.DeliveryFailed():
            return Words("!", "could not deliver a message", event.body.error if event.body else "", "bad")
        case e.Paused() | e.Resumed() | e.Cancelled() | e.Parked() | e.Unparked():
            glyph, words = _CONTROL[event.type]
            return Words(glyph, words, event.body.text if isinstance(event, e.Parked) and event.body else "")
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
    "by_mail": "this is not decided by mail",
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


def _chosen(event: e.StepChosen, calls: Calls) -> Words:
    step, body = event.step.replace("_", " "), event.body
    shown = step if event.kind == "standard" else " ".join([step, *values(body.arguments if body else {})])
    calls.steps[event.call], calls.names[event.call], calls.kinds[event.call] = shown, step, event.kind
    why = quoted(body.why) if body else ""
    match event.policy:
        case "run":
            return Words("◇", f"chose: {shown}", why)
        case "ask":
            return Words("◇", f"chose: {shown}; role {event.role or 'operators'} has to approve", why)
        case "deny":
            denied = body.denied if body else None
            return Words("◇", f"chose: {shown}; code refused that", denied or why, "bad")
        case _:
            assert_never(event.policy)
