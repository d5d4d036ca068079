"""Each way to start something without leave is found out in a forged history, by none of the code that forbids it."""

from collections.abc import Callable

import pytest

from bot.bodies import AnswerBody, Rung
from bot.events import RequestAnswered, RequestEscalated, RequestExpired, RequestReminded, RequestWithdrawn
from bot.steps import Ask
from tests.builders import LogBuilder, approved_call, waiting_call
from tests.chaos.forging import events_of, start
from tests.chaos.permitted import Walk
from tests.example_steps import Pay

LATER = 60_000_000  # us


@pytest.fixture
def log() -> LogBuilder:
    return LogBuilder()


def wrong(log: LogBuilder) -> str:
    """All that is found in the log."""
    return "\n".join(Walk(events_of(log)).wrong)


def edit(log: LogBuilder, request: str, *, by: str = "rob", step: Pay | None = None) -> None:
    """Somebody makes another call of it."""
    new = step or Pay(amount=2)
    body = AnswerBody(name=by, changes={"amount": [1, 2]}, arguments=new.arguments())
    answer = RequestAnswered(
        by=by, request=request, answer="edit", outcome="edited", proof="slack", call_hash=new.call_hash(), body=body
    )
    log.append(answer)


def give(log: LogBuilder, request: str) -> None:
    log.append(RequestAnswered(by="rob", request=request, answer="give", outcome="given", proof="slack", to=("bo",)))


def expire(log: LogBuilder, request: str) -> None:
    log.now += 10 * LATER
    log.commit(RequestExpired(request=request))


def withdraw(log: LogBuilder, request: str) -> None:
    log.commit(RequestWithdrawn(request=request, reason="asked"))


def reject(log: LogBuilder, request: str) -> None:
    log.answer(request, "reject")


def test_what_was_approved_may_start(log: LogBuilder) -> None:
    start(log, approved_call(log))
    assert wrong(log) == ""


def test_what_was_edited_and_approved_by_somebody_else_may_start(log: LogBuilder) -> None:
    call, request = waiting_call(log)
    edit(log, request)
    log.answer(log.ask("approval", call), by="sue")
    start(log, call)
    assert wrong(log) == ""


def test_nobody_was_asked(log: LogBuilder) -> None:
    log.message()
    start(log, log.choose(Pay()))
    assert "nobody was asked" in wrong(log)


@pytest.mark.parametrize(
    ("close", "outcome"),
    [(edit, "edited"), (give, "given"), (expire, "expired"), (withdraw, "withdrawn"), (reject, "rejected")],
)
def test_what_is_closed_without_an_approval(
    log: LogBuilder, close: Callable[[LogBuilder, str], None], outcome: str
) -> None:
    log.message()
    call = log.choose(Pay())
    close(log, log.ask("approval", call, expires_in=LATER))
    start(log, call)
    assert f"although its request is {outcome}" in wrong(log)


def test_what_is_still_open(log: LogBuilder) -> None:
    call, _ = waiting_call(log)
    start(log, call)
    assert "although its request is open" in wrong(log)


def test_what_was_edited_after_the_approval_that_it_starts_by(log: LogBuilder) -> None:
    call, request = waiting_call(log)
    edit(log, request)
    log.answer(log.ask("approval", call, call_hash=Pay().call_hash()), by="sue")
    start(log, call)
    assert "asks about another call" in wrong(log)
    assert "it is not what was approved" in wrong(log)


def test_another_digest_than_the_approved_one(log: LogBuilder) -> None:
    start(log, approved_call(log), digest="another")
    assert "it is not what was approved" in wrong(log)


@pytest.mark.parametrize("by", ["ana", "zed"])
def test_the_requester_or_a_stranger_approved(log: LogBuilder, by: str) -> None:
    log.message()
    call = log.choose(Pay())
    log.answer(log.ask("approval", call, approvers=("ana", "rob")), by=by)
    start(log, call)
    assert "with the approval of [] alone" in wrong(log)


def test_the_editor_approved(log: LogBuilder) -> None:
    call, request = waiting_call(log)
    edit(log, request, by="rob")
    log.answer(log.ask("approval", call), by="rob")
    start(log, call)
    assert "with the approval of [] alone" in wrong(log)


def test_one_of_two_approved(log: LogBuilder) -> None:
    log.message()
    call = log.choose(Pay(amount=2), policy=Ask("finance", 2))
    log.answer(log.ask("approval", call, quorum=2))
    start(log, call)
    assert "with the approval of ['rob'] alone" in wrong(log)


def test_the_editor_is_missing_among_those_who_asked(log: LogBuilder) -> None:
    call, request = waiting_call(log)
    edit(log, request)
    log.ask("approval", call, requesters=("ana",))
    assert "does not know that ['rob'] asked for it" in wrong(log)


def test_an_approval_after_its_time(log: LogBuilder) -> None:
    log.message()
    request = log.ask("approval", log.choose(Pay()), expires_in=LATER)
    log.now += LATER
    log.answer(request)
    assert "taken after its time" in wrong(log)


def test_an_approval_after_the_outcome(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    reject(log, request)
    log.answer(request)
    assert "taken although it is rejected" in wrong(log)


def test_a_rejected_call_is_started_before_anybody_wrote(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    reject(log, request)
    call = log.choose(Pay())
    log.answer(log.ask("approval", call))
    start(log, call)
    assert "was rejected, nobody wrote since" in wrong(log)


def test_a_rejected_call_may_start_when_somebody_wrote_and_it_was_approved(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    reject(log, request)
    start(log, approved_call(log))
    assert wrong(log) == ""


def test_what_a_rejected_call_was_before_its_edit(log: LogBuilder) -> None:
    call, request = waiting_call(log)
    edit(log, request)
    log.answer(log.ask("approval", call), "reject", by="sue")
    again = log.choose(Pay())
    log.answer(log.ask("approval", again))
    start(log, again)
    assert "was rejected, nobody wrote since" in wrong(log)


def test_a_ladder_that_is_climbed_too_early(log: LogBuilder) -> None:
    log.message()
    rungs = (Rung(at=log.now + LATER, do="remind"), Rung(at=log.now + LATER, do="escalate", role="operators"))
    request = log.ask("approval", log.choose(Pay()), rungs=rungs)
    log.commit(RequestReminded(request=request, rung=0))
    log.commit(RequestEscalated(request=request, rung=1, role="operators", approvers=("zed",)))
    assert "request_reminded before its time" in wrong(log)
    assert "request_escalated before its time" in wrong(log)


def test_a_ladder_that_is_climbed_after_the_outcome(log: LogBuilder) -> None:
    log.message()
    request = log.ask("approval", log.choose(Pay()), rungs=(Rung(at=log.now, do="remind"),))
    reject(log, request)
    log.commit(RequestReminded(request=request, rung=0))
    assert "request_reminded although it is rejected" in wrong(log)


def test_those_to_whom_it_was_escalated_may_approve(log: LogBuilder) -> None:
    log.message()
    call = log.choose(Pay())
    request = log.ask("approval", call, rungs=(Rung(at=log.now, do="escalate", role="operators"),))
    log.commit(RequestEscalated(request=request, rung=0, role="operators", approvers=("zed",)))
    log.answer(request, by="zed")
    start(log, call)
    assert wrong(log) == ""


def test_a_request_that_expires_too_early(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    log.commit(RequestExpired(request=request))
    assert "expired before its time" in wrong(log)
