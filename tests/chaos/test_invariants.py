"""Each invariant can be violated, and is then named: what finds nothing in a chaos run could have found something."""

from dataclasses import replace

import pytest

from bot.bodies import AnswerBody, DataBody, Rung, TextBody
from bot.events import (
    Delegated,
    DelegateFinished,
    MessageReceived,
    Replied,
    RequestAnswered,
    RequestExpired,
    RequestReminded,
    StepFinished,
)
from bot.ids import child_id
from bot.steps import Delegate
from tests.builders import PLACE, SEALER, LogBuilder, approved_call, waiting_call
from tests.chaos.forging import start, stored
from tests.chaos.invariants import always, appended_only, families, quiet, shipped_once
from tests.example_steps import Pay


@pytest.fixture
def log() -> LogBuilder:
    return LogBuilder()


def test_a_healthy_thread_violates_nothing(log: LogBuilder) -> None:
    call = approved_call(log)
    start(log, call)
    log.finish(call)
    log.say(final=True)
    found = stored(log)
    assert always(found, SEALER) + quiet(found, SEALER) + appended_only(log.entries[:3], found) == []
    assert shipped_once(found, SEALER, {f"{log.id}.{call}": 1}) == []


def test_a_commit_of_a_worker_that_had_lost_the_thread(log: LogBuilder) -> None:
    call = approved_call(log)
    log.start(call)
    basis = log.version
    log.doubt(call, "worker_lost")
    log.commit(StepFinished(call=call, body=DataBody(data="late")), basis=basis)
    assert "had lost the thread" in "".join(always(stored(log), SEALER))


def test_a_decision_that_had_not_seen_the_newest_input(log: LogBuilder) -> None:
    log.message()
    log.message("wait!")
    log.commit(Replied(final=True, body=TextBody(text="done")), basis=1)
    assert "without the newest input" in "".join(always(stored(log), SEALER))


def test_an_input_that_stands_there_twice(log: LogBuilder) -> None:
    log.message()
    log.append(log.thread.events[0])
    assert "inputs: test:0 2 times" in "".join(always(stored(log), SEALER))


def test_two_attempts_on_one_approval(log: LogBuilder) -> None:
    call = approved_call(log)
    log.start(call)
    log.start(call)
    assert "without an approval of its own" in "".join(always(stored(log), SEALER))


def test_a_rung_that_was_climbed_twice(log: LogBuilder) -> None:
    log.message()
    request = log.ask("approval", log.choose(Pay()), rungs=(Rung(at=log.now, do="remind"),))
    for _ in range(2):
        log.commit(RequestReminded(request=request, rung=0))
    assert f"rungs: {request}/0 2 times" in "".join(always(stored(log), SEALER))


def test_a_request_with_two_outcomes(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    log.answer(request)
    log.commit(RequestExpired(request=request))
    assert f"outcomes: {request} 2 times" in "".join(always(stored(log), SEALER))


def test_a_question_back_that_nobody_answers(log: LogBuilder) -> None:
    _, request = waiting_call(log)
    asked = RequestAnswered(by="rob", request=request, answer="say", proof="slack", body=AnswerBody(text="why?"))
    log.append(asked)
    assert "have no answer" in "".join(quiet(stored(log), SEALER))
    log.commit(Replied(to=(request,), body=TextBody(text="because")))
    assert "have no answer" not in "".join(quiet(stored(log), SEALER))


def test_two_results_of_one_call(log: LogBuilder) -> None:
    call = approved_call(log)
    log.start(call)
    log.finish(call)
    log.finish(call)
    assert f"results: {call} 2 times" in "".join(always(stored(log), SEALER))


def test_a_head_that_lags_behind_its_log(log: LogBuilder) -> None:
    waiting_call(log)
    found = replace(stored(log), head={"version": "1", "input_version": "1", "seen": "1"})
    assert "its head knows 1 of 3" in "".join(always(found, SEALER))


def test_a_request_that_is_open_in_the_log_alone(log: LogBuilder) -> None:
    waiting_call(log)
    assert "open are" in "".join(always(replace(stored(log), open=frozenset()), SEALER))


def test_unseen_input_that_nobody_will_look_at(log: LogBuilder) -> None:
    log.message()
    found = stored(log)
    unseen = replace(found, head={**found.head, "seen": "0"})
    assert "neither due nor leased" in "".join(always(unseen, SEALER))
    assert always(replace(unseen, due=1.0), SEALER) == []


def test_a_thread_that_is_due_and_leased(log: LogBuilder) -> None:
    log.message()
    found = replace(stored(log), due=1.0, leased=1.0, nonce="x")
    assert "due and leased at once" in "".join(always(found, SEALER))


def test_a_quiet_thread_with_something_left_to_do(log: LogBuilder) -> None:
    log.message()
    assert "is ready in a quiet system" in "".join(quiet(stored(log), SEALER))


def test_a_log_that_was_rewritten(log: LogBuilder) -> None:
    waiting_call(log)
    assert appended_only([*log.entries[1:2], log.entries[0]], stored(log)) != []


@pytest.mark.parametrize(("runs", "what"), [(2, "ran 2 times for 1 attempts"), (0, "did not")])
def test_the_world_and_the_log_disagree(log: LogBuilder, runs: int, what: str) -> None:
    call = approved_call(log)
    log.start(call)
    log.finish(call)
    assert what in "".join(shipped_once(stored(log), SEALER, {f"{log.id}.{call}": runs}))


def family() -> tuple[LogBuilder, LogBuilder]:
    """A parent and its child, which is done."""
    parent, child = LogBuilder(), LogBuilder()
    parent.message()
    child.id = child.thread.id = child_id(parent.id, "c1")
    begun = Delegated(child=child.id, agent="shop", call="c1")
    parent.choose(Delegate(agent="shop", task="look"), follow=[begun])
    birth = child.birth.model_copy(update={"parent": parent.id, "depth": 1})
    child.append(MessageReceived(by="bot", source="delegate", trust="staff", place=PLACE, birth=birth))
    child.say(final=True)
    return parent, child


def test_a_child_that_told_its_parent_violates_nothing() -> None:
    parent, child = family()
    parent.append(DelegateFinished(by="bot", child=child.id, outcome="done"))
    assert families([stored(parent), stored(child)], SEALER) == []


def test_a_child_that_came_to_its_end_and_did_not_tell_its_parent() -> None:
    parent, child = family()
    assert "its parent was not told" in "".join(families([stored(parent), stored(child)], SEALER))


def test_a_child_that_never_began() -> None:
    parent, _ = family()
    assert "never began" in "".join(families([stored(parent)], SEALER))


def test_a_child_that_nobody_delegated() -> None:
    _, child = family()
    stranger = LogBuilder()
    stranger.message()
    assert "did not delegate it" in "".join(families([stored(stranger), stored(child)], SEALER))
