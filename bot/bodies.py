"""What envelopes and bodies have in common, and the bodies: all the free text and arguments of the log."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bot.places import EditField, Place
from bot.steps import Reversibility

Policy = Literal["run", "ask", "deny"]
StepKind = Literal["query", "action", "standard"]
RequestKind = Literal["approval", "question", "doubt", "stuck"]
Urgency = Literal["low", "medium", "high"]
AnswerKind = Literal["approve", "reject", "edit", "give", "choose", "say"]
Outcome = Literal["approved", "rejected", "answered", "edited", "given", "expired", "withdrawn"]
Ending = Literal["done", "stopped", "cancelled", "parked"]
"""How a delegate came to its end: by its last word, by an operator, for good, or set aside for now."""


class Record(BaseModel):
    """A frozen value that refuses unknown fields: an older program must not half-understand a newer event."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Event(Record):
    """What every envelope has. `at` and `now` are microseconds since 1970 UTC, by the server's clock."""

    v: int = 1  # schema version of this event type
    at: int | None = None  # when it was appended; set by the server
    by: str | None = None  # the person id, or `bot`
    basis: int | None = None  # leased commits: the version of the thread that was folded ...
    now: int | None = None  # ... and the time that was given to next_move
    seal: str | None = None  # leased commits: HMAC chain over all envelopes before `basis`
    sig: str | None = None  # HMAC over the thread's id and this envelope, without `at`; notes of the sender have none
    body_hash: str | None = None  # salted SHA-256 of the stored body
    nonce: str | None = None  # what makes an entry without body and basis unlike any other, so that a copy shows


class Body(Record):
    """Free text and arguments. The salt goes with the body, so that an erased text cannot be guessed from its hash."""

    salt: str = ""


class Birth(Record):
    """What is fixed when a thread begins."""

    agent: str
    principal: str
    trust: str
    approvers: str  # the role that actions without a policy of their own ask
    origin: Place
    parent: str | None = None  # the thread that delegated this one ...
    requesters: tuple[str, ...] = ()  # ... and those who had asked for something there by then: they ask here too
    depth: int = 0  # how many delegations lie between this thread and people
    rejected: tuple[str, ...] = ()  # the calls that people had said no to in the parent: hashes


Speaker = Literal["person", "guest", "outsider", "bot", "you"]
"""Who said something around a thread; `you` is the bot itself."""


class Remark(Record):
    """One thing that was said around a thread; whoever said it asks for nothing by it."""

    at: int  # us
    name: str  # of the author, as shown
    who: Speaker
    text: str


class Earlier(Record):
    """What was said in a conversation before a message of it came to us, or between two that did.

    It is there to be understood: its authors are no requesters, and nothing in it asks, answers or approves anything.
    """

    remarks: tuple[Remark, ...] = ()  # in the order in which they were said
    omitted: int = 0  # how many remarks before these were left out
    until: int | None = None  # up to which moment (us) the conversation is known by now; None: it could not be read
    problem: str = ""  # why it could not be read, or not all of it


class FileText(Record):
    """What stands in a file that came with a message, as far as it was read."""

    name: str
    text: str
    omitted: int = 0  # bytes at its end that were not read


class MessageBody(Body):
    """What somebody wrote, and what came with it."""

    text: str
    name: str  # of the author, as shown
    title: str | None = None
    earlier: Earlier | None = None
    files: tuple[FileText, ...] = ()  # those that could be read; the text names all of them


class DataBody(Body):
    """A result, as the tool returned it."""

    data: JsonValue


class CardAt(Record):
    """Where a card was put: the delivery that carries it, and its place."""

    delivery: str
    place: Place


class Rung(Record):
    """One step of a request's ladder, at an absolute time: show it first, remind of it, or ask others as well."""

    at: int  # us
    do: Literal["show", "remind", "escalate"]
    people: tuple[str, ...] = ()  # whom it concerns; for `escalate` they are resolved when it comes to that
    role: str | None = None  # whom else to ask, for `escalate`


class Limits(Record):
    """The limits that were in force when the step was chosen."""

    steps: int = 12


class Usage(Record):
    """Tokens of one model call; `input` counts the cached ones too."""

    input: int = 0
    cached: int = 0
    output: int = 0


class StepBody(Body):
    """The call itself and the model's words about it."""

    arguments: dict[str, JsonValue]
    why: str = ""
    denied: str | None = None  # why code refused this step, in words for the model


class ErrorBody(Body):
    """What went wrong, compacted."""

    error: str


class LateBody(Body):
    """What a worker without a lease brought."""

    data: JsonValue = None
    error: str | None = None


class CardBody(Body):
    """What is shown to those who are asked; rendered by code from the call."""

    title: str
    step: str | None = None
    arguments: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    snapshot: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    changed: dict[str, list[JsonValue]] = Field(default_factory=dict[str, list[JsonValue]])
    why: str = ""
    text: str = ""  # the question, or what is in doubt
    context: str = ""
    asked_by: str = ""
    warning: str = ""
    reject_reasons: list[str] = Field(default_factory=list[str])
    fields: list[EditField] = Field(default_factory=list[EditField])  # what approvers may change
    edited_by: str = ""  # whoever made it what it is, if not the agent alone
    reversibility: Reversibility | None = None  # as the step's code says


class AnswerBody(Body):
    """An answer's own words: a reason that may be quoted, the reply to a question, or what an edit changed."""

    text: str = ""
    name: str = ""
    internal: str = ""  # the part of a reason that neither the model nor people from outside get to see
    changes: dict[str, list[JsonValue]] = Field(default_factory=dict[str, list[JsonValue]])  # field -> [before, after]
    arguments: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])  # of an edit: the whole call


class TextBody(Body):
    """What was said."""

    text: str


class FailureBody(Body):
    """Why the model's output could not be used, and that output."""

    error: str
    output: str = ""
