"""Open a request: resolve who is asked and where, bind it to the exact call, commit it with its cards."""

from collections.abc import Sequence
from typing import assert_never

from bot import calls
from bot import steps as s
from bot.approvals import approvers, cards
from bot.approving import approval
from bot.bodies import CardBody
from bot.config import OPERATORS
from bot.events import RequestOpened
from bot.held import Held
from bot.moves import Ask
from bot.opening import cards_for, open_request, plan_for, request_id
from bot.steps import hash_of
from bot.thread import CallState

DOUBT_OPTIONS = ("it_did", "run_it", "stop")
STUCK_OPTIONS = ("go_on", "stop")


async def ask(held: Held, move: Ask) -> None:
    """Open the request that the reducer wants."""
    call = held.thread.calls.get(move.call or "")
    match move.kind:
        case "approval" if call is not None:
            await approval(held, call)
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
    asked = approvers.given_on(asked, call.given)
    times = plan_for(held, asked, urgency=question.options.urgency)
    own = question.ask == "requester" and not call.given
    shown = cards.in_origin(thread.origin) if own and not times.later else cards_for(held, asked, times)
    choices = {"yes_no": ("yes", "no"), "multiple_choice": question.options.choices, "free_text": ()}
    body = CardBody(
        title="Question",
        text=question.question,
        context=question.context,
        why=call.chosen.body.why,
        asked_by=cards.names(thread, writers, directory),
    )
    await open_request(
        held,
        RequestOpened(
            request=request_id(held),
            kind="question",
            call=call.chosen.call,
            call_hash=call.chosen.call_hash,
            digest=hash_of({"thread": thread.id, "call": call.chosen.call, "question": question.arguments()}),
            role=asked.role,
            approvers=asked.people,
            delegates=asked.delegates,
            options=choices[question.options.format],
            format=question.options.format,
            urgency=question.options.urgency,
            expires_at=times.expires_at,
            rungs=times.rungs,
            cards=tuple(shown),
            body=body,
        ),
    )


async def _doubt(held: Held, call: CallState) -> None:
    thread, directory = held.thread, held.runtime.directory()
    approval = thread.requests.get(call.approval or "")
    asked = approvers.given_on(approvers.settlers(directory, call.chosen.role, OPERATORS), call.given)
    body = CardBody(
        title=f"Did this happen? {cards.title_of(call.chosen.step)}",
        step=call.chosen.step,
        arguments=call.arguments or {},
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
    thread, times = held.thread, plan_for(held, asked, never=True)
    name = call.chosen.call if call else None
    opened = RequestOpened.model_validate(
        {
            "request": request_id(held),
            "kind": kind,
            "call": name,
            "call_hash": call.call_hash if call else None,
            "digest": hash_of({"thread": thread.id, "kind": kind, "call": name, "version": thread.version}),
            "role": asked.role,
            "approvers": asked.people,
            "delegates": asked.delegates,
            "options": tuple(options),
            "expires_at": times.expires_at,
            "rungs": times.rungs,
            "cards": cards_for(held, asked, times),
            "body": body,
        }
    )
    await open_request(held, opened)
