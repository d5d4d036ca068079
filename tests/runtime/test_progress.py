"""A turn's one message, as it is sent: begun once, changed, and replaced by the answer, whatever happens in between."""

from collections.abc import Sequence
from typing import Any

import pytest

from bot import worker
from bot.ids import progress_id
from bot.model import Prompt
from bot.places import Delivery, Place, Progress, Text
from bot.port import DeliveryFailed, Pace
from bot.store import log
from tests.helpers import wait_until
from tests.runtime.office import CONFIG
from tests.runtime.outgoing import THREAD, all_sent, line, nothing_left, put, sending
from tests.runtime.scripted import Line, Said, done, step
from tests.runtime.stage import Stage, Told

ORIGIN = Place(channel="slack", address="T0ACME/C0OPS", thread="1.1")


def shows(title: str, name: str, replaces: str | None = None) -> Delivery:
    content = Progress(state="working", title=title)
    return Delivery(id=name, thread=THREAD, place=ORIGIN, content=content, replaces=replaces)


def answer(replaces: str | None = "p") -> Delivery:
    return Delivery(id="a", thread=THREAD, place=ORIGIN, content=Text(markdown="the answer"), replaces=replaces)


def sent(channel: Told) -> list[tuple[str, Any]]:
    """What was sent to the scenario's thread, and what each took the place of."""
    return [
        (getattr(one.content, "title", getattr(one.content, "markdown", "")), previous)
        for one, previous in channel.sent
        if one.place == ORIGIN
    ]


def once(stage: Stage, count: int, said: Said) -> Line:
    """The model says this once so many messages were sent: a sender that is behind sends fewer."""

    async def wait(_: Prompt) -> Said:
        await wait_until(lambda: len(stage.channel.sent) >= count)
        return said

    return wait


async def test_one_message_a_turn_is_changed_and_replaced_by_the_answer(stage: Stage) -> None:
    stage.model.says(step("look", key="a"), once(stage, 1, step("look", key="b")), once(stage, 2, done("Both found.")))
    async with stage.working():
        await stage.say("look twice")
        await stage.said("Both found.")
    begun, *changes = sent(stage.channel)
    assert begun == ("Working on it", None)
    assert changes, "it was changed in place"
    assert {previous for _, previous in changes} == {"T0ACME/C0OPS/1"}
    assert changes[-1][0] == "Both found."


async def test_an_answer_at_once_comes_alone(stage: Stage) -> None:
    stage.model.says(done("Good morning."))
    async with stage.working():
        await stage.say("good morning")
        await stage.said("Good morning.")
    assert sent(stage.channel) == [("Good morning.", None)]


async def test_switched_off_there_are_answers_alone(stage: Stage) -> None:
    stage.configure(CONFIG + "\n[slack]\nprogress = false\n")
    stage.model.says(step("look", key="a"), done("Found."))
    async with stage.working():
        await stage.say("look")
        await stage.said("Found.")
    assert sent(stage.channel) == [("Found.", None)]


async def test_where_answers_are_for_one_person_alone_nobody_reads_how_far_it_is(stage: Stage) -> None:
    stage.configure(CONFIG + '\n[channels."slack:T0ACME/C0OPS"]\nanswers = "dm"\n')
    stage.model.says(step("look", key="a"), done("Found."))
    async with stage.working():
        await stage.say("look")
        await stage.said("Found.")
    assert sent(stage.channel) == []


async def test_a_turn_that_waits_says_so_and_ends_above_the_answer(stage: Stage) -> None:
    stage.model.says(step("send", text="x"), done("Sent."))
    async with stage.working():
        await stage.say("send x")
        await wait_until(lambda: any(title == "Waiting for an approval" for title, _ in sent(stage.channel)))
        await stage.answer("rob", "approve")
        await stage.said("Sent.")
    assert ("Done", "T0ACME/C0OPS/1") in sent(stage.channel)
    assert sent(stage.channel)[-1] == ("Sent.", None)


async def test_a_pause_is_shown_although_no_worker_has_the_thread(stage: Stage) -> None:
    stage.model.says(step("send", text="x"))
    async with stage.working():
        await stage.say("send x")
        await stage.becomes("waiting")
        await stage.settled()
        await stage.order("pause")
        await wait_until(lambda: sent(stage.channel)[-1] == ("Paused", "T0ACME/C0OPS/1"))
        await stage.order("resume")
        await wait_until(lambda: sent(stage.channel)[-1] == ("Waiting for an approval", "T0ACME/C0OPS/1"))


async def test_a_cancelled_turn_is_not_left_working(stage: Stage) -> None:
    stage.model.says(step("send", text="x"))
    async with stage.working():
        await stage.say("send x")
        await stage.becomes("waiting")
        await stage.order("cancel")
        await stage.settled()
        await wait_until(lambda: [title for title, previous in sent(stage.channel) if previous][-1:] == ["Cancelled"])


async def test_a_parked_thread_is_not_left_working(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.model.says(step("look", key="a"))
    stage.model.otherwise = once(stage, 1, RuntimeError("an error of ours"))
    monkeypatch.setattr(worker, "MAX_ATTEMPTS", 1)
    async with stage.working():
        await stage.say("look")
        await stage.becomes("parked")
        await wait_until(lambda: ("Set aside", "T0ACME/C0OPS/1") in sent(stage.channel))


async def test_what_is_queued_behind_makes_changes_needless(stage: Stage) -> None:
    changes = [shows(f"step {number}", f"u{number}", "p") for number in range(9)]
    await put(stage, shows("begun", "p"), *changes)
    async with sending(stage):
        await wait_until(lambda: nothing_left(stage))
    assert sent(stage.channel) == [("begun", None), ("step 8", "T0ACME/C0OPS/1")]


async def test_a_change_that_has_to_wait_for_a_limit_holds_nobody_up_behind_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def once_an_hour(delivery: Delivery) -> Sequence[Pace]:
        is_change = isinstance(delivery.content, Progress) and delivery.replaces
        return (Pace(key="t:changes", every_s=3_600, burst=1),) if is_change else ()

    monkeypatch.setattr(stage.channel, "paces", once_an_hour)
    await put(stage, shows("begun", "p"))
    async with sending(stage):
        await wait_until(lambda: nothing_left(stage))
        await put(stage, shows("first", "u1", "p"))
        await wait_until(lambda: nothing_left(stage))
        await put(stage, shows("waiting", "u2", "p"), line("Who decides was asked."))
        await wait_until(lambda: nothing_left(stage))
    assert [text for text, _ in sent(stage.channel)] == ["begun", "first", "waiting", "Who decides was asked."]


async def test_an_answer_that_is_there_already_comes_alone(stage: Stage) -> None:
    await put(stage, shows("begun", "p"), shows("on", "u", "p"), answer())
    async with sending(stage):
        assert await all_sent(stage) == ["the answer"]
    assert sent(stage.channel) == [("the answer", None)]


async def test_nothing_takes_the_place_of_an_answer(stage: Stage) -> None:
    """An order that somebody gave while the answer was being committed is shown too late."""
    await put(stage, shows("begun", "p"))
    async with sending(stage):
        await wait_until(lambda: nothing_left(stage))
        await put(stage, answer(), shows("Paused", "u", "p"))
        await wait_until(lambda: nothing_left(stage))
    assert sent(stage.channel) == [("begun", None), ("the answer", "T0ACME/C0OPS/1")]


async def test_other_turns_in_other_lanes_make_nothing_needless(stage: Stage) -> None:
    elsewhere = answer().model_copy(update={"place": ORIGIN.model_copy(update={"thread": "2.2"})})
    await put(stage, shows("begun", "p"), elsewhere, line("between"))
    async with sending(stage):
        await wait_until(lambda: nothing_left(stage))
    assert ("begun", None) in sent(stage.channel)


async def test_the_answer_comes_although_the_message_was_deleted(stage: Stage) -> None:
    class Deleted(Told):
        async def deliver(self, delivery: Delivery, previous: str | None) -> str:
            if previous:
                raise DeliveryFailed("message_not_found", permanent=True)
            return await super().deliver(delivery, previous)

    stage.channel = Deleted()
    await put(stage, shows("begun", "p"))
    async with sending(stage):
        await wait_until(lambda: nothing_left(stage))
        await put(stage, shows("on", "u", "p"))
        await wait_until(lambda: nothing_left(stage))
        await put(stage, answer())
        assert await all_sent(stage) == [content_of("begun"), "the answer"]
    assert await log.dead(stage.client) == []


def content_of(title: str) -> str:
    return Progress(state="working", title=title).markdown


async def test_a_killed_sender_leaves_one_message(stage: Stage) -> None:
    """The first attempt was recorded and its outcome is unknown: it is looked up, not posted again."""

    class Breaks(Told):
        async def deliver(self, delivery: Delivery, previous: str | None) -> str:
            found = await super().deliver(delivery, previous)
            if len(self.sent) == 1:
                raise TimeoutError
            return found

    stage.channel = Breaks()
    await put(stage, shows("begun", "p"))
    async with sending(stage):
        await wait_until(lambda: nothing_left(stage), timeout=15)
    assert len(stage.channel.sent) == 1


async def test_the_turn_names_its_message(stage: Stage) -> None:
    stage.model.says(step("look", key="a"), once(stage, 1, done()))
    async with stage.working():
        await stage.say("look")
        await stage.said("All done.")
    assert stage.channel.sent[0][0].id == progress_id(stage.thread, 0)
