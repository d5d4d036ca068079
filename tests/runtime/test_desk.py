"""What one person may see and do besides talking to agents, and that nobody else has a desk."""

from typing import Any, cast

import pytest

from bot.desk import REASON, PersonalDesk, PersonalDesks
from bot.events import Granted
from bot.identity import SlackIdentity
from bot.ids import thread_id
from bot.places import Place
from bot.store.keys import ALL_SHARDS
from bot.store.server import ServerFacts
from tests.helpers import wait_until
from tests.runtime.permits import ALLOWING, permitted
from tests.runtime.scripted import step
from tests.runtime.stage import CONFIG, Stage, person

SEND = step("send", text="the plan")
FACTS = ServerFacts(name="Valkey 9", cluster=False, durable_always=True, replicas=0, problems=())


def desks(stage: Stage) -> PersonalDesks:
    return PersonalDesks(
        client=stage.client,
        sealer=stage.sealer,
        directory=lambda: stage.directory,
        agents={name: agent.description for name, agent in stage.agents.items()},
        versions={name: agent.version for name, agent in stage.agents.items()},
        server=FACTS,
    )


async def desk(stage: Stage, who: str) -> PersonalDesk:
    found = await desks(stage).of(person(who), f"a command of {who}")
    assert isinstance(found, PersonalDesk)
    return found


async def waits(stage: Stage) -> None:
    """Let Ana ask for something that waits for a release manager, and leave it there."""
    stage.model.says(SEND)
    async with stage.working():
        await stage.say("send the plan")
        await stage.request()
        await wait_until(lambda: stage.channel.cards() != [])
        await stage.settled()


async def allowed(stage: Stage) -> Granted:
    """Let Rob approve a call for an hour."""
    stage.configure(ALLOWING)
    async with stage.working():
        return await permitted(stage)


@pytest.mark.parametrize(
    "identity",
    [
        person("ana", proven=False),
        person("ana").model_copy(update={"is_guest": True}),
        person("ana").model_copy(update={"is_external": True}),
        person("ana").model_copy(update={"is_bot": True}),
    ],
)
async def test_guests_strangers_bots_and_the_unproven_have_no_desk_and_that_is_on_record(
    stage: Stage, identity: SlackIdentity
) -> None:
    for _ in range(2):  # the same input twice is one refusal
        said = await desks(stage).of(identity, "slack:command:1")
        assert isinstance(said, str)
        assert said.startswith("Sorry, I do not take requests from you here.")
    kept = [entry for shard in ALL_SHARDS for entry in await cast("Any", stage.client).xrange(shard.refused)]
    assert len(kept) == 1
    assert REASON in str(kept)


async def test_a_member_whom_bot_toml_does_not_list_has_one(stage: Stage) -> None:
    zed = await desks(stage).of(person("zed"), "x")
    assert isinstance(zed, PersonalDesk)
    assert not zed.operates
    assert "[people.zed]" in zed.whoami()


async def test_those_who_may_answer_find_what_waits_with_the_place_of_its_card(stage: Stage) -> None:
    await waits(stage)
    (waiting,) = await (await desk(stage, "rob")).waiting()
    assert waiting.card.request == (await stage.request()).opened.request
    assert [at.place for at in waiting.at] == [Place(channel="slack", address="T0ACME/C0RELEASE")]
    assert waiting.at[0].foreign
    assert await (await desk(stage, "ana")).waiting() == ()


async def test_what_somebody_has_voted_on_waits_for_others(stage: Stage) -> None:
    stage.model.says(step("pay", amount=5_000))
    async with stage.working():
        await stage.say("pay it")
        await stage.request()
        await stage.answer("bo", "approve")
    assert await (await desk(stage, "bo")).waiting() == ()
    assert len(await (await desk(stage, "zoe")).waiting()) == 1


async def test_a_thread_is_listed_for_whoever_wrote_in_it(stage: Stage) -> None:
    await stage.say("one", "ana", root="1.1")
    await stage.say("two", "ana", root="2.2")
    await stage.say("me too", "bo", root="1.1")
    titles = [line.title for line in await (await desk(stage, "ana")).threads()]
    assert titles == ["one", "two"]  # the last one that changed comes first
    (mine,) = await (await desk(stage, "bo")).threads()
    assert (mine.title, mine.agent, mine.status) == ("one", "ops", "ready")
    assert mine.place == Place(channel="slack", address="T0ACME/C0OPS", thread="1.1")
    assert await (await desk(stage, "zoe")).threads() == ()


async def test_the_threads_of_others_are_listed_for_operators_alone(stage: Stage) -> None:
    await stage.say("one", "ana")
    found = await (await desk(stage, "rob")).all_threads()
    assert [line.title for line in found or ()] == ["one"]
    assert await (await desk(stage, "ana")).all_threads() is None


async def test_an_agent_is_listed_for_those_whom_a_route_of_it_admits_with_where_it_listens(stage: Stage) -> None:
    ana = {line.name: line.where for line in (await desk(stage, "ana")).agents()}
    assert ana["ops"] == ("slack:T0ACME/C0OPS",)
    assert ana["other"] == ()
    assert "closed" not in ana
    assert "closed" in {line.name for line in (await desk(stage, "bo")).agents()}


async def test_in_a_channel_only_the_agents_that_listen_there_are_listed(stage: Stage) -> None:
    found = (await desk(stage, "ana")).agents("slack:T0ACME/C0OPS")
    assert [line.name for line in found] == ["ops", "other"]


@pytest.mark.parametrize("who", ["ana", "rob"])
@pytest.mark.parametrize("short", [19, 7])
async def test_whoever_asked_for_it_and_operators_may_pause_resume_and_cancel_by_any_beginning_of_its_id(
    stage: Stage, who: str, short: int
) -> None:
    await stage.say("one", "ana")
    mine = await desk(stage, who)
    for order, status in (("pause", "paused"), ("resume", "ready"), ("cancel", "cancelled")):
        said = await mine.order(stage.thread[:short], cast("Any", order))
        assert stage.thread in said
        assert (await stage.fold()).status == status
    assert [event.by for event in (await stage.fold()).events[1:]] == [who] * 3


@pytest.mark.parametrize("name", ["", "nonsense", "99-aaaaaaaaaaaaaaaa"])
async def test_an_order_to_a_thread_that_is_not_there_changes_nothing(stage: Stage, name: str) -> None:
    assert "Nothing was changed" in await (await desk(stage, "rob")).order(name, "cancel")


async def test_of_a_thread_of_others_nobody_hears_whether_it_exists(stage: Stage) -> None:
    await stage.say("one", "ana")
    bo, there, absent = await desk(stage, "bo"), stage.thread, thread_id("no such thread")
    said = await bo.order(there, "cancel")
    assert said.replace(there, "X") == (await bo.order(absent, "cancel")).replace(absent, "X")
    assert there not in await bo.order(there[:6], "cancel")
    assert not (await stage.fold()).cancelled


async def test_a_beginning_that_several_threads_have_is_asked_about(stage: Stage) -> None:
    roots = [f"{number}.1" for number in range(1, 18)]  # one shard more than there are
    for root in roots:
        await stage.say("one", "ana", root=root)
    shards = [stage.named(root)[:3] for root in roots]
    twice = next(shard for shard in shards if shards.count(shard) > 1)
    assert "beginning of" in await (await desk(stage, "ana")).order(twice, "cancel")


async def test_somebody_finds_and_takes_back_what_they_allowed(stage: Stage) -> None:
    event = await allowed(stage)
    rob = await desk(stage, "rob")
    (found,) = await rob.permissions()
    assert (found.grant, found.step, found.arguments) == (event.grant, "ship", {"text": "x"})
    assert "Taken back" in await rob.revoke(found.grant)
    assert await rob.permissions() == ()


async def test_nobody_takes_back_what_is_not_theirs_and_whether_it_is_there_is_not_told(stage: Stage) -> None:
    event = await allowed(stage)
    bo = await desk(stage, "bo")
    assert await bo.permissions() == ()
    assert await bo.revoke(event.grant) == await bo.revoke("nonsense")
    assert len(await (await desk(stage, "rob")).permissions()) == 1


async def test_operators_see_what_is_late_what_waits_and_what_was_given_up(stage: Stage) -> None:
    await waits(stage)
    condition = await (await desk(stage, "rob")).status()
    assert condition is not None
    assert (condition.store, condition.durable, set(condition.agents)) == ("Valkey 9", True, set(stage.agents))
    assert (condition.figures.requests, condition.figures.threads) == (1, {"waiting": 1})
    assert await (await desk(stage, "ana")).status() is None


async def test_a_channel_whose_answers_are_private_is_known_as_such(stage: Stage) -> None:
    stage.configure(f'{CONFIG}\n[channels."slack:T0ACME/C0OPS"]\nanswers = "dm"\n')
    ana = await desk(stage, "ana")
    assert ana.is_private("slack:T0ACME/C0OPS")
    assert not ana.is_private("slack:T0ACME/C0OTHER")


async def test_an_agent_that_a_channels_table_names_listens_there(stage: Stage) -> None:
    stage.configure(f'{CONFIG}\n[channels."slack:T0ACME/C0LAB"]\nagent = "eager"\n')
    found = {line.name: line.where for line in (await desk(stage, "ana")).agents()}
    assert found["eager"] == ("slack:T0ACME/C0EAGER", "slack:T0ACME/C0LAB")
    assert "eager" in [line.name for line in (await desk(stage, "ana")).agents("slack:T0ACME/C0LAB")]
