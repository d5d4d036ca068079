"""What the log says about one request, from its opening to what ran: the record that `bot audit` shows. Pure.

Events that are about a request are found by their fields, not by their type, so that a new one shows up by its name.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from pydantic import JsonValue

from bot import events as e
from bot.bodies import AnswerKind, CardAt, CardBody, Outcome, Record, RequestKind
from bot.ids import display_id
from bot.thread import RequestState, Thread

_ENVELOPE = frozenset({"v", "at", "by", "basis", "now", "seal", "sig", "body_hash", "nonce", "body", "type", "request"})
_Step = e.StepStarted | e.StepFinished | e.StepFailed | e.StepInDoubt | e.LateResult


class Who(Record):
    """A person, by id and by the name that bot.toml has for it now."""

    id: str
    name: str


class Entry(Record):
    """One entry of the log that is about a request. Times are us since 1970 UTC, by the server's clock."""

    n: int  # its number in the thread's log
    at: int
    type: str
    by: Who | None  # None: the bot itself
    erased: bool = False  # its text was erased


class Answer(Entry):
    """What one person answered."""

    answer: AnswerKind
    option: str | None
    outcome: Outcome | None  # on the answer that closed the request
    proof: str  # how the person was authenticated: slack, email:dkim, os
    text: str  # a reason that may be quoted, or the answer's words
    internal: str  # the part of a reason that stays among those who decide
    changes: dict[str, list[JsonValue]]  # of an edit: field -> [before, after]
    to: tuple[Who, ...]  # to whom it was given


class Ran(Entry):
    """Something that became of the call: started, finished, failed, in doubt, or a late result."""

    thread: str  # another one than the request's, if it ran there under its standing permission
    call: str
    attempt: int | None = None
    digest: str | None = None  # of the approval that it was started with
    grant: str | None = None  # the standing permission that it was started under
    how: str | None = None
    result: JsonValue = None
    error: str | None = None


class Other(Entry):
    """Any other event about it, by its own fields: reminders, escalations, refusals, deliveries, permissions."""

    fields: dict[str, JsonValue]
    body: dict[str, JsonValue]


class Audited(Record):
    """One request: what was asked of whom, what they answered, and what came of it."""

    request: str
    display: str  # four characters to talk about it by
    kind: RequestKind
    thread: str
    title: str  # the thread's
    agent: str
    principal: Who | None
    n: int  # the number of the entry that opened it
    opened_at: int
    expires_at: int | None
    card: CardBody | None  # what was shown: step, every argument, the facts it rests on; None: it was erased
    call: str | None
    call_hash: str | None
    digest: str
    role: str | None
    asked: tuple[Who, ...]
    requesters: tuple[Who, ...]
    quorum: int
    options: tuple[str, ...]
    places: tuple[CardAt, ...]  # of its cards
    answers: tuple[Answer, ...]
    ran: tuple[Ran, ...]
    events: tuple[Other, ...]
    outcome: Outcome | None  # None: it is open
    closed_at: int | None
    unsound: str | None  # why the thread's log is read only up to some entry; `bot audit verify` says more

    def as_json(self) -> dict[str, JsonValue]:
        """It as `bot audit --json` prints it; what was erased is null."""
        return self.model_dump(mode="json", exclude={"card": {"salt"}})

    @property
    def last_at(self) -> int:
        """When something last happened to it."""
        return max(self.opened_at, *(entry.at for entry in self.history), self.closed_at or 0)

    @property
    def history(self) -> list[Answer | Ran | Other]:
        """All that happened to it, in order."""
        return sorted((*self.answers, *self.ran, *self.events), key=lambda entry: (entry.at, entry.n))


def with_uses(records: Sequence[Audited], used: Iterable[Ran]) -> list[Audited]:
    """Add what ran in other threads under standing permissions to the requests that these came with."""
    by_grant: dict[str, list[Ran]] = {}
    for one in used:
        by_grant.setdefault(one.grant or "", []).append(one)
    return [_with_uses(record, by_grant) for record in records]


def _with_uses(record: Audited, by_grant: Mapping[str, list[Ran]]) -> Audited:
    given = [str(event.fields.get("grant")) for event in record.events if event.type == "granted"]
    elsewhere = [one for grant in given for one in by_grant.get(grant, ()) if one.thread != record.thread]
    return record.model_copy(update={"ran": (*record.ran, *elsewhere)}) if elsewhere else record


@dataclass(slots=True)
class _Making:
    state: RequestState
    answers: list[Answer] = field(default_factory=list[Answer])
    ran: list[Ran] = field(default_factory=list[Ran])
    events: list[Other] = field(default_factory=list[Other])


class Reading:
    """Reads one thread's events in order and gathers them by request."""

    def __init__(self, thread: Thread, name: Callable[[str], str]) -> None:
        """Take a folded thread, and how people are called."""
        self.thread = thread
        self._name = name
        self._made: dict[str, _Making] = {}
        self._of_call: dict[str, str] = {}  # call -> the request that what becomes of it belongs to: the latest
        self._of_delivery: dict[str, str] = {}
        self._of_grant: dict[str, str] = {}
        self._under: dict[str, str] = {}  # call -> the standing permission that it was started under
        self.used: list[Ran] = []  # what ran under standing permissions
        for number, event in enumerate(thread.events):
            self._take(number, event)

    def records(self) -> list[Audited]:
        """The requests, in the order of the log."""
        return [self._record(making) for making in self._made.values()]

    def _take(self, number: int, event: e.AnyEvent) -> None:
        match event:
            case e.RequestOpened():
                self._made[event.request] = _Making(self.thread.requests[event.request])
                self._of_delivery |= {card.delivery: event.request for card in event.cards}
                if event.call is not None:
                    self._of_call[event.call] = event.request
            case e.RequestAnswered():
                self._made[event.request].answers.append(self._answer(number, event))
            case e.StepStarted() | e.StepFinished() | e.StepFailed() | e.StepInDoubt() | e.LateResult():
                self._step(number, event)
            case _:
                if isinstance(event, e.Granted):
                    self._of_grant[event.grant] = event.request
                for request in self._about(event):
                    self._made[request].events.append(self._other(number, event))

    def _about(self, event: e.AnyEvent) -> Iterator[str]:
        """The requests that an event names: by their ids, a card's delivery, or a permission that came of one."""
        named = [getattr(event, "request", None), *cast("tuple[str, ...]", getattr(event, "to", ()))]
        named += [
            self._of_delivery.get(getattr(event, "delivery", "")),
            self._of_grant.get(getattr(event, "grant", "")),
        ]
        yield from (request for request in dict.fromkeys(named) if request in self._made)

    def _step(self, number: int, event: _Step) -> None:
        ran = self._ran(number, event)
        if isinstance(event, e.StepStarted):
            self._under.pop(event.call, None)
            if event.grant is not None:
                self._under[event.call] = event.grant
        grant = self._under.get(event.call)
        request = self._of_call.get(event.call)
        if grant is not None:
            ran = ran.model_copy(update={"grant": grant})
            self.used.append(ran)
            request = self._of_grant.get(grant, request)
        if request is not None:
            self._made[request].ran.append(ran)

    def _entry(self, number: int, event: e.AnyEvent) -> dict[str, object]:
        erased = event.body_hash is not None and getattr(event, "body", None) is None
        by = None if event.by in {None, "bot"} else self._who(event.by or "")
        return {"n": number, "at": event.at or 0, "type": event.type, "by": by, "erased": erased}

    def _answer(self, number: int, event: e.RequestAnswered) -> Answer:
        body = event.body
        return Answer.model_validate(
            self._entry(number, event)
            | {
                "answer": event.answer,
                "option": event.option,
                "outcome": event.outcome,
                "proof": event.proof,
                "text": body.text if body else "",
                "internal": body.internal if body else "",
                "changes": body.changes if body else {},
                "to": tuple(map(self._who, event.to)),
            }
        )

    def _ran(self, number: int, event: _Step) -> Ran:
        what: dict[str, object] = {"thread": self.thread.id, "call": event.call}
        match event:
            case e.StepStarted(attempt=attempt, digest=digest):
                what |= {"attempt": attempt, "digest": digest}
            case e.StepFinished(how=how, body=body):
                what |= {"how": how, "result": body.data if body else None}
            case e.StepFailed(how=how, body=body) | e.StepInDoubt(how=how, body=body):
                what |= {"how": how, "error": body.error if body else None}
            case e.LateResult(outcome=outcome, body=body):
                what |= {"how": outcome, "result": body.data if body else None, "error": body.error if body else None}
        return Ran.model_validate(self._entry(number, event) | what)

    def _other(self, number: int, event: e.AnyEvent) -> Other:
        whole = event.model_dump(mode="json", exclude_none=True)
        body = cast("dict[str, JsonValue]", whole.get("body", {}))
        fields = {name: value for name, value in whole.items() if name not in _ENVELOPE}
        said = {name: value for name, value in body.items() if name != "salt"}
        return Other.model_validate(self._entry(number, event) | {"fields": fields, "body": said})

    def _record(self, making: _Making) -> Audited:
        state, opened, thread = making.state, making.state.opened, self.thread
        return Audited(
            request=opened.request,
            display=display_id(opened.request),
            kind=opened.kind,
            thread=thread.id,
            title=thread.title,
            agent=self._agent(opened),
            principal=self._who(thread.principal.id) if thread.principal else None,
            n=state.index,
            opened_at=opened.at or 0,
            expires_at=None if opened.expires_at >= e.NEVER else opened.expires_at,
            card=opened.body,
            call=opened.call,
            call_hash=opened.call_hash,
            digest=opened.digest,
            role=opened.role,
            asked=tuple(map(self._who, state.approvers)),
            requesters=tuple(map(self._who, opened.requesters)),
            quorum=opened.quorum,
            options=opened.options,
            places=state.cards,
            answers=tuple(making.answers),
            ran=tuple(making.ran),
            events=tuple(making.events),
            outcome=state.outcome,
            closed_at=state.closed_at,
            unsound=thread.unreadable,
        )

    def _agent(self, opened: e.RequestOpened) -> str:
        call = self.thread.calls.get(opened.call or "")
        return call.chosen.agent if call else self.thread.agent

    def _who(self, person: str) -> Who:
        return Who(id=person, name=self._name(person))
