"""How far a turn is, in Slack: a plan with task cards, words where there are no plans, and the answer in its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.places import Place, Progress, Task, TaskState, Text
from bot.playground.slack import SlackPeer
from bot.playground.slack.models import Message
from bot.port import DeliveryFailed
from channels.slack.checks import message_faults
from channels.slack.render import progress_message
from channels.slack.sender import SlackChannel
from channels.slack.wire import as_objects
from tests.channels.slack.cards import delivery
from tests.channels.slack.test_sender import LONG

ALL: tuple[TaskState, ...] = ("done", "failed", "waiting", "unsure", "running")
TASKS = tuple(Task(name=f"c{n}", title=f"Step {n}", state=state) for n, state in enumerate(ALL))
WORKING = Progress(state="working", title="Working on it", tasks=TASKS)
STOPPED = WORKING.model_copy(update={"state": "ended", "title": "Stopped", "note": "An operator looks. Thread `03-a`."})


def place(peer: SlackPeer) -> Place:
    return Place(channel="slack", address="T0ACME/C0DEPLOYS", thread=peer.say("U0ANA", "deploys", "hello"))


def only(peer: SlackPeer, at: Place) -> Message:
    (found,) = peer.workspace.replies("C0DEPLOYS", at.thread or "")
    return found


async def test_it_is_a_plan_with_a_card_for_each_task(peer: SlackPeer, channel: SlackChannel) -> None:
    at = place(peer)
    await channel.deliver(delivery(WORKING, at), None)
    (plan,) = only(peer, at).blocks
    assert (plan["type"], plan["title"]) == ("plan", "Working on it")
    shown = [(task["type"], task["status"], task["title"]) for task in as_objects(plan["tasks"])]
    assert shown == [
        ("task_card", "complete", "Step 0"),
        ("task_card", "error", "Step 1: not done"),
        ("task_card", "pending", "Step 2: waits"),
        ("task_card", "error", "Step 3: not certain"),
        ("task_card", "in_progress", "Step 4"),
    ]
    assert only(peer, at).text == "Working on it: Step 4"


def test_nothing_spins_in_a_message_that_has_ended() -> None:
    assert "in_progress" not in str(progress_message(STOPPED).blocks)


def test_what_stopped_it_stands_below_with_the_threads_id() -> None:
    assert "An operator looks. Thread `03-a`." in str(progress_message(STOPPED).blocks)


async def test_the_answer_takes_its_place(peer: SlackPeer, channel: SlackChannel) -> None:
    at = place(peer)
    first = await channel.deliver(delivery(WORKING, at, "p"), None)
    said = delivery(Text(markdown="Here it is."), at, "a").model_copy(update={"replaces": "p"})
    assert await channel.deliver(said, first) == first
    assert "Here it is." in str(only(peer, at).blocks)


async def test_a_long_answer_begins_in_its_place(peer: SlackPeer, channel: SlackChannel) -> None:
    at = place(peer)
    first = await channel.deliver(delivery(WORKING, at, "p"), None)
    said = delivery(Text(markdown=LONG), at, "a").model_copy(update={"replaces": "p"})
    assert await channel.deliver(said, first) == first
    replies = peer.workspace.replies("C0DEPLOYS", at.thread or "")
    assert replies[0].ts == first.partition("/")[2]
    assert len(replies) > 1
    assert all(f"{number}: word" in "".join(str(one.blocks) for one in replies) for number in range(150))


async def test_where_slack_takes_no_plans_it_is_told_in_words_from_then_on(
    peer: SlackPeer, channel: SlackChannel
) -> None:
    at = place(peer)
    peer.fail_next("chat.postMessage", error="invalid_blocks")
    first = await channel.deliver(delivery(WORKING, at, "p"), None)
    assert [block["type"] for block in only(peer, at).blocks] == ["context"]
    await channel.deliver(delivery(STOPPED, at, "u").model_copy(update={"replaces": "p"}), first)
    assert "✓ Step 0" in str(only(peer, at).blocks)
    assert peer.webapi.calls.count("chat.postMessage") == 2


async def test_any_other_refusal_stays_one(peer: SlackPeer, channel: SlackChannel) -> None:
    peer.fail_next("chat.postMessage", error="is_archived")
    with pytest.raises(DeliveryFailed, match="is_archived"):
        await channel.deliver(delivery(WORKING, place(peer)), None)


@given(st.text(), st.text(), st.lists(st.tuples(st.text(), st.sampled_from(ALL)), max_size=20))
def test_whatever_it_says_slack_takes_it_and_nobody_is_notified(
    title: str, note: str, tasks: list[tuple[str, TaskState]]
) -> None:
    made = tuple(Task(name=f"c{n}", title=text, state=state) for n, (text, state) in enumerate(tasks))
    progress = Progress(state="working", title=title, note=note, tasks=made)
    for shown in (progress_message(progress), progress_message(progress, plain=True)):
        assert [*message_faults(shown.blocks)] == []
        assert "<!" not in str(shown.blocks)
        assert "<@" not in shown.text
