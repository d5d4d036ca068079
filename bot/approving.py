"""Ask for an approval: bound to the exact call as it is now, and to the facts that it was looked at with."""

from collections.abc import Mapping

from pydantic import JsonValue

from bot import calls
from bot import steps as s
from bot.agent import LoadedAgent
from bot.approvals import approvers, cards, edits, nobody
from bot.approvals.digest import Bound
from bot.bodies import CardBody
from bot.config import OPERATORS
from bot.events import RequestOpened
from bot.held import Held
from bot.menu import step_version
from bot.opening import cards_for, open_request, plan_for, request_id
from bot.starting import start_if_permitted
from bot.thread import CallState, RequestState


async def approval(held: Held, call: CallState) -> None:
    """Ask whoever policy names to approve this call."""
    chosen = call.chosen
    stored = s.Ask(chosen.role, chosen.quorum, chosen.ladder, chosen.urgency)
    found = calls.restore(held, call)
    if found is None or not isinstance(found[1], s.Action):
        await held.commit(calls.failed(call, "failed", calls.GONE), decides=False)
        return
    agent, step = found[0], found[1]
    policy: s.Policy = stored
    if call.edit is not None:  # it is another call now, which policy may judge otherwise; an edit never asks less
        policy = calls.policy(held, step, chosen.agent, limited=False)
    if isinstance(policy, s.Deny):
        await held.commit(calls.failed(call, "denied", policy.reason))
        return
    try:
        snapshot = await calls.snapshot(held, agent, step)
    except Exception as error:  # noqa: BLE001  # whatever an agent's own code raises; nothing was changed
        await held.commit(calls.failed(call, "not_done", calls.compact(error)), decides=False)
        return
    await again(held, call, (agent, step), policy if isinstance(policy, s.Ask) else stored, snapshot)


async def again(
    held: Held, call: CallState, found: tuple[LoadedAgent, s.Action], policy: s.Ask, snapshot: dict[str, JsonValue]
) -> None:
    """Ask with these facts, unless a standing permission covers exactly this.

    If something is not what was approved before, the card shows the difference.
    """
    thread, directory, (agent, step) = held.thread, held.runtime.directory(), found
    if await start_if_permitted(held, agent, step, call, policy, snapshot):
        return
    requesters = tuple(dict.fromkeys([*thread.requesters(call.chosen.basis or 0), *call.editors]))
    role = policy.role or OPERATORS
    barred = () if directory.requesters_may_approve(role) else requesters
    asked = approvers.given_on(approvers.approvers(directory, role, requesters), call.given, barred)
    if len(asked.people) < policy.quorum:
        error = f"Nobody but those who asked for it could approve this: the role {role} needs more people."
        await held.commit(calls.failed(call, "denied", error), out=nobody.told(thread, directory, role))
        return
    times = plan_for(held, asked, ladder=policy.ladder, urgency=policy.urgency)
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
        escalates_to=tuple(rung.role for rung in times.rungs if rung.role is not None),
    )
    fields = edits.fields(step)
    await open_request(
        held,
        RequestOpened(
            request=request_id(held),
            kind="approval",
            call=call.chosen.call,
            call_hash=bound.call_hash,
            digest=bound.digest(),
            schema_version=bound.schema_version,
            role=role,
            approvers=asked.people,
            delegates=asked.delegates,
            requesters=requesters,
            quorum=policy.quorum,
            options=("approve", "reject"),
            editable=tuple(field.name for field in fields),
            urgency=policy.urgency,
            expires_at=times.expires_at,
            rungs=times.rungs,
            may_grant_us=_may_grant_us(held, step, role, policy),
            cards=cards_for(held, asked, times),
            body=CardBody(
                title=cards.title_of(call.chosen.step, step.arguments()),
                step=call.chosen.step,
                arguments=step.arguments(),
                snapshot=snapshot,
                changed=_changed(held.thread.requests.get(call.approval or ""), step, snapshot),
                why=call.chosen.body.why if call.chosen.body and call.edit is None else "",  # it was about another call
                asked_by=cards.names(thread, thread.requesters(call.chosen.basis or 0), directory),
                warning=held.runtime.warning,
                reject_reasons=list(step.reject_reasons),
                fields=list(fields),
                edited_by=cards.names(thread, call.editors[-1:], directory),
                reversibility=step.reversibility,
            ),
        ),
    )


def _changed(
    before: RequestState | None, step: s.Action, snapshot: Mapping[str, JsonValue]
) -> dict[str, list[JsonValue]]:
    """What is different from the last time this call was asked: name -> [then, now]."""
    body = before.opened.body if before is not None else None
    if body is None:
        return {}
    return edits.changes(body.arguments, step.arguments()) | edits.changes(body.snapshot, snapshot)


def _may_grant_us(held: Held, step: s.Action, role: str, policy: s.Ask) -> int:
    """How long an approver may let this run without asking: never for outsiders, and never what cannot be undone."""
    if policy.quorum > 1 or step.reversibility == "irreversible" or cards.is_for_outsider(held.thread):
        return 0
    return held.runtime.directory().may_grant_s(role) * 1_000_000
