"""Limits of sending: kept by all senders together, without holding up what is not under them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot import sending as sending_module
from bot.ids import thread_id
from bot.places import Card, Delivery, Place, Text
from bot.port import DeliveryFailed, Pace
from bot.store import scripts
from bot.store.scripts import Change
from tests.helpers import wait_until
from tests.runtime.outgoing import all_sent, line, nothing_left, put, sending
from tests.runtime.stage import Stage, Told
from tests.store.acts import change

HOUR = Pace(key="of the hour", every_s=3600)


@dataclass
class Limited(Told):
    """A channel with a limit for each address, which remembers when it was given what."""

    every_s: float = 0.1
    burst: int = 2
    at: list[tuple[float, Delivery]] = field(default_factory=list[tuple[float, Delivery]])

    def paces(self, delivery: Delivery) -> Sequence[Pace]:
        return (Pace(key=delivery.place.address, every_s=self.every_s, burst=self.burst),)

    async def deliver(self, delivery: Delivery, previous: str | None) -> str:
        self.at.append((time.monotonic(), delivery))
        return await super().deliver(delivery, previous)


def in_thread(number: int, name: str, address: str = "T0ACME/C0OPS") -> Delivery:
    """A delivery of another thread, in another shard as a rule."""
    place = Place(channel="slack", address=address, thread=f"{number}.1")
    return line(name).model_copy(update={"thread": thread_id("paced", str(number)), "place": place})


async def lay(stage: Stage, *deliveries: Delivery) -> None:
    for one in deliveries:
        await scripts.ingest(stage.client, one.thread, change(0, 0), birth=True)
        await scripts.note(stage.client, one.thread, Change(entries=change(1).entries, out=[one]))


async def test_several_senders_keep_to_one_limit_together(stage: Stage) -> None:
    channel = Limited()
    await lay(stage, *(in_thread(n, f"line {n}") for n in range(10)))
    async with sending(stage, channel), sending(stage, channel), sending(stage, channel):
        await wait_until(lambda: len(channel.sent) == 10)
    assert len({one.thread.partition("-")[0] for _, one in channel.at}) > 2, "shards, so senders, at once"
    times = [moment for moment, _ in channel.at]
    for first, last in zip(times, times[3:], strict=False):
        assert last - first > 0.1 - 0.05, "four in a row: two at once, and two more waited"


async def test_what_waits_for_its_limit_holds_up_no_other_lane(stage: Stage) -> None:
    class Hourly(Limited):
        def paces(self, delivery: Delivery) -> Sequence[Pace]:
            return (HOUR,) if delivery.place.address.endswith("C0OPS") else ()

    channel = Hourly()
    await put(stage, *(line(f"ops {n}", f"{n}.1") for n in range(20)))
    elsewhere = Place(channel="slack", address="T0ACME/C0OTHER")
    async with sending(stage, channel):
        await wait_until(channel.lines)
        await put(stage, line("other").model_copy(update={"place": elsewhere}))
        await wait_until(lambda: len(channel.sent) == 2)
    assert channel.lines("C0OTHER") == ["other"]
    assert len(channel.lines("C0OPS")) == 1


async def test_a_lane_that_waits_stays_in_order(stage: Stage) -> None:
    stage.channel.limits = (Pace(key="x", every_s=0.05),)
    names = [f"line {n}" for n in range(6)]
    await put(stage, *(line(name) for name in names))
    async with sending(stage):
        assert await all_sent(stage) == names


async def test_to_wait_for_a_limit_is_no_attempt_and_nothing_is_looked_up(stage: Stage) -> None:
    class NothingToFind(Told):
        async def find(self, delivery: Delivery) -> str | None:
            raise AssertionError(f"{delivery.id} was not tried before")

    channel = NothingToFind(limits=(Pace(key="x", every_s=0.1),))
    await put(stage, *(line(f"line {n}", f"{n}.1") for n in range(4)))
    async with sending(stage, channel):
        await wait_until(lambda: nothing_left(stage))
    assert len(channel.sent) == 4


async def test_what_is_more_than_can_be_looked_at_at_once_is_sent_all_the_same(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.lanes.MOST", 5)
    names = [f"line {n}" for n in range(23)]
    await put(stage, *(line(name, f"{n % 3}.1") for n, name in enumerate(names)))
    async with sending(stage):
        assert sorted(await all_sent(stage)) == sorted(names)


async def test_when_the_provider_asks_one_sender_to_wait_the_next_one_does(stage: Stage) -> None:
    refused: list[float] = []

    class Throttled(Limited):
        async def deliver(self, delivery: Delivery, previous: str | None) -> str:
            refused.append(time.monotonic())
            raise DeliveryFailed("ratelimited", permanent=False, retry_after_s=0.8, everybody=True)

    other, elsewhere = Limited(every_s=0.01), in_thread(9, "elsewhere", "T0ACME/C0OTHER")
    await lay(stage, in_thread(1, "refused"))
    async with sending(stage, Throttled(every_s=0.01)):
        await wait_until(lambda: refused)
    await lay(stage, *(in_thread(n, f"line {n}") for n in range(2, 6)), elsewhere)
    async with sending(stage, other):
        await wait_until(lambda: len(other.sent) == 6)
    first = {delivery.place.address: moment - refused[0] for moment, delivery in reversed(other.at)}
    assert first["T0ACME/C0OPS"] > 0.75
    assert first["T0ACME/C0OTHER"] < 0.75, "what is under another limit does not wait"


async def test_an_update_that_another_one_would_replace_at_once_is_left_out(stage: Stage) -> None:
    channel = Told(limits=(Pace(key="updates", every_s=0.3),))
    await put(stage, line("progress"))
    async with sending(stage, channel):
        await wait_until(channel.lines)
        await put(stage, *(line(f"step {n}", replaces="progress") for n in range(9)), line("after"))
        await wait_until(lambda: nothing_left(stage))
    assert channel.lines() == ["progress", "step 8", "after"]


async def test_what_replaces_something_else_is_never_left_out(stage: Stage) -> None:
    await put(stage, line("a"), line("b"), line("a2", replaces="a"), line("b2", replaces="b"))
    async with sending(stage):
        assert await all_sent(stage) == ["a", "b", "a2", "b2"]


async def test_what_asks_is_never_left_out(stage: Stage) -> None:
    card = Card.model_validate(
        {"request": "r", "request_kind": "approval", "title": "t", "agent": "a", "expires_at": 9e9, "thread": "x"}
    )
    asks = line("card", replaces="shown").model_copy(update={"content": card})
    await put(stage, line("shown"), asks, line("newer", replaces="shown"))
    async with sending(stage):
        await all_sent(stage)
    assert [one.id for one, _ in stage.channel.sent] == ["shown", "card", "newer"]


async def test_an_answer_takes_the_place_of_the_progress_that_was_not_shown_any_more(stage: Stage) -> None:
    answer = line("answer", replaces="progress").model_copy(update={"content": Text(markdown="Done.")})
    await put(stage, line("progress"), line("step 1", replaces="progress"), answer)
    async with sending(stage):
        assert await all_sent(stage) == ["progress", "Done."]


async def test_waiting_lanes_are_read_from_the_store_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand that wait must not be read again for each one that is sent."""
    parsed: list[str] = []
    validate = Delivery.model_validate_json

    def counting(data: Any) -> Delivery:  # noqa: ANN401  # pydantic's own type
        found = validate(data)
        parsed.append(found.id)
        return found

    await put(stage, *(line(f"line {n}") for n in range(30)))
    monkeypatch.setattr(sending_module.Delivery, "model_validate_json", counting)
    async with sending(stage):
        await all_sent(stage)
    assert len(parsed) == 30
