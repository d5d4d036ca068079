"""Figures from logs: each thing is counted once, for the agent that had the thread, and only in the span asked for."""

import pytest

from bot import events as e
from bot.bodies import TextBody
from bot.stats import Stats, collect, total
from bot.steps import DoneForNow
from tests.audit.logs import every_event
from tests.builders import LogBuilder
from tests.example_steps import LookUp, Pay

SECOND = 1_000_000


def answered(log: LogBuilder | None = None, *, after_s: int = 4) -> tuple[LogBuilder, str]:
    """A turn that looks something up and is answered so many seconds after its message."""
    log = log or LogBuilder()
    log.message()
    log.finish(log.choose(LookUp()))
    log.now += after_s * SECOND
    call = f"c{log.version}"
    return log, log.choose(DoneForNow(message="x"), follow=[e.Replied(call=call, final=True, body=TextBody(text="x"))])


def of(log: LogBuilder, since: int = 0) -> Stats:
    return total(collect([log.thread], since))


def test_a_thread_its_turns_and_its_steps_are_counted_once() -> None:
    log, _ = answered()
    answered(log)
    log.message("and again")
    found = of(log)
    assert (found.threads, found.turns, found.steps) == (1, 3, 4)


def test_the_time_to_an_answer_is_the_median_over_turns() -> None:
    log, _ = answered(after_s=4)
    answered(log, after_s=10)
    answered(log, after_s=6)
    assert of(log).as_json()["answer_s"] == pytest.approx(6, abs=0.1)


def test_without_an_answer_there_is_no_median() -> None:
    log = LogBuilder()
    log.message()
    assert of(log).as_json()["answer_s"] is None


def test_a_request_counts_once_by_its_outcome_and_by_how_long_people_took() -> None:
    log = LogBuilder()
    log.message()
    request = log.ask("approval", log.choose(Pay()), quorum=2, approvers=("rob", "sue"))
    log.answer(request, vote=True)
    log.now += 9 * SECOND
    log.answer(request, by="sue")
    found = of(log)
    assert (found.requests, dict(found.outcomes)) == (1, {"approved": 1})
    assert found.as_json()["decision_s"] == pytest.approx(9, abs=0.1)


def test_an_open_request_is_counted_as_open_and_took_no_time() -> None:
    log = LogBuilder()
    log.message()
    log.ask("approval", log.choose(Pay()))
    found = of(log)
    assert (dict(found.outcomes), found.decisions_us) == ({"open": 1}, [])


def test_failures_and_refusals_are_told_apart() -> None:
    log = LogBuilder()
    log.message()
    log.fail(log.choose(LookUp()))
    log.model_failed()
    log.choose(Pay(), denied="too much")
    log.append(e.Refused(by="zed", reason="not_allowed"))
    log.append(e.Refused(by="bot", reason="nobody_left"))
    found = of(log)
    assert (found.failures, found.refusals) == (2, 2)


def test_of_feedback_the_latest_of_each_person_counts() -> None:
    log, call = answered()
    for by, value in (("ana", "up"), ("ana", "down"), ("rob", "up")):
        log.append(e.Feedback.model_validate({"by": by, "call": call, "value": value}))
    found = of(log)
    assert (found.up, found.down) == (1, 1)


def test_what_was_before_the_span_is_left_out() -> None:
    log, call = answered()
    log.append(e.Feedback(by="ana", call=call, value="up"))
    since = log.now + 1
    answered(log)
    found = of(log, since)
    assert (found.threads, found.turns, found.steps, found.up) == (0, 1, 2, 0)


def test_a_turn_counts_for_the_agent_that_answers_it() -> None:
    log = LogBuilder(agent="triage")
    log.message()
    log.hand_off("deploy")
    log.say("there", final=True)
    found = collect([log.thread])
    assert {name: (one.threads, one.turns) for name, one in found.items()} == {"deploy": (0, 1), "triage": (1, 0)}


def test_what_was_delegated_is_no_thread_and_no_turn_of_its_own() -> None:
    log = LogBuilder()
    log.birth = log.birth.model_copy(update={"parent": "03-abcdefghijklmnop"})
    answered(log)
    found = of(log)
    assert (found.threads, found.turns, found.steps) == (0, 0, 2)


def test_the_total_is_the_sum_of_the_agents() -> None:
    logs = [every_event().thread, answered()[0].thread]
    found = collect(logs)
    assert total(found).steps == sum(one.steps for one in found.values())
    assert total(found).requests == sum(sum(one.outcomes.values()) for one in found.values())
