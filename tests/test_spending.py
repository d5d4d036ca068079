"""What may run below a limit without asking is counted, so that many small ones are one big one."""

from decimal import Decimal
from pathlib import Path
from typing import ClassVar

import pytest

from bot.agent import Agent
from bot.steps import Action, Ask, Call, DoneForNow, Facts, NotDone, Policy, Principal
from bot.store import scripts
from bot.store.keys import spent
from bot.store.server import Client
from bot.testing import AgentRun, customer, staff
from tests.store.servers import client, cluster_url, embedded_url, redis_url

__all__ = ["client", "cluster_url", "embedded_url", "redis_url"]


class GiveBack(Action):
    """Give money back."""

    asks: ClassVar = {"finance"}
    limits: ClassVar = {"staff": "small", "outsider": "tiny"}
    amount: Decimal
    fails: bool = False

    def policy(self, facts: Facts) -> Policy:
        """Ask finance; the limit says otherwise."""
        del facts
        return Ask("finance")

    def measured(self) -> Decimal:
        """The amount counts."""
        return self.amount


async def switch(step: GiveBack, deps: object, call: Call) -> object:
    """Give back, or do not."""
    del deps, call
    if step.fails:
        raise NotDone("the till is locked")
    return {"given": str(step.amount)}


@pytest.fixture
def prompt(tmp_path: Path) -> Path:
    """A prompt file for the agent of these tests."""
    path = tmp_path / "till.md"
    path.write_text("---\ndescription: gives money back\n---\nGive money back.\n")
    return path


def _run(prompt: Path, principal: Principal, **settings: object) -> AgentRun:
    return AgentRun(Agent(switch), prompt=prompt, principal=principal, people={"finn": ["finance"]}, settings=settings)


async def test_ten_refunds_of_19_are_one_of_190(prompt: Path) -> None:
    """Staff may give back 20 a day: the first 19 run, the next 2 are asked."""
    run = _run(prompt, staff("ana"), small=20)
    await run.message("give back")
    await run.choose(GiveBack(amount=Decimal(19)))
    assert run.results == [{"given": "19"}]
    await run.choose(GiveBack(amount=Decimal(2)))
    assert run.waiting_for == "finance"


async def test_what_was_not_done_does_not_count(prompt: Path) -> None:
    """A refund that the till refused leaves the limit as it was."""
    run = _run(prompt, staff("ana"), small=20)
    await run.message("give back")
    await run.choose(GiveBack(amount=Decimal(19), fails=True), GiveBack(amount=Decimal(18)))
    assert run.results == [{"given": "18"}]


@pytest.mark.parametrize("settings", [{}, {"small": 1_000}], ids=["no limit", "a limit for others"])
async def test_an_outsider_is_asked_without_a_limit_of_their_own(prompt: Path, settings: dict[str, object]) -> None:
    """Nothing that changes the world runs for someone from outside unless bot.toml says how much."""
    run = _run(prompt, customer("kim"), **settings)
    await run.message("give back")
    await run.choose(GiveBack(amount=Decimal(1)))
    assert run.waiting_for == "finance"


async def test_an_outsider_below_a_limit_of_their_own_is_not_asked(prompt: Path) -> None:
    """The limit is explicit, and for this kind of principal."""
    run = _run(prompt, customer("kim"), tiny="5.00")
    await run.message("give back")
    await run.choose(GiveBack(amount=Decimal("4.99")), DoneForNow(message="Done."))
    assert run.results == [{"given": "4.99"}]


async def test_an_approval_beyond_the_limit_runs(prompt: Path) -> None:
    """What a person approved needs no limit."""
    run = _run(prompt, staff("ana"), small=20)
    await run.message("give back")
    await run.choose(GiveBack(amount=Decimal(19)))
    await run.choose(GiveBack(amount=Decimal(18)))
    await run.approve(by="finn")
    assert run.results == [{"given": "19"}, {"given": "18"}]


async def test_the_store_counts_a_call_once_and_forgets_after_days(client: Client) -> None:
    """A repeated reservation is the same one; one that does not fit changes nothing; all of it has a time to live."""
    key = spent("email:kim@example.test", "till.give_back", "2026-11-20")
    assert await scripts.reserve(client, key, "a", 1_500, 2_000)
    assert await scripts.reserve(client, key, "a", 1_500, 2_000)
    assert not await scripts.reserve(client, key, "b", 501, 2_000)
    assert await scripts.reserve(client, key, "c", 500, 2_000)
    await scripts.reserve(client, key, "a", None, 0)
    assert await scripts.reserve(client, key, "b", 501, 2_000)
    assert await client.ttl(key) > 0
