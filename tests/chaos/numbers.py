"""How much of what people may answer, and of what happens when they do not, was seen in a run."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from bot import events as e
from bot.events import AnyEvent


def numbers(logs: Mapping[str, Sequence[AnyEvent]]) -> Counter[str]:
    """How much of what is asked in which ways was seen."""
    found: Counter[str] = Counter()
    for events in logs.values():
        asking: set[str] = set()
        for event in events:
            found.update(_names(event))
            asking |= {"yes"} if isinstance(event, e.RequestOpened) else set()
        found["children that asked"] += bool(asking) and _is_child(events)
    return found


def _names(event: AnyEvent) -> Iterator[str]:
    match event:
        case e.RequestAnswered(outcome="edited"):
            yield "edits"
        case e.RequestAnswered(answer="say", outcome=None):
            yield "questions back"
        case e.RequestAnswered(outcome="given"):
            yield "given to others"
        case e.RequestAnswered(outcome="rejected"):
            yield "rejections"
        case e.RequestOpened(kind="approval", quorum=2):
            yield "asked of two"
        case e.RequestReminded(cards=cards):
            yield "shown later" if cards else "reminders"
        case e.RequestEscalated():
            yield "escalations"
        case e.RequestExpired():
            yield "expiries"
        case e.RequestWithdrawn(reason="asked"):
            yield "withdrawn"
        case e.Granted():
            yield "grants"
        case e.GrantRevoked():
            yield "grants revoked"
        case e.StepStarted(grant=str()):
            yield "grants used"
        case e.Delegated():
            yield "children"
        case _:
            pass


def _is_child(events: Sequence[AnyEvent]) -> bool:
    first = events[0]
    return isinstance(first, e.MessageReceived) and first.birth is not None and first.birth.parent is not None
