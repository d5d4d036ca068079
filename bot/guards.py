"""What code refuses, whatever the model says: steps that do not fit now, repeats, calls that a person rejected."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from bot import steps as s
from bot.events import MessageReceived
from bot.moves import Mode
from bot.thread import Thread


@dataclass(frozen=True, slots=True)
class Allowed:
    """Who may get a thread, or a part of its task; it depends on bot.toml, which the reducer must not see."""

    agents: Mapping[str, bool]  # name -> whether its route admits the thread's principal


NOBODY = Allowed({})
MAX_CHILDREN = 5  # agents that work for one thread at a time
MAX_DEPTH = 2  # delegations between people and a thread


def denial(t: Thread, step: s.Step, mode: Mode, allowed: Allowed) -> str | None:
    """Why this step does not fit now, in words for the model; None if it fits."""
    if mode != "free":
        return _while_pending(t, step, mode)
    match step:
        case s.KeepWaiting() if t.live_children:
            return None
        case s.DoneForNow() if t.live_children:
            return "Agents that you delegated to are still at work: wait for them with keep_waiting."
        case s.Delegate():
            return _delegate(t, step, allowed)
        case s.KeepWaiting() | s.Withdraw():
            return "Nothing is open that could be waited for or withdrawn."
        case s.RequestHumanInput():
            return step.problem()
        case s.HandOff(agent=agent):
            return _hand_off(t, agent, allowed)
        case s.Query() | s.Action():
            return _again(t, step)
        case _:
            return None


def _while_pending(t: Thread, step: s.Step, mode: Mode) -> str | None:
    pending = "a request is open" if mode == "waiting" else "an approved or chosen step is about to start"
    if isinstance(step, s.Withdraw):
        return _withdraw(t)
    if isinstance(step, s.Query):
        return _again(t, step)
    if isinstance(step, s.KeepWaiting) and t.asked_back:
        return "Somebody who is to decide asked something: answer with reply."
    if isinstance(step, s.Reply | s.KeepWaiting):
        return None
    return f"While {pending}, only queries, reply, keep_waiting and withdraw fit."


def _withdraw(t: Thread) -> str | None:
    """Only those who asked, or who may approve, can take a request back; a doubt must be settled."""
    call = t.active
    if call is None or call.progress != "chosen":
        return "This cannot be withdrawn: whether it happened must be settled first."
    request = t.requests.get(call.request or "")
    people = set(t.requesters(call.chosen.basis or 0))
    if request is not None:
        people |= set(request.approvers)
    wrote = {by for index, by in t.writers if index >= t.attended} | {by for _, by, _ in t.asked_back}
    if wrote & people:
        return None
    return "Only those who asked for this, or who may approve it, can have it withdrawn."


def _again(t: Thread, step: s.Step) -> str | None:
    call_hash = step.call_hash()
    if t.rejected.get(call_hash, -1) > t.last_message:
        return "A person rejected exactly this call. Propose something else, or finish; a new message may change that."
    if t.finished.get(call_hash, -1) >= max(t.last_news, 0):
        return "Exactly this call was made already and nothing is new since; its result is above."
    return None


def _hand_off(t: Thread, agent: str, allowed: Allowed) -> str | None:
    return f"The thread is with {agent} already." if agent == t.agent else _not_admitted(agent, allowed)


def _delegate(t: Thread, step: s.Delegate, allowed: Allowed) -> str | None:
    """Only so many at once and so deep, and nothing twice; a delegate cannot give its own task on to its like."""
    call_hash = step.call_hash()
    if any(t.calls[child.delegated.call].call_hash == call_hash for child in t.live_children):
        return f"Exactly this was delegated to {step.agent} already. Wait for it with keep_waiting."
    if t.birth is not None and t.birth.depth >= MAX_DEPTH:
        return "This came to you over several agents: do it yourself, or say with done_for_now what is missing."
    if len(t.live_children) >= MAX_CHILDREN:
        return f"{MAX_CHILDREN} agents are at work on this already. Wait for one of them with keep_waiting."
    if step.agent == t.agent and step.task.strip() == _task(t).strip():
        return "This is the very task that you were given: do it yourself."
    return _not_admitted(step.agent, allowed) or _again(t, step)


def _task(t: Thread) -> str:
    """The words that the thread began with."""
    first = t.events[0]
    return first.body.text if isinstance(first, MessageReceived) and first.body else ""


def _not_admitted(agent: str, allowed: Allowed) -> str | None:
    if agent not in allowed.agents:
        return f"There is no agent {agent!r}. The agents are: {', '.join(sorted(allowed.agents))}."
    if not allowed.agents[agent]:
        return f"The agent {agent} does not take requests from the person this thread is for."
    return None


def policy_of(step: s.Step, t: Thread, unattended: frozenset[str], limit: Decimal | None = None) -> s.Policy:
    """What the step's own policy demands for this thread, with the default approvers filled in.

    `limit` is what this principal may use up a day without asking, if bot.toml says so. Without one, nothing that
    changes the world runs without a person for a principal from outside; what cannot be undone never does.
    """
    if not isinstance(step, s.Action):
        return s.Run()
    principal = t.principal
    if principal is None:
        return s.Deny("The thread has no principal.")
    try:
        policy = step.policy(s.Facts(principal=principal, done=dict(t.runs), unattended=unattended))
        below = limit is not None and step.measured() <= limit
    except Exception as error:  # noqa: BLE001  # whatever an agent's own code raises: what cannot be judged does not run
        return s.Deny(f"Its policy could not be applied ({type(error).__name__}), so it does not run.")
    final = step.reversibility == "irreversible"
    if isinstance(policy, s.Ask) or (isinstance(policy, s.Run) and (principal.is_outsider or final)):
        if below and not final:
            return s.Run(limit)
        policy = policy if isinstance(policy, s.Ask) else s.Ask()
    if isinstance(policy, s.Ask) and policy.role is None:
        return replace(policy, role=t.approvers)
    return policy
