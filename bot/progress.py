"""What people in a Slack thread see while a turn is on: one message, changed as steps finish, and then the answer.

Pure. It follows from the log alone: a turn's message is named after the turn, so no event needs to remember it, and
each change of it is committed with the events that it shows. Titles are made of the steps' names; no argument and no
word of a model stands in them. Mail gets none of this: nobody wants a mail a step.

The answer takes the message's place if nothing was said below it meanwhile. If people were asked or wrote, it is said
below, where they look and are notified, and the message keeps what the turn did.
"""

from collections.abc import Sequence
from typing import Final

from bot import events as e
from bot.approvals.cards import is_for_outsider, title_of
from bot.entries import Unreadable, decode
from bot.ids import fresh_id, progress_id
from bot.people import Directory
from bot.places import Delivery, Place, Progress, ProgressState, Task, TaskState, Text
from bot.thread import CallState, Thread

MOST_TASKS = 20  # that are shown: the last ones
_SHOWN: Final = {"request_human_input": "Ask a person", "delegate": "Ask another agent"}
_OUTSIDE: Final = {"query": "Look something up", "action": "Take care of it", "standard": "Ask a colleague"}
_STATES: Final[dict[str, TaskState]] = {
    "chosen": "running",
    "started": "running",
    "in_doubt": "unsure",
    "finished": "done",
    "failed": "failed",
}
_WAITS: Final[dict[str, tuple[str, str]]] = {
    "stuck": ("Stopped", "This does not go on by itself: an operator was asked to look at it."),
    "doubt": ("Needs a look", "It is not certain that a step happened. People were asked to look."),
    "approval": ("Waiting for an approval", ""),
    "question": ("Waiting for an answer", ""),
}
"""What is said while a request is open, the most serious first: a title, and a sentence."""
_SAID_BELOW = (e.MessageReceived, e.RequestOpened, e.RequestAnswered, e.Delegated, e.Replied, e.Paused, e.Parked)


def is_wanted(thread: Thread, directory: Directory) -> bool:
    """Whether turns of this thread have such messages: not where answers are for one person alone."""
    if not _is_followed(thread):
        return False
    channel = directory.channel(f"slack:{thread.origin.address}")
    return directory.config.slack.progress and channel.answers == "thread"


def along(
    thread: Thread, events: Sequence[e.AnyEvent], out: Sequence[Delivery], *, enabled: bool = True
) -> list[Delivery]:
    """Add to what is sent with these events what they change in the turn's message. `enabled`: it may begin one."""
    if not _is_followed(thread) or not events:
        return list(out)
    start = turn_start(thread)
    name, before, after = progress_id(thread.id, start), shown(thread), shown(thread, events)
    if after is None or before == after:
        return list(out)
    if any(isinstance(event, e.Replied) and event.final for event in events):
        return _ended(thread, name, out, after, in_place=_is_last(thread, start))
    if not enabled:
        return list(out)
    replaces = name if before is not None else None
    own_id = fresh_id() if replaces else name
    return [Delivery(id=own_id, thread=thread.id, place=thread.origin, content=after, replaces=replaces), *out]


def at_rest(thread: Thread) -> list[Delivery]:
    """Say once more what became of a turn that an order ended: a step that was still running may have hidden it."""
    is_stopped = thread.paused or thread.parked or thread.cancelled
    now = shown(thread) if is_stopped and _is_followed(thread) else None
    return [_update(thread.id, thread.origin, progress_id(thread.id, turn_start(thread)), now)] if now else []


def set_aside(thread: str, origin: Place, entries: Sequence[bytes], note: str) -> list[Delivery]:
    """End the message of a turn whose log cannot be folded, or must not be."""
    events = [decode(entry) for entry in entries]
    readable = [None if isinstance(event, Unreadable) else event for event in events]
    start = _start(readable)
    if origin.channel != "slack" or not any(_begins(event) for event in readable[start:] if event is not None):
        return []
    content = Progress(state="ended", title="Set aside", note=_with_id(note, thread))
    return [_update(thread, origin, progress_id(thread, start), content)]


def turn_start(thread: Thread) -> int:
    """The number of the entry with which the turn began: the one after the last answer."""
    return _start(thread.events)


def shown(thread: Thread, more: Sequence[e.AnyEvent] = ()) -> Progress | None:
    """What the message shows after these events; None as long as there is nothing to show."""
    outside, tasks = is_for_outsider(thread), dict[str, Task]()
    for call in _calls_since(thread, turn_start(thread)):
        if _is_shown(call.chosen):
            tasks[call.chosen.call] = _task(call.chosen, _state(thread, call), outside=outside)
    for event in more:
        _apply(thread, tasks, event, outside=outside)
    if not any(_begins(event) for event in (*thread.events[turn_start(thread) :], *more)):
        return None
    state, title, note = _standing(thread, more)
    if outside and state == "waiting":
        title, note = "Waiting for a colleague", ""
    kept = tuple(tasks.values())
    return Progress(
        state=state,
        title=title,
        note=_with_id(note, thread.id) if note else "",
        tasks=kept[-MOST_TASKS:],
        earlier=max(0, len(kept) - MOST_TASKS),
    )


def _ended(thread: Thread, name: str, out: Sequence[Delivery], after: Progress, *, in_place: bool) -> list[Delivery]:
    """Put the answer in the message's place, or let the message say that the turn is over."""
    answers = [one for one in out if isinstance(one.content, Text) and one.place == thread.origin and not one.under]
    if in_place and answers:
        return [one.model_copy(update={"replaces": name}) if one is answers[-1] else one for one in out]
    return [_update(thread.id, thread.origin, name, after), *out]


def _update(thread: str, place: Place, name: str, content: Progress) -> Delivery:
    return Delivery(id=fresh_id(), thread=thread, place=place, content=content, replaces=name)


def _is_followed(thread: Thread) -> bool:
    """Whether the thread has such messages: it began in Slack, and is no delegate's, which its parent's shows."""
    return thread.birth is not None and thread.birth.parent is None and thread.origin.channel == "slack"


def _is_last(thread: Thread, start: int) -> bool:
    """Whether nothing was said below the message so far."""
    since = iter(thread.events[start:])
    for event in since:
        if _begins(event):
            break
    return not any(_is_said(event) for event in since)


def _is_said(event: e.AnyEvent) -> bool:
    match event:
        case e.StepStarted(grant=grant):
            return grant is not None  # by whose leave it runs is said in the thread
        case e.ModelFailed(kind=kind):
            return kind != "invalid"
        case _:
            return isinstance(event, _SAID_BELOW)


def _begins(event: e.AnyEvent) -> bool:
    """Whether there is something to show from here on. An answer at once, or a question, speaks for itself."""
    if not isinstance(event, e.StepChosen) or event.policy == "deny":
        return False
    return event.kind != "standard" or event.step == "delegate"


def _start(events: Sequence[e.AnyEvent | None]) -> int:
    for index in range(len(events) - 1, -1, -1):
        event = events[index]
        if isinstance(event, e.Replied) and event.final:
            return index + 1
    return 0


def _calls_since(thread: Thread, start: int) -> list[CallState]:
    found: list[CallState] = []
    for call in reversed(thread.calls.values()):
        if call.index < start:
            break
        found.append(call)
    return found[::-1]


def _is_shown(chosen: e.StepChosen) -> bool:
    return chosen.policy != "deny" and (chosen.kind != "standard" or chosen.step in _SHOWN)


def _task(chosen: e.StepChosen, state: TaskState, *, outside: bool) -> Task:
    title = _OUTSIDE[chosen.kind] if outside else _SHOWN.get(chosen.step) or title_of(chosen.step)
    return Task(name=chosen.call, title=title, state=state)


def _state(thread: Thread, call: CallState) -> TaskState:
    request = thread.open.get(call.request or "")
    waits = call.progress == "chosen" and request is not None and request.opened.kind in {"approval", "question"}
    return "waiting" if waits else _STATES[call.progress]


def _apply(thread: Thread, tasks: dict[str, Task], event: e.AnyEvent, *, outside: bool) -> None:
    """What an event that is about to be committed changes."""
    match event:
        case e.StepChosen() if _is_shown(event):
            tasks[event.call] = _task(event, "running", outside=outside)
        case e.StepStarted():
            _set(tasks, event.call, "running")
        case e.StepFinished():
            _set(tasks, event.call, "done")
        case e.StepFailed():
            _set(tasks, event.call, "failed")
        case e.StepInDoubt():
            _set(tasks, event.call, "unsure")
        case e.RequestOpened(call=str() as call):
            _set(tasks, call, "unsure" if event.kind == "doubt" else "waiting")
        case e.RequestExpired() | e.RequestWithdrawn():
            opened = thread.requests[event.request].opened
            again = isinstance(event, e.RequestWithdrawn) and event.reason in {"changed", "resolved"}
            if opened.call is not None and opened.kind in {"approval", "question"} and not again:
                _set(tasks, opened.call, "failed")
        case _:
            pass


def _set(tasks: dict[str, Task], call: str, state: TaskState) -> None:
    if call in tasks:
        tasks[call] = tasks[call].model_copy(update={"state": state})


def _standing(thread: Thread, more: Sequence[e.AnyEvent]) -> tuple[ProgressState, str, str]:
    """How the turn stands after these events: a state, a title and a sentence."""
    last = {type(event) for event in more}
    if any(isinstance(event, e.Replied) and event.final for event in more):
        return "ended", "Done", ""
    if thread.cancelled or e.Cancelled in last:
        return "ended", "Cancelled", "It was cancelled, so nothing more is run."
    goes_on = bool(last & {e.Resumed, e.Unparked})
    if e.Parked in last or (thread.parked and not goes_on):
        return "ended", "Set aside", "Something is wrong here; the operators have to look at it."
    if e.Paused in last or (thread.paused and not goes_on):
        return "waiting", "Paused", "It was paused, and goes on when somebody resumes it."
    if open_kinds := _open(thread, more):
        kind = next(kind for kind in _WAITS if kind in open_kinds)
        return ("ended" if kind == "stuck" else "waiting", *_WAITS[kind])
    retry_at = thread.retry_at if e.StepChosen not in last else None
    if retry_at or any(isinstance(event, e.ModelFailed) and event.kind != "invalid" for event in more):
        return "waiting", "Waiting for the model", "The model cannot be reached just now. It is tried again."
    return "working", "Working on it", ""


def _open(thread: Thread, more: Sequence[e.AnyEvent]) -> set[str]:
    """The kinds of the requests that are open after these events."""
    closed = {event.request for event in more if isinstance(event, e.RequestExpired | e.RequestWithdrawn)}
    kinds: set[str] = {request.opened.kind for name, request in thread.open.items() if name not in closed}
    return kinds | {event.kind for event in more if isinstance(event, e.RequestOpened)}


def _with_id(note: str, thread: str) -> str:
    return f"{note} Thread `{thread}`."
