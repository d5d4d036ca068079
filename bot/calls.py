"""A call between the log and the agent's own code: restored, looked at, run, and its errors compacted."""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Literal, TypeVar

from pydantic import JsonValue, ValidationError

from bot import guards
from bot import steps as s
from bot.agent import LoadedAgent
from bot.bodies import ErrorBody
from bot.errors import CountersignError
from bot.events import StepFailed
from bot.held import Held
from bot.menu import problems
from bot.runtime import jsonable
from bot.thread import CallState

_log = logging.getLogger(__name__)
CHECK_S = 30.0  # for what a step looks up about itself
GONE = "This step is no longer offered in this form."
Result = TypeVar("Result")


class TimedOut(CountersignError):
    """The step took longer than its limit."""


async def timed(work: Awaitable[Result], seconds: float) -> Result:
    """Await with a limit of our own, so that a time-out inside the step is not taken for this one.

    Raises:
        TimedOut: the limit was reached; the work was cancelled.

    """
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return await work
    except TimeoutError as error:
        if limit.expired():
            raise TimedOut(f"no result within {seconds:g} s") from error
        raise


def policy(held: Held, step: s.Step, agent: str, *, limited: bool = True) -> s.Policy:
    """What policy demands now, by bot.toml as it is now; without `limited`, as if no limit were set."""
    runtime, thread = held.runtime, held.thread
    limit = runtime.limit(agent, step, thread) if limited else None
    return guards.policy_of(step, thread, runtime.unattended(agent), limit)


async def snapshot(held: Held, agent: LoadedAgent, step: s.Action) -> dict[str, JsonValue]:
    """Take the facts that the step's approval is about.

    Raises:
        Exception: whatever the agent's own code raises; nothing was changed then.

    """
    principal = held.thread.principal
    if principal is None:
        raise s.NotDone("The thread has no principal.")
    found = await timed(step.snapshot(held.runtime.deps.get(agent.name), principal), CHECK_S)
    return {name: jsonable(value) for name, value in found.items()}


async def switch(
    held: Held, agent: LoadedAgent, step: s.Step, call: CallState, snapshot: dict[str, JsonValue]
) -> JsonValue:
    """Run the agent's own code for this step.

    Raises:
        Exception: whatever that code raises.

    """
    thread = held.thread
    if thread.principal is None:
        raise s.NotDone("The thread has no principal.")
    given = s.Call(thread=thread.id, principal=thread.principal, key=key(held, call), snapshot=snapshot)
    return jsonable(await agent.run(step, held.runtime.deps.get(agent.name), given))


def key(held: Held, call: CallState) -> str:
    """The idempotency key: the same over all attempts of one call."""
    return f"{held.thread.id}.{call.chosen.call}"


def restore(held: Held, call: CallState) -> tuple[LoadedAgent, s.Step] | None:
    """The step as a value again, from its stored arguments; None if its form has changed, or its agent is gone."""
    agent = held.runtime.agents.get(call.chosen.agent)
    form = agent.menu.steps.get(call.chosen.step) if agent is not None else None
    if agent is None or form is None or call.arguments is None:
        return None
    try:
        return agent, form.model_validate(call.arguments)
    except ValidationError as error:
        _log.warning("%s: %s does not validate any more: %s", held.thread.id, call.chosen.call, problems(error))
        return None


Failure = Literal["failed", "not_done", "denied", "checked", "withdrawn"]


def failed(call: CallState, how: Failure, error: str) -> StepFailed:
    """The event that says that this call did not happen."""
    return StepFailed(call=call.chosen.call, how=how, body=ErrorBody(error=error))


def compact(error: BaseException) -> str:
    """An error in one short line, for the model."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:600] if isinstance(error, CountersignError) else f"{type(error).__name__}: {text}"[:600]
