"""The event log of the page, in plain words."""

from typing import get_args

import pytest
from pydantic import JsonValue

from bot.bodies import AnswerBody, CardBody, ErrorBody, TextBody
from bot.cli.demo_rows import rows
from bot.events import (
    AnyEvent,
    Cancelled,
    Delegated,
    DelegateFinished,
    Delivered,
    DeliveryFailed,
    Feedback,
    Granted,
    GrantRevoked,
    Parked,
    Paused,
    Prefetched,
    Refused,
    RequestAnswered,
    RequestEscalated,
    RequestExpired,
    RequestReminded,
    RequestShown,
    RequestWithdrawn,
    Resumed,
    StepStarted,
    Unparked,
)
from bot.playground.page.models import Row
from tests.builders import LogBuilder, approved_call, doubtful_call, waiting_call
from tests.example_steps import Pay, Post


def shown(log: LogBuilder) -> list[Row]:
    return rows(log.entries, str.capitalize)


def last(log: LogBuilder) -> str:
    row = shown(log)[-1]
    return f"{row.who} {row.words}"


def test_an_approved_payment_reads_as_a_story() -> None:
    log = LogBuilder()
    call = approved_call(log, Pay())
    log.start(call)
    log.finish(call)
    log.say("Paid.", final=True)
    story = [f"{row.who} {row.words.partition(':')[0]}" for row in shown(log)]
    assert story == [
        "Ana wrote",
        "Countersign chose",
        "Countersign asked Rob or Sue to approve",
        "Rob approved",
        "Countersign started",
        "Countersign finished",
        "Countersign replied, and is done",
    ]


def test_later_rows_name_the_step_that_they_are_about() -> None:
    log = LogBuilder()
    call = approved_call(log, Pay())
    log.start(call)
    chosen, started = shown(log)[1].words, shown(log)[-1].words
    step = started.removeprefix("started: ")
    assert step.startswith("pay ")
    assert step in chosen


def test_what_was_said_stands_in_quotation_marks() -> None:
    log = LogBuilder()
    log.message("please hurry")
    assert shown(log)[0].more == "“please hurry”"


def test_a_doubt_says_why_and_whom_it_asks() -> None:
    log = LogBuilder()
    doubtful_call(log)
    doubt, asked = shown(log)[-2:]
    assert doubt.more == "The tool broke off with an error."
    assert "asked Rob or Sue whether this happened" in asked.words


def test_asking_again_shows_the_difference() -> None:
    log = LogBuilder()
    call = approved_call(log)
    changed: dict[str, list[JsonValue]] = {"commit": ["a" * 40, "b" * 40], "balance": [1, 2]}
    log.ask("approval", call, body=CardBody(title="Pay", changed=changed))
    assert shown(log)[-1].more == "Asked again: commit was aaaaaaa, is bbbbbbb, balance was 1, is 2."


def test_an_entry_that_cannot_be_read_is_shown_as_such() -> None:
    log = LogBuilder()
    log.message()
    broken = rows([*log.entries, b'{"type":"from_the_future"}\n'], str)[-1]
    assert (broken.type, broken.tone) == ("unreadable", "bad")
    assert "from_the_future" in str(broken.details)


def test_details_are_the_stored_event() -> None:
    log = LogBuilder()
    log.message("please")
    body = shown(log)[0].details["body"]
    assert isinstance(body, dict)
    assert body["text"] == "please"


def test_every_type_of_event_has_words() -> None:
    log = LogBuilder()
    call, request = waiting_call(log)
    log.answer(request, "reject")
    log.late(call)
    log.model_failed()
    log.hand_off("support")
    log.answer(log.ask("question"), "later")
    log.ask("stuck")
    log.fail(log.choose(Pay()))
    doubtful_call(log)
    log.start(call)
    log.finish(call)
    log.say()
    for event in (
        Prefetched(agent="deploy"),
        Paused(by="rob"),
        Resumed(by="rob"),
        Parked(body=TextBody(text="too often")),
        Unparked(by="rob"),
        Delivered(delivery="d", channel="slack", foreign="C/1"),
        DeliveryFailed(delivery="d", channel="slack", body=ErrorBody(error="gone")),
        Refused(by="zed", reason="not_allowed", request=request),
        Feedback(by="ana", call=call, value="up"),
        RequestShown(request=request, instead_of="d", cards=()),
        RequestReminded(request=request, rung=0),
        RequestEscalated(request=request, rung=1, role="finance", approvers=("bo",)),
        Granted(
            by="rob",
            grant="g",
            request=request,
            agent="deploy",
            step="pay",
            call_hash="h",
            facts="f",
            role="r",
            until=1,
        ),
        GrantRevoked(by="rob", grant="g"),
        Delegated(call=call, child="00-1", agent="support"),
        DelegateFinished(child="00-1", outcome="done"),
        RequestExpired(request=request),
        RequestWithdrawn(request=request, reason="asked"),
        Cancelled(by="rob"),
    ):
        log.append(event)
    made = shown(log)
    assert {row.type for row in made} == {get_args(kind.model_fields["type"].annotation)[0] for kind in _types()}
    assert [row for row in made if not (row.glyph and row.words and row.who)] == []


@pytest.mark.parametrize(
    ("reason", "words"), [("not_allowed", "may not decide this"), ("decided", "it was decided already")]
)
def test_a_refusal_says_what_for(reason: str, words: str) -> None:
    log = LogBuilder()
    log.message()
    log.append(Refused(by="zed", reason=reason))
    assert last(log) == f"Zed was refused: {words}"


def test_a_sender_whom_nobody_vouches_for_is_told_apart() -> None:
    log = LogBuilder()
    log.message(by="unproven:email:kim@example.test")
    row = shown(log)[-1]
    assert (row.tone, row.words) == ("bad", "seems to have written, but nothing proves that it was them")


def test_sentences_among_the_arguments_stay_out_of_the_words() -> None:
    log = LogBuilder()
    log.message()
    log.choose(Post(text="short"))
    log.choose(Post(text="She does not want it any more, she says."))
    assert [row.words.partition(";")[0] for row in shown(log)[1:]] == ["chose: post short", "chose: post"]


def _types() -> tuple[type[AnyEvent], ...]:
    union, *_ = get_args(AnyEvent)
    return get_args(union)


def test_an_edit_says_what_was_and_what_is() -> None:
    log = LogBuilder()
    _, request = waiting_call(log)
    changes: dict[str, list[JsonValue]] = {"amount": [120, 90]}
    body = AnswerBody(name="Rob", changes=changes)
    log.append(RequestAnswered(by="rob", request=request, answer="edit", outcome="edited", proof="slack", body=body))
    assert (last(log), shown(log)[-1].more) == ("Rob changed it, so it is asked again", "amount was 120, is 90")


def test_after_an_edit_rows_name_what_was_made_of_the_call() -> None:
    log = LogBuilder()
    call, request = waiting_call(log)
    body = AnswerBody(name="Rob", arguments={"amount": 90})
    log.append(RequestAnswered(by="rob", request=request, answer="edit", outcome="edited", proof="slack", body=body))
    log.append(StepStarted(call=call, attempt=1))
    assert last(log) == "Countersign started: pay 90"


def test_a_question_of_those_who_decide_is_no_answer() -> None:
    log = LogBuilder()
    _, request = waiting_call(log)
    body = AnswerBody(name="Rob", text="What for?")
    log.append(RequestAnswered(by="rob", request=request, answer="say", proof="email:dkim", body=body))
    assert (last(log), shown(log)[-1].more) == ("Rob asked the agent something by mail first", "“What for?”")


def test_when_all_who_are_asked_have_to_approve_they_are_named_with_and() -> None:
    log = LogBuilder()
    log.message()
    log.ask("approval", log.choose(Pay()), quorum=2)
    assert "asked Rob and Sue to approve" in last(log)


def test_what_runs_by_a_permission_says_so() -> None:
    log = LogBuilder()
    log.message()
    call = log.choose(Pay())
    log.append(StepStarted(call=call, attempt=1, grant="g"))
    assert "without asking: it has leave to" in last(log)
