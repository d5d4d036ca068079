"""A standing permission counts only as the log has it: copies spread, are taken back, and prove nothing alone."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import grants
from bot.grants import HalfRevokedError, Standing, UnknownGrantError, listed, may_revoke, revoke
from bot.store.keys import ALL_SHARDS, ThreadKeys
from bot.store.server import connect
from tests.helpers import wait_until
from tests.runtime.crew import Ship, crew
from tests.runtime.permits import (
    ALLOWING,
    HOUR_US,
    OTHER,
    SHIP,
    came_of,
    copies,
    event_of,
    is_asked,
    permitted,
    ship_again,
)
from tests.runtime.scripted import done
from tests.runtime.stage import Stage
from tests.store.acts import raw
from tests.store.servers import empty


@pytest.fixture
async def allowing(stage: Stage) -> AsyncIterator[Stage]:
    """A worker runs, and people with the role release may permit something for an hour."""
    stage.configure(ALLOWING)
    async with stage.working():
        yield stage


async def test_after_it_was_taken_back_it_is_asked(allowing: Stage) -> None:
    event = await permitted(allowing)
    await revoke(allowing.client, allowing.sealer, event.grant, "zoe")
    assert is_asked(await ship_again(allowing))
    assert (await allowing.fold()).revoked == {event.grant}


async def test_taken_back_between_the_look_up_and_the_start_it_is_asked(
    allowing: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = await permitted(allowing)
    look_up, looked_up = grants.find, asyncio.Event()

    async def overtaken(*args: object) -> Standing | None:
        found = await look_up(allowing.client, allowing.sealer, event.grant)
        if not looked_up.is_set():
            looked_up.set()
            await revoke(allowing.client, allowing.sealer, event.grant, "rob")
        return found

    monkeypatch.setattr(grants, "find", overtaken)
    thread = await ship_again(allowing)
    assert looked_up.is_set()
    assert is_asked(thread)


async def test_a_copy_for_another_call_permits_nothing(allowing: Stage) -> None:
    event = await permitted(allowing)
    other = event.model_copy(update={"call_hash": Ship(text="y").call_hash()})
    for shard in ALL_SHARDS:
        await raw(allowing.client).hset(shard.grants, event.grant, grants.copy_of(other))
    assert is_asked(await ship_again(allowing, text="y"))


async def test_a_copy_with_a_later_end_permits_nothing(allowing: Stage) -> None:
    event = await permitted(allowing, for_us=1)
    longer = event.model_copy(update={"until": event.until + HOUR_US})
    for shard in ALL_SHARDS:
        await raw(allowing.client).hset(shard.grants, event.grant, grants.copy_of(longer))
    assert is_asked(await ship_again(allowing))


async def test_a_made_up_copy_permits_nothing(allowing: Stage) -> None:
    event = await permitted(allowing, for_us=1)
    made_up = event.model_copy(update={"until": event.until + HOUR_US, "grant": f"{allowing.thread}.madeup"})
    for shard in ALL_SHARDS:
        await raw(allowing.client).hset(shard.grants, made_up.grant, grants.copy_of(made_up))
    assert is_asked(await ship_again(allowing))


async def test_a_restored_copy_does_not_undo_that_it_was_taken_back(allowing: Stage) -> None:
    event = await permitted(allowing)
    await revoke(allowing.client, allowing.sealer, event.grant, "rob")
    for shard in ALL_SHARDS:
        await raw(allowing.client).hset(shard.grants, event.grant, grants.copy_of(event))
    assert is_asked(await ship_again(allowing))


async def test_when_its_thread_comes_to_rest_all_shards_have_a_copy(allowing: Stage) -> None:
    event = await permitted(allowing)
    assert await copies(allowing.client, event.grant) == [grants.copy_of(event)] * len(ALL_SHARDS)


async def test_a_late_copy_does_not_undo_that_it_was_taken_back(allowing: Stage) -> None:
    event = await permitted(allowing)
    await revoke(allowing.client, allowing.sealer, event.grant, "rob")
    assert await grants.spread(allowing.client, event)
    assert await copies(allowing.client, event.grant) == [f"{event.until}:revoked"] * len(ALL_SHARDS)


async def test_a_shard_without_a_copy_asks(allowing: Stage) -> None:
    event = await permitted(allowing)
    await raw(allowing.client).hdel(ThreadKeys(allowing.named(OTHER)).shard.grants, event.grant)
    assert is_asked(await ship_again(allowing))


async def test_what_cannot_be_stopped_everywhere_says_so_and_can_be_repeated(allowing: Stage) -> None:
    event = await permitted(allowing)
    broken = ALL_SHARDS[5].grants
    await raw(allowing.client).delete(broken)
    await raw(allowing.client).set(broken, "no hash", ex=60)
    with pytest.raises(HalfRevokedError, match="15 of 16 shards"):
        await revoke(allowing.client, allowing.sealer, event.grant, "rob")
    await raw(allowing.client).delete(broken)
    await revoke(allowing.client, allowing.sealer, event.grant, "rob")
    assert await copies(allowing.client, event.grant) == [f"{event.until}:revoked"] * len(ALL_SHARDS)
    assert (await allowing.events()).count("grant_revoked") == 1


async def test_what_was_stopped_but_not_recorded_says_so_and_stays_listed(allowing: Stage) -> None:
    event = await permitted(allowing)
    broken = ThreadKeys(allowing.thread).shard.recent
    await raw(allowing.client).delete(broken)
    await raw(allowing.client).set(broken, "no zset", ex=60)
    with pytest.raises(HalfRevokedError, match="could not be recorded"):
        await revoke(allowing.client, allowing.sealer, event.grant, "rob")
    await raw(allowing.client).delete(broken)
    assert is_asked(await ship_again(allowing))
    assert [one.granted for one in await listed(allowing.client, allowing.sealer)] == [event_of(await allowing.fold())]


@pytest.mark.parametrize("grant", ["nonsense", "99-aaaaaaaaaaaaaaaa.x", "03-aaaaaaaaaaaaaaaa.x"])
async def test_what_there_is_not_cannot_be_taken_back(stage: Stage, grant: str) -> None:
    with pytest.raises(UnknownGrantError, match="no standing permission"):
        await revoke(stage.client, stage.sealer, grant, "rob")


async def test_whoever_gave_it_has_its_role_or_is_an_operator_may_take_it_back(allowing: Stage) -> None:
    event = await permitted(allowing, "zoe")
    people = [allowing.directory.by_id(name) for name in ("zoe", "rob", "bo", "ana", "nobody")]
    assert [person.id for person in people if may_revoke(person, event)] == ["zoe", "rob"]
    lost = people[0].model_copy(update={"roles": frozenset()})
    assert may_revoke(lost, event)
    assert not may_revoke(lost.model_copy(update={"listed": False}), event)


async def test_what_stands_is_listed_until_it_is_taken_back(allowing: Stage) -> None:
    event = await permitted(allowing)
    found = await listed(allowing.client, allowing.sealer)
    assert [(one.granted.grant, one.opened.request) for one in found] == [(event.grant, event.request)]
    await revoke(allowing.client, allowing.sealer, event.grant, "rob")
    assert await listed(allowing.client, allowing.sealer) == []


async def test_what_is_over_is_not_listed_and_its_copies_are_removed(allowing: Stage) -> None:
    event = await permitted(allowing, for_us=1)
    assert await listed(allowing.client, allowing.sealer) == []
    assert await copies(allowing.client, event.grant) == []


async def test_on_a_cluster_it_reaches_every_shard_and_is_taken_back_everywhere(
    cluster_url: str, tmp_path: Path
) -> None:
    client = await connect(cluster_url)
    await empty(client)
    wide = Stage(client, cluster_url, crew(tmp_path), clustered=True)
    wide.configure(ALLOWING)
    async with wide.working():
        event = await permitted(wide)
        assert (await ship_again(wide)).requests == {}
        await revoke(client, wide.sealer, event.grant, "rob")
        wide.model.says(SHIP, done())
        await wide.say("and again", root=OTHER)
        await wait_until(lambda: wide.model.calls == 5)
        assert (await came_of(wide)).status == "waiting"
    assert len(wide.world.ran("ship")) == 2
    await client.aclose()
