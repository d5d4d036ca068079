"""What is known about a thread: the state that the fold of its events (bot.fold) arrives at."""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

from bot import events as e
from bot.bodies import Birth, CardAt, Limits, Outcome
from bot.entries import Sealer
from bot.places import Place
from bot.steps import Principal

CallProgress = Literal["chosen", "started", "in_doubt", "finished", "failed"]
Status = Literal["ready", "waiting", "done", "paused", "parked", "cancelled", "unreadable"]
FAILURES_IN_A_ROW = 3
INVALID_IN_A_ROW = 2


@dataclass(slots=True)
class CallState:
    """One chosen step and how far it has come."""

    chosen: e.StepChosen
    index: int
    progress: CallProgress = "chosen"
    request: str | None = None  # the latest request about it
    approval: str | None = None  # the latest approval that was asked for it
    approved: bool = False  # an approval that has not been used yet; it serves one attempt
    attempts: int = 0
    checked: bool = False  # `happened` was asked and could not tell
    edit: e.RequestAnswered | None = None  # the latest edit, which made the call what it is
    editors: tuple[str, ...] = ()  # they asked for what it is now, so they count among its requesters
    given: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])  # who gave it to whom

    @property
    def call_hash(self) -> str:
        """What guards compare: of the call as it is now."""
        return (self.edit and self.edit.call_hash) or self.chosen.call_hash

    @property
    def arguments(self) -> dict[str, JsonValue] | None:
        """The call's arguments as they are now; None if they were erased."""
        body = self.edit.body if self.edit is not None else self.chosen.body
        return body.arguments if body is not None else None

    @property
    def over(self) -> bool:
        """Whether its outcome is known."""
        return self.progress in {"finished", "failed"}


@dataclass(slots=True)
class RequestState:
    """One request and its votes."""

    opened: e.RequestOpened
    index: int
    votes: dict[str, e.RequestAnswered] = field(default_factory=dict[str, e.RequestAnswered])
    outcome: Outcome | None = None
    closed_by: e.RequestAnswered | None = None
    closed_at: int | None = None
    climbed: int = 0  # rungs of its ladder that are behind it
    escalations: tuple[e.RequestEscalated, ...] = ()
    cards: tuple[CardAt, ...] = ()  # wherever it is shown

    def __post_init__(self) -> None:
        """Begin with the cards that it was opened with."""
        self.cards = self.opened.cards

    @property
    def approvers(self) -> tuple[str, ...]:
        """Everyone who was asked so far."""
        more = [person for escalation in self.escalations for person in escalation.approvers]
        return tuple(dict.fromkeys([*self.opened.approvers, *more]))

    @property
    def next_rung(self) -> int | None:
        """When its ladder goes on (us); None: never."""
        rungs = self.opened.rungs
        return rungs[self.climbed].at if self.climbed < len(rungs) else None


@dataclass(slots=True)
class ChildState:
    """One thing that was given to another agent, in a thread of its own."""

    delegated: e.Delegated
    finished: e.DelegateFinished | None = None  # its latest end

    @property
    def live(self) -> bool:
        """Whether nothing was heard of its end."""
        return self.finished is None

    @property
    def over(self) -> bool:
        """Whether nothing more will come of it; what was set aside may still go on."""
        return self.finished is not None and self.finished.outcome != "parked"


@dataclass(slots=True)
class Thread:
    """Everything that follows from the log. `version` counts its entries; indexes into it are versions too."""

    id: str
    sealer: Sealer
    events: list[e.AnyEvent] = field(default_factory=list[e.AnyEvent])
    chains: list[bytes] = field(default_factory=list[bytes])
    stored: int = 0  # bytes that its entries take up
    signatures: set[str] = field(default_factory=set[str])  # of its entries: each is there once
    rendered: list[str] = field(default_factory=list[str])  # what the model reads, kept by bot.context ...
    rendered_events: int = 0  # ... of so many events
    unreadable: str | None = None
    birth: Birth | None = None
    principal: Principal | None = None
    agent: str = ""
    approvers: str = ""
    title: str = ""
    prefetched: bool = False  # since the last turn began or the agent changed
    calls: dict[str, CallState] = field(default_factory=dict[str, CallState])
    requests: dict[str, RequestState] = field(default_factory=dict[str, RequestState])
    open: dict[str, RequestState] = field(default_factory=dict[str, RequestState])  # those that wait for an answer
    active: CallState | None = None  # the call that is being worked on or waited for
    suspended: CallState | None = None  # the one to go back to when a query asked meanwhile is done
    writers: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])  # since the last `done`
    names: dict[str, str] = field(default_factory=dict[str, str])  # of those who wrote, as shown
    questions: list[tuple[int, str, str]] = field(default_factory=list[tuple[int, str, str]])  # of those who decide:
    # when, by whom, about which request
    children: dict[str, ChildState] = field(default_factory=dict[str, ChildState])  # by their threads' ids
    awaiting: bool = False  # the model has nothing to do until one of the children is heard of, or somebody writes
    grants: dict[str, e.Granted] = field(default_factory=dict[str, e.Granted])  # that were given in this thread
    revoked: set[str] = field(default_factory=set[str])
    feedback: dict[tuple[str, str], e.Feedback] = field(default_factory=dict[tuple[str, str], e.Feedback])  # what is
    # thought of an answer: by its call and the person
    last_message: int = -1
    attended: int = 0  # messages before this version were considered by a decision
    last_news: int = -1  # the last thing that makes asking the same question again reasonable
    finished: dict[str, int] = field(default_factory=dict[str, int])  # call_hash -> index
    rejected: dict[str, int] = field(default_factory=dict[str, int])
    runs: dict[str, int] = field(default_factory=dict[str, int])  # finished steps by name
    steps: int = 0  # since a person last wrote
    failures: int = 0
    invalid: int = 0
    model_failures: int = 0
    model_stuck: str | None = None
    retry_at: int | None = None
    limits: Limits = field(default_factory=Limits)
    done: bool = False
    stopped: bool = False  # an operator ended a stuck thread
    paused: bool = False
    parked: bool = False
    cancelled_at: int | None = None

    def __post_init__(self) -> None:
        """Begin the seal's chain."""
        self.chains.append(self.sealer.start())

    @property
    def version(self) -> int:
        """How many entries were folded."""
        return len(self.chains) - 1

    @property
    def origin(self) -> Place:
        """Where the thread began."""
        if self.birth is None:
            msg = f"thread {self.id} has no beginning"
            raise ValueError(msg)
        return self.birth.origin

    @property
    def cancelled(self) -> bool:
        """Whether a person ended it for good."""
        return self.cancelled_at is not None

    @property
    def principal_id(self) -> str:
        """The id of the person that the thread acts for."""
        return self.principal.id if self.principal else ""

    @property
    def live_children(self) -> tuple[ChildState, ...]:
        """Those whose end is still to come."""
        return tuple(child for child in self.children.values() if child.live)

    @property
    def rests_for_children(self) -> bool:
        """Whether there is nothing to do but to wait for them."""
        return self.awaiting and bool(self.live_children) and not self.unattended

    @property
    def unattended(self) -> bool:
        """Whether somebody wrote or asked since the last decision that counted."""
        return self.last_message >= self.attended or bool(self.asked_back)

    @property
    def asked_back(self) -> tuple[tuple[int, str, str], ...]:
        """What people who are to decide asked since the last decision that counted: when, by whom, which request."""
        return tuple(asked for asked in self.questions if asked[0] >= self.attended)

    @property
    def stuck(self) -> str | None:
        """Why a person has to look before the model is asked again."""
        if self.failures >= FAILURES_IN_A_ROW:
            return f"{self.failures} steps failed in a row"
        if self.invalid >= INVALID_IN_A_ROW:
            return "the model gave no valid step, twice in a row"
        if self.steps >= self.limits.steps:
            return f"the limit of {self.limits.steps} steps is reached"
        return self.model_stuck

    @property
    def status(self) -> Status:
        """What a person would say about the thread."""
        if self.unreadable is not None:
            return "unreadable"
        if self.cancelled:
            return "cancelled"
        if self.parked:
            return "parked"
        if self.paused:
            return "paused"
        if self.open or self.rests_for_children:
            return "waiting"
        return "done" if self.done and not self.unattended else "ready"

    @property
    def banned(self) -> tuple[str, ...]:
        """The calls (hashes) that a person said no to, and that are not proposed again before somebody writes."""
        return tuple(call for call, index in self.rejected.items() if index > self.last_message)

    def requesters(self, basis: int) -> tuple[str, ...]:
        """Whoever wrote since the last `done`, up to this version, in order and once each; the parent's first."""
        inherited = self.birth.requesters if self.birth is not None else ()
        return tuple(dict.fromkeys([*inherited, *(by for index, by in self.writers if index < basis)]))
