"""Guards: what code refuses, whatever the model says."""

import pytest

from bot import steps as s
from bot.events import RequestExpired
from bot.guards import Allowed, denial
from bot.moves import Mode
from bot.steps import Run
from tests.builders import LogBuilder, approved_call, doubtful_call, waiting_call
from tests.example_steps import LookUp, Pay, Post

ALLOWED = Allowed({"deploy": True, "shop": True, "closed": False})
PENDING: tuple[Mode, ...] = ("waiting", "ready")


@pytest.fixture
def log() -> LogBuilder:
    return LogBuilder()


def said(log: LogBuilder, step: s.Step, mode: Mode = "free") -> str:
    """Why it is refused; empty if it is not."""
    return denial(log.thread, step, mode, ALLOWED) or ""


def rejected(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    log.answer(request, "reject")


# --- the same again ------------------------------------------------------------------------------------------------


def test_the_same_query_without_news_is_refused(log: LogBuilder) -> None:
    log.message()
    log.finish(log.choose(LookUp()))
    assert "already" in said(log, LookUp())
    assert said(log, LookUp(what="y")) == ""


def test_after_a_new_message_the_same_query_is_asked_again(log: LogBuilder) -> None:
    log.message()
    log.finish(log.choose(LookUp()))
    log.message()
    assert said(log, LookUp()) == ""


def test_an_action_that_ran_is_news_for_a_query_but_not_for_itself(log: LogBuilder) -> None:
    log.message()
    log.finish(log.choose(LookUp()))
    call = log.choose(Post(), policy=Run())
    log.start(call)
    log.finish(call)
    assert said(log, LookUp()) == ""
    assert "already" in said(log, Post())


def test_an_action_that_is_said_to_have_happened_is_not_made_again(log: LogBuilder) -> None:
    _, request = doubtful_call(log)
    log.answer(request, "it_did")
    assert "already" in said(log, Pay())


def test_a_step_that_failed_may_be_tried_again(log: LogBuilder) -> None:
    log.message()
    log.fail(log.choose(LookUp()))
    assert said(log, LookUp()) == ""


def test_an_answered_question_is_news(log: LogBuilder) -> None:
    log.message()
    log.finish(log.choose(LookUp()))
    call = log.choose(s.RequestHumanInput(question="Which?"))
    log.answer(log.ask("question", call, approvers=("ana",), role=None), "blue", by="ana")
    assert said(log, LookUp()) == ""


def test_the_call_that_was_rejected_is_refused_until_somebody_writes(log: LogBuilder) -> None:
    rejected(log)
    assert "rejected" in said(log, Pay())
    assert said(log, Pay(amount=2)) == ""
    log.message("do it after all")
    assert said(log, Pay()) == ""


def test_the_call_whose_doubt_was_stopped_is_refused_even_if_policy_lets_it_run(log: LogBuilder) -> None:
    log.message()
    call = log.choose(Post(), policy=Run())
    log.start(call)
    log.doubt(call)
    log.answer(log.ask("doubt", call), "stop")
    assert "rejected" in said(log, Post())


def test_what_finished_late_after_a_stop_is_not_made_again(log: LogBuilder) -> None:
    call, request = doubtful_call(log)
    log.answer(request, "stop")
    log.message("try again")
    log.late(call)
    assert "already" in said(log, Pay())


def test_after_an_expiry_it_may_be_asked_again(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    log.commit(RequestExpired(request=request))
    assert said(log, Pay()) == ""


# --- while something is pending ------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", PENDING)
@pytest.mark.parametrize(
    "step",
    [Pay(amount=2), Post(), s.DoneForNow(message="x"), s.RequestHumanInput(question="x"), s.HandOff(agent="shop")],
)
def test_while_something_is_pending_nothing_new_is_begun(log: LogBuilder, mode: Mode, step: s.Step) -> None:
    waiting_call(log)
    log.message()
    assert "only queries" in said(log, step, mode)


@pytest.mark.parametrize("mode", PENDING)
@pytest.mark.parametrize("step", [LookUp(), s.Reply(message="x"), s.KeepWaiting()])
def test_while_something_is_pending_one_may_look_and_talk(log: LogBuilder, mode: Mode, step: s.Step) -> None:
    waiting_call(log)
    log.message()
    assert said(log, step, mode) == ""


def test_while_something_is_pending_the_same_query_is_refused_too(log: LogBuilder) -> None:
    waiting_call(log)
    log.message()
    log.finish(log.choose(LookUp()))
    assert "already" in said(log, LookUp(), "waiting")


@pytest.mark.parametrize("step", [s.KeepWaiting(), s.Withdraw()])
def test_when_nothing_is_open_there_is_nothing_to_wait_for_or_withdraw(log: LogBuilder, step: s.Step) -> None:
    log.message()
    assert "Nothing is open" in said(log, step)


# --- withdraw ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "may"), [("ana", True), ("rob", True), ("sue", True), ("zed", False)])
def test_only_requesters_and_approvers_have_a_request_withdrawn(log: LogBuilder, who: str, *, may: bool) -> None:
    waiting_call(log)
    log.message("forget it", by=who)
    assert (said(log, s.Withdraw(), "waiting") == "") == may


def test_one_of_several_who_wrote_is_enough(log: LogBuilder) -> None:
    waiting_call(log)
    log.message("hm", by="zed")
    log.message("forget it", by="ana")
    assert said(log, s.Withdraw(), "waiting") == ""


def test_a_word_that_was_heard_before_does_not_let_a_stranger_withdraw(log: LogBuilder) -> None:
    waiting_call(log)
    log.message("hurry", by="ana")
    log.choose(s.KeepWaiting())
    log.message("forget it", by="zed")
    assert said(log, s.Withdraw(), "waiting") != ""


def test_whoever_joins_after_the_choice_is_no_requester_of_it(log: LogBuilder) -> None:
    waiting_call(log)
    log.message("me too", by="zed")
    log.choose(s.KeepWaiting())
    log.message("forget it", by="zed")
    assert said(log, s.Withdraw(), "waiting") != ""


@pytest.mark.parametrize(("who", "may"), [("ana", True), ("rob", True), ("zed", False)])
def test_the_same_people_withdraw_between_approval_and_start(log: LogBuilder, who: str, *, may: bool) -> None:
    approved_call(log)
    log.message("forget it", by=who)
    assert (said(log, s.Withdraw(), "ready") == "") == may


def test_a_doubt_cannot_be_withdrawn(log: LogBuilder) -> None:
    doubtful_call(log)
    log.message("forget it")
    assert "must be settled" in said(log, s.Withdraw(), "waiting")


# --- questions and hand-offs ---------------------------------------------------------------------------------------


def test_a_question_whose_options_do_not_fit_is_refused(log: LogBuilder) -> None:
    log.message()
    options = s.Options(format="multiple_choice", choices=("a",))
    assert "two to ten" in said(log, s.RequestHumanInput(question="?", options=options))


@pytest.mark.parametrize(
    ("agent", "reason"),
    [
        ("shop", ""),
        ("deploy", "The thread is with deploy already."),
        ("closed", "The agent closed does not take requests from the person this thread is for."),
        ("nobody", "There is no agent 'nobody'. The agents are: closed, deploy, shop."),
    ],
)
def test_a_thread_is_handed_only_to_an_agent_that_takes_it(log: LogBuilder, agent: str, reason: str) -> None:
    log.message()
    assert said(log, s.HandOff(agent=agent)) == reason
