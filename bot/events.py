"""The vocabulary of the log: every event type, one pydantic model each, told apart by `type`.

An entry is stored as two lines of JSON: the envelope (type, ids, outcome, time, who, seal) and the body (all free
text and arguments). Status folds over envelopes alone, so a body can be erased later without breaking anything.
"""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from bot.bodies import (
    Birth,
    DataBody,
    Ending,
    ErrorBody,
    Event,
    FailureBody,
    LateBody,
    Limits,
    MessageBody,
    Policy,
    StepBody,
    StepKind,
    TextBody,
    Urgency,
    Usage,
)
from bot.events_asking import (
    Granted,
    GrantRevoked,
    RequestAnswered,
    RequestEscalated,
    RequestExpired,
    RequestOpened,
    RequestReminded,
    RequestShown,
    RequestWithdrawn,
)
from bot.events_notes import Delivered, DeliveryFailed, Feedback, Refused
from bot.places import Place
from bot.steps import Ladder

NEVER = 2**52
"""A time (us) that does not come: about the year 2112."""


class MessageReceived(Event):
    """Somebody wrote. The first one carries the thread's birth."""

    type: Literal["message_received"] = "message_received"
    source: str
    trust: str
    place: Place
    birth: Birth | None = None
    body: MessageBody | None = None


class Prefetched(Event):
    """What the agent needs to know anyway, read before the model is asked."""

    type: Literal["prefetched"] = "prefetched"
    agent: str
    body: DataBody | None = None


class StepChosen(Event):
    """The model chose a step, and policy said what is to become of it."""

    type: Literal["step_chosen"] = "step_chosen"
    call: str
    agent: str
    step: str
    kind: StepKind
    call_hash: str
    policy: Policy
    role: str | None = None
    quorum: int = 1
    ladder: Ladder = Ladder()
    urgency: Urgency = "medium"
    idempotent: bool = False
    can_check: bool = False
    limits: Limits = Limits()
    prompt: str = ""  # version: hash of the rendered system prompt and the steps' schemas
    model: str = ""
    usage: Usage = Usage()
    latency_ms: int = 0
    body: StepBody | None = None


class StepStarted(Event):
    """An action is about to run. Whatever happens from here on is either known or in doubt."""

    type: Literal["step_started"] = "step_started"
    call: str
    attempt: int
    digest: str | None = None
    grant: str | None = None  # the standing permission that it runs under, instead of an approval


class StepFinished(Event):
    """The step's result is known: its tool returned, `happened` said so, or a person did."""

    type: Literal["step_finished"] = "step_finished"
    call: str
    how: Literal["ran", "checked", "confirmed"] = "ran"
    body: DataBody | None = None


class StepFailed(Event):
    """The step did not happen."""

    type: Literal["step_failed"] = "step_failed"
    call: str
    how: Literal["failed", "not_done", "denied", "checked", "stopped", "withdrawn"]
    body: ErrorBody | None = None


class StepInDoubt(Event):
    """Nobody knows whether the action happened: it raised, timed out, or its worker died."""

    type: Literal["step_in_doubt"] = "step_in_doubt"
    call: str
    how: Literal["raised", "timed_out", "worker_lost", "unclear"]
    body: ErrorBody | None = None


class LateResult(Event):
    """A worker that had lost its lease brought a result."""

    type: Literal["late_result"] = "late_result"
    call: str
    outcome: Literal["finished", "failed", "in_doubt"]
    body: LateBody | None = None


class Replied(Event):
    """The bot said something in the thread; `final` ends the turn."""

    type: Literal["replied"] = "replied"
    call: str | None = None
    final: bool = False
    to: tuple[str, ...] = ()  # requests: it was said only to those who asked something about them
    body: TextBody | None = None


class HandedOff(Event):
    """Another agent has the thread from here on."""

    type: Literal["handed_off"] = "handed_off"
    agent: str
    approvers: str


class Delegated(Event):
    """Another agent works on a part of the task, in a thread of its own: the child."""

    type: Literal["delegated"] = "delegated"
    child: str
    agent: str
    call: str


class DelegateFinished(Event):
    """A child came to its end, and this is what it says. One that was set aside may still come to another end."""

    type: Literal["delegate_finished"] = "delegate_finished"
    child: str
    outcome: Ending
    rejected: tuple[str, ...] = ()  # the calls that people said no to there: hashes
    body: TextBody | None = None


class Paused(Event):
    """A person stopped the thread for a while."""

    type: Literal["paused"] = "paused"


class Resumed(Event):
    """A person let the thread go on."""

    type: Literal["resumed"] = "resumed"


class Cancelled(Event):
    """A person ended the thread for good."""

    type: Literal["cancelled"] = "cancelled"


class Parked(Event):
    """The runtime set the thread aside for a person to look at."""

    type: Literal["parked"] = "parked"
    body: TextBody | None = None


class Unparked(Event):
    """A person let a parked thread go on."""

    type: Literal["unparked"] = "unparked"


class ModelFailed(Event):
    """The model gave no valid step. `retry_at`: try again then; without it, a person has to look."""

    type: Literal["model_failed"] = "model_failed"
    kind: str  # invalid, or one of bot.model.ModelFailure
    retry_at: int | None = None
    body: FailureBody | None = None


AnyEvent = Annotated[
    MessageReceived
    | Prefetched
    | StepChosen
    | StepStarted
    | StepFinished
    | StepFailed
    | StepInDoubt
    | LateResult
    | RequestOpened
    | RequestAnswered
    | RequestReminded
    | RequestEscalated
    | RequestShown
    | Granted
    | GrantRevoked
    | RequestExpired
    | RequestWithdrawn
    | Replied
    | HandedOff
    | Delegated
    | DelegateFinished
    | Paused
    | Resumed
    | Cancelled
    | Parked
    | Unparked
    | ModelFailed
    | Delivered
    | DeliveryFailed
    | Refused
    | Feedback,
    Field(discriminator="type"),
]

EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)

INPUTS = (MessageReceived, LateResult, RequestAnswered, DelegateFinished, Paused, Resumed, Cancelled, Unparked)
"""What comes from outside and must be seen by the next decision."""
