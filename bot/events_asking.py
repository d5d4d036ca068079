"""The events of asking people: a request, what they answer, its ladder, and standing permissions."""

from typing import Literal

from bot.bodies import (
    AnswerBody,
    AnswerKind,
    CardAt,
    CardBody,
    Event,
    Outcome,
    RequestKind,
    Rung,
    TextBody,
    Urgency,
)


class RequestOpened(Event):
    """A person is asked."""

    type: Literal["request_opened"] = "request_opened"
    request: str
    kind: RequestKind
    call: str | None = None
    call_hash: str | None = None
    digest: str
    role: str | None = None
    approvers: tuple[str, ...]
    requesters: tuple[str, ...] = ()
    quorum: int = 1
    options: tuple[str, ...]
    format: Literal["free_text", "yes_no", "multiple_choice"] | None = None
    urgency: Urgency = "medium"
    expires_at: int  # us; NEVER for what must not be forgotten
    schema_version: str = ""  # of the step's own form
    cards: tuple[CardAt, ...] = ()
    delegates: tuple[str, ...] = ()  # those of the approvers to whom it was given: they need not have the role
    editable: tuple[str, ...] = ()  # the fields that an approver may change
    rungs: tuple[Rung, ...] = ()  # its ladder, in the order of time
    may_grant_us: int = 0  # for how long an approver may let this very call run without asking; 0: not at all
    body: CardBody | None = None


class RequestAnswered(Event):
    """One person's answer. `outcome` is set on the answer that closes the request."""

    type: Literal["request_answered"] = "request_answered"
    request: str
    answer: AnswerKind
    option: str | None = None
    outcome: Outcome | None = None
    proof: str  # how the person was authenticated: slack, email:dkim, os
    call_hash: str | None = None  # of an edit: what is to be approved instead
    to: tuple[str, ...] = ()  # to whom it was given
    body: AnswerBody | None = None


class RequestReminded(Event):
    """Those who are asked were shown it, or reminded of it: a rung of its ladder."""

    type: Literal["request_reminded"] = "request_reminded"
    request: str
    rung: int
    cards: tuple[CardAt, ...] = ()  # of those who were not asked before
    body: TextBody | None = None


class RequestEscalated(Event):
    """Others are asked as well, because nobody answered: a rung of its ladder."""

    type: Literal["request_escalated"] = "request_escalated"
    request: str
    rung: int
    role: str
    approvers: tuple[str, ...]
    cards: tuple[CardAt, ...] = ()


class RequestShown(Event):
    """It is shown elsewhere as well, because it did not arrive where it was sent."""

    type: Literal["request_shown"] = "request_shown"
    request: str
    instead_of: str  # the delivery that did not arrive
    cards: tuple[CardAt, ...]


class Granted(Event):
    """An approver lets one exact call run without asking, for a while."""

    type: Literal["granted"] = "granted"
    grant: str
    request: str  # the approval that it came with
    agent: str
    step: str
    call_hash: str
    facts: str  # hash of the snapshot: other facts are asked about
    role: str
    until: int  # us


class GrantRevoked(Event):
    """A standing permission was taken back, before its time was over."""

    type: Literal["grant_revoked"] = "grant_revoked"
    grant: str


class RequestExpired(Event):
    """Nobody answered in time. This never approves."""

    type: Literal["request_expired"] = "request_expired"
    request: str


class RequestWithdrawn(Event):
    """The question no longer stands."""

    type: Literal["request_withdrawn"] = "request_withdrawn"
    request: str
    reason: Literal["asked", "cancelled", "changed", "resolved"]
