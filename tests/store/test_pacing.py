"""`pace` and `hold`: limits that all processes share, so many at once and then one after the other."""

import asyncio

import pytest
from redis.exceptions import ResponseError

from bot.port import Pace
from bot.store import pacing
from bot.store.keys import pace
from bot.store.server import Client
from tests.store.acts import all_keys, dump, raw

SLOW = Pace(key="slow", every_s=60, burst=3)
LIMITS = Pace(key="a", every_s=60), Pace(key="b", every_s=60, burst=2)


async def test_so_many_go_at_once_and_the_next_one_waits_its_time(store: Client) -> None:
    assert [await pacing.take(store, [SLOW]) for _ in range(3)] == [0, 0, 0]
    assert 55 < await pacing.take(store, [SLOW]) <= 60


async def test_at_the_same_moment_no_more_go_than_may(store: Client) -> None:
    waits = await asyncio.gather(*(pacing.take(store, [SLOW]) for _ in range(20)))
    assert waits.count(0) == 3


async def test_to_ask_in_vain_counts_nothing(store: Client) -> None:
    waits = [await pacing.take(store, [SLOW]) for _ in range(9)]
    assert waits[-1] <= waits[3]


async def test_one_that_counts_for_several_is_let_through_and_the_next_ones_wait_for_it(store: Client) -> None:
    assert await pacing.take(store, [SLOW.model_copy(update={"cost": 5})]) == 0
    assert 175 < await pacing.take(store, [SLOW]) <= 180


async def test_under_two_limits_both_must_have_room_or_neither_counts(store: Client) -> None:
    assert [await pacing.take(store, LIMITS) > 0 for _ in range(4)] == [False, True, True, True]
    assert await pacing.take(store, [LIMITS[1]]) == 0, "the one with room was counted once so far"
    assert await pacing.take(store, [LIMITS[1]]) > 0


async def test_without_limits_nothing_is_asked(store: Client) -> None:
    assert await pacing.take(store, []) == 0
    assert await all_keys(store) == []


async def test_a_limit_without_a_rate_lets_everything_through_and_leaves_nothing(store: Client) -> None:
    free = Pace(key="free")
    assert [await pacing.take(store, [free]) for _ in range(50)] == [0] * 50
    assert await all_keys(store) == []


async def test_what_the_provider_asks_for_holds_everybody(store: Client) -> None:
    await pacing.hold(store, [Pace(key="free")], 30)
    assert 25 < await pacing.take(store, [Pace(key="free")]) <= 30


async def test_after_a_hold_one_goes_and_not_many_at_once(store: Client) -> None:
    quick = Pace(key="quick", every_s=60, burst=5)
    await pacing.hold(store, [quick], 0.3)
    await asyncio.sleep(await pacing.take(store, [quick]))
    assert await pacing.take(store, [quick]) == 0
    assert 55 < await pacing.take(store, [quick]) <= 60


async def test_a_shorter_hold_does_not_end_a_longer_one(store: Client) -> None:
    for seconds in (30, 1):
        await pacing.hold(store, [SLOW], seconds)
    assert await pacing.take(store, [SLOW]) > 25


async def test_a_limit_is_forgotten_when_all_that_counted_is_used_up(store: Client) -> None:
    await pacing.take(store, [SLOW])
    assert 59_000 < await raw(store).pttl(pace("slow")) <= 60_000


@pytest.mark.parametrize("held", [False, True])
async def test_a_wrong_type_is_refused_and_nothing_is_written(client: Client, *, held: bool) -> None:
    await raw(client).sadd(pace("b"), "a set where a string should be")
    before = await dump(client)
    with pytest.raises(ResponseError, match="WRONGKIND"):
        await (pacing.hold(client, LIMITS, 5) if held else pacing.take(client, LIMITS))
    assert await dump(client) == before
