"""Logs as the runtime would have stored them: real bytes, real seals, and a fold that follows every entry."""

from collections.abc import Sequence
from typing import Literal

from pydantic import JsonValue

from bot.approvals.answers import Now
from bot.approvals.digest import Bound
from bot.bodies import (
    Birth,
    CardBody,
    DataBody,
    ErrorBody,
    FailureBody,
    LateBody,
    Limits,
    MessageBody,
    RequestKind,
    StepBody,
    TextBody,
)
from bot.config import parse_config
from bot.entries import Sealer, stamped
from bot.events import (
    NEVER,
    AnyEvent,
    HandedOff,
    LateResult,
    MessageReceived,
    ModelFailed,
    Replied,
    RequestAnswered,
    RequestOpened,
    StepChosen,
    StepFailed,
    StepFinished,
    StepInDoubt,
    StepStarted,
)
from bot.fold import extend, fold
from bot.ids import RequestIds, thread_id
from bot.moves import Move, next_move
from bot.people import Directory
from bot.places import Place
from bot.steps import Action, Ask, Policy, Query, Run, Standard, Step
from bot.thread import Thread
from tests import example_steps
from tests.example_steps import Pay

SEALER = Sealer(b"a secret of the tests")
IDS = RequestIds(SEALER.secret)
START = 1_760_000_000_000_000  # us
WEEK = 7 * 86_400_000_000
PLACE = Place(channel="slack", address="T0ACME/C0DEPLOYS", thread="1760000000.000100")
APPROVERS = ("rob", "sue")
DIRECTORY = Directory(
    parse_config(
        """
        [people.ana]
        roles = ["finance"]
        [people.bo]
        [people.rob]
        roles = ["finance", "operators"]
        [people.sue]
        roles = ["finance", "operators"]
        [people.zed]
        roles = ["finance"]
        [people.kim]
        staff = false
        [roles.finance]
        [roles.operators]
        """
    )
)


def at(now: int, directory: Directory = DIRECTORY) -> Now:
    """What an answer is judged by at this time (us)."""
    return Now(now, directory, form_of)


def form_of(_agent: str, step: str) -> type[Step] | None:
    """The form of one of the example steps."""
    forms = [form for form in vars(example_steps).values() if isinstance(form, type) and issubclass(form, Step)]
    return next((form for form in forms if form.name() == step), None)


class LogBuilder:
    """One thread's log. What a worker commits has its basis and seal; what comes from outside has none."""

    def __init__(self, *, trust: str = "staff", origin: Place = PLACE, agent: str = "deploy") -> None:
        self.id = thread_id("test", agent)
        self.entries: list[bytes] = []
        self.thread = Thread(self.id, SEALER)
        self.now = START
        self.birth = Birth(agent=agent, principal="ana", trust=trust, approvers="finance", origin=origin)

    @property
    def version(self) -> int:
        return self.thread.version

    @property
    def move(self) -> Move:
        """What would be done next, at the log's time."""
        return next_move(self.thread, self.now)

    def refold(self) -> Thread:
        """The same log folded from its beginning, as another machine would."""
        return fold(self.id, self.entries, SEALER)

    def append(self, *events: AnyEvent) -> None:
        """Store what comes from outside."""
        self.append_bytes(*(SEALER.entry(self.id, event) for event in events))

    def append_bytes(self, *entries: bytes) -> None:
        """Store entries as the server does."""
        for entry in entries:
            self.now += 1_000
            self.entries.append(stamped(entry, self.now))
            extend(self.thread, [self.entries[-1]])

    def commit(self, *events: AnyEvent, basis: int | None = None) -> None:
        """Store what a worker decided or found; `basis` is what it had seen, by default everything."""
        seen = self.version if basis is None else basis
        mark = {"by": "bot", "basis": seen, "now": self.now, "seal": SEALER.seal(self.thread.chains[seen])}
        self.append_bytes(*(SEALER.entry(self.id, event.model_copy(update=mark)) for event in events))

    def message(self, text: str = "please", *, by: str = "ana", body: MessageBody | None = None) -> int:
        """Somebody writes; the first one begins the thread. Returns the entry's number."""
        event = MessageReceived(
            by=by,
            source=f"test:{self.version}",
            trust="staff",
            place=self.birth.origin,
            birth=None if self.version else self.birth,
            body=body or MessageBody(text=text, name=by.capitalize(), title=None if self.version else text[:80]),
        )
        self.append(event)
        return self.version - 1

    def choose(
        self,
        step: Step,
        *,
        policy: Policy | None = None,
        denied: str | None = None,
        limits: int = 12,
        basis: int | None = None,
        follow: Sequence[AnyEvent] = (),
    ) -> str:
        """The model chooses this step. `follow` is committed with it. Returns the call."""
        call = f"c{self.version}"
        policy = policy or (Ask("finance") if isinstance(step, Action) else Run())
        action = isinstance(step, Action)
        chosen = StepChosen(
            call=call,
            agent=self.thread.agent,
            step=step.name(),
            kind="query" if isinstance(step, Query) else "standard" if isinstance(step, Standard) else "action",
            call_hash=step.call_hash(),
            policy="deny" if denied is not None else "ask" if isinstance(policy, Ask) else "run",
            role=policy.role if isinstance(policy, Ask) else None,
            quorum=policy.quorum if isinstance(policy, Ask) else 1,
            idempotent=action and step.idempotent,
            can_check=action and step.can_check(),
            limits=Limits(steps=limits),
            body=StepBody(arguments=step.arguments(), why="because", denied=denied),
        )
        if denied is not None:
            follow = [StepFailed(call=call, how="denied", body=ErrorBody(error=denied))]
        self.commit(chosen, *follow, basis=basis)
        return call

    def say(self, text: str = "said", *, final: bool = False) -> None:
        """The bot says something by itself."""
        self.commit(Replied(final=final, body=TextBody(text=text)))

    def start(self, call: str) -> None:
        """An action starts."""
        self.commit(StepStarted(call=call, attempt=self.thread.calls[call].attempts + 1))

    def finish(self, call: str, data: JsonValue = "done") -> None:
        """A step's tool returned."""
        self.commit(StepFinished(call=call, body=DataBody(data=data)))

    def fail(self, call: str, how: Literal["failed", "not_done", "checked", "withdrawn"] = "failed") -> None:
        """A step did not happen."""
        self.commit(StepFailed(call=call, how=how, body=ErrorBody(error="it did not work")))

    def doubt(self, call: str, how: Literal["raised", "timed_out", "worker_lost", "unclear"] = "raised") -> None:
        """Nobody knows whether it happened."""
        self.commit(StepInDoubt(call=call, how=how, body=ErrorBody(error="gone")))

    def late(self, call: str, outcome: Literal["finished", "failed", "in_doubt"] = "finished") -> None:
        """A worker that had lost the thread brings its result."""
        self.append(LateResult(by="bot", call=call, outcome=outcome, body=LateBody(data="late")))

    def model_failed(self, kind: str = "invalid", retry_at: int | None = None) -> None:
        """The model gave no step."""
        self.commit(ModelFailed(kind=kind, retry_at=retry_at, body=FailureBody(error="not a step")))

    def hand_off(self, agent: str) -> None:
        """Another agent gets the thread."""
        self.commit(HandedOff(agent=agent, approvers="finance"))

    def ask(
        self,
        kind: RequestKind,
        call: str | None = None,
        *,
        approvers: tuple[str, ...] = APPROVERS,
        quorum: int = 1,
        options: tuple[str, ...] | None = None,
        role: str | None = "finance",
        form: Literal["free_text", "yes_no", "multiple_choice"] | None = None,
        expires_in: int | None = WEEK,
        cards: tuple[object, ...] = (),
        body: CardBody | None = None,
        **more: object,
    ) -> str:
        """A request is opened; `more` are further fields of its event. Returns its id."""
        request = IDS.make(self.id, self.version)
        state = self.thread.calls[call] if call else None
        chosen = state.chosen if state else None
        requesters = (*self.thread.requesters(chosen.basis or 0), *state.editors) if chosen and state else ()
        bound = Bound(
            call_hash=state.call_hash if state else None,
            thread=self.id,
            call=call,
            agent=self.thread.agent,
            schema_version="1",
            requesters=requesters,
            approvers=approvers,
            quorum=quorum,
            snapshot={},
        )
        usual = {"approval": ("approve", "reject"), "question": (), "doubt": ("it_did", "run_it", "stop")}
        opened = RequestOpened.model_validate(
            {
                "request": request,
                "kind": kind,
                "call": call,
                "call_hash": bound.call_hash,
                "digest": bound.digest(),
                "role": role,
                "approvers": approvers,
                "requesters": requesters if kind == "approval" else (),
                "quorum": quorum,
                "options": options if options is not None else usual.get(kind, ("go_on", "stop")),
                "format": form or ("free_text" if kind == "question" else None),
                "expires_at": NEVER if expires_in is None or kind in {"doubt", "stuck"} else self.now + expires_in,
                "cards": cards,
                "body": body or CardBody(title="A card", text="What now?", arguments={"amount": 1}),
                **more,
            }
        )
        self.commit(opened)
        return request

    def answer(self, request: str, said: str = "approve", *, by: str = "rob", vote: bool = False) -> None:
        """Somebody's answer, as bot.approvals.answers made it: approve, reject, an option, or free text."""
        opened = self.thread.requests[request].opened
        mine: dict[str, object] = {"request": request, "by": by, "proof": "slack"}
        if opened.kind == "approval":
            outcome = None if vote else "approved" if said == "approve" else "rejected"
            mine |= {"answer": said, "outcome": outcome}
        elif said in opened.options:
            mine |= {"answer": "choose", "option": said, "outcome": "answered"}
        else:
            mine |= {"answer": "say", "outcome": "answered"}
        self.append(RequestAnswered.model_validate(mine | {"body": {"text": said, "name": by.capitalize()}}))


def waiting_call(log: LogBuilder) -> tuple[str, str]:
    """A thread in which an approval is waited for. Returns the call and the request."""
    log.message()
    call = log.choose(Pay())
    return call, log.ask("approval", call)


def approved_call(log: LogBuilder, step: Action | None = None) -> str:
    """A thread in which an action was chosen, asked about and approved. Returns the call."""
    log.message()
    call = log.choose(step or Pay())
    log.answer(log.ask("approval", call))
    return call


def doubtful_call(log: LogBuilder, step: Action | None = None) -> tuple[str, str]:
    """The same, started and then in doubt, with the people asked. Returns the call and the request."""
    call = approved_call(log, step)
    log.start(call)
    log.doubt(call)
    return call, log.ask("doubt", call)
