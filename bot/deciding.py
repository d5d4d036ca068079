"""Ask the model for one step, check it against guards and policy, and commit it with what follows at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from bot import calls, context, guards
from bot import steps as s
from bot.agent import LoadedAgent
from bot.approvals import cards, replies
from bot.bodies import DataBody, ErrorBody, FailureBody, StepBody, StepKind, TextBody, Usage
from bot.delegating import delegated, ended
from bot.events import (
    AnyEvent,
    HandedOff,
    ModelFailed,
    Prefetched,
    Replied,
    RequestWithdrawn,
    StepChosen,
    StepFailed,
)
from bot.held import Held
from bot.interrupt import Interrupted
from bot.menu import Chosen, InvalidOutput
from bot.model import Answer, Prompt
from bot.model import ModelFailed as NoAnswer
from bot.moves import Mode
from bot.places import Delivery, StatusLine
from bot.runtime import jsonable
from bot.store.changes import Also

MAX_PASSING = 10  # failures in a row that may pass by themselves, before a person has to look
OVERTAKEN = 2  # after so many, a query or reply goes through although newer input is there
_PREFETCH_S = 30.0
_BUSY = "The model cannot be reached just now. I will try again by myself; nothing is lost."


@dataclass(frozen=True, slots=True)
class Follow:
    """What is committed together with a choice."""

    events: Sequence[AnyEvent] = ()
    out: Sequence[Delivery] = ()
    closed: Sequence[str] = ()
    also: Sequence[Also] = ()
    head: Mapping[str, str] | None = None


async def decide(held: Held, mode: Mode) -> None:
    """One decision. Whatever goes wrong with the model becomes an event, never an exception."""
    agent = held.runtime.agents.get(held.thread.agent)
    if agent is None:
        error = f"There is no agent {held.thread.agent!r} in this installation."
        await held.commit(ModelFailed(kind="no_such_agent", body=FailureBody(error=error)))
        return
    if mode == "free" and agent.agent.prefetch is not None and not held.thread.prefetched:
        await _prefetch(held, agent)
    prompt = Prompt(
        system=agent.system,
        blocks=context.blocks(held.thread),
        schema=agent.menu.schema,
        model=agent.front.model,
        max_tokens=agent.front.max_tokens,
        effort=agent.front.effort,
    )
    try:
        answer = await held.interrupt.during(held.runtime.model(prompt))
    except NoAnswer as failure:
        await _no_answer(held, failure)
        return
    try:
        chosen = agent.menu.parse(answer.text)
    except InvalidOutput as invalid:
        body = FailureBody(error=str(invalid), output=context.shorten(answer.text, 2_000))
        await held.commit(ModelFailed(kind="invalid", body=body))
        return
    await _commit_choice(held, agent, chosen, answer, mode)


async def _commit_choice(held: Held, agent: LoadedAgent, chosen: Chosen, answer: Answer, mode: Mode) -> None:
    thread, step, call = held.thread, chosen.step, f"c{held.thread.version}"
    policy = calls.policy(held, step, thread.agent)
    allowed = held.runtime.allowed(thread) if isinstance(step, s.HandOff | s.Delegate) else guards.NOBODY
    denied = guards.denial(thread, step, mode, allowed)
    if denied is None and isinstance(policy, s.Deny):
        denied = policy.reason
    ask = policy if isinstance(policy, s.Ask) and denied is None else None
    event = StepChosen(
        call=call,
        agent=thread.agent,
        step=step.name(),
        kind=kind_of(step),
        call_hash=step.call_hash(),
        policy="deny" if denied is not None else "ask" if ask else "run",
        role=ask.role if ask else None,
        quorum=ask.quorum if ask else 1,
        ladder=ask.ladder if ask else s.Ladder(),
        urgency=ask.urgency if ask else "medium",
        idempotent=isinstance(step, s.Action) and step.idempotent,
        can_check=isinstance(step, s.Action) and step.can_check(),
        limits=agent.front.limits,
        prompt=agent.version,
        model=answer.model,
        usage=Usage(input=answer.usage.input, cached=answer.usage.cached, output=answer.usage.output),
        latency_ms=answer.latency_ms,
        body=StepBody(arguments=step.arguments(), why=chosen.why, denied=denied),
    )
    if denied is not None:
        follow = Follow([StepFailed(call=call, how="denied", body=ErrorBody(error=denied))])
    else:
        follow = _follow(held, step, call, mode)
    harmless = isinstance(step, s.Query | s.Reply) and held.overtaken >= OVERTAKEN
    await held.commit(
        event,
        *follow.events,
        out=follow.out,
        closed=follow.closed,
        also=follow.also,
        head=follow.head,
        decides=not harmless,
    )


def _follow(held: Held, step: s.Step, call: str, mode: Mode) -> Follow:
    """What a standard step does at once."""
    thread, directory = held.thread, held.runtime.directory()
    match step:
        case s.DoneForNow(message=message) | s.Reply(message=message):
            final = isinstance(step, s.DoneForNow)
            told = replies.reply(thread, directory, message, answers=call if final else None)
            said = Replied(call=call, final=final, to=told.to, body=TextBody(text=message))
            if final and (parent := ended(thread, "done", message)):
                return Follow([said], also=parent)
            return Follow([said], told.out)
        case s.Delegate():
            noted, child = delegated(held, step, call)
            return Follow([noted], also=[child], head={"delegates": "1"})
        case s.HandOff(agent=agent):
            approvers = held.runtime.approvers_for(agent, thread)
            return Follow([HandedOff(agent=agent, approvers=approvers or thread.approvers)])
        case s.Withdraw() if thread.active is not None:
            request = thread.open.get(thread.active.request or "")
            if mode == "ready" or request is None:
                error = ErrorBody(error="It was withdrawn before it started.")
                return Follow([StepFailed(call=thread.active.chosen.call, how="withdrawn", body=error)])
            end = cards.Closing(outcome="withdrawn", reason="It is no longer wanted.", at=held.now())
            withdrawn = RequestWithdrawn(request=request.opened.request, reason="asked")
            return Follow([withdrawn], cards.closing(thread, request.opened, end, directory), [request.opened.request])
        case _:
            return Follow()


async def _prefetch(held: Held, agent: LoadedAgent) -> None:
    """Read what the model will need anyway. A failure is told to the model, which can ask by a step."""
    thread, prefetch = held.thread, agent.agent.prefetch
    if prefetch is None or thread.principal is None:
        return
    data: JsonValue
    try:
        data = jsonable(
            await held.interrupt.during(
                calls.timed(prefetch(held.runtime.deps[agent.name], thread.principal), _PREFETCH_S)
            )
        )
    except Interrupted:
        raise
    except Exception as error:  # noqa: BLE001  # whatever an agent's own code raises
        data = {"error": calls.compact(error)}
    await held.commit(Prefetched(agent=agent.name, body=DataBody(data=data)), decides=False)


async def _no_answer(held: Held, failure: NoAnswer) -> None:
    """Record it; try again later if that can help, and tell whoever waits, once."""
    thread, retry_at = held.thread, None
    out: Sequence[Delivery] = ()
    if failure.passing and thread.model_failures < MAX_PASSING:
        pause_s = max(failure.retry_after_s or 0.0, min(300.0, 2.0 * 2**thread.model_failures))
        retry_at = held.now() + int(pause_s * 1_000_000)
        if thread.model_failures == 0:
            out = cards.line(thread, StatusLine(markdown=_BUSY))
    body = FailureBody(error=failure.detail)
    await held.commit(ModelFailed(kind=str(failure.kind), retry_at=retry_at, body=body), out=out, decides=False)


def kind_of(step: s.Step) -> StepKind:
    """Which of the three kinds a step is."""
    match step:
        case s.Query():
            return "query"
        case s.Action():
            return "action"
        case _:
            return "standard"
