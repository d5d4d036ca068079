"""The sender: strict order in a lane, lanes beside each other, nothing sent twice, nothing given up in silence."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from bot import lanes, sender
from bot import sending as sending_module
from bot.places import Card, Decision, Delivery, Place
from bot.port import Channel, DeliveryFailed
from bot.store import log
from bot.store.keys import ThreadKeys
from bot.store.outbox import Outbox
from bot.wake import Wakes
from tests.helpers import wait_until
from tests.runtime.outgoing import KEYS, THREAD, all_sent, line, nothing_left, put, sending, soon
from tests.runtime.scripted import done, step
from tests.runtime.stage import Stage, Told


async def test_a_lane_is_sent_in_order(stage: Stage) -> None:
    names = [f"line {n}" for n in range(12)]
    await put(stage, *(line(name) for name in names))
    async with sending(stage):
        assert await all_sent(stage) == names


async def test_a_failing_head_blocks_its_lane_alone(stage: Stage) -> None:
    class Failing(Told):
        async def deliver(self, delivery: Delivery, previous: str | None) -> str:
            if delivery.id == "bad":
                raise DeliveryFailed("try later", permanent=False, retry_after_s=3600)
            return await super().deliver(delivery, previous)

    channel = Failing()
    await put(stage, line("bad", "1.1"), line("after bad", "1.1"), line("good", "2.2"), line("better", "2.2"))
    async with sending(stage, channel):
        await wait_until(lambda: len(channel.sent) == 2)
    assert channel.lines() == ["good", "better"]


async def test_a_failure_that_passes_is_tried_again_in_order(stage: Stage) -> None:
    stage.channel.fails = [DeliveryFailed("429", permanent=False, retry_after_s=0.05)] * 2
    await put(stage, line("one"), line("two"))
    async with sending(stage):
        assert await all_sent(stage) == ["one", "two"]


async def test_a_permanent_failure_is_kept_noted_and_does_not_block_what_follows(stage: Stage) -> None:
    stage.channel.fails = [DeliveryFailed("channel_not_found", permanent=True)]
    await put(stage, line("lost"), line("next"))
    async with sending(stage):
        assert await all_sent(stage) == ["next"]
    ((reason, what),) = await log.dead(stage.client)
    assert reason == "channel_not_found"
    assert Delivery.model_validate_json(what).id == "lost"
    assert b'"delivery_failed"' in b"".join(await log.load(stage.client, THREAD))


async def test_an_approval_that_reaches_nobody_is_told_where_it_came_from(stage: Stage) -> None:
    class NoReleaseChannel(Told):
        async def deliver(self, delivery: Delivery, previous: str | None) -> str:
            if delivery.place.address.endswith("C0RELEASE"):
                raise DeliveryFailed("is_archived", permanent=True)
            return await super().deliver(delivery, previous)

    stage.channel = NoReleaseChannel()
    stage.model.says(step("send", text="x"), done())
    async with stage.working():
        await stage.say("send x")
        await stage.said("could not reach those who have to decide")


async def test_who_waits_in_slack_hears_once_that_mail_is_away(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending_module, "pause", soon)
    away = Told()
    away.fails = [DeliveryFailed("no connection", permanent=False) for _ in range(6)]
    card = Card(
        request="r",
        request_kind="approval",
        title="Send",
        agent="mail",
        expires_at=datetime(2027, 1, 1, tzinfo=UTC),
        thread=THREAD,
    )
    mail = Delivery(id="card", thread=THREAD, place=Place(channel="email", address="max@acme.test"), content=card)
    await put(stage, mail, head={"origin": line("x").place.model_dump_json(exclude_none=True)})
    async with sending(stage, slack=cast("Channel", stage.channel), email=cast("Channel", away)):
        await wait_until(lambda: nothing_left(stage))
    assert len([text for text in stage.channel.lines() if "by mail just now" in text]) == 1


async def test_after_too_many_tries_it_is_given_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending_module, "MAX_TRIES", 3)
    stage.channel.fails = [DeliveryFailed("busy", permanent=False, retry_after_s=0.01)] * 3
    await put(stage, line("one"), line("two"))
    async with sending(stage):
        assert await all_sent(stage) == ["two"]
    assert [reason for reason, _ in await log.dead(stage.client)] == ["busy"]


async def test_an_unknown_outcome_is_looked_up_before_it_is_repeated(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending_module, "pause", soon)

    class SentButSilent(Told):
        async def deliver(self, delivery: Delivery, previous: str | None) -> str:
            await super().deliver(delivery, previous)
            if len(self.sent) == 1:
                raise ConnectionResetError("after it was sent")
            return "C/2"

    channel = SentButSilent()
    await put(stage, line("one"), line("two"))
    async with sending(stage, channel):
        await wait_until(lambda: nothing_left(stage))
    assert channel.lines() == ["one", "two"]
    assert await log.sent_as(stage.client, KEYS.shard, "one") == "T0ACME/C0OPS/1"


async def test_an_unknown_outcome_of_what_was_not_sent_is_repeated(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending_module, "pause", soon)
    stage.channel.fails = [cast("DeliveryFailed", ConnectionResetError("before it was sent"))]
    await put(stage, line("one"))
    async with sending(stage):
        assert await all_sent(stage) == ["one"]


async def test_what_is_about_a_closed_request_is_not_sent(stage: Stage) -> None:
    await put(stage, line("a card", valid_while="r1"), line("after"))
    async with sending(stage):
        assert await all_sent(stage) == ["after"]


async def test_what_is_about_an_open_request_is_sent(stage: Stage) -> None:
    await put(stage, line("a card", valid_while="r1"), opened={"r1": "d:9"})
    async with sending(stage):
        assert await all_sent(stage) == ["a card"]


async def test_an_outcome_takes_the_place_of_the_card_that_was_sent(stage: Stage) -> None:
    await put(stage, line("a card"), line("the outcome", replaces="a card"))
    async with sending(stage):
        await all_sent(stage)
    assert [(one.id, previous) for one, previous in stage.channel.sent] == [
        ("a card", None),
        ("the outcome", "T0ACME/C0OPS/1"),
    ]


async def test_an_outcome_of_a_card_that_was_never_sent_is_not_sent_either(stage: Stage) -> None:
    await put(stage, line("a card", valid_while="r1"), line("the outcome", replaces="a card"), line("after"))
    async with sending(stage):
        assert await all_sent(stage) == ["after"]


async def test_everybody_who_was_asked_sees_the_outcome_in_place(stage: Stage) -> None:
    stage.model.says(step("pay", amount=100), done())
    async with stage.working():
        await stage.say("pay")
        await wait_until(lambda: len(stage.channel.cards()) == 2)
        await stage.answer("zoe", "approve")
        await stage.answer("bo", "approve")
        await stage.becomes("done")
        await wait_until(lambda: nothing_left_in(stage, stage.thread))
    outcomes = [(one, previous) for one, previous in stage.channel.sent if isinstance(one.content, Decision)]
    assert sorted(one.place.address for one, _ in outcomes) == ["T0ACME/U0BO", "T0ACME/U0ZOE"]
    for one, previous in outcomes:
        assert previous is not None
        assert previous.startswith(one.place.address)


async def nothing_left_in(stage: Stage, thread: str) -> bool:
    return not await cast("Any", stage.client).xlen(ThreadKeys(thread).shard.out)


async def test_two_senders_at_once_send_everything_once_and_in_order(stage: Stage) -> None:
    names = [f"line {n}" for n in range(40)]
    async with sending(stage), sending(stage), sending(stage):
        for name in names:
            await put(stage, line(name))
        assert await all_sent(stage) == names


async def test_a_restart_in_the_middle_sends_the_rest_and_nothing_twice(stage: Stage) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Told):
        async def deliver(self, delivery: Delivery, previous: str | None) -> str:
            started.set()
            await go_on.wait()
            return await super().deliver(delivery, previous)

    channel = Slow()
    await put(stage, line("one"), line("two"), line("three"))
    async with sending(stage, channel):
        await started.wait()
        asyncio.get_running_loop().call_later(0.05, go_on.set)
    assert channel.lines() == ["one"]
    async with sending(stage, channel):
        await wait_until(lambda: nothing_left(stage))
    assert channel.lines() == ["one", "two", "three"]


async def test_what_is_being_sent_when_the_sender_stops_stays_its_own(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "_SWEEP_S", 0.02)
    monkeypatch.setattr(lanes, "SWEEP_S", 0.02)
    started, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Told):
        async def deliver(self, delivery: Delivery, previous: str | None) -> str:
            started.set()
            await go_on.wait()
            return await super().deliver(delivery, previous)

    first, second = Slow(), Told()
    await put(stage, line("one"))
    stopping = AsyncExitStack()
    await stopping.enter_async_context(sending(stage, first))
    await started.wait()
    async with sending(stage, second):
        asyncio.get_running_loop().call_later(0.2, go_on.set)
        await stopping.aclose()
        await wait_until(lambda: nothing_left(stage))
        await wait_until(first.lines)
    assert second.lines() == []


async def test_a_delivery_for_a_channel_that_is_not_set_up_is_given_up_with_the_reason(stage: Stage) -> None:
    mail = Place(channel="email", address="ana@acme.test")
    await put(stage, replace_place(line("a mail"), mail), line("a line"))
    async with sending(stage):
        assert await all_sent(stage) == ["a line"]
    assert [reason for reason, _ in await log.dead(stage.client)] == ["no channel email is set up"]


def replace_place(delivery: Delivery, place: Place) -> Delivery:
    return delivery.model_copy(update={"place": place})


async def test_what_is_put_in_while_a_shard_is_being_left_does_not_wait_for_a_sweep(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "_SWEEP_S", 60.0)
    hints = Wakes(stage.client)
    listening = asyncio.create_task(hints.listen())
    release = Outbox.release

    async def and_one_more(outbox: Outbox) -> None:
        """Give the shard back; but just before, something is put in, and its hint is heard."""
        if len(stage.channel.sent) == 1:
            hints.out()
            await put(stage, line("two"))
            await wait_until(hints.out)
        await release(outbox)

    monkeypatch.setattr(Outbox, "release", and_one_more)
    await put(stage, line("one"))
    async with sending(stage):
        await wait_until(lambda: len(stage.channel.sent) == 2)
    listening.cancel()


async def test_a_busy_lane_does_not_hold_back_another_that_comes_later(stage: Stage) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Told):
        async def deliver(self, delivery: Delivery, previous: str | None) -> str:
            if delivery.id == "slow":
                started.set()
                await go_on.wait()
            return await super().deliver(delivery, previous)

    channel = Slow()
    async with sending(stage, channel):
        await put(stage, line("slow", "1.1"))
        await started.wait()
        await put(stage, line("quick", "2.2"))
        await wait_until(channel.lines)
        go_on.set()
        await wait_until(lambda: nothing_left(stage))
    assert channel.lines() == ["quick", "slow"]
