"""`refuse`: recorded always, told a limited number of times a day, once a message."""

import asyncio

from bot.store import scripts
from bot.store.server import Client
from tests.store.acts import KEYS, delivery, dump, outbox, raw


async def refuse(client: Client, n: int, *, who: str = "slack:T0ACME/U0ZED", limit: int = 2) -> str:
    return await scripts.refuse(client, f'{{"n":{n}}}', delivery(f"d{n}"), who, seen=[f"m{n}", f"e{n}"], limit=limit)


async def recorded(client: Client) -> list[bytes]:
    return [fields[b"d"] for _, fields in await raw(client).xrange(KEYS.shard.refused)]


async def test_a_refusal_is_recorded_and_told(store: Client) -> None:
    assert await refuse(store, 1) == "told"
    assert await recorded(store) == [b'{"n":1}']
    assert await outbox(store) == [delivery("d1")]


async def test_beyond_the_limit_it_is_recorded_and_not_told(store: Client) -> None:
    assert [await refuse(store, n) for n in range(4)] == ["told", "told", "recorded", "recorded"]
    assert len(await recorded(store)) == 4
    assert len(await outbox(store)) == 2


async def test_each_person_has_a_limit_of_their_own(store: Client) -> None:
    assert await refuse(store, 1, limit=1) == "told"
    assert await refuse(store, 2, limit=1, who="slack:T0ACME/U0BO") == "told"


async def test_the_limit_is_for_a_day(store: Client) -> None:
    await refuse(store, 1)
    assert 0 < await raw(store).ttl(f"{KEYS.shard.prefix}:refusals:slack:T0ACME/U0ZED") <= 86_400


async def test_with_a_limit_of_none_nothing_is_ever_told(store: Client) -> None:
    assert await refuse(store, 1, limit=0) == "recorded"
    assert await outbox(store) == []


async def test_the_same_message_is_refused_once_even_at_the_same_moment(store: Client) -> None:
    many = await asyncio.gather(*(refuse(store, 1) for _ in range(6)))
    assert sorted(many) == [*["duplicate"] * 5, "told"]
    assert len(await recorded(store)) == 1


async def test_any_of_its_ids_makes_it_a_duplicate_and_nothing_is_written(store: Client) -> None:
    await refuse(store, 1)
    before = await dump(store)
    told = await scripts.refuse(store, "{}", delivery("d2"), "someone", seen=["other", "e1"], limit=9)
    assert told == "duplicate"
    assert await dump(store) == before
