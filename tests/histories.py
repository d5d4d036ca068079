"""Legal histories, made by driving the reducer itself: at each move some outcome, and anything at all in between."""

from typing import Literal, assert_never, get_args

from hypothesis import strategies as st

from bot import guards
from bot import moves as m
from bot import steps as s
from bot.approvals.answers import Refusal, Said, judge
from bot.approvals.approvers import Asked, given_on
from bot.bodies import AnswerKind, CardBody, Ending, ErrorBody, RequestKind
from bot.events import (
    AnyEvent,
    Cancelled,
    Delegated,
    DelegateFinished,
    Delivered,
    HandedOff,
    Parked,
    Paused,
    Replied,
    RequestEscalated,
    RequestExpired,
    RequestReminded,
    RequestWithdrawn,
    Resumed,
    StepFailed,
    Unparked,
)
from bot.ids import child_id
from bot.people import Person
from tests.builders import DIRECTORY, WEEK, LogBuilder, at
from tests.example_steps import Fire, LookUp, Pay, Post, Sync

PEOPLE = ("ana", "bo", "rob", "sue", "zed")
FINANCE = ("rob", "sue")
ENDINGS: tuple[Ending, ...] = get_args(Ending)
ALLOWED = guards.Allowed({"deploy": True, "shop": True, "closed": False})
CHOICES: tuple[s.Step, ...] = (
    *(LookUp(), LookUp(what="y"), Post(), Post(text="y"), Pay(), Pay(amount=2), Pay(amount=3)),
    *(Sync(), Sync(name_of="y"), Fire(), Fire(at="y")),
    *(s.RequestHumanInput(question="Which?"), s.DoneForNow(message="ok"), s.Reply(message="hm")),
    *(s.KeepWaiting(), s.Withdraw(), s.HandOff(agent="shop"), s.HandOff(agent="deploy"), s.HandOff(agent="closed")),
    *(s.Delegate(agent="shop", task="x"), s.Delegate(agent="deploy", task="y")),
)
tapes = st.binary(min_size=120, max_size=120)
"""What is chosen in a history, one byte after the other."""


class Play:
    """One history in the making, from a tape. `behaves`: from here on all goes well, and the model is sensible."""

    def __init__(self, tape: bytes) -> None:
        self.log = LogBuilder()
        self.behaves = False
        self._tape = iter(tape)
        self._left = len(tape)

    @property
    def more(self) -> bool:
        """Whether the tape has not come to its end."""
        return self._left > 0

    def pick(self, below: int) -> int:
        """The tape's next number, below this one."""
        self._left -= 1
        return next(self._tape, 0) % below

    @property
    def calm(self) -> bool:
        """Whether nothing is to be done without anybody from outside."""
        return isinstance(self.log.move, m.Wait | m.Rest)

    def step(self) -> None:
        """What the loop would do with the next move; sometimes its commit never arrives."""
        log, move = self.log, self.log.move
        match move:
            case m.Decide(mode=mode):
                self._decide(mode)
            case m.Perform(call=call) if log.thread.calls[call].chosen.kind == "action":
                self._action(call)
            case m.Perform(call=call):
                if self.behaves or self.pick(3):
                    log.finish(call)
                else:
                    log.fail(call)
            case m.Check(call=call):
                self._check(call)
            case m.Doubt(call=call):
                log.doubt(call, "worker_lost")
            case m.Ask(kind=kind, call=call):
                self._ask(kind, call)
            case m.Close(request=request, why="expired"):
                log.commit(RequestExpired(request=request))
            case m.Close(request=request, why=why):
                log.commit(RequestWithdrawn(request=request, reason="cancelled" if why == "cancelled" else "resolved"))
            case m.Climb(request=request, rung=rung):
                self._climb(request, rung)
            case m.Say(what=what):
                log.say(final=what == "stopped")
            case m.Recall():
                for child in log.thread.live_children:
                    log.append(DelegateFinished(by="bot", child=child.delegated.child, outcome="cancelled"))
            case m.Wait() | m.Rest():
                pass
            case _:
                assert_never(move)

    def disturb(self) -> None:
        """Something comes from outside."""
        log, act = self.log, self.pick(13)
        match act:
            case 0 | 1 | 2:
                log.message(by=PEOPLE[self.pick(len(PEOPLE))])
            case 3 | 4 | 5 | 6:
                self.answer()
            case 7:
                log.append(Resumed(by="rob") if self.pick(3) or log.thread.paused else Paused(by="rob"))
            case 8:
                log.append(Unparked(by="rob") if self.pick(4) or log.thread.parked else Parked(by="bot"))
            case 9:
                started = [call for call, state in log.thread.calls.items() if state.attempts]
                if started:
                    outcome: tuple[Literal["finished", "failed", "in_doubt"], ...] = ("finished", "failed", "in_doubt")
                    log.late(started[self.pick(len(started))], outcome[self.pick(3)])
            case 10:
                log.append(Delivered(delivery="d", channel="slack", foreign="1"))
            case 11:
                self.finish_delegate()
            case _:
                log.now += (1_000_000, WEEK)[self.pick(2)]
                if not self.pick(9):
                    log.append(Cancelled(by="ana"))

    def finish_delegate(self) -> None:
        """One of those that may still be heard of comes to an end."""
        children = [name for name, child in self.log.thread.children.items() if not child.over]
        if children:
            outcome: Ending = "done" if self.behaves else ENDINGS[self.pick(len(ENDINGS))]
            name = children[self.pick(len(children))]
            self.log.append(DelegateFinished(by="bot", child=name, outcome=outcome))

    def answer(self) -> None:
        """Somebody answers some request, if the rules take it."""
        log = self.log
        if not log.thread.requests:
            return
        requests = [*log.thread.open, *log.thread.requests]
        request = requests[self.pick(len(requests))]
        opened = log.thread.requests[request].opened
        who = (*opened.approvers, *PEOPLE)[self.pick(len(PEOPLE))]
        roles: frozenset[str] = frozenset({"finance", "operators"} if who in FINANCE else ())
        person = Person(id=who, name=who, roles=roles, staff=True, listed=True)
        option = opened.options[self.pick(len(opened.options))] if opened.options else None
        said = Said(
            person=person,
            proof="test",
            answer=(_kind_of(option), _kind_of(option), "edit", "give", "say")[self.pick(5)],
            option=option,
            text="words",
            edits={"amount": str(self.pick(4))},
            to=DIRECTORY.by_id(PEOPLE[self.pick(len(PEOPLE))]),
        )
        judged = judge(log.thread, request, said, at(log.now))
        if not isinstance(judged, Refusal):
            log.append(judged)

    def _decide(self, mode: m.Mode) -> None:
        log, t = self.log, self.log.thread
        match 2 if self.behaves else self.pick(10):
            case 0:
                log.model_failed()
                return
            case 1:
                log.model_failed("overloaded", retry_at=log.now + 1_000_000 if self.pick(2) else None)
                return
            case _:
                step = self._choice(mode)
        policy = guards.policy_of(step, t, frozenset())
        denied = guards.denial(t, step, mode, ALLOWED)
        if denied is None and isinstance(policy, s.Deny):
            denied = policy.reason
        log.choose(step, policy=policy, denied=denied, limits=6, follow=self._follow(step, mode))

    def _choice(self, mode: m.Mode) -> s.Step:
        if self.behaves:
            patient = s.Reply(message="hm") if self.log.thread.asked_back else s.KeepWaiting()
            waits = mode != "free" or self.log.thread.live_children
            return patient if waits else s.DoneForNow(message="ok")
        return CHOICES[self.pick(len(CHOICES))]

    def _check(self, call: str) -> None:
        match self.pick(3):
            case 0:
                self.log.doubt(call, "unclear")
            case 1:
                self.log.finish(call)
            case _:
                self.log.fail(call, "checked")

    def _follow(self, step: s.Step, mode: m.Mode) -> list[AnyEvent]:
        t = self.log.thread
        match step:
            case s.DoneForNow() | s.Reply():
                return [Replied(call=f"c{t.version}", final=isinstance(step, s.DoneForNow))]
            case s.HandOff(agent=agent):
                return [HandedOff(agent=agent, approvers="finance")]
            case s.Delegate(agent=agent):
                call = f"c{t.version}"
                return [Delegated(child=child_id(t.id, call), agent=agent, call=call)]
            case s.Withdraw() if t.active is not None:
                request = t.open.get(t.active.request or "")
                if mode == "ready" or request is None:
                    return [StepFailed(call=t.active.chosen.call, how="withdrawn", body=ErrorBody(error="no"))]
                return [RequestWithdrawn(request=request.opened.request, reason="asked")]
            case _:
                return []

    def _action(self, call: str) -> None:
        self.log.start(call)
        match 5 if self.behaves else self.pick(7):
            case 0:
                self.log.doubt(call)
            case 1:
                pass  # its worker died
            case 2:
                self.log.fail(call, "not_done")
            case 3:
                self.log.doubt(call, "timed_out")
            case _:
                self.log.finish(call)

    def _ask(self, kind: RequestKind, call: str | None) -> None:
        log, t = self.log, self.log.thread
        chosen = t.calls[call].chosen if call else None
        match kind:
            case "approval" if chosen is not None and call is not None:
                state = t.calls[call]
                requesters = {*t.requesters(chosen.basis or 0), *state.editors}
                able = Asked(chosen.role, tuple(one for one in FINANCE if one not in requesters))
                asked = given_on(able, state.given, requesters)
                if len(asked.people) < chosen.quorum:
                    log.fail(call, "failed")
                else:
                    body = CardBody(title="A card", arguments=state.arguments or {})
                    log.ask(
                        "approval",
                        call,
                        approvers=asked.people,
                        quorum=chosen.quorum,
                        role=chosen.role,
                        body=body,
                        delegates=asked.delegates,
                        editable=("amount",),
                        rungs=self._rungs(),
                    )
            case "question" if call is not None:
                asked = given_on(Asked(None, ("ana",)), t.calls[call].given)
                log.ask("question", call, approvers=asked.people, delegates=asked.delegates, role=None)
            case "doubt" if call is not None:
                asked = given_on(Asked("finance", FINANCE), t.calls[call].given)
                log.ask("doubt", call, approvers=asked.people, delegates=asked.delegates)
            case _:
                log.ask("stuck", approvers=FINANCE, role="operators")

    def _rungs(self) -> tuple[dict[str, object], ...]:
        """A ladder of some rungs, the first of which comes soon."""
        now, kinds = self.log.now, (("remind",), ("remind", "escalate"), ("show", "escalate"), ())
        dos = () if self.behaves else kinds[self.pick(4)]
        role = {"escalate": "operators"}
        return tuple({"at": now + 500_000 * (n + 1), "do": do, "role": role.get(do)} for n, do in enumerate(dos))

    def _climb(self, request: str, number: int) -> None:
        log, rung = self.log, self.log.thread.requests[request].opened.rungs[number]
        if rung.role is None:
            log.commit(RequestReminded(request=request, rung=number))
        else:
            asked = log.thread.requests[request].opened.requesters
            people = tuple(person for person in FINANCE if person not in asked)
            log.commit(RequestEscalated(request=request, rung=number, role=rung.role, approvers=people))


def _kind_of(option: str | None) -> AnswerKind:
    match option:
        case "approve" | "reject":
            return option
        case None:
            return "say"
        case _:
            return "choose"
