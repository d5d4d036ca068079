"""What is done next when the agent does not come forward by itself."""

import pytest

from bot.events import RequestExpired, RequestWithdrawn
from bot.moves import Ask, Close, Decide, Perform, Rest, Say, Wait
from bot.steps import KeepWaiting, Reply, Run
from tests.builders import LogBuilder, doubtful_call, waiting_call
from tests.example_steps import LookUp, Pay, Post


@pytest.fixture
def log() -> LogBuilder:
    return LogBuilder()


def test_three_failures_in_a_row_ask_a_person(log: LogBuilder) -> None:
    log.message()
    for _ in range(3):
        assert log.move == Decide("free")
        log.fail(log.choose(LookUp()))
    assert log.move == Ask("stuck", reason="3 steps failed in a row")


def test_a_corrective_retry_and_then_a_person(log: LogBuilder) -> None:
    log.message()
    log.model_failed()
    assert log.move == Decide("free")
    log.model_failed()
    assert isinstance(log.move, Ask)


def test_a_valid_step_makes_good_for_an_invalid_one(log: LogBuilder) -> None:
    log.message()
    log.model_failed()
    log.finish(log.choose(LookUp()))
    log.model_failed()
    assert log.move == Decide("free")


def test_what_people_turn_down_or_leave_is_no_failure_of_the_agent(log: LogBuilder) -> None:
    log.message()
    for number in range(3):
        request = log.ask("approval", log.choose(Pay(amount=number)))
        if number:
            log.answer(request, "reject")
        else:
            log.commit(RequestExpired(request=request))
    assert log.move == Decide("free")


def test_what_people_stop_after_a_doubt_is_no_failure_of_the_agent(log: LogBuilder) -> None:
    log.message()
    for number in range(3):
        call = log.choose(Post(text=str(number)), policy=Run())
        log.start(call)
        log.doubt(call)
        log.answer(log.ask("doubt", call), "stop")
    assert log.move == Decide("free")


def test_a_late_failure_counts_as_one(log: LogBuilder) -> None:
    log.message()
    for number in range(3):
        call = log.choose(Post(text=str(number)), policy=Run())
        log.start(call)
        log.late(call, "failed")
    assert isinstance(log.move, Ask)


def test_while_operators_look_the_open_request_still_expires_in_time(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    log.message("hm")
    log.model_failed("refusal")
    log.ask("stuck")
    assert log.move == Wait(log.thread.requests[request].opened.expires_at)


def test_the_step_limit_asks_a_person_and_going_on_gives_as_many_again(log: LogBuilder) -> None:
    log.message()
    for _ in range(2):
        log.finish(log.choose(LookUp(), limits=2))
    assert isinstance(log.move, Ask)
    log.answer(log.ask("stuck"), "go_on")
    assert log.move == Decide("free")


def test_a_hand_off_at_the_limit_of_one_agent_lets_the_other_begin(log: LogBuilder) -> None:
    log.message()
    log.choose(Reply(message="."), limits=1)
    log.hand_off("other")
    assert log.move == Decide("free")


def test_handing_to_and_fro_ends(log: LogBuilder) -> None:
    log.message()
    for turn in range(100):
        if log.move != Decide("free"):
            break
        log.choose(Reply(message="."), limits=4 if turn % 2 else 30)
        log.hand_off(f"agent{turn % 2}")
    assert isinstance(log.move, Ask)


def test_while_waiting_a_model_without_ideas_is_not_taken_for_a_person(log: LogBuilder) -> None:
    call, request = waiting_call(log)
    log.message("hm")
    log.model_failed()
    log.model_failed()
    assert log.move == Say("still_waiting")
    log.say()
    assert isinstance(log.move, Wait)
    log.answer(request)
    assert log.move == Perform(call)
    log.start(call)
    log.finish(call)
    assert log.move == Decide("free")


def test_a_model_that_can_be_tried_later_is_tried_later(log: LogBuilder) -> None:
    log.message()
    log.model_failed("overloaded", retry_at=log.now + 5_000_000)
    assert log.move == Wait(log.thread.retry_at)
    log.now += 6_000_000
    assert log.move == Decide("free")


def test_a_request_that_expires_before_the_next_try_is_closed_in_time(log: LogBuilder) -> None:
    log.message()
    call = log.choose(Pay())
    request = log.ask("approval", call, expires_in=1_000_000)
    log.message()
    log.model_failed("overloaded", retry_at=log.now + 300_000_000)
    assert log.move == Wait(log.thread.requests[request].opened.expires_at)


def test_going_on_after_the_model_was_away_tries_it_at_once_and_as_often_again(log: LogBuilder) -> None:
    log.message()
    for _ in range(10):
        log.model_failed("overloaded", retry_at=log.now)
    log.model_failed("overloaded")
    assert log.move == Ask("stuck", reason="the model could not be asked: overloaded")
    log.answer(log.ask("stuck"), "go_on")
    assert log.move == Decide("free")
    assert log.thread.model_failures == 0


def test_a_stopped_thread_says_so_and_rests(log: LogBuilder) -> None:
    log.message()
    log.model_failed("refusal")
    log.answer(log.ask("stuck"), "stop")
    assert log.move == Say("stopped")
    log.say(final=True)
    assert log.move == Rest()


def test_a_message_after_a_stop_begins_anew(log: LogBuilder) -> None:
    log.message()
    log.model_failed("refusal")
    log.answer(log.ask("stuck"), "stop")
    log.say(final=True)
    log.message()
    assert log.move == Decide("free")


def test_a_message_that_overtakes_the_word_stopped_is_not_swallowed_by_it(log: LogBuilder) -> None:
    log.message(by="bo")
    log.model_failed("refusal")
    log.answer(log.ask("stuck"), "stop")
    log.message("something else")
    assert log.move == Decide("free")
    assert log.thread.requesters(log.version) == ("ana",)


def test_stopping_takes_back_what_was_waited_for(log: LogBuilder) -> None:
    call, request = waiting_call(log)
    log.message("hm")
    log.model_failed("refusal")
    assert log.move == Ask("stuck", reason="the model could not be asked: refusal")
    log.answer(log.ask("stuck"), "stop")
    assert log.move == Close(request, "resolved")
    log.commit(RequestWithdrawn(request=request, reason="resolved"))
    assert log.move == Say("stopped")
    log.say(final=True)
    assert (log.move, log.thread.status) == (Rest(), "done")
    assert log.thread.calls[call].over


def test_stopping_does_not_hide_a_doubt(log: LogBuilder) -> None:
    call, request = doubtful_call(log)
    log.message("hm")
    log.model_failed("refusal")
    log.answer(log.ask("stuck"), "stop")
    assert isinstance(log.move, Wait)
    assert request in log.thread.open
    assert not log.thread.calls[call].over
    log.answer(request, "it_did")
    assert log.move == Say("stopped")


def test_what_is_run_again_after_a_stop_is_reported(log: LogBuilder) -> None:
    call, request = doubtful_call(log)
    log.message("hm")
    log.model_failed("refusal")
    log.answer(log.ask("stuck"), "stop")
    log.answer(request, "run_it")
    assert log.move == Decide("ready")
    log.choose(KeepWaiting())
    assert log.move == Perform(call)
    log.start(call)
    log.finish(call)
    assert log.move == Decide("free")
