"""Open a request: resolve who is asked and where, bind it to the exact call, commit it with its cards."""

from collections.abc import Sequence
from typing import assert_never

from pydantic import JsonValue

from bot import calls
from bot import steps as s
from bot.approvals import approvers, cards
from bot.approvals.digest import Bound
from bot.bodies import CardAt, CardBody
from bot.config import OPERATORS
from bot.events import NEVER, RequestOpened
from bot.held import Held
from bot.menu import step_version
from bot.moves import Ask
from bot.runtime import EXPIRES_AFTER_US
from bot.steps import hash_of
from bot.thread import CallState

DOUBT_OPTIONS = ("it_did", "run_it", "stop")
STUCK_OPTIONS = ("go_on", "stop")


async def ask(held: Held, move: Ask) -> None:
    """Open the request that the reducer wants."""
    call = held.thread.calls.get(move.call or "")
    match move.kind:
        case "approval" if call is not None:
            await _approval(held, call, s.Ask(call.chosen.role, call.chosen.quorum), None)
        case "question" if call is not None:
            await _question(held, call)
        case "doubt" if call is not None:
            await _doubt(held, call)
        case "stuck":
            await _stuck(held, move.reason)
        case "approval" | "question" | "doubt":
            msg = f"there is no call {move.call} to ask about"
            raise ValueError(msg)
        case _:
            assert_never(move.kind)


async def reask(held: Held, call: CallState, policy: s.Ask, snapshot: dict[str, JsonValue]) -> None:
    """Ask again, because what would run now is not what was approved; the card shows the difference."""
    await _approval(held, call, policy, snapshot)


async def _approval(held: Held, call: CallState, policy: s.Ask, snapshot: dict[str, JsonValue] | None) -> None:
    thread, directory = held.thread, held.runtime.directory()
    found = calls.restore(held, call)
    if found is None or not isinstance(found[1], s.Action):
        await held.commit(calls.failed(call, "failed", calls.GONE), decides=False)
        return
    agent, step = found[0], found[1]
    if snapshot is None:
        try:
            snapshot = await calls.snapshot(held, agent, step)
        except Exception as error:  # noqa: BLE001  # whatever an agent's own code raises; nothing was changed
            await held.commit(calls.failed(call, "not_done", calls.compact(error)), decides=False)
            return
    requesters = thread.requesters(call.chosen.basis or 0)
    role = policy.role or OPERATORS
    asked = approvers.approvers(directory, role, requesters)
    if len(asked.people) < policy.quorum:
        error = f"Nobody but those who asked for it could approve this: the role {role} needs more people."
        await held.commit(calls.failed(call, "denied", error))
        return
    bound = Bound(
        call_hash=step.call_hash(),
        thread=thread.id,
        call=call.chosen.call,
        agent=call.chosen.agent,
        schema_version=step_version(type(step)),
        requesters=requesters,
        approvers=asked.people,
        quorum=policy.quorum,
        snapshot=snapshot,
    )
    body = CardBody(
        title=cards.title_of(call.chosen.step, step.arguments()),
        step=call.chosen.step,
        arguments=step.arguments(),
        snapshot=snapshot,
        changed=_changed(held, call, snapshot),
        why=call.chosen.body.why if call.chosen.body else "",
        asked_by=cards.names(thread, requesters, directory),
        warning=held.runtime.warning,
        reject_reasons=list(step.reject_reasons),
    )
    await _open(
        held,
        RequestOpened(
            request=_request_id(held),
            kind="approval",
            call=call.chosen.call,
            call_hash=bound.call_hash,
            digest=bound.digest(),
            schema_version=bound.schema_version,
            role=role,
            approvers=asked.people,
            requesters=requesters,
            quorum=policy.quorum,
            options=("approve", "reject"),
            expires_at=held.now() + EXPIRES_AFTER_US,
            cards=tuple(cards.places(directory, thread.origin, role, asked.people)),
            body=body,
        ),
    )


def _changed(held: Held, call: CallState, snapshot: dict[str, JsonValue]) -> dict[str, list[JsonValue]]:
    """What is different from the last time this call was asked: name -> [then, now]."""
    before = held.thread.requests.get(call.approval or "")
    if before is None or before.opened.body is None:
        return {}
    then = before.opened.body.snapshot
    return {
        name: [then.get(name), snapshot.get(name)]
        for name in sorted(then.keys() | snapshot.keys())
        if then.get(name) != snapshot.get(name)
    }


async def _question(held: Held, call: CallState) -> None:
    thread, directory = held.thread, held.runtime.directory()
    if call.chosen.body is None:
        await held.commit(calls.failed(call, "failed", "The question was erased."), decides=False)
        return
    question = s.RequestHumanInput.model_validate(call.chosen.body.arguments)
    writers = thread.requesters(call.chosen.basis or 0)
    asked = approvers.askees(directory, question.ask, writers[-1] if writers else thread.principal_id)
    if asked is None:
        error = f"There is nobody to ask by the name {question.ask!r}: use requester, a role, or a person's id."
        await held.commit(calls.failed(call, "denied", error))
        return
    own = question.ask == "requester"
    shown = cards.in_origin(thread.origin) if own else cards.places(directory, thread.origin, asked.role, asked.people)
    choices = {"yes_no": ("yes", "no"), "multiple_choice": question.options.choices, "free_text": ()}
    body = CardBody(
        title="Question",
        text=question.question,
        context=question.context,
        why=call.chosen.body.why,
        asked_by=cards.names(thread, writers, directory),
    )
    await _open(
        held,
        RequestOpened(
            request=_request_id(held),
            kind="question",
            call=call.chosen.call,
            call_hash=call.chosen.call_hash,
            digest=hash_of({"thread": thread.id, "call": call.chosen.call, "question": question.arguments()}),
            role=asked.role,
            approvers=asked.people,
            options=choices[question.options.format],
            format=question.options.format,
            urgency=question.options.urgency,
            expires_at=held.now() + EXPIRES_AFTER_US,
            cards=tuple(shown),
            body=body,
        ),
    )


async def _doubt(held: Held, call: CallState) -> None:
    thread, directory = held.thread, held.runtime.directory()
    approval = thread.requests.get(call.approval or "")
    asked = approvers.settlers(directory, call.chosen.role, OPERATORS)
    body = CardBody(
        title=f"Did this happen? {cards.title_of(call.chosen.step)}",
        step=call.chosen.step,
        arguments=call.chosen.body.arguments if call.chosen.body else {},
        snapshot=approval.opened.body.snapshot if approval and approval.opened.body else {},
        text="It was started, and nobody can say what came of it. Look at the system itself before you answer.",
        asked_by=cards.names(thread, thread.requesters(call.chosen.basis or 0), directory),
    )
    await _to_people(held, "doubt", call, asked, DOUBT_OPTIONS, body)


async def _stuck(held: Held, reason: str) -> None:
    asked = approvers.settlers(held.runtime.directory(), None, OPERATORS)
    body = CardBody(title=f"The agent {held.thread.agent} is stuck", text=f"It stopped because {reason}.")
    await _to_people(held, "stuck", None, asked, STUCK_OPTIONS, body)


async def _to_people(
    held: Held, kind: str, call: CallState | None, asked: approvers.Asked, options: Sequence[str], body: CardBody
) -> None:
    """Ask what must not be forgotten: it never expires."""
    thread = held.thread
    name = call.chosen.call if call else None
    opened = RequestOpened.model_validate(
        {
            "request": _request_id(held),
            "kind": kind,
            "call": name,
            "call_hash": call.chosen.call_hash if call else None,
            "digest": hash_of({"thread": thread.id, "kind": kind, "call": name, "version": thread.version}),
            "role": asked.role,
            "approvers": asked.people,
            "options": tuple(options),
            "expires_at": NEVER,
            "cards": _cards(held, asked),
            "body": body,
        }
    )
    await _open(held, opened)


def _cards(held: Held, asked: approvers.Asked) -> tuple[CardAt, ...]:
    directory = held.runtime.directory()
    return tuple(cards.places(directory, held.thread.origin, asked.role, asked.people))


async def _open(held: Held, opened: RequestOpened) -> None:
    out = cards.opening(held.thread, opened, held.runtime.directory())
    facts = f"{opened.digest}:{opened.expires_at}"
    await held.commit(opened, out=out, opened={opened.request: facts}, decides=True)


def _request_id(held: Held) -> str:
    return held.runtime.ids.make(held.thread.id, held.thread.version)
