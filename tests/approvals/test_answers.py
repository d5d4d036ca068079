"""What an answer is worth: every reason to refuse one, and what the person who gave it is told."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.approvals.answers import Reason, Refusal, Said, judge
from bot.bodies import AnswerKind
from bot.events import Cancelled, RequestAnswered, RequestExpired, RequestWithdrawn
from bot.people import Person
from bot.steps import RequestHumanInput
from tests.builders import WEEK, LogBuilder, at, doubtful_call, waiting_call
from tests.example_steps import Pay, Post

ROLES = {"rob": {"finance"}, "sue": {"finance"}, "zed": {"finance"}, "ana": {"finance"}}


@pytest.fixture
def log() -> LogBuilder:
    return LogBuilder()


def by(name: str, answer: AnswerKind = "approve", **more: str) -> Said:
    """An answer by this person, with the roles that they have now."""
    person = Person(id=name, name=name.capitalize(), roles=frozenset(ROLES.get(name, ())), staff=True)
    return Said(person=person, proof="slack", answer=answer, option=more.get("option"), text=more.get("text", ""))


def accepted(log: LogBuilder, request: str, said: Said) -> RequestAnswered:
    found = judge(log.thread, request, said, at(log.now))
    assert isinstance(found, RequestAnswered), found
    log.append(found)
    assert log.thread.unreadable is None
    return found


def refused(log: LogBuilder, request: str, said: Said) -> tuple[Reason, str]:
    found = judge(log.thread, request, said, at(log.now))
    assert isinstance(found, Refusal), found
    return found.reason, found.text


def two_of_them(log: LogBuilder) -> str:
    log.message()
    return log.ask("approval", log.choose(Pay(amount=2)), quorum=2)


# --- accepted ------------------------------------------------------------------------------------------------------


def test_an_approver_approves(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    event = accepted(log, request, by("rob"))
    assert (event.outcome, event.by, event.proof) == ("approved", "rob", "slack")


def test_one_rejection_closes_and_keeps_its_reason(log: LogBuilder) -> None:
    request = two_of_them(log)
    event = accepted(log, request, by("rob", "reject", text="too dear"))
    assert event.outcome == "rejected"
    assert event.body is not None
    assert (event.body.text, event.body.name) == ("too dear", "Rob")


def test_a_quorum_needs_as_many_people(log: LogBuilder) -> None:
    request = two_of_them(log)
    assert accepted(log, request, by("rob")).outcome is None
    assert request in log.thread.open
    assert accepted(log, request, by("sue")).outcome == "approved"


def test_a_rejection_after_an_approval_closes_too(log: LogBuilder) -> None:
    request = two_of_them(log)
    accepted(log, request, by("rob"))
    assert accepted(log, request, by("sue", "reject")).outcome == "rejected"


def question(log: LogBuilder, form: str = "free_text", options: tuple[str, ...] = ()) -> str:
    log.message()
    call = log.choose(RequestHumanInput(question="Which?"))
    kind = "yes_no" if form == "yes_no" else "free_text"
    return log.ask("question", call, approvers=("ana",), role=None, form=kind, options=options)


def test_the_one_who_was_asked_answers_a_question_in_their_own_words(log: LogBuilder) -> None:
    request = question(log)
    assert accepted(log, request, by("ana", "say", text="the blue one")).outcome == "answered"


def test_an_approval_is_taken_while_the_thread_rests(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    log.message("hm")
    assert accepted(log, request, by("rob")).outcome == "approved"


@pytest.mark.parametrize("option", ["it_did", "run_it", "stop"])
def test_a_doubt_is_settled_by_one_of_its_options(log: LogBuilder, option: str) -> None:
    _, request = doubtful_call(log)
    assert accepted(log, request, by("rob", "choose", option=option)).outcome == "answered"


# --- refused -------------------------------------------------------------------------------------------------------


def test_an_unknown_request_is_said_to_be_unknown(log: LogBuilder) -> None:
    log.message()
    assert refused(log, "nothing", by("rob"))[0] == "unknown"


def test_a_stranger_is_told_whose_answer_it_is(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    reason, text = refused(log, request, by("stranger"))
    assert reason == "not_allowed"
    assert "the role finance" in text


def test_having_the_role_now_is_not_enough_for_someone_who_was_not_asked(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    assert refused(log, request, by("zed"))[0] == "not_allowed"


def test_who_has_lost_the_role_meanwhile_cannot_approve(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    said = Said(person=Person(id="rob", name="Rob"), proof="slack", answer="approve")
    assert refused(log, request, said)[0] == "not_allowed"


def test_requesters_cannot_approve_what_they_asked_for(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    reason, text = refused(log, request, by("ana"))
    assert reason == "requester"
    assert "yourself" in text


def test_nobody_votes_twice(log: LogBuilder) -> None:
    request = two_of_them(log)
    accepted(log, request, by("rob"))
    assert refused(log, request, by("rob"))[0] == "voted"


@pytest.mark.parametrize(("answer", "option"), [("choose", "approve"), ("say", None), ("choose", "reject")])
def test_an_approval_takes_nothing_but_yes_and_no(log: LogBuilder, answer: AnswerKind, option: str | None) -> None:
    _, request = waiting_call(log)
    said = by("rob", answer, text="approve") if option is None else by("rob", answer, option=option)
    assert refused(log, request, said)[0] == "no_such_option"


@pytest.mark.parametrize("said", [by("ana", "approve"), by("ana", "say", text=" \n"), by("ana", "choose", option="a")])
def test_an_open_question_takes_nothing_but_words(log: LogBuilder, said: Said) -> None:
    assert refused(log, question(log), said)[0] == "no_such_option"


@pytest.mark.parametrize("said", [by("ana", "approve"), by("ana", "say", text="yes"), by("ana", "choose", option="ja")])
def test_a_question_with_options_takes_one_of_them(log: LogBuilder, said: Said) -> None:
    reason, text = refused(log, question(log, "yes_no", ("yes", "no")), said)
    assert reason == "no_such_option"
    assert "yes, no" in text


def test_a_question_is_not_for_everyone(log: LogBuilder) -> None:
    reason, text = refused(log, question(log), by("rob", "say", text="red"))
    assert reason == "not_allowed"
    assert "the person who was asked" in text


# --- too late ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "word"), [("approve", "approved"), ("reject", "rejected")])
def test_the_second_is_told_who_decided_what_and_when(log: LogBuilder, answer: AnswerKind, word: str) -> None:
    _, request = waiting_call(log)
    accepted(log, request, by("rob", answer))
    reason, text = refused(log, request, by("sue"))
    assert reason == "decided"
    assert text == f"Rob {word} this already, at 2025-10-09T08:53:20Z."


def test_a_strangers_late_answer_learns_no_more_than_that_it_is_over(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    accepted(log, request, by("rob"))
    assert refused(log, request, by("stranger"))[0] == "decided"


def test_an_answer_after_the_expiry_does_not_count_even_if_nobody_has_noticed_it_yet(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    log.now += WEEK
    assert refused(log, request, by("rob"))[0] == "expired"
    log.commit(RequestExpired(request=request))
    reason, text = refused(log, request, by("rob"))
    assert reason == "expired"
    assert "Nothing was run" in text


def test_the_last_moment_is_too_late(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    log.now = log.thread.requests[request].opened.expires_at
    assert refused(log, request, by("rob"))[0] == "expired"
    log.now -= 1
    accepted(log, request, by("rob"))


def test_what_was_withdrawn_needs_no_answer(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    log.commit(RequestWithdrawn(request=request, reason="asked"))
    reason, text = refused(log, request, by("rob"))
    assert reason == "decided"
    assert "withdrawn" in text


@pytest.mark.parametrize("noticed", [False, True])
def test_after_a_cancellation_nothing_can_be_approved(log: LogBuilder, *, noticed: bool) -> None:
    _, request = waiting_call(log)
    log.append(Cancelled(by="ana"))
    if noticed:
        log.commit(RequestWithdrawn(request=request, reason="cancelled"))
    reason, text = refused(log, request, by("rob"))
    assert reason == "cancelled"
    assert "Nothing was run" in text


def test_who_had_decided_before_the_cancellation_is_still_named(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    accepted(log, request, by("rob"))
    log.append(Cancelled(by="ana"))
    assert "Rob approved" in refused(log, request, by("sue"))[1]


# --- running again after a doubt -----------------------------------------------------------------------------------


def doubt_put_to_everyone(log: LogBuilder) -> str:
    call, request = doubtful_call(log)
    log.answer(request, "run_it")
    log.start(call)
    log.doubt(call)
    return log.ask("doubt", call, approvers=("rob", "sue", "ana", "zed"))


def test_requesters_may_say_what_happened_but_not_run_it_again(log: LogBuilder) -> None:
    request = doubt_put_to_everyone(log)
    assert refused(log, request, by("ana", "choose", option="run_it"))[0] == "requester"
    accepted(log, request, by("ana", "choose", option="it_did"))


@pytest.mark.parametrize("name", ["rob", "zed"])
def test_approvers_and_operators_may_run_it_again(log: LogBuilder, name: str) -> None:
    accepted(log, doubt_put_to_everyone(log), by(name, "choose", option="run_it"))


def test_what_ran_without_asking_may_be_run_again_by_whoever_is_asked(log: LogBuilder) -> None:
    log.message()
    call = log.choose(Post())
    log.start(call)
    log.doubt(call)
    accepted(log, log.ask("doubt", call, approvers=("ana",)), by("ana", "choose", option="run_it"))


def test_a_doubt_that_outlives_a_cancellation_can_be_settled_but_runs_nothing(log: LogBuilder) -> None:
    call, before = doubtful_call(log)
    log.append(Cancelled(by="ana"))
    assert refused(log, before, by("rob", "choose", option="it_did"))[0] == "cancelled"
    request = log.ask("doubt", call)
    assert refused(log, request, by("rob", "choose", option="run_it"))[0] == "cancelled"
    accepted(log, request, by("rob", "choose", option="stop"))


# --- whatever is answered ------------------------------------------------------------------------------------------


@given(
    who=st.sampled_from(["ana", "rob", "sue", "zed", "stranger"]),
    answer=st.sampled_from(get_args(AnswerKind)),
    option=st.none() | st.sampled_from(["approve", "reject", "it_did", "run_it", "stop"]) | st.text(max_size=5),
    text=st.text(max_size=5),
)
def test_no_answer_but_an_approvers_yes_ever_approves(
    who: str, answer: AnswerKind, option: str | None, text: str
) -> None:
    log = LogBuilder()
    _, request = waiting_call(log)
    person = Person(id=who, name=who, roles=frozenset(ROLES.get(who, ())), staff=True)
    said = Said(person=person, proof="slack", answer=answer, option=option, text=text)
    found = judge(log.thread, request, said, at(log.now))
    approves = isinstance(found, RequestAnswered) and found.outcome == "approved"
    assert approves == (who in {"rob", "sue"} and answer == "approve")
