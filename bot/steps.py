"""What a model may choose: queries, actions with their policy, and the standard steps that every agent has."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bot.errors import CountersignError


class NotDone(CountersignError):
    """The action did not happen, and nothing was changed: it may be tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """For whom a thread acts: fixed at its birth, and never widened by whoever joins later."""

    id: str  # a person id of bot.toml, or a channel identity such as `email:kim@example.test`
    name: str
    trust: str  # staff | member | guest | outsider

    @property
    def is_staff(self) -> bool:
        """Whether this is a listed insider."""
        return self.trust == "staff"

    @property
    def is_outsider(self) -> bool:
        """Whether this is someone from outside: a customer, a guest, another company."""
        return self.trust in {"guest", "outsider"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a policy may look at. There is no I/O here, so the same facts always give the same policy."""

    principal: Principal
    done: Mapping[str, int] = field(default_factory=dict[str, int])  # how often each step finished in this thread
    unattended: frozenset[str] = frozenset()  # from `[agents.<name>] unattended`: what may run without asking


@dataclass(frozen=True, slots=True)
class Run:
    """The action may run without asking; with a limit, only as far as it was not used up today (see Action.limits)."""

    limit: Decimal | None = None


class Ladder(BaseModel):
    """What happens when nobody answers, in seconds after asking; what is not given is as the role has it in bot.toml.

    An expiry never approves.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    remind_s: int | None = Field(default=None, gt=0)
    escalate_s: int | None = Field(default=None, gt=0)
    escalate_to: str | None = None  # the role that is asked as well: it must be in `asks`
    expire_s: int | None = Field(default=None, gt=0)


@dataclass(frozen=True, slots=True)
class Ask:
    """A person must approve first. Without a role: whoever approves on the thread's route."""

    role: str | None = None
    quorum: int = 1
    ladder: Ladder = field(default_factory=Ladder)
    urgency: Literal["low", "medium", "high"] = "medium"


@dataclass(frozen=True, slots=True)
class Deny:
    """The action must not run; the model is told why."""

    reason: str


Policy = Run | Ask | Deny


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What a switch gets beside the step: for whom it runs, and under which key."""

    thread: str
    principal: Principal
    key: str  # idempotency key: the same over all attempts of one call
    snapshot: Mapping[str, JsonValue]  # what the step resolved when it was asked: a commit id, a balance


class Step(BaseModel):
    """A step is a value: the model's validated output, which is stored, shown, approved and run as that object."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timeout_s: ClassVar[float] = 60.0

    @classmethod
    @cache
    def name(cls) -> str:
        """`LookUpOrder` is offered to the model as `look_up_order`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def description(cls) -> str:
        """The docstring, which is what the model reads about this step."""
        return " ".join((cls.__doc__ or "").split())

    def arguments(self) -> dict[str, JsonValue]:
        """The fields as JSON values, in the order they were declared."""
        return self.model_dump(mode="json")

    def call_hash(self) -> str:
        """SHA-256 over step and arguments (hex): equal for two calls that would do the same."""
        return hash_of({"step": self.name(), "arguments": self.arguments()})


Reversibility = Literal["reversible", "compensable", "irreversible"]
"""Whether an effect can be undone: wholly, only be made good by another action, or not at all (OWASP AISVS 9.2.3)."""


class Query(Step):
    """Reads. It runs at once and may run again."""


class Action(Step):
    """Changes the world. It asks a human unless its own `policy()` says otherwise.

    What is `irreversible` always asks: neither its policy, nor a limit, nor a standing permission lets it run.
    `happened` answers whether the call with this key took effect (True, False, or None when that cannot be told);
    `snapshot` resolves the facts that the approval is about. Both are optional.
    """

    asks: ClassVar[set[str]] = set()  # every role that policy() may name: checked at start-up
    reversibility: ClassVar[Reversibility | None] = None  # whether its effect can be undone; None: nobody said
    idempotent: ClassVar[bool] = False  # may be run again with the same key when its outcome is unknown
    reject_reasons: ClassVar[tuple[str, ...]] = ()  # offered to whoever rejects it
    editable: ClassVar[set[str]] = set()  # the fields that an approver may change
    limits: ClassVar[Mapping[str, str]] = {}  # trust -> the setting in `[agents.<name>]` below which it need not ask

    def policy(self, facts: Facts) -> Policy:
        """Who must approve this call. The default asks the approvers of the thread's route."""
        del facts
        return Ask()

    def measured(self) -> Decimal:
        """What this call counts towards the limit of a principal and day: an amount, or 1 for "how often"."""
        return Decimal(1)

    async def happened(self, deps: Any, key: str) -> bool | None:  # noqa: ANN401  # each agent has its own
        """Whether the call with this key took effect; None: it cannot be told."""
        del deps, key

    async def snapshot(self, deps: Any, principal: Principal) -> Mapping[str, JsonValue]:  # noqa: ANN401  # each its own
        """Facts taken when asking, and again just before running: if they differ, it is asked again."""
        del deps, principal
        return {}

    @classmethod
    def can_check(cls) -> bool:
        """Whether this step brings its own `happened`."""
        return cls.happened is not Action.happened

    @classmethod
    def policy_is_own(cls) -> bool:
        """Whether this step brings its own `policy`."""
        return cls.policy is not Action.policy


class Standard(Step):
    """A step that the runtime performs itself."""


class Options(BaseModel):
    """How a question wants to be answered."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    urgency: Literal["low", "medium", "high"] = "medium"
    format: Literal["free_text", "yes_no", "multiple_choice"] = "free_text"
    choices: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        default=(), description="for multiple_choice: two to ten short answers"
    )


_DECISIONS = frozenset({"approve", "approved", "reject", "rejected", "deny", "denied"})


class RequestHumanInput(Standard):
    """Ask a person a question and wait for the answer. It never stands for an approval."""

    question: str = Field(min_length=1)
    context: str = Field(default="", description="what the person should know to answer")
    options: Options = Options()
    ask: str = Field(default="requester", description="requester, the name of a role, or the id of a person")

    def problem(self) -> str | None:
        """What does not fit in this question, in words for the model; None if it is sound."""
        match self.options.format, len(self.options.choices):
            case "multiple_choice", n if n not in range(2, 11):
                return "multiple_choice needs two to ten choices"
            case "multiple_choice", _ if not _DECISIONS.isdisjoint(
                choice.strip(" .!").casefold() for choice in self.options.choices
            ):
                return "a question is no approval: choose the step itself, and code asks for that; name other choices"
            case "multiple_choice", n if len({choice.strip() for choice in self.options.choices} - {""}) < n:
                return "the choices must differ from each other, and none may be empty"
            case "free_text" | "yes_no", n if n:
                return "choices are for multiple_choice only"
            case _:
                return None


class DoneForNow(Standard):
    """Finish: tell the person the outcome. The thread rests until someone writes again."""

    message: str = Field(min_length=1)


class Reply(Standard):
    """Say something to the people in the thread and go on working."""

    message: str = Field(min_length=1)


class KeepWaiting(Standard):
    """Nothing new to do: go on waiting for what is open, was approved, or was delegated; go on as before."""


class Withdraw(Standard):
    """Take the open request back, because the person who asked for it, or an approver, no longer wants it."""


class HandOff(Standard):
    """Give this thread to another agent, which is better suited. It stays with that agent."""

    agent: str


class Delegate(Standard):
    """Give one part of the task to another agent, and stay in charge: its result comes back to you.

    Several may work at the same time; choose keep_waiting when there is nothing to do but to wait for them.
    """

    agent: str
    task: str = Field(min_length=1, description="all that it must know: it reads nothing else of this thread")


STANDARD: tuple[type[Standard], ...] = (RequestHumanInput, DoneForNow, Reply, KeepWaiting, Withdraw, HandOff, Delegate)


def hash_of(value: JsonValue) -> str:
    """SHA-256 (hex) over the canonical JSON of a value."""
    return hashlib.sha256(_CANONICAL.encode(value).encode()).hexdigest()


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
