"""What is done next: the plain way, messages while something is pending, and threads that a person stopped."""

import pytest

from bot.events import Cancelled, Parked, Paused, Replied, RequestExpired, RequestWithdrawn, Resumed, Unparked
from bot.moves import Ask, Close, Decide, Doubt, Perform, Rest, Wait
from bot.steps import DoneForNow, KeepWaiting, Reply, RequestHumanInput, Run, Withdraw
from tests.builders import WEEK, LogBuilder, approved_call, doubtful_call, waiting_call
from tests.example_steps import LookUp, Pay, Post, Sync


@pytest.fixture
def log() -> LogBuilder:
    return LogBuilder()


def test_a_message_is_decided_about(log: LogBuilder) -> None:
    log.message()
    assert log.move == Decide("free")


def test_a_thread_without_a_message_rests(log: LogBuilder) -> None:
    assert log.move == Rest()


def test_a_query_runs_at_once_and_goes_back_to_the_model(log: LogBuilder) -> None:
    log.message()
    call = log.choose(LookUp())
    assert log.move == Perform(call)
    log.finish(call)
    assert log.move == Decide("free")


def test_an_action_that_policy_lets_run_runs(log: LogBuilder) -> None:
    log.message()
    call = log.choose(Post(), policy=Run())
    assert log.move == Perform(call)


def test_an_action_that_asks_is_asked_waited_for_and_run(log: LogBuilder) -> None:
    log.message()
    call = log.choose(Pay())
    assert log.move == Ask("approval", call)
    request = log.ask("approval", call)
    assert log.move == Wait(log.thread.requests[request].opened.expires_at)
    log.answer(request)
    assert log.move == Perform(call)


def test_after_the_last_word_the_thread_rests_until_somebody_writes(log: LogBuilder) -> None:
    log.message()
    log.choose(DoneForNow(message="ok"), follow=[Replied(final=True)])
    assert (log.move, log.thread.status) == (Rest(), "done")
    log.message()
    assert (log.move, log.thread.status) == (Decide("free"), "ready")


def test_a_message_while_waiting_gets_a_decision_and_then_it_waits_on(log: LogBuilder) -> None:
    waiting_call(log)
    log.message("hurry")
    assert log.move == Decide("waiting")
    log.choose(KeepWaiting())
    assert isinstance(log.move, Wait)


def test_when_it_is_asked_again_the_approval_before_no_longer_counts(log: LogBuilder) -> None:
    call = approved_call(log)
    again = log.ask("approval", call)
    assert not log.thread.calls[call].approved
    assert isinstance(log.move, Wait)
    log.answer(again, by="sue")
    assert log.move == Perform(call)


def test_a_message_between_approval_and_start_gets_a_decision(log: LogBuilder) -> None:
    call = approved_call(log)
    log.message("wait!")
    assert log.move == Decide("ready")
    log.choose(KeepWaiting())
    assert log.move == Perform(call)


def test_a_message_that_overtook_a_reply_is_still_decided_about(log: LogBuilder) -> None:
    log.message()
    basis = log.version
    log.message("and this")
    log.choose(Reply(message="hm"), follow=[Replied()], basis=basis)
    assert log.move == Decide("free")
    assert log.thread.unattended


def test_what_is_withdrawn_before_its_start_never_runs(log: LogBuilder) -> None:
    call = approved_call(log)
    log.message("no, do not")
    log.choose(Withdraw())
    log.fail(call, "withdrawn")
    assert log.move == Decide("free")


def test_a_request_that_is_withdrawn_is_not_waited_for(log: LogBuilder) -> None:
    call, request = waiting_call(log)
    log.message("no, do not")
    log.choose(Withdraw(), follow=[RequestWithdrawn(request=request, reason="asked")])
    assert log.thread.calls[call].over
    assert log.move == Decide("free")


def test_an_approval_during_a_query_is_run_after_the_query_and_after_the_message(log: LogBuilder) -> None:
    call, request = waiting_call(log)
    log.message("what does it cost?")
    query = log.choose(LookUp())
    log.answer(request)
    assert log.move == Perform(query)
    log.finish(query)
    assert log.move == Decide("ready")
    log.choose(KeepWaiting())
    assert log.move == Perform(call)


def test_a_rejection_during_a_query_leaves_only_the_query(log: LogBuilder) -> None:
    call, request = waiting_call(log)
    log.message("what does it cost?")
    query = log.choose(LookUp())
    log.answer(request, "reject")
    log.finish(query)
    assert log.thread.calls[call].over
    assert log.move == Decide("free")


def test_a_request_that_expires_during_a_query_is_closed_and_never_runs(log: LogBuilder) -> None:
    call, request = waiting_call(log)
    log.message("what does it cost?")
    query = log.choose(LookUp())
    log.now += WEEK
    assert log.move == Close(request, "expired")
    log.commit(RequestExpired(request=request))
    assert log.move == Perform(query)
    log.finish(query)
    assert log.thread.calls[call].progress == "failed"
    assert log.move == Decide("free")


def test_a_question_answered_while_a_message_waits_leaves_the_message_to_be_decided(log: LogBuilder) -> None:
    log.message()
    call = log.choose(RequestHumanInput(question="Which?"))
    assert log.move == Ask("question", call)
    request = log.ask("question", call, approvers=("ana",), role=None)
    log.message("by the way", by="bo")
    log.answer(request, "the blue one", by="ana")
    assert log.thread.unattended
    assert log.move == Decide("free")


def test_a_paused_thread_rests_whatever_happens(log: LogBuilder) -> None:
    call, request = waiting_call(log)
    log.append(Paused(by="rob"))
    log.answer(request)
    log.message()
    log.now += WEEK
    assert log.move == Rest()
    log.append(Resumed(by="rob"))
    assert log.move == Decide("ready")
    log.choose(KeepWaiting())
    assert log.move == Perform(call)


@pytest.mark.parametrize("stop", [Paused(by="rob"), Parked(by="bot")])
def test_either_alone_makes_it_rest(log: LogBuilder, stop: Paused | Parked) -> None:
    log.message()
    log.append(stop)
    assert log.move == Rest()
    assert log.thread.status == stop.type


@pytest.mark.parametrize("order", [Resumed(by="rob"), Unparked(by="rob")])
def test_whoever_lets_it_go_on_ends_both_a_pause_and_a_parking(log: LogBuilder, order: Resumed | Unparked) -> None:
    log.message()
    log.append(Paused(by="rob"))
    log.append(Parked(by="bot"))
    assert log.move == Rest()
    log.append(order)
    assert log.move == Decide("free")


@pytest.mark.parametrize("before", [None, Paused(by="rob"), Parked(by="bot")])
def test_a_cancelled_thread_takes_its_requests_back_and_nothing_runs(
    log: LogBuilder, before: Paused | Parked | None
) -> None:
    call, request = waiting_call(log)
    log.append(*([before] if before else []), Cancelled(by="ana"))
    assert log.move == Close(request, "cancelled")
    log.commit(RequestWithdrawn(request=request, reason="cancelled"))
    assert log.move == Rest()
    log.message()
    assert log.move == Rest()
    assert log.thread.calls[call].over


def test_a_query_that_overtook_a_cancellation_does_not_run(log: LogBuilder) -> None:
    log.message()
    basis = log.version
    log.append(Cancelled(by="ana"))
    log.choose(LookUp(), basis=basis)
    assert log.move == Rest()


def test_an_approved_call_does_not_run_once_cancelled(log: LogBuilder) -> None:
    approved_call(log)
    log.append(Cancelled(by="ana"))
    assert log.move == Rest()


@pytest.mark.parametrize("step", [Pay(), Sync()])
def test_what_had_started_before_the_cancellation_is_asked_about_and_not_run_again(
    log: LogBuilder, step: Pay | Sync
) -> None:
    call = approved_call(log, step)
    log.start(call)
    log.append(Cancelled(by="ana"))
    assert log.move == Doubt(call)
    log.doubt(call, "worker_lost")
    assert log.move == Ask("doubt", call)
    request = log.ask("doubt", call)
    assert isinstance(log.move, Wait)
    log.answer(request, "it_did")
    assert log.move == Rest()


def test_a_doubt_that_was_open_at_the_cancellation_is_asked_anew(log: LogBuilder) -> None:
    call, request = doubtful_call(log)
    log.append(Cancelled(by="ana"))
    assert log.move == Close(request, "cancelled")
    log.commit(RequestWithdrawn(request=request, reason="cancelled"))
    assert log.thread.calls[call].progress == "in_doubt"
    assert log.move == Ask("doubt", call)
    again = log.ask("doubt", call)
    assert isinstance(log.move, Wait)
    log.answer(again, "run_it")
    assert log.move == Rest()
