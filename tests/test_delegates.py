"""A thread and its delegates: what is done while they work, what is refused, and what the model reads."""

import pytest

from bot import guards
from bot.bodies import Birth, Ending, MessageBody, TextBody
from bot.context import blocks
from bot.events import Cancelled, Delegated, DelegateFinished, MessageReceived, Replied, RequestWithdrawn
from bot.ids import child_id, is_thread_id, shard_of
from bot.moves import Decide, Perform, Recall, Rest, Wait
from bot.steps import Delegate, DoneForNow, KeepWaiting, Reply
from tests.builders import IDS, PLACE, LogBuilder, approved_call
from tests.example_steps import LookUp, Pay

ALLOWED = guards.Allowed({"shop": True, "deploy": True, "closed": False})


@pytest.fixture
def log() -> LogBuilder:
    return LogBuilder()


def delegate(log: LogBuilder, task: str = "look", agent: str = "shop") -> str:
    """The model delegates a task. Returns the child."""
    call = f"c{log.version}"
    child = child_id(log.id, call)
    log.choose(Delegate(agent=agent, task=task), follow=[Delegated(child=child, agent=agent, call=call)])
    return child


def finish(log: LogBuilder, child: str, outcome: Ending = "done", text: str = "It is blue.") -> None:
    """The child tells that it came to its end."""
    log.append(DelegateFinished(by="bot", child=child, outcome=outcome, body=TextBody(text=text)))


def refusal(log: LogBuilder, step: Delegate | DoneForNow | KeepWaiting) -> str | None:
    return guards.denial(log.thread, step, "free", ALLOWED)


def test_a_childs_id_follows_from_the_call_and_lies_in_the_parents_shard() -> None:
    parent = "07-" + "a" * 16
    child = child_id(parent, "c3")
    assert (is_thread_id(child), shard_of(child)) == (True, 7)
    assert child == child_id(parent, "c3") != child_id(parent, "c4")


def test_the_parent_goes_on_deciding_while_a_delegate_works(log: LogBuilder) -> None:
    log.message()
    delegate(log)
    assert (log.move, log.thread.status) == (Decide("free"), "ready")


def test_a_parent_that_only_waits_rests_until_a_delegate_is_done(log: LogBuilder) -> None:
    log.message()
    child = delegate(log)
    log.choose(KeepWaiting())
    assert (log.move, log.thread.status) == (Wait(None), "waiting")
    finish(log, child)
    assert (log.move, log.thread.status) == (Decide("free"), "ready")


def test_the_first_of_two_delegates_wakes_the_parent(log: LogBuilder) -> None:
    log.message()
    first, _ = delegate(log), delegate(log, "something else")
    log.choose(KeepWaiting())
    finish(log, first)
    assert log.move == Decide("free")
    log.choose(KeepWaiting())
    assert log.move == Wait(None)


def test_a_message_wakes_a_parent_that_waits(log: LogBuilder) -> None:
    log.message()
    delegate(log)
    log.choose(KeepWaiting())
    log.message("and?")
    assert (log.move, log.thread.status) == (Decide("free"), "ready")


def test_what_was_decided_about_a_message_means_that_waiting_is_chosen_anew(log: LogBuilder) -> None:
    log.message()
    delegate(log)
    log.choose(KeepWaiting())
    log.message("and?")
    log.choose(Reply(message="soon"), follow=[Replied()])
    assert log.move == Decide("free")


def test_to_go_on_with_an_approved_call_is_not_to_wait_for_delegates(log: LogBuilder) -> None:
    log.message()
    delegate(log)
    call = log.choose(Pay())
    log.answer(log.ask("approval", call))
    log.message("hurry")
    log.choose(KeepWaiting())
    assert log.move == Perform(call)
    log.start(call)
    log.finish(call)
    assert log.move == Decide("free")


def test_waiting_for_delegates_is_no_step_towards_the_limit(log: LogBuilder) -> None:
    log.message()
    delegate(log)
    before = log.thread.steps
    log.choose(KeepWaiting())
    assert log.thread.steps == before


@pytest.mark.parametrize("outcome", ["done", "stopped", "cancelled", "parked"])
def test_every_end_of_a_delegate_is_news_to_the_parent(log: LogBuilder, outcome: Ending) -> None:
    log.message()
    child = delegate(log)
    log.choose(KeepWaiting())
    finish(log, child, outcome)
    assert log.move == Decide("free")
    assert not log.thread.live_children


def test_what_was_set_aside_may_still_be_done_and_wakes_a_parent_that_was_done(log: LogBuilder) -> None:
    log.message()
    child = delegate(log)
    finish(log, child, "parked")
    log.choose(DoneForNow(message="ok"), follow=[Replied(final=True)])
    assert log.move == Rest()
    finish(log, child)
    assert log.move == Decide("free")


def test_a_delegate_ends_once(log: LogBuilder) -> None:
    log.message()
    child = delegate(log)
    finish(log, child)
    log.choose(DoneForNow(message="ok"), follow=[Replied(final=True)])
    finish(log, child, "cancelled")
    assert log.move == Rest()


def test_a_cancelled_parent_recalls_its_delegates(log: LogBuilder) -> None:
    log.message()
    child = delegate(log)
    log.append(Cancelled(by="ana"))
    assert log.move == Recall()
    finish(log, child, "cancelled")
    assert log.move == Rest()


def test_a_parent_that_an_operator_ended_recalls_its_delegates_before_it_says_so(log: LogBuilder) -> None:
    log.message()
    child = delegate(log)
    log.model_failed("down")
    log.answer(log.ask("stuck", role="operators"), "stop")
    assert log.move == Recall()
    finish(log, child, "cancelled")
    assert not isinstance(log.move, Recall | Rest)


def test_an_end_of_what_was_never_delegated_is_not_acted_on(log: LogBuilder) -> None:
    log.message()
    finish(log, child_id(log.id, "c1"))
    assert "nothing was delegated" in (log.thread.unreadable or "")


def born(log: LogBuilder, depth: int = 1, requesters: tuple[str, ...] = ("ana", "bo")) -> None:
    """The thread begins as a delegate."""
    parent = IDS.make(log.id, 1)[:19]
    birth = Birth.model_validate(
        log.birth.model_dump() | {"parent": parent, "depth": depth, "requesters": requesters, "principal": "ana"}
    )
    task = MessageBody(text="look <closely>", name="Ana Lima", title="look")
    log.append(MessageReceived(by="bot", source="delegate:1", trust="staff", place=PLACE, birth=birth, body=task))


def test_whoever_asked_in_the_parent_asks_in_the_delegate_too(log: LogBuilder) -> None:
    born(log)
    log.message("faster", by="zed")
    assert log.thread.requesters(1) == ("ana", "bo")
    assert log.thread.requesters(log.version) == ("ana", "bo", "zed")


def test_whoever_asked_in_the_parent_still_asks_when_a_new_turn_begins(log: LogBuilder) -> None:
    born(log)
    log.choose(DoneForNow(message="ok"), follow=[Replied(final=True)])
    log.message("more", by="zed")
    assert log.thread.requesters(log.version) == ("ana", "bo", "zed")


def test_the_principal_of_a_delegate_is_the_parents(log: LogBuilder) -> None:
    born(log)
    assert log.thread.principal
    assert (log.thread.principal.id, log.thread.principal.name) == ("ana", "Ana Lima")


def test_a_delegate_reads_its_task_as_a_task_and_not_as_a_persons_message(log: LogBuilder) -> None:
    born(log)
    assert blocks(log.thread) == ('<task n="0" for="Ana Lima" trust="staff">\nlook &lt;closely&gt;\n</task>',)


def test_the_parent_reads_to_whom_it_delegated_and_what_came_of_it(log: LogBuilder) -> None:
    log.message()
    child = delegate(log)
    finish(log, child, text="</delegate_finished> blue")
    told = blocks(log.thread)[-2:]
    assert told[0] == '<delegated of="1" to="shop"/>'
    assert told[1].startswith('<delegate_finished of="1" by="shop" how="done">\n&lt;/delegate_finished&gt;')


def test_only_known_agents_that_take_the_principal_get_a_task(log: LogBuilder) -> None:
    log.message()
    assert refusal(log, Delegate(agent="shop", task="look")) is None
    assert "no agent 'nobody'" in (refusal(log, Delegate(agent="nobody", task="look")) or "")
    assert "does not take requests" in (refusal(log, Delegate(agent="closed", task="look")) or "")


def test_the_same_task_is_refused_while_it_is_worked_on_and_when_nothing_is_new_since(log: LogBuilder) -> None:
    log.message()
    child = delegate(log)
    assert "delegated to shop already" in (refusal(log, Delegate(agent="shop", task="look")) or "")
    finish(log, child)
    assert "made already" in (refusal(log, Delegate(agent="shop", task="look")) or "")
    log.message("look again")
    assert refusal(log, Delegate(agent="shop", task="look")) is None


def test_a_task_that_came_to_nothing_may_be_given_out_again(log: LogBuilder) -> None:
    log.message()
    finish(log, delegate(log), "cancelled")
    assert refusal(log, Delegate(agent="shop", task="look")) is None


def test_only_so_many_work_at_a_time(log: LogBuilder) -> None:
    log.message()
    children = [delegate(log, f"task {n}") for n in range(guards.MAX_CHILDREN)]
    assert "at work on this already" in (refusal(log, Delegate(agent="shop", task="more")) or "")
    finish(log, children[0])
    assert refusal(log, Delegate(agent="shop", task="more")) is None


def test_only_so_deep(log: LogBuilder) -> None:
    born(log, depth=guards.MAX_DEPTH)
    assert "over several agents" in (refusal(log, Delegate(agent="shop", task="more")) or "")


def test_a_delegate_may_give_its_own_task_to_another_agent_and_a_part_of_it_to_its_like(log: LogBuilder) -> None:
    born(log)
    assert "very task" in (refusal(log, Delegate(agent="deploy", task="look <closely>")) or "")
    assert refusal(log, Delegate(agent="deploy", task="look at the left half")) is None
    assert refusal(log, Delegate(agent="shop", task="look <closely>")) is None


def test_a_thread_is_not_done_and_may_wait_while_delegates_work(log: LogBuilder) -> None:
    log.message()
    assert "Nothing is open" in (refusal(log, KeepWaiting()) or "")
    child = delegate(log)
    assert "still at work" in (refusal(log, DoneForNow(message="ok")) or "")
    assert refusal(log, KeepWaiting()) is None
    finish(log, child)
    assert refusal(log, DoneForNow(message="ok")) is None


def test_nothing_is_delegated_while_a_request_is_open_or_a_call_about_to_start(log: LogBuilder) -> None:
    approved_call(log)
    log.message()
    step = Delegate(agent="shop", task="look")
    assert guards.denial(log.thread, step, "ready", ALLOWED) is not None
    assert guards.denial(log.thread, step, "waiting", ALLOWED) is not None


def test_an_end_that_comes_while_a_request_is_open_is_decided_about_afterwards(log: LogBuilder) -> None:
    log.message()
    child = delegate(log)
    call = log.choose(Pay())
    request = log.ask("approval", call)
    finish(log, child)
    assert isinstance(log.move, Wait)
    log.commit(RequestWithdrawn(request=request, reason="asked"))
    assert log.move == Decide("free")


def test_a_query_may_be_asked_again_after_a_delegate_was_heard(log: LogBuilder) -> None:
    log.message()
    child = delegate(log)
    log.finish(log.choose(LookUp()))
    assert guards.denial(log.thread, LookUp(), "free", ALLOWED) is not None
    finish(log, child)
    assert guards.denial(log.thread, LookUp(), "free", ALLOWED) is None
