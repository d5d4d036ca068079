"""What the logs say was said where a thread began; people from outside hear less, and not who decided."""

from collections.abc import Iterator, Sequence

from bot import events as e
from bot.fold import append
from bot.thread import Thread

_ASKED = {"approval": "Waiting for", "doubt": "It is not certain", "stuck": "This needs a look", "question": "Waiting"}
_OUTSIDE = {kind: "looking into" if kind in {"doubt", "stuck"} else "passed this on" for kind in _ASKED}
_CLOSED = {
    "approved": "approved.",
    "rejected": "rejected it.",
    "answered": "answered.",
    "edited": "changed it; it is asked again.",
    "given": "gave it to somebody else to decide.",
}
_NOBODY = "Nobody"  # is left who could decide


def lines(thread: Thread) -> Iterator[str]:
    """What one thread said there."""
    yield from (text for _, text in _told(thread))


def lines_in_order(threads: Sequence[Thread]) -> list[str]:
    """What several said there, a thread and its children, in the order of time."""
    told = [line for thread in threads for line in _told(thread)]
    return [text for _, text in sorted(told, key=lambda line: line[0])]


def _told(thread: Thread) -> Iterator[tuple[int, str]]:
    outsider = thread.principal is not None and thread.principal.is_outsider
    unread = _unread(thread)
    for event in thread.events:
        text = _bare(thread, event, unread) or (None if outsider else _inside(thread, event))
        if isinstance(event, e.RequestOpened):
            text = (_OUTSIDE if outsider else _ASKED)[event.kind]
        if text is not None:
            yield event.at or 0, text


def _bare(thread: Thread, event: e.AnyEvent, unread: Sequence[bool]) -> str | None:
    """What everybody hears."""
    match event:
        case e.Replied():
            child = thread.birth is not None and thread.birth.parent is not None
            if child and event.final and event.call is not None:
                return None  # its last word is for its parent
            if event.to and not unread[event.basis or 0]:
                return None  # it is for those alone who asked something first
            return event.body.text if event.body else ""
        case e.Refused(reason="nobody_left", by="bot"):
            return _NOBODY
        case e.StepFailed(how="denied") if event.body and event.body.error.startswith(_NOBODY):
            return _NOBODY
        case e.StepStarted(grant=str()):
            return "Ran under a standing permission"
        case _:
            return None


def _inside(thread: Thread, event: e.AnyEvent) -> str | None:
    """What only our own people hear."""
    match event:
        case e.RequestAnswered() if event.outcome:
            return _CLOSED[event.outcome]
        case e.RequestExpired():
            return "Nobody decided"
        case e.RequestWithdrawn():
            return "The "  # it was taken back, or it no longer stands
        case e.RequestEscalated() if event.approvers and thread.origin not in [card.place for card in event.cards]:
            return "Nobody has answered yet"
        case _:
            return None


def _unread(thread: Thread) -> list[bool]:
    """For each version, whether somebody had written whom no decision had considered."""
    walk = Thread(thread.id, thread.sealer)
    found = [False]
    for event in thread.events:
        append(walk, event, b"")
        found.append(walk.last_message >= walk.attended)
    return found
