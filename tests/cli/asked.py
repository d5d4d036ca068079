"""Requests in an installation without a worker, stored as a worker would have stored them."""

import asyncio

from bot.bodies import Birth, CardBody, MessageBody, RequestKind, StepBody
from bot.cli.opened import Opened, opened
from bot.events import MessageReceived, RequestOpened, StepChosen
from bot.ids import fresh_id, thread_id
from bot.places import EditField, Place
from bot.steps import hash_of
from bot.store import scripts
from bot.store.keys import ThreadKeys
from bot.store.scripts import Change, Lease, Release, Terms
from bot.thread import RequestState, Thread

HOUR = 3_600_000_000  # us
PEOPLE = """
[people.ana]
name = "Ana Lima"
os_user = $USER
roles = ["release"]

[people.rob]
name = "Rob Wills"
roles = ["release"]

[people.bo]
name = "Bo Finn"

[people.kim]
name = "Kim Ode"
roles = ["operators"]

[roles.operators]
[roles.release]
grants = "4h"
delegates = "bo"

[[routes]]
agent = "deploy"
approvers = "release"
"""
CALL = {"service": "backend", "environment": "production", "tag": "v1.4.0"}
CALL_HASH = hash_of({"step": "deploy_service", "arguments": dict(CALL)})
CARD = CardBody(
    title="Deploy service: backend, production, v1.4.0",
    step="deploy_service",
    arguments=dict(CALL),
    snapshot={"commit": "4f2a" * 10},
    why="Kim asked for it.",
    asked_by="Kim Ode",
    reject_reasons=["Not now, there is a freeze", "This is the wrong tag"],
    fields=[EditField(name="tag", kind="text", value="v1.4.0", description="a tag that exists")],
)
APPROVAL: dict[str, object] = {
    "role": "release",
    "approvers": ("ana", "rob"),
    "requesters": ("kim",),
    "options": ("approve", "reject"),
    "editable": ("tag",),
    "may_grant_us": 4 * HOUR,
    "body": CARD,
}
QUESTION: dict[str, object] = {
    "approvers": ("ana",),
    "options": (),
    "format": "free_text",
    "body": CardBody(title="Question", text="Which service?", asked_by="Kim Ode"),
}


def asked(kind: RequestKind = "approval", *, trust: str = "staff", **more: object) -> str:
    """Ask in the installation of the working directory. Returns the request."""

    async def work() -> str:
        async with opened() as made:
            return await ask(made, kind, trust=trust, **more)

    return asyncio.run(work())


def state_of(request: str) -> tuple[Thread, RequestState]:
    """The thread and the request as they are now."""

    async def work() -> tuple[Thread, RequestState]:
        async with opened() as made:
            thread = await made.thread(made.ids.thread_of(request) or "")
            return thread, thread.requests[request]

    return asyncio.run(work())


async def ask(made: Opened, kind: RequestKind = "approval", *, trust: str = "staff", **more: object) -> str:
    """Kim wants a deployment, and somebody is asked; `more` are other fields of the event. Returns the request."""
    thread = thread_id("console", "kim", fresh_id())
    keys = ThreadKeys(thread).shard
    place = Place(channel="console", address="kim")
    birth = Birth(agent="deploy", principal="kim", trust=trust, approvers="release", origin=place)
    body = MessageBody(text="deploy backend v1.4.0 to production", name="Kim Ode", title="deploy")
    wrote = MessageReceived(by="kim", source=thread, trust=trust, place=place, birth=birth, body=body)
    head = {"status": "ready", "agent": "deploy", "title": "deploy", "origin": place.model_dump_json(exclude_none=True)}
    entry = made.sealer.entry(thread, wrote)
    await scripts.ingest(made.client, thread, Change(entries=[entry, entry], head=head), birth=True)
    lease = await scripts.claim(made.client, keys, fresh_id(), HOUR, prefer="due")
    assert isinstance(lease, Lease)
    assert lease.thread == thread
    chosen = StepChosen(
        call="c1",
        agent="deploy",
        step="deploy_service",
        kind="action",
        call_hash=CALL_HASH,
        policy="ask",
        role="release",
        body=StepBody(arguments=dict(CALL), why="Kim asked for it."),
    )
    now = await scripts.clock(made.client, keys)
    request = made.ids.make(thread, 2)
    usual = {"request": request, "kind": kind, "call": "c1", "call_hash": CALL_HASH, "digest": hash_of(request)}
    own = APPROVAL if kind == "approval" else QUESTION if kind == "question" else {}
    event = RequestOpened.model_validate({**usual, "expires_at": now + 72 * HOUR, **own, **more})
    folded = await made.thread(thread)
    mark = {"by": "bot", "basis": 1, "now": now, "seal": made.sealer.seal(folded.chains[1])}
    entries = [made.sealer.entry(thread, one.model_copy(update=mark)) for one in (chosen, event)]
    facts = f"{event.digest}:{event.expires_at}"
    change = Change(entries=entries, opened={request: facts}, head={"status": "waiting"})
    terms = Terms(seq=1, basis=1, lease_us=HOUR, release=Release(timer=event.expires_at))
    assert (await scripts.commit(made.client, lease, change, terms)).ok
    assert (await made.thread(thread)).unreadable is None
    return request
