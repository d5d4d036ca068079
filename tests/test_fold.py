"""The fold: what a log makes of a thread, and which logs it refuses to act on."""

from collections.abc import Callable

import pytest

from bot.events import (
    AnyEvent,
    Delivered,
    DeliveryFailed,
    MessageReceived,
    Prefetched,
    Refused,
    Replied,
)
from bot.fold import fold
from bot.moves import Perform, next_move
from bot.steps import DoneForNow
from tests.builders import SEALER, LogBuilder, approved_call, doubtful_call, waiting_call
from tests.example_steps import LookUp, Pay


@pytest.fixture
def log() -> LogBuilder:
    return LogBuilder()


# --- what people are told ------------------------------------------------------------------------------------------


def test_the_first_message_fixes_for_whom_the_thread_acts(log: LogBuilder) -> None:
    log.message(by="ana")
    log.message(by="zed")
    assert log.thread.principal_id == "ana"
    assert log.thread.agent == "deploy"
    assert log.thread.origin == log.birth.origin


def test_a_thread_is_born_once(log: LogBuilder) -> None:
    log.message(by="ana")
    birth = log.birth.model_copy(update={"principal": "zed", "agent": "shop"})
    log.append(MessageReceived(by="zed", source="x", trust="staff", place=birth.origin, birth=birth))
    assert (log.thread.principal_id, log.thread.agent) == ("ana", "deploy")


def test_requesters_are_those_who_wrote_since_the_last_done_up_to_the_choice(log: LogBuilder) -> None:
    log.message(by="ana")
    log.choose(DoneForNow(message="ok"), follow=[Replied(final=True)])
    log.message(by="bo")
    log.message(by="zed")
    log.message(by="bo")
    basis = log.version
    log.message(by="kim")
    assert log.thread.requesters(basis) == ("bo", "zed")


def test_answers_do_not_make_their_authors_requesters(log: LogBuilder) -> None:
    approved_call(log)
    assert log.thread.requesters(log.version) == ("ana",)


def test_a_hand_off_changes_agent_and_approvers_and_neither_principal_nor_origin(log: LogBuilder) -> None:
    log.message()
    log.commit(Prefetched(agent="deploy"))
    log.hand_off("shop")
    assert not log.thread.prefetched
    assert (log.thread.agent, log.thread.approvers, log.thread.principal_id) == ("shop", "finance", "ana")


def test_a_vote_is_counted_and_decides_nothing_by_itself(log: LogBuilder) -> None:
    log.message()
    call = log.choose(Pay(amount=2))
    request = log.ask("approval", call, quorum=2)
    log.answer(request, vote=True)
    assert request in log.thread.open
    log.answer(request, by="sue")
    assert log.move == Perform(call)


@pytest.mark.parametrize(
    "note",
    [
        Delivered(delivery="d", channel="slack", foreign="1.1"),
        DeliveryFailed(delivery="d", channel="slack"),
        Refused(reason="not_allowed", by="zed"),
    ],
)
def test_a_note_never_moves_a_thread(log: LogBuilder, note: AnyEvent) -> None:
    waiting_call(log)
    before = (log.move, log.thread.status)
    log.append(note)
    assert (log.move, log.thread.status) == before


def test_a_step_that_finished_is_counted_by_its_name(log: LogBuilder) -> None:
    log.message()
    log.finish(log.choose(LookUp()))
    log.finish(log.choose(LookUp(what="y")))
    assert log.thread.runs == {"look_up": 2}


# --- envelopes alone -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("story", [waiting_call, approved_call, doubtful_call])
def test_a_log_without_its_bodies_makes_the_same_thread(log: LogBuilder, story: Callable[[LogBuilder], object]) -> None:
    story(log)
    erased = fold(log.id, [entry.partition(b"\n")[0] + b"\n" for entry in log.entries], SEALER)
    assert erased.unreadable is None
    assert (erased.status, next_move(erased, log.now)) == (log.thread.status, log.move)
