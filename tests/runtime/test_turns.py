"""Turns from outside: who may rate and stop, what is recorded of it, and what a conversation is shown to be at."""

from dataclasses import dataclass, field

import pytest

from bot.events import Feedback
from bot.identity import SlackIdentity
from bot.places import Text
from bot.port_turns import Rating, SessionStatus, Stopping
from bot.thread import Thread
from bot.turns import MOST_RATINGS, CoreTurns
from tests.helpers import wait_until
from tests.runtime.office import CONFIG
from tests.runtime.scripted import done, step
from tests.runtime.stage import Stage, Told, person

ROOT = ("slack", "T0ACME", "C0OPS", "1.1")
BOT = SlackIdentity(account="T0ACME/U0OTHERBOT", name="Other", proven=True, is_bot=True)


def turns(stage: Stage) -> CoreTurns:
    prompts = {"ops": ("Look at it", "Ship it"), "other": ("What can you do?",), "closed": ("Pay it",)}
    return CoreTurns(client=stage.client, sealer=stage.sealer, directory=lambda: stage.directory, prompts=prompts)


async def answered(stage: Stage) -> str:
    """Let a turn be answered; return the call of the answer."""
    stage.model.says(done("Here it is."))
    async with stage.working():
        await stage.say("hello")
        await stage.said("Here it is.")
    (text,) = [one.content for one, _ in stage.channel.sent if isinstance(one.content, Text)]
    assert text.rate
    assert text.rate.startswith(stage.thread)
    return text.rate.partition("/")[2]


async def rate(stage: Stage, call: str, value: str = "up", who: str = "ana", text: str = "") -> bool:
    made = Rating.model_validate(
        {"thread": stage.thread, "call": call, "value": value, "identity": person(who), "text": text}
    )
    return await turns(stage).rate(made)


def ratings(thread: Thread) -> list[tuple[str | None, str]]:
    return [(event.by, event.value) for event in thread.events if isinstance(event, Feedback)]


async def test_a_rating_is_a_note_that_moves_nothing(stage: Stage) -> None:
    call = await answered(stage)
    before = await stage.fold()
    assert await rate(stage, call, "down", text="the wrong one")
    thread = await stage.settled()
    assert ratings(thread) == [("ana", "down")]
    assert (thread.status, thread.steps) == (before.status, before.steps)
    body = thread.feedback[call, "ana"].body
    assert body is not None
    assert body.text == "the wrong one"


async def test_of_one_person_the_latest_counts_and_the_same_again_adds_nothing(stage: Stage) -> None:
    call = await answered(stage)
    for value in ("up", "up", "down"):
        assert await rate(stage, call, value)
    assert await rate(stage, call, "up", "rob")
    thread = await stage.fold()
    assert ratings(thread) == [("ana", "up"), ("ana", "down"), ("rob", "up")]
    assert {by: one.value for (_, by), one in thread.feedback.items()} == {"ana": "down", "rob": "up"}


async def test_who_presses_on_and_on_does_not_fill_the_log(stage: Stage) -> None:
    call = await answered(stage)
    for number in range(MOST_RATINGS + 5):
        assert await rate(stage, call, "up" if number % 2 else "down")
    assert len(ratings(await stage.fold())) == MOST_RATINGS


async def test_what_is_no_answer_cannot_be_rated(stage: Stage) -> None:
    stage.model.says(step("look", key="a"), done())
    async with stage.working():
        await stage.say("look")
        await stage.said("All done.")
    thread = await stage.settled()
    looked = next(call for call, state in thread.calls.items() if state.chosen.step == "look")
    assert not await rate(stage, looked)
    assert not await rate(stage, "c999")
    assert ratings(await stage.fold()) == []


async def test_a_bot_and_a_forged_thread_rate_nothing(stage: Stage) -> None:
    call = await answered(stage)
    assert not await turns(stage).rate(Rating(thread=stage.thread, call=call, value="up", identity=BOT))
    for name in ("", "99-aaaaaaaaaaaaaaaa", "03-aaaaaaaaaaaaaaaa"):
        assert not await turns(stage).rate(Rating(thread=name, call=call, value="up", identity=person("ana")))


async def test_feedback_switched_off_leaves_answers_as_they_are(stage: Stage) -> None:
    stage.configure(CONFIG + "\n[slack]\nfeedback = false\n")
    stage.model.says(done("Here it is."))
    async with stage.working():
        await stage.say("hello")
        await stage.said("Here it is.")
    assert [getattr(one.content, "rate", None) for one, _ in stage.channel.sent] == [None]


async def waiting(stage: Stage) -> None:
    stage.model.says(step("send", text="x"), done())
    await stage.say("send x")
    await stage.becomes("waiting")
    await stage.settled()


async def test_whoever_asked_stops_it_and_everybody_reads_how_it_goes_on(stage: Stage) -> None:
    async with stage.working():
        await waiting(stage)
        stopped = await turns(stage).stop(Stopping(root=ROOT, identity=person("ana")))
        assert stopped.thread == stage.thread
        await stage.said(f"bot resume {stage.thread}")
        assert (await stage.fold()).status == "paused"
        again = await turns(stage).stop(Stopping(root=ROOT, identity=person("ana")))
        assert again.thread == stage.thread
        await stage.order("resume")
        await stage.answer("rob", "approve")
        await stage.said("All done.")
    assert sum("Paused by Ana Lima" in line for line in stage.channel.lines()) == 1


async def test_an_operator_may_stop_what_others_asked_for(stage: Stage) -> None:
    async with stage.working():
        await waiting(stage)
        assert (await turns(stage).stop(Stopping(root=ROOT, identity=person("rob")))).thread


@pytest.mark.parametrize("identity", [person("bo"), BOT])
async def test_nobody_else_may(stage: Stage, identity: SlackIdentity) -> None:
    async with stage.working():
        await waiting(stage)
        stopped = await turns(stage).stop(Stopping(root=ROOT, identity=identity))
        assert (stopped.is_running, stopped.thread) == (True, None)
        assert (await stage.fold()).status == "waiting"


async def test_what_does_not_run_is_not_stopped(stage: Stage) -> None:
    await answered(stage)
    stopped = await turns(stage).stop(Stopping(root=ROOT, identity=person("ana")))
    nothing = await turns(stage).stop(Stopping(root=(*ROOT[:3], "9.9"), identity=person("ana")))
    assert (stopped.is_running, stopped.thread, nothing.is_running) == (False, None, False)
    assert (await stage.fold()).status == "done"


async def test_prompts_are_those_of_agents_that_listen_to_them(stage: Stage) -> None:
    ana = [one.message for one in turns(stage).suggestions(person("ana"))]
    bo = [one.message for one in turns(stage).suggestions(person("bo"))]
    assert ana == ["Look at it", "What can you do?", "Ship it"]
    assert "Pay it" in bo


@dataclass
class Seen(Told):
    """A channel that shows what its conversations are at."""

    shown: list[tuple[str | None, SessionStatus, str]] = field(
        default_factory=list[tuple[str | None, SessionStatus, str]]
    )

    def shows(self, address: str, thread: str | None, status: SessionStatus, title: str) -> None:
        self.shown.append((thread, status, title))


async def test_a_conversation_is_shown_at_work_then_waiting_then_done(stage: Stage) -> None:
    stage.channel = seen = Seen()
    async with stage.working():
        await waiting(stage)
        assert ("1.1", "processing", "send x") in seen.shown
        await wait_until(lambda: seen.shown[-1][1] == "suspended")
        await stage.answer("rob", "approve")
        await stage.becomes("done")
        await wait_until(lambda: seen.shown[-1][1] == "active")


async def test_a_cancelled_conversation_is_closed(stage: Stage) -> None:
    stage.channel = seen = Seen()
    async with stage.working():
        await waiting(stage)
        await stage.order("cancel")
        await wait_until(lambda: [status for _, status, _ in seen.shown][-1:] == ["closed"])
