"""What is done next when it is not known whether an action happened, and when a result comes late."""

import pytest

from bot.events import RequestWithdrawn
from bot.moves import Ask, Check, Close, Decide, Doubt, Perform
from bot.steps import KeepWaiting
from tests.builders import LogBuilder, approved_call, doubtful_call
from tests.example_steps import Fire, LookUp, Sync


@pytest.fixture
def log() -> LogBuilder:
    return LogBuilder()


def test_an_action_that_was_started_and_not_finished_is_in_doubt_and_asked_about(log: LogBuilder) -> None:
    call = approved_call(log)
    log.start(call)
    assert log.move == Doubt(call)
    log.doubt(call, "worker_lost")
    assert log.move == Ask("doubt", call)


def test_a_message_does_not_make_a_doubt_go_away(log: LogBuilder) -> None:
    call = approved_call(log)
    log.start(call)
    log.message("hello?")
    assert log.move == Doubt(call)


def test_a_step_that_can_look_is_asked_before_any_person(log: LogBuilder) -> None:
    call = approved_call(log, Fire())
    log.start(call)
    log.doubt(call)
    assert log.move == Check(call)
    log.doubt(call, "unclear")
    assert log.move == Ask("doubt", call)


def test_an_idempotent_action_whose_worker_was_lost_runs_again(log: LogBuilder) -> None:
    call = approved_call(log, Sync())
    log.start(call)
    assert log.move == Perform(call)


def test_an_idempotent_action_in_doubt_runs_again_but_not_for_ever(log: LogBuilder) -> None:
    call = approved_call(log, Sync())
    attempts = 0
    while log.move == Perform(call):
        log.start(call)
        log.doubt(call, "timed_out")
        attempts += 1
    assert attempts == 3
    assert log.move == Ask("doubt", call)


def test_during_a_doubt_a_message_may_be_answered_and_the_doubt_stays(log: LogBuilder) -> None:
    call, request = doubtful_call(log)
    log.message("and?")
    assert log.move == Decide("waiting")
    query = log.choose(LookUp())
    log.answer(request, "run_it")
    assert log.move == Perform(query)
    log.finish(query)
    log.choose(KeepWaiting())
    assert log.move == Perform(call)


def test_a_doubt_that_is_said_to_have_happened_is_over(log: LogBuilder) -> None:
    call, request = doubtful_call(log)
    log.answer(request, "it_did")
    assert log.thread.calls[call].progress == "finished"
    assert log.move == Decide("free")


def test_a_doubt_that_is_stopped_is_over_and_counts_as_a_no(log: LogBuilder) -> None:
    call, request = doubtful_call(log)
    log.answer(request, "stop")
    chosen = log.thread.calls[call].chosen
    assert log.move == Decide("free")
    assert chosen.call_hash in log.thread.rejected


def test_an_attempt_that_was_allowed_after_a_doubt_serves_once(log: LogBuilder) -> None:
    call, request = doubtful_call(log)
    log.answer(request, "run_it")
    assert log.move == Perform(call)
    log.start(call)
    assert not log.thread.calls[call].approved
    assert log.move == Doubt(call)


def test_a_late_result_settles_an_open_doubt(log: LogBuilder) -> None:
    call, request = doubtful_call(log)
    log.late(call)
    assert log.move == Close(request, "resolved")
    log.commit(RequestWithdrawn(request=request, reason="resolved"))
    assert log.thread.calls[call].progress == "finished"
    assert log.move == Decide("free")


def test_a_doubt_that_overlaps_with_a_late_result_does_not_undo_it(log: LogBuilder) -> None:
    call = approved_call(log)
    log.start(call)
    basis = log.version
    log.late(call)
    events = log.version
    log.doubt(call, "worker_lost")
    assert log.version == events + 1
    assert basis < events
    assert log.thread.calls[call].progress == "finished"
    assert log.move == Decide("free")


def test_a_late_word_of_doubt_is_a_doubt(log: LogBuilder) -> None:
    call = approved_call(log)
    log.start(call)
    log.late(call, "in_doubt")
    assert log.move == Ask("doubt", call)


def test_a_late_success_keeps_an_allowed_second_attempt_from_starting(log: LogBuilder) -> None:
    call, request = doubtful_call(log)
    log.answer(request, "run_it")
    log.late(call)
    assert log.thread.calls[call].progress == "finished"
    assert log.move == Decide("free")


@pytest.mark.parametrize("outcome", ["failed", "in_doubt"])
def test_other_late_results_leave_the_decision_to_run_it_again_in_force(log: LogBuilder, outcome: str) -> None:
    call, request = doubtful_call(log)
    log.answer(request, "run_it")
    log.late(call, "failed" if outcome == "failed" else "in_doubt")
    assert log.move == Perform(call)


@pytest.mark.parametrize("outcome", ["finished", "failed"])
def test_the_first_attempts_late_result_says_nothing_of_the_second(log: LogBuilder, outcome: str) -> None:
    call, request = doubtful_call(log)
    log.answer(request, "run_it")
    log.start(call)
    log.late(call, "failed" if outcome == "failed" else "finished")
    assert log.move == Doubt(call)


def test_a_late_failure_of_one_of_two_attempts_leaves_the_doubt(log: LogBuilder) -> None:
    call, request = doubtful_call(log)
    log.answer(request, "run_it")
    log.start(call)
    log.doubt(call)
    again = log.ask("doubt", call)
    log.late(call, "failed")
    assert again in log.thread.open
    assert not log.thread.calls[call].over


def test_a_late_success_after_a_stop_is_known_to_the_repeat_guard(log: LogBuilder) -> None:
    call, request = doubtful_call(log)
    log.answer(request, "stop")
    log.late(call)
    chosen = log.thread.calls[call].chosen
    assert log.thread.finished[chosen.call_hash] == log.version - 1
