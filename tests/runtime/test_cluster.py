"""The whole way on a cluster of two primaries: nothing in it depends on a single server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.keys import ThreadKeys
from bot.store.server import connect
from tests.runtime.crew import crew
from tests.runtime.family import Family, endings, request_in
from tests.runtime.scripted import done, step
from tests.runtime.stage import Stage
from tests.store.servers import empty


@pytest.fixture
async def wide(cluster_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage whose threads lie on both primaries."""
    client = await connect(cluster_url)
    await empty(client)
    yield Stage(client, cluster_url, crew(tmp_path), clustered=True)
    await client.aclose()


async def test_an_approved_action_runs_once_and_people_see_the_outcome(wide: Stage) -> None:
    wide.model.says(step("look", key="a"), step("send", text="x"), done("Sent."))
    async with wide.working():
        await wide.say("send x")
        await wide.request()
        assert (await wide.answer("rob", "approve")).accepted
        await wide.becomes("done")
        await wide.said("Sent.")
    assert [run.step for run in wide.world.runs] == ["look", "send"]


async def test_threads_of_all_shards_are_worked_on_by_two_workers(wide: Stage) -> None:
    roots = [f"{n}.3" for n in range(40)]
    async with wide.working(), wide.working():
        await asyncio.gather(*(wide.say("go", root=root) for root in roots))
        await asyncio.gather(*(wide.finished(root) for root in roots))
    assert len({ThreadKeys(wide.named(root)).shard for root in roots}) > 8
    assert wide.model.calls == len(roots)


async def test_a_pause_reaches_a_worker_on_a_cluster(wide: Stage) -> None:
    entered = asyncio.Event()

    async def thinking(_: object) -> str:
        entered.set()
        await asyncio.Event().wait()
        return ""

    wide.model.says(thinking, done())
    async with wide.working():
        await wide.say("go")
        await entered.wait()
        await wide.order("pause")
        await wide.becomes("paused")


async def test_children_work_and_ask_on_a_cluster_and_their_parent_hears_of_them(wide: Stage) -> None:
    family = Family(wide)
    family.delegates("x", "y")
    for task in "xy":
        family.plays(step("send", text=task), task=task)
    async with wide.working(), wide.working():
        await wide.say("go")
        for number in range(2):
            request = await request_in(wide, (await family.child(number)).id)
            assert (await wide.answer("rob", "approve", request=request.request)).accepted
        parent = await wide.becomes("done")
    assert sorted(endings(parent)) == [("done", "x is done"), ("done", "y is done")]
    assert len(wide.world.runs) == 2
