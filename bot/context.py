"""What the model reads: one block of text an event, append-only, so that the provider's prompt cache hits."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import assert_never

from pydantic import JsonValue

from bot import events as e
from bot.bodies import AnswerBody, Birth, Earlier, FileText
from bot.thread import Thread

MAX_TEXT = 12_000  # characters of one message or result that the model gets to read; the log keeps all of it
MAX_REMARK = 2_000  # of one thing that was said before
MAX_EARLIER = 40_000  # of all that was said before; the last ones are kept
MAX_FILE = 24_000  # of one file
_NAME = 200
ERASED = "[erased]"
_ENCODER = json.JSONEncoder(ensure_ascii=False)


def blocks(thread: Thread) -> tuple[str, ...]:
    """Render the whole thread; what was rendered before is kept, since a block never changes."""
    new = (block(thread, index) for index in range(thread.rendered_events, len(thread.events)))
    thread.rendered += [text for text in new if text]
    thread.rendered_events = len(thread.events)
    return tuple(thread.rendered)


def block(thread: Thread, index: int) -> str | None:
    """Render one event, by itself and what came before it; None if the model need not know of it.

    Whatever people, tools or the web wrote is escaped, so that it cannot close its own tag and open another.
    """
    event = thread.events[index]
    match event:
        case e.MessageReceived(birth=Birth(parent=str(), principal=principal)):
            marks = {"n": index, "for": event.body.name if event.body else principal, "trust": event.trust}
            return _block("task", marks, event.body.text if event.body else ERASED)
        case e.MessageReceived():
            name = event.body.name if event.body else event.by
            marks = {"n": index, "from": name, "id": event.by, "trust": event.trust, "at": moment(event.at)}
            said = _block("message", marks, event.body.text if event.body else ERASED)
            if event.body is None:
                return said
            return "\n".join([*_earlier(event.body.earlier, index), said, *_files(event.body.files, index)])
        case e.Prefetched():
            text = _json(event.body.data) if event.body else ERASED
            return _block("prefetched", {"agent": event.agent}, text)
        case e.StepChosen():
            text = _json(event.body.arguments) if event.body else ERASED
            return _block("step", {"n": event_number(thread, event.call), "name": event.step}, text)
        case e.StepFinished():
            marks = {"of": event_number(thread, event.call), "how": None if event.how == "ran" else event.how}
            return _block("result", marks, _json(event.body.data) if event.body else ERASED)
        case e.StepFailed():
            marks = {"of": event_number(thread, event.call), "how": event.how}
            return _block("failed", marks, event.body.error if event.body else ERASED)
        case e.StepInDoubt():
            text = "It is not known whether this happened. A person is looking."
            return _block("in_doubt", {"of": event_number(thread, event.call)}, text)
        case e.LateResult():
            text = ERASED if event.body is None else event.body.error or _json(event.body.data)
            return _block("late_result", {"of": event_number(thread, event.call), "how": event.outcome}, text)
        case e.RequestOpened():
            return _opened(thread, event)
        case e.RequestAnswered():
            return _answered(thread, event)
        case e.RequestExpired() | e.RequestWithdrawn():
            call = thread.requests[event.request].opened.call
            if call is None or (isinstance(event, e.RequestWithdrawn) and event.reason != "asked"):
                return None
            name = "expired" if isinstance(event, e.RequestExpired) else "withdrawn"
            return f'<{name} of="{event_number(thread, call)}"/>'
        case e.Replied():
            text = event.body.text if event.body else ERASED
            return _block("replied", {"n": index}, text) + ("\n<done/>" if event.final else "")
        case e.HandedOff():
            return f'<handed_off to="{_quoted(event.agent)}"/>'
        case e.Delegated():
            return f'<delegated of="{event_number(thread, event.call)}" to="{_quoted(event.agent)}"/>'
        case e.DelegateFinished():
            child = thread.children[event.child].delegated
            marks = {"of": event_number(thread, child.call), "by": child.agent, "how": event.outcome}
            return _block("delegate_finished", marks, event.body.text if event.body else ERASED)
        case e.ModelFailed():
            if event.kind != "invalid":
                return None
            return _block("invalid", {"n": index}, event.body.error if event.body else ERASED)
        case (
            e.StepStarted()
            | e.Paused()
            | e.Resumed()
            | e.Cancelled()
            | e.Parked()
            | e.Unparked()
            | e.RequestReminded()
            | e.RequestEscalated()
            | e.RequestShown()
            | e.Granted()
            | e.GrantRevoked()
            | e.Delivered()
            | e.DeliveryFailed()
            | e.Refused()
            | e.Feedback()
        ):
            return None
        case _:
            assert_never(event)


def _earlier(earlier: Earlier | None, index: int) -> list[str]:
    """What others said before the message, as something to know; each line names its author."""
    if earlier is None or not (earlier.remarks or earlier.omitted or earlier.problem):
        return []
    kept: list[str] = []
    room = MAX_EARLIER
    for remark in reversed(earlier.remarks):
        marks = {"by": remark.name[:_NAME], "who": remark.who, "at": moment(remark.at)}
        kept.append(_block("said", marks, remark.text, MAX_REMARK))
        room -= len(kept[-1])
        if room < 0 and len(kept) > 1:
            kept.pop()
            break
    omitted = earlier.omitted + len(earlier.remarks) - len(kept)
    marks = {"n": index, "omitted": omitted or None, "problem": earlier.problem[:_NAME] or None}
    return [f"<earlier{_marks(marks)}>", *reversed(kept), "</earlier>"]


def _files(files: tuple[FileText, ...], index: int) -> list[str]:
    return [
        _block("file", {"n": index, "name": file.name[:_NAME], "omitted": file.omitted or None}, file.text, MAX_FILE)
        for file in files
    ]


def _opened(thread: Thread, event: e.RequestOpened) -> str | None:
    if event.call is None:
        return None
    again = ""
    if event.body and event.body.changed:
        again = f" It was asked again, because this changed meanwhile: {_json(dict(event.body.changed))}."
    text = f"Waiting.{again} Until it is answered only queries, reply, keep_waiting and withdraw fit."
    marks = {"of": event_number(thread, event.call), "kind": event.kind, "asks": event.role}
    return _block("request", marks, text)


def _answered(thread: Thread, event: e.RequestAnswered) -> str | None:
    opened = thread.requests[event.request].opened
    if opened.call is None or (event.outcome is None and event.answer != "say"):
        return None
    body = event.body or AnswerBody(name=event.by or "")
    marks = {"of": event_number(thread, opened.call), "by": body.name}
    if event.outcome is None:
        told = "\n(Answer with reply: only those who decide read it. The request stays open.)"
        return _block("question", marks, (body.text or ERASED)) + told
    if event.outcome == "edited":
        return _block("edited", marks, _json(dict(body.changes)) if event.body else ERASED)
    if event.outcome == "given":
        return None  # who decides is none of the model's business
    match opened.kind, event.outcome:
        case "approval", "approved":
            return f"<approved{_marks(marks)}/>"
        case "approval", _:
            return _block("rejected", marks, body.text or "No reason was given.")
        case "doubt", _:
            said = {"it_did": "It did happen.", "run_it": "It did not happen; it is run again."}
            return _block(
                "answered", marks, said.get(event.option or "", "It did not happen, and must not be run again.")
            )
        case _:
            return _block("answered", marks, body.text or event.option or "")


def event_number(thread: Thread, call: str) -> int:
    """How the model knows a step: by the number of the entry that chose it."""
    return thread.calls[call].index


def moment(at: int | None) -> str:
    """A time (us) as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp((at or 0) / 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def escape(text: str) -> str:
    """Make text unable to open or close a tag."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def shorten(text: str, limit: int = MAX_TEXT) -> str:
    """Leave out the middle of a long text, visibly."""
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 3
    return f"{text[:head]}\n[... {len(text) - head - tail:,} characters left out here ...]\n{text[-tail:]}"


def _json(value: JsonValue) -> str:
    return _ENCODER.encode(value)


def _marks(marks: Mapping[str, object]) -> str:
    return "".join(f' {name}="{_quoted(value)}"' for name, value in marks.items() if value is not None)


def _quoted(value: object) -> str:
    return escape(" ".join(str(value).split())).replace('"', "&quot;")


def _block(tag: str, marks: Mapping[str, object], text: str, limit: int = MAX_TEXT) -> str:
    return f"<{tag}{_marks(marks)}>\n{escape(shorten(text, limit))}\n</{tag}>"
