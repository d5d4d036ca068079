"""What holds at every moment of every history: the promises of the reducer, checked on histories made at random."""

from collections import Counter
from typing import get_args

from hypothesis import given, settings

from bot import moves as m
from bot.bodies import RequestKind
from bot.context import blocks
from bot.events import RequestAnswered, RequestExpired, RequestWithdrawn, Resumed, StepFailed, StepFinished, StepStarted
from bot.moves import next_move
from bot.thread import CallState, Status, Thread
from tests.builders import LogBuilder
from tests.histories import Play, tapes

MANY = settings(max_examples=80, deadline=None)
ENOUGH = 60  # moves


def play(tape: bytes) -> Play:
    """A history to the end of its tape, with `sound` checked after each of its events."""
    one = Play(tape)
    one.log.message()
    while one.more:
        if one.pick(3) == 0 or one.calm:
            one.disturb()
        else:
            one.step()
        sound(one.log)
    return one


def sound(log: LogBuilder) -> None:
    """What must hold now, whatever happened."""
    thread, move = log.thread, log.move
    assert thread.unreadable is None
    assert thread.status in get_args(Status)
    assert move == log.move
    for call in thread.calls.values():
        _one_open_request_and_allowed_attempts(thread, call)
    _one_outcome_a_request(thread)
    _stopped_threads_stay_where_they_are(thread, move)
    if isinstance(move, m.Perform):
        _only_what_is_allowed_runs(thread, thread.calls[move.call])
    if isinstance(move, m.Wait | m.Rest) and (thread.cancelled or not (thread.paused or thread.parked)):
        _nothing_is_forgotten(thread, move)


def _one_open_request_and_allowed_attempts(thread: Thread, call: CallState) -> None:
    name = call.chosen.call
    about = [request for request in thread.open.values() if request.opened.call == name]
    assert len(about) <= 1
    assert not about or call.over or call in (thread.active, thread.suspended)
    outcomes = [event for event in thread.events if isinstance(event, StepFinished | StepFailed) and event.call == name]
    assert len(outcomes) <= 1
    started = sum(isinstance(event, StepStarted) and event.call == name for event in thread.events)
    if call.chosen.policy == "ask" and not call.chosen.idempotent:
        assert started <= permissions(thread, name)


def _one_outcome_a_request(thread: Thread) -> None:
    closed = Counter(
        event.request
        for event in thread.events
        if (isinstance(event, RequestAnswered) and event.outcome is not None)
        or isinstance(event, RequestExpired | RequestWithdrawn)
    )
    assert set(closed.values()) <= {1}
    assert set(closed) == thread.requests.keys() - thread.open.keys()


def permissions(thread: Thread, call: str) -> int:
    """How often people have said that this call may run."""
    return sum(
        thread.requests[event.request].opened.call == call
        and event.by in thread.requests[event.request].approvers
        and (event.outcome == "approved" or event.option == "run_it")
        for event in thread.events
        if isinstance(event, RequestAnswered)
    )


def _only_what_is_allowed_runs(thread: Thread, call: CallState) -> None:
    assert not call.over
    assert call.chosen.policy != "deny"
    if call.chosen.kind == "query" or call.chosen.policy == "run":
        return
    approval = thread.requests[call.approval or ""]
    assert approval.outcome == "approved"
    voters = {person for person, vote in approval.votes.items() if vote.answer == "approve"}
    assert len(voters & set(approval.approvers)) >= call.chosen.quorum
    assert approval.opened.call_hash == call.call_hash  # as it is after any edit
    assert not voters & set(approval.opened.requesters)


def _stopped_threads_stay_where_they_are(thread: Thread, move: m.Move) -> None:
    if thread.cancelled:
        assert isinstance(move, m.Close | m.Doubt | m.Check | m.Recall | m.Wait | m.Rest) or move == m.Ask(
            "doubt", move.call if isinstance(move, m.Ask) else None
        )
    elif thread.paused or thread.parked:
        assert move == m.Rest()
    if thread.status == "done":
        assert isinstance(move, m.Rest)


def _nothing_is_forgotten(thread: Thread, move: m.Move) -> None:
    """Nobody works on it: then every doubt is before somebody, and every message and every call too."""
    open_kinds: Counter[RequestKind] = Counter(request.opened.kind for request in thread.open.values())
    for call in thread.calls.values():
        if call.progress in {"started", "in_doubt"}:
            assert thread.requests[call.request or ""].opened.kind == "doubt"
            assert call.request in thread.open
    if thread.cancelled:
        return
    if thread.active is not None:
        assert thread.active.request in thread.open or open_kinds["stuck"] or thread.retry_at
    if thread.unattended:
        assert open_kinds["stuck"] or thread.stopped or (isinstance(move, m.Wait) and thread.retry_at is not None)


@MANY
@given(tapes)
def test_every_moment_of_every_history_is_sound(tape: bytes) -> None:
    play(tape)


@MANY
@given(tapes)
def test_every_beginning_of_a_log_makes_the_thread_that_it_was(tape: bytes) -> None:
    one = Play(tape)
    one.log.message()
    while one.more:
        if one.pick(3) == 0 or one.calm:
            one.disturb()
        else:
            one.step()
        again = one.log.refold()
        assert (again.status, next_move(again, one.log.now)) == (one.log.thread.status, one.log.move)
        assert again.events == one.log.thread.events


@MANY
@given(tapes)
def test_a_thread_that_is_left_alone_comes_to_rest(tape: bytes) -> None:
    one = play(tape)
    for _ in range(ENOUGH):
        if one.calm:
            return
        one.step()
        sound(one.log)
    raise AssertionError(one.log.move)


@MANY
@given(tapes)
def test_a_thread_comes_to_its_end_when_people_answer_and_the_model_behaves(tape: bytes) -> None:
    one = play(tape)
    one.behaves = True
    one.log.append(Resumed(by="rob"))
    for _ in range(ENOUGH):
        thread = one.log.thread
        if isinstance(one.log.move, m.Rest):
            break
        if not one.calm:
            one.step()
        elif thread.open:
            answer_well(one)
        elif thread.live_children:
            one.finish_delegate()
        else:
            one.log.now = thread.retry_at or one.log.now
        sound(one.log)
    assert one.log.thread.status in {"done", "cancelled"}
    assert not one.log.thread.open


def answer_well(one: Play) -> None:
    """Those who were asked answer the first open request, in the way that lets it go on."""
    request, state = next(iter(one.log.thread.open.items()))
    opened = state.opened
    said = {"approval": "approve", "doubt": "it_did", "stuck": "go_on", "question": "blue"}[opened.kind]
    missing = [person for person in state.approvers if person not in state.votes]
    one.log.answer(request, said, by=missing[0], vote=len(state.votes) + 1 < opened.quorum)


@MANY
@given(tapes)
def test_a_log_without_its_bodies_makes_the_same_thread(tape: bytes) -> None:
    log = play(tape).log
    log.entries = [entry.partition(b"\n")[0] + b"\n" for entry in log.entries]
    erased = log.refold()
    assert erased.unreadable is None
    assert (erased.status, next_move(erased, log.now)) == (log.thread.status, log.move)
    assert len(blocks(erased)) == len(blocks(log.thread))


@MANY
@given(tapes)
def test_what_the_model_has_read_never_changes(tape: bytes) -> None:
    one = Play(tape)
    one.log.message()
    read = ""
    while one.more:
        if one.pick(3) == 0 or one.calm:
            one.disturb()
        else:
            one.step()
        now = "\n".join(blocks(one.log.refold()))
        assert now.startswith(read)
        assert now == "\n".join(blocks(one.log.thread))
        read = now
