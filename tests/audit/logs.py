"""Logs to audit: one with every type of event there is, and what the store would hold of a log."""

from collections.abc import Sequence
from typing import Any, cast

from bot import events as e
from bot.audit.verify import Examined, Stored, examine
from bot.bodies import AnswerBody, CardAt, CardBody, DataBody, ErrorBody, LateBody, Rung, TextBody
from bot.places import Place
from bot.store.keys import ThreadKeys
from bot.store.server import Client
from tests.builders import PLACE, SEALER, START, WEEK, LogBuilder
from tests.example_steps import Fire, LookUp, Pay

HOUR = 3_600_000_000
CHILD = "06-abcdefghijklmnop"
RELEASE = Place(channel="slack", address="T0ACME/C0RELEASE")


def every_event() -> LogBuilder:
    """A log that holds every type of event, as the rules allow."""
    log = LogBuilder()
    log.message("pay Kim two euros")
    log.commit(e.Prefetched(agent="deploy", body=DataBody(data={"balance": 7})))
    log.model_failed()
    log.finish(log.choose(LookUp()))
    call = log.choose(Pay(amount=2))
    first = _opened(log, call)
    log.append(e.Delivered(delivery="d1", channel="slack", foreign="1.2", request=first))
    log.append(e.DeliveryFailed(delivery="d2", channel="email", body=ErrorBody(error="no such mailbox")))
    log.append(e.RequestShown(request=first, instead_of="d2", cards=()))
    log.append(e.Refused(by="zed", reason="not_allowed", request=first))
    log.commit(e.RequestReminded(request=first, rung=0))
    log.commit(e.RequestEscalated(request=first, rung=1, role="operators", approvers=("sue",)))
    edited = AnswerBody(name="Rob", changes={"amount": [2, 1]}, arguments={"amount": 1})
    log.append(_answer(first, "edit", "edited", call_hash=Pay().call_hash(), body=edited))
    second = _opened(log, call)
    log.append(_answer(second, "say", None, body=AnswerBody(text="why two?", name="Rob")))
    log.commit(e.Replied(to=(second,), body=TextBody(text="Kim asked for two.")))
    log.append(_answer(second, "give", "given", to=("bo",), body=AnswerBody(name="Rob")))
    third = _opened(log, call, approvers=("bo", "sue"), delegates=("bo",), quorum=2, may_grant_us=HOUR)
    log.append(_answer(third, "approve", None, by="bo", body=AnswerBody(name="Bo")))
    log.append(_answer(third, "approve", "approved", by="sue", body=AnswerBody(text="fine", name="Sue")))
    log.append(_granted(log, third))
    digest = log.thread.requests[third].opened.digest
    log.commit(e.StepStarted(call=call, attempt=1, digest=digest))
    log.doubt(call)
    log.answer(log.ask("doubt", call), "stop")
    log.append(e.LateResult(by="bot", call=call, outcome="finished", body=LateBody(data="paid")))
    log.append(e.GrantRevoked(by="sue", grant="g1"))
    log.commit(e.RequestExpired(request=log.ask("approval", log.choose(Fire()))))
    log.commit(e.RequestWithdrawn(request=log.ask("approval", log.choose(Fire(at="y"))), reason="asked"))
    log.append(e.Paused(by="rob"), e.Resumed(by="rob"))
    log.append(e.Parked(by="bot", body=TextBody(text="stuck")), e.Unparked(by="rob"))
    log.fail(log.choose(LookUp(what="z")))
    log.commit(e.Delegated(child=CHILD, agent="shop", call=log.choose(LookUp(what="child"))))
    log.append(e.DelegateFinished(child=CHILD, outcome="done", body=TextBody(text="found it")))
    log.hand_off("shop")
    log.say("bye", final=True)
    log.append(e.Feedback(by="ana", call=call, value="down", body=TextBody(text="too late")))
    log.append(e.Cancelled(by="rob"))
    log.append(e.Delivered(delivery="d9", channel="slack", foreign="9.9"))
    assert log.thread.unreadable is None, log.thread.unreadable
    return log


def sealed_only(log: LogBuilder) -> list[bytes]:
    """The log's entries up to the last one that a seal covers."""
    bases = [event.basis for event in log.thread.events if event.basis is not None]
    return log.entries[: max(bases)]


def stored(log: LogBuilder, entries: Sequence[bytes] | None = None) -> Stored:
    """What the store holds of this log, or of these entries in its place; its head knows as many."""
    held = log.entries if entries is None else entries
    return Stored(log.id, held, len(held), listed=True)


def findings(log: LogBuilder, entries: Sequence[bytes] | None = None) -> list[tuple[int | None, str]]:
    """What is found: entry and words."""
    return [(finding.entry, finding.what) for finding in examined(log, entries).findings]


def examined(log: LogBuilder, entries: Sequence[bytes] | None = None) -> Examined:
    """What comes of an examination without an export."""
    return examine(stored(log, entries), SEALER)


async def keep(client: Client, log: LogBuilder) -> None:
    """Put a log into the store, as the scripts would have."""
    keys, raw = ThreadKeys(log.id), cast("Any", client)
    await raw.rpush(keys.log, *log.entries)
    await raw.hset(keys.head, mapping={"version": log.version, "status": log.thread.status, "at": log.now})
    await raw.zadd(keys.shard.recent, {log.id: log.now})


def _opened(
    log: LogBuilder,
    call: str,
    *,
    approvers: tuple[str, ...] = ("rob",),
    delegates: tuple[str, ...] = (),
    quorum: int = 1,
    may_grant_us: int = 0,
) -> str:
    """An approval with all that one can have."""
    request = f"{log.id}.{log.version:x}.bcdefghijklmn"
    amount = Pay(amount=2) if log.thread.calls[call].edit is None else Pay()
    opened = e.RequestOpened(
        request=request,
        kind="approval",
        call=call,
        call_hash=amount.call_hash(),
        digest=f"{log.version:064x}",
        role="finance",
        approvers=approvers,
        requesters=("ana",),
        quorum=quorum,
        options=("approve", "reject"),
        expires_at=START + WEEK,
        cards=(CardAt(delivery=f"d{log.version}", place=RELEASE), CardAt(delivery="d2", place=PLACE)),
        delegates=delegates,
        editable=("amount",),
        rungs=(Rung(at=START + HOUR, do="remind"), Rung(at=START + 2 * HOUR, do="escalate", role="operators")),
        may_grant_us=may_grant_us,
        body=CardBody(
            title="Pay", step="pay", arguments=amount.arguments(), snapshot={"balance": 7}, why="it was asked for"
        ),
    )
    log.commit(opened)
    return request


def _answer(request: str, answer: str, outcome: str | None, *, by: str = "rob", **more: object) -> e.RequestAnswered:
    proof = "email:dkim" if by == "sue" else "slack"
    known: dict[str, object] = {"request": request, "by": by, "answer": answer, "outcome": outcome, "proof": proof}
    return e.RequestAnswered.model_validate(known | more)


def _granted(log: LogBuilder, request: str) -> e.Granted:
    opened = log.thread.requests[request].opened
    return e.Granted(
        by="sue",
        grant="g1",
        request=request,
        agent="deploy",
        step="pay",
        call_hash=opened.call_hash or "",
        facts="f",
        role="finance",
        until=log.now + HOUR,
    )
