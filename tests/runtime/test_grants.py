"""A standing permission lets one exact call run without asking, for a while; in every doubt a person is asked."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pydantic import JsonValue

from bot import grants
from bot.events import StepStarted
from bot.held import Held
from bot.identity import SlackIdentity
from bot.places import Place
from bot.port import AnswerInbound, Inbound
from bot.steps import Ask, Deny, Facts, Policy
from bot.store import scripts
from bot.store.keys import ALL_SHARDS, ThreadKeys
from bot.store.scripts import Lease
from tests.helpers import wait_until
from tests.runtime.crew import Died, Ship
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
from tests.runtime.scripted import done, step
from tests.runtime.stage import CONFIG, Stage, person
from tests.store.acts import raw


@pytest.fixture
async def allowing(stage: Stage) -> AsyncIterator[Stage]:
    """A worker runs, and people with the role release may permit something for an hour."""
    stage.configure(ALLOWING)
    async with stage.working():
        yield stage


async def test_the_same_call_in_another_thread_runs_without_asking(allowing: Stage) -> None:
    event = await permitted(allowing)
    thread = await ship_again(allowing)
    assert (thread.status, thread.requests) == ("done", {})
    assert [one.grant for one in thread.events if isinstance(one, StepStarted)] == [event.grant]
    assert len(allowing.world.ran("ship")) == 2


async def test_who_approves_with_a_time_permits_it_in_all_shards_at_once(allowing: Stage) -> None:
    allowing.model.says(SHIP, done())
    await allowing.say("ship x")
    request = (await allowing.request()).opened
    given = AnswerInbound(
        source="a click",
        request=request.request,
        identity=person("rob"),
        proof="slack",
        answer="approve",
        grant_s=request.may_grant_us // 1_000_000,
    )
    assert (await allowing.intake().answer(given)).accepted
    event = event_of(await allowing.fold())
    assert await copies(allowing.client, event.grant) == [grants.copy_of(event)] * len(ALL_SHARDS)
    await allowing.becomes("done")
    assert (await ship_again(allowing)).requests == {}


async def test_the_thread_says_by_whose_leave_it_ran_and_until_when(allowing: Stage) -> None:
    event = await permitted(allowing)
    await ship_again(allowing)
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(event.until // 1_000_000))
    await allowing.said(f"Ran under a standing permission by Rob Wills, until {until}.")


async def test_it_serves_as_often_as_somebody_wants_it(allowing: Stage) -> None:
    await permitted(allowing)
    await ship_again(allowing)
    allowing.model.says(SHIP, done())
    await allowing.say("and once more", root=OTHER)
    await wait_until(lambda: len(allowing.world.ran("ship")) == 3)
    assert (await came_of(allowing)).requests == {}


async def test_the_facts_of_the_permission_are_handed_to_the_call(allowing: Stage) -> None:
    allowing.world.facts = {"commit": "aaa"}
    await permitted(allowing)
    await ship_again(allowing)
    assert [dict(run.snapshot) for run in allowing.world.runs] == [{"commit": "aaa"}] * 2


async def test_what_nobody_allowed_in_bot_toml_cannot_be_permitted(stage: Stage) -> None:
    stage.configure(CONFIG)
    async with stage.working():
        event = await permitted(stage)
        thread = await stage.fold()
        assert thread.requests[event.request].opened.may_grant_us == 0
        assert event.until <= (event_of(thread).at or 0)
        assert is_asked(await ship_again(stage))


async def test_a_permission_is_cut_to_what_bot_toml_allows(allowing: Stage) -> None:
    event = await permitted(allowing, for_us=100 * HOUR_US)
    thread = await allowing.fold()
    assert event.until <= (thread.requests[event.request].closed_at or 0) + HOUR_US


async def test_after_its_time_it_is_asked(allowing: Stage) -> None:
    await permitted(allowing, for_us=1)
    assert is_asked(await ship_again(allowing))


async def test_what_cannot_be_undone_cannot_be_permitted(allowing: Stage) -> None:
    final = type("Ship", (Ship,), {"__doc__": Ship.__doc__, "reversibility": "irreversible"})
    allowing.agents["ops"].menu.steps["ship"] = final
    event = await permitted(allowing)
    assert (await allowing.fold()).requests[event.request].opened.may_grant_us == 0
    assert is_asked(await ship_again(allowing))


async def test_a_permission_ends_when_its_step_is_known_not_to_be_undoable(
    allowing: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await permitted(allowing)
    monkeypatch.setattr(Ship, "reversibility", "irreversible")
    assert is_asked(await ship_again(allowing))


async def test_other_arguments_are_asked(allowing: Stage) -> None:
    await permitted(allowing)
    assert is_asked(await ship_again(allowing, text="y"))


async def test_other_facts_are_asked(allowing: Stage) -> None:
    allowing.world.facts = {"commit": "aaa"}
    await permitted(allowing)
    allowing.world.facts = {"commit": "bbb"}
    assert is_asked(await ship_again(allowing))


async def test_another_form_of_the_step_is_asked(allowing: Stage) -> None:
    await permitted(allowing)
    other = type("Ship", (Ship,), {"__doc__": "Send a parcel, insured."})
    allowing.agents["ops"].menu.steps["ship"] = other
    assert is_asked(await ship_again(allowing))


@pytest.mark.parametrize("now", [Ask("finance"), Ask("release", 2), Deny("not today")])
async def test_what_policy_asks_of_others_since_it_was_chosen_is_not_started(
    allowing: Stage, monkeypatch: pytest.MonkeyPatch, now: Policy
) -> None:
    await permitted(allowing)
    changed: list[str] = []

    def look_at_facts() -> dict[str, JsonValue]:
        changed.append("after the choice, and before the start")
        return {}

    def policy(_step: Ship, _facts: Facts) -> Policy:
        return now if changed else Ask()

    monkeypatch.setattr(allowing.world, "look_at_facts", look_at_facts)
    monkeypatch.setattr(Ship, "policy", policy)
    assert is_asked(await ship_again(allowing))


async def test_a_thread_for_somebody_from_outside_is_asked(allowing: Stage) -> None:
    allowing.configure(ALLOWING.replace('agent = "ops"', 'agent = "ops"\nwho = "anyone"'))
    await permitted(allowing)
    allowing.model.says(SHIP, done())
    place = Place(channel="slack", address="T0ACME/C0OPS", thread=OTHER)
    guest = SlackIdentity(account="T0ACME/U0GUEST", name="Gus", proven=True, is_guest=True)
    inbound = Inbound(
        source="from outside",
        identity=guest,
        root=("slack", "T0ACME", "C0OPS", OTHER),
        place=place,
        route_channel="slack:T0ACME/C0OPS",
        text="ship it again",
        starts=True,
        sent_at=time.time_ns() // 1000,
    )
    assert await allowing.intake().message(inbound) == "taken"
    assert is_asked(await came_of(allowing))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('roles = ["release", "operators"]', 'roles = ["operators"]'),
        ("[people.rob]", "[people.robert]"),
        ('grants = "1h"', ""),
        ('grants = "1h"', 'grants = "30m"'),
    ],
    ids=["the role was taken away", "no longer listed", "no longer allowed", "no longer allowed for so long"],
)
async def test_when_bot_toml_says_otherwise_since_it_is_asked(allowing: Stage, before: str, after: str) -> None:
    await permitted(allowing)
    allowing.configure(ALLOWING.replace(before, after, 1))
    assert is_asked(await ship_again(allowing))


async def test_who_asks_for_it_cannot_rely_on_their_own_permission(allowing: Stage) -> None:
    await permitted(allowing, "rob")
    assert is_asked(await ship_again(allowing, "rob"))


async def test_who_asks_for_it_can_where_requesters_may_approve(allowing: Stage) -> None:
    allowing.configure(ALLOWING.replace("[roles.release]", "[roles.release]\nrequesters_may_approve = true"))
    await permitted(allowing, "rob")
    assert (await ship_again(allowing, "rob")).requests == {}


async def test_after_a_lost_worker_a_person_is_asked_what_came_of_it(allowing: Stage) -> None:
    event = await permitted(allowing, thing="book x")
    allowing.model.says(step("book", text="x"), done())
    allowing.world.will("book", Died())
    await allowing.say("book it again", root=OTHER)
    await wait_until(lambda: len(allowing.world.ran("book")) == 2)
    keys = ThreadKeys(allowing.named(OTHER)).shard
    await raw(allowing.client).zadd(keys.leases, {allowing.named(OTHER): 1}, xx=True)
    thread = await came_of(allowing)
    (doubt,) = thread.open.values()
    assert (doubt.opened.kind, len(allowing.world.ran("book"))) == ("doubt", 2)
    await allowing.answer("zoe", "choose", "run_it", request=doubt.opened.request)
    await wait_until(lambda: len(allowing.world.ran("book")) == 3)
    starts = [event for event in (await came_of(allowing)).events if isinstance(event, StepStarted)]
    assert [start.grant for start in starts] == [event.grant] * 2


@pytest.mark.parametrize(
    ("policy", "editors", "covers"),
    [
        (Ask("release"), (), True),
        (Ask("release"), ("zoe",), True),
        (Ask("release"), ("rob",), False),
        (Ask("release", 2), (), False),
        (Ask("finance"), (), False),
    ],
    ids=["as it was", "edited by others", "edited by who gave it", "two people wanted", "another role wanted"],
)
async def test_it_covers_what_one_person_of_its_role_may_approve_who_did_not_ask_for_it(
    allowing: Stage, policy: Ask, editors: tuple[str, ...], *, covers: bool
) -> None:
    allowing.configure(ALLOWING.replace("[roles.finance]", '[roles.finance]\ngrants = "1h"'))
    await permitted(allowing)
    thread = await allowing.fold()
    call = next(iter(thread.calls.values()))
    now = await scripts.clock(allowing.client, ThreadKeys(thread.id).shard)
    held = Held(allowing.runtime(), Lease(thread.id, "1", "n", thread.version, now, 1, was_lost=False), thread)
    found = await grants.covering(held, replace(call, editors=editors), Ship(text="x"), policy, {})
    assert (found is not None) is covers
