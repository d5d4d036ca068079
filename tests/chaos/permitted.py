"""Nothing starts without the leave of people: read from the events alone, by none of the code that it checks."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot import events as e
from bot.events import AnyEvent


@dataclass(slots=True)
class Asked:
    """One request: who may answer it, and what they said."""

    opened: e.RequestOpened
    people: set[str]  # who was asked so far, those to whom it was escalated included
    approve: dict[str, int] = field(default_factory=dict[str, int])  # person -> the entry in which they did
    outcome: str = "open"
    at: int = 0  # us, of the outcome


@dataclass(slots=True)
class Made:
    """One call as it is now."""

    chosen: e.StepChosen
    hash: str
    requesters: tuple[str, ...]
    editors: list[str] = field(default_factory=list[str])
    approval: str | None = None  # the latest request to approve it


@dataclass(frozen=True, slots=True)
class Start:
    """An action that was started, and what allowed it."""

    index: int
    event: e.StepStarted
    made: Made
    hash: str
    requesters: frozenset[str]  # and editors
    approval: Asked | None  # None: under a standing permission


class Walk:
    """Follow one thread's events; `wrong` says what should not have been, `starts` what ran by whose leave."""

    def __init__(self, events: Sequence[AnyEvent]) -> None:
        """Walk to the end."""
        self.wrong: list[str] = []
        self.starts: list[Start] = []
        self.calls: dict[str, Made] = {}
        self.requests: dict[str, Asked] = {}
        self._writers: list[tuple[int, str]] = []
        self._inherited: tuple[str, ...] = ()
        self._is_done = False
        self._rejected: set[str] = set()  # call hashes that nobody wrote after
        for index, event in enumerate(events):
            self.wrong += [f"entry {index}: {what}" for what in self._step(index, event)]

    def _step(self, index: int, event: AnyEvent) -> Iterator[str]:
        match event:
            case e.MessageReceived():
                self._message(index, event)
            case e.Replied():
                self._is_done = event.final
            case e.StepChosen():
                seen = [by for at, by in self._writers if at < (event.basis or 0)]
                requesters = tuple(dict.fromkeys([*self._inherited, *seen]))
                self.calls[event.call] = Made(event, event.call_hash, requesters)
            case e.RequestOpened():
                yield from self._opened(event)
            case e.RequestEscalated():
                yield from self._climbed(event)
                self.requests[event.request].people.update(event.approvers)
            case e.RequestReminded():
                yield from self._climbed(event)
            case e.RequestAnswered():
                yield from self._answered(index, event)
            case e.RequestExpired() | e.RequestWithdrawn():
                yield from self._closed(event)
            case e.StepStarted():
                yield from self._started(index, event)
            case _:
                pass

    def _message(self, index: int, event: e.MessageReceived) -> None:
        self._rejected.clear()
        if self._is_done:
            self._writers, self._is_done = [], False
        if event.birth is not None:
            self._inherited = event.birth.requesters
        if event.birth is None or event.birth.parent is None:
            self._writers.append((index, event.by or ""))

    def _opened(self, event: e.RequestOpened) -> Iterator[str]:
        self.requests[event.request] = Asked(event, set(event.approvers))
        made = self.calls.get(event.call or "")
        if made is None or event.kind != "approval":
            return
        made.approval = event.request
        if event.call_hash != made.hash:
            yield f"{event.request} asks about another call than was chosen, or made of it"
        if missing := {*made.requesters, *made.editors} - {*event.requesters}:
            yield f"{event.request} does not know that {sorted(missing)} asked for it"

    def _climbed(self, event: e.RequestReminded | e.RequestEscalated) -> Iterator[str]:
        asked = self.requests[event.request]
        if (event.at or 0) < asked.opened.rungs[event.rung].at:
            yield f"{event.request}: {event.type} before its time"
        if asked.outcome != "open":
            yield f"{event.request}: {event.type} although it is {asked.outcome}"

    def _answered(self, index: int, event: e.RequestAnswered) -> Iterator[str]:
        asked = self.requests[event.request]
        if (event.at or 0) >= asked.opened.expires_at:
            yield f"{event.request}: an answer was taken after its time"
        if asked.outcome != "open":
            yield f"{event.request}: an answer was taken although it is {asked.outcome}"
            return
        if event.answer == "approve":
            asked.approve[event.by or ""] = index
        if event.outcome is None:
            return
        asked.outcome, asked.at = event.outcome, event.at or 0
        made = self.calls.get(asked.opened.call or "")
        if made is None:
            return
        if event.outcome == "edited":
            made.hash = event.call_hash or ""
            made.editors.append(event.by or "")
        if event.outcome == "rejected" or event.option == "stop":
            self._rejected |= {made.hash, made.chosen.call_hash}

    def _closed(self, event: e.RequestExpired | e.RequestWithdrawn) -> Iterator[str]:
        asked = self.requests[event.request]
        if isinstance(event, e.RequestExpired) and (event.at or 0) < asked.opened.expires_at:
            yield f"{event.request}: expired before its time"
        if asked.outcome == "open":
            asked.outcome, asked.at = event.type.removeprefix("request_"), event.at or 0

    def _started(self, index: int, event: e.StepStarted) -> Iterator[str]:
        made = self.calls[event.call]
        if made.hash in self._rejected:
            yield f"{event.call} was rejected, nobody wrote since, and it was started"
        if made.chosen.policy == "run":
            return
        approval = None
        if event.grant is None:
            approval = self.requests.get(made.approval or "")
            yield from _unapproved(event, made, approval)
        people = frozenset({*made.requesters, *made.editors})
        self.starts.append(Start(index, event, made, made.hash, people, approval))


def _unapproved(event: e.StepStarted, made: Made, asked: Asked | None) -> Iterator[str]:
    """Why what was answered last about this call does not let it start."""
    if asked is None:
        yield f"{event.call} was started, and nobody was asked"
        return
    opened = asked.opened
    if asked.outcome != "approved":
        yield f"{event.call} was started although its request is {asked.outcome}"
    if opened.call_hash != made.hash or event.digest != opened.digest:
        yield f"{event.call} was started, and it is not what was approved"
    enough = {*asked.approve} & asked.people - {*made.requesters, *made.editors}
    if len(enough) < max(opened.quorum, made.chosen.quorum):
        yield f"{event.call} was started with the approval of {sorted(enough)} alone"


def unanswered(events: Sequence[AnyEvent]) -> list[str]:
    """The questions back that nobody will ever answer: no reply for those who asked, and the request is not closed."""
    waiting: defaultdict[str, int] = defaultdict(int)
    for event in events:
        match event:
            case e.RequestAnswered(answer="say", outcome=None):
                waiting[event.request] += 1
            case e.Replied():
                for request in event.to:
                    waiting.pop(request, None)
            case e.RequestAnswered() | e.RequestExpired() | e.RequestWithdrawn():
                if not isinstance(event, e.RequestAnswered) or event.outcome is not None:
                    waiting.pop(event.request, None)
            case _:
                pass
    return [f"{request}: {count} questions of those who decide have no answer" for request, count in waiting.items()]
