"""What runs is what was shown, once: anything else between an approval and its start is asked about again."""

from functools import cache
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
from pydantic import Field

from bot.agent import Agent, LoadedAgent, load
from bot.approvals.digest import Bound
from bot.entries import decode, stamped
from bot.events import RequestAnswered, RequestOpened
from bot.ids import thread_id
from bot.port import AnswerInbound
from bot.steps import Ask, Call, Deny, Facts, NotDone, Policy, Step
from bot.store import log
from bot.store.keys import ThreadKeys
from bot.thread import RequestState, Thread
from tests.helpers import wait_until
from tests.runtime.crew import Look, Ship, World
from tests.runtime.scripted import done, step
from tests.runtime.stage import Stage, person

SHIP, SEND = step("ship", text="x"), step("send", text="x")
OTHER: dict[str, object] = {
    "call_hash": "0" * 64,
    "thread": thread_id("another"),
    "call": "c99",
    "agent": "other",
    "schema_version": "another",
    "requesters": ("bo",),
    "approvers": ("rob",),
    "quorum": 2,
    "snapshot": {"commit": "bbb"},
    "escalates_to": ("finance",),
}


async def approved(stage: Stage) -> RequestOpened:
    """Rob has approved to ship x at a commit, and no worker was up since."""
    stage.world.facts = {"commit": "aaa"}
    stage.model.says(SHIP, done())
    async with stage.working():
        await stage.say("ship x")
        opened = (await stage.request()).opened
        await stage.settled()
    assert (await stage.answer("rob", "approve")).accepted
    return opened


def bound(thread: Thread, opened: RequestOpened) -> Bound:
    """All that the approval says it is about."""
    assert opened.body
    return Bound(
        call_hash=opened.call_hash,
        thread=thread.id,
        call=opened.call,
        agent=thread.calls[opened.call or ""].chosen.agent,
        schema_version=opened.schema_version,
        requesters=opened.requesters,
        approvers=opened.approvers,
        quorum=opened.quorum,
        snapshot=opened.body.snapshot,
        escalates_to=tuple(rung.role for rung in opened.rungs if rung.role is not None),
    )


async def rewrite(stage: Stage, digest: str) -> None:
    """Put another digest into the log, signed as the bot signs: as if something else had been approved."""
    key = ThreadKeys(stage.thread).log
    entries = await log.load(stage.client, stage.thread)
    for number, entry in enumerate(entries):
        event = decode(entry)
        if isinstance(event, RequestOpened):
            written = stage.sealer.entry(stage.thread, event.model_copy(update={"digest": digest}))
            await cast("Any", stage.client).lset(key, number, stamped(written, event.at or 0))
    assert (await stage.fold()).unreadable is None


async def another(stage: Stage, before: str) -> RequestState:
    """Wait until it is asked again."""
    found = await stage.request()
    assert found.opened.request != before
    await stage.settled()
    return found


@pytest.mark.parametrize("field", [*Bound.model_fields])
async def test_an_approval_of_anything_else_is_none(stage: Stage, field: str) -> None:
    opened = await approved(stage)
    now = bound(await stage.fold(), opened)
    assert now.digest() == opened.digest
    await rewrite(stage, now.model_copy(update={field: OTHER[field]}).digest())
    async with stage.working():
        again = await another(stage, opened.request)
    assert again.opened.kind == "approval"
    assert stage.world.runs == []


async def test_an_approval_of_the_very_same_runs(stage: Stage) -> None:
    opened = await approved(stage)
    await rewrite(stage, bound(await stage.fold(), opened).digest())
    async with stage.working():
        await stage.becomes("done")
    assert [dict(run.snapshot) for run in stage.world.runs] == [{"commit": "aaa"}]


# --- what may really change meanwhile ---------------------------------------------------------------------------------


class Newer(Ship):
    """The step as another version of the program has it."""

    @classmethod
    @cache
    def name(cls) -> str:
        return "ship"


class More(Newer):
    """It has one more field."""

    insured: bool = False


class Tighter(Newer):
    """Its fields are the same, and one takes less."""

    text: str = Field(max_length=10)


class ByTwo(Newer):
    """Its policy wants two people by now."""

    def policy(self, facts: Facts) -> Policy:
        return Ask(quorum=2)


class ByOthers(Newer):
    """Its policy asks another role by now."""

    asks: ClassVar[set[str]] = {"finance"}

    def policy(self, facts: Facts) -> Policy:
        return Ask("finance")


class Final(Newer):
    """Its effect is known by now to be one that cannot be undone."""

    reversibility: ClassVar = "irreversible"


class Never(Newer):
    """Its policy forbids it by now."""

    def policy(self, facts: Facts) -> Policy:
        return Deny("Nothing is shipped this week.")


def deployed(form: type[Newer], folder: Path) -> dict[str, LoadedAgent]:
    """The agent `ops` of another version of the program."""

    async def switch(step: Step, world: World, call: Call) -> object:
        return await world.do(step.name(), call)

    switch.__annotations__["step"] = Look | form
    (folder / "ops.md").write_text("---\ndescription: the agent ops\n---\nYou are ops.\n")
    return load({"ops": Agent(switch)}, folder, {})


@pytest.mark.parametrize("form", [More, Tighter, ByTwo, ByOthers, Final])
async def test_another_version_of_the_step_or_its_policy_is_asked_again(
    stage: Stage, tmp_path: Path, form: type[Newer]
) -> None:
    opened = await approved(stage)
    stage.agents = deployed(form, tmp_path)
    async with stage.working():
        again = (await another(stage, opened.request)).opened
    assert again.digest != opened.digest
    assert stage.world.runs == []


async def test_what_policy_forbids_by_now_does_not_run_although_it_was_approved(stage: Stage, tmp_path: Path) -> None:
    await approved(stage)
    stage.agents = deployed(Never, tmp_path)
    async with stage.working():
        assert (await stage.becomes("done")).open == {}
    assert stage.world.runs == []
    assert "Nothing is shipped this week." in stage.model.read


async def test_facts_that_change_each_time_are_asked_about_each_time(stage: Stage) -> None:
    opened = await approved(stage)
    stage.world.facts = {"commit": "bbb"}
    async with stage.working():
        again = (await another(stage, opened.request)).opened
        stage.world.facts = {"commit": "ccc"}
        await stage.answer("rob", "approve", request=again.request)
        await another(stage, again.request)
    assert stage.world.runs == []


# --- one attempt ------------------------------------------------------------------------------------------------------


def click(request: str, who: str = "rob") -> AnswerInbound:
    return AnswerInbound(source="the one click", request=request, identity=person(who), proof="slack", answer="approve")


@pytest.mark.parametrize("fails", [False, True], ids=["after it ran", "after it failed"])
async def test_an_approval_that_was_used_cannot_be_used_again(stage: Stage, fails: bool) -> None:  # noqa: FBT001
    stage.model.says(SEND, done())
    if fails:
        stage.world.will("send", NotDone("busy"))
    async with stage.working():
        await stage.say("send x")
        first = click((await stage.request()).opened.request)
        assert (await stage.intake().answer(first)).accepted
        await stage.becomes("done")
        for again in (first, click(first.request, "zoe"), first.model_copy(update={"source": "another click"})):
            await stage.intake().answer(again)
        thread = await stage.settled()
    assert len(stage.world.ran("send")) == 1
    assert sum(isinstance(event, RequestAnswered) for event in thread.events) == 1


async def test_the_next_attempt_at_the_same_call_needs_an_approval_of_its_own(stage: Stage) -> None:
    stage.model.says(SEND, SEND, done())
    stage.world.will("send", NotDone("busy"))
    async with stage.working():
        await stage.say("send x")
        first = click((await stage.request()).opened.request)
        await stage.intake().answer(first)
        await wait_until(lambda: stage.world.ran("send"))
        second = await another(stage, first.request)
        assert not (await stage.intake().answer(first.model_copy(update={"source": "once more"}))).accepted
        assert (await stage.settled()).open.keys() == {second.opened.request}
    assert second.opened.call_hash == (await stage.fold()).requests[first.request].opened.call_hash
    assert len(stage.world.ran("send")) == 1


async def test_an_approval_in_one_thread_is_none_in_another(stage: Stage) -> None:
    stage.model.says(SEND, SEND, done())
    async with stage.working():
        await stage.say("send x")
        here = (await stage.request()).opened
        await stage.say("send x", root="2.2")
        other = stage.named("2.2")

        async def asked() -> bool:
            return (await stage.fold(other)).open != {}

        await wait_until(asked)
        await stage.answer("rob", "approve", request=here.request)
        await stage.becomes("done")
        (there,) = (await stage.settled(other)).open.values()
    assert there.opened.call_hash == here.call_hash
    assert there.opened.digest != here.digest
    assert len(stage.world.ran("send")) == 1


@pytest.mark.parametrize("place", [0, 3, -20, -14, -1])
async def test_an_id_that_was_changed_anywhere_is_unknown(stage: Stage, place: int) -> None:
    stage.model.says(SEND)
    async with stage.working():
        await stage.say("send x")
        letters = [*(await stage.request()).opened.request]
        letters[place] = "3" if letters[place] != "3" else "4"
        assert (await stage.intake().answer(click("".join(letters)))).reason == "unknown"
    assert stage.world.runs == []
