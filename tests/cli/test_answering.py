"""A short id only finds an open request for the person who types it."""

from typing import Any, cast

import pytest

from bot.cli.finding import find_request
from bot.cli.opened import Opened, RefusedError, opened
from bot.ids import display_id
from bot.store.keys import ThreadKeys
from tests.cli.conftest import Bot

THREAD = "03-aaaaaaaaaaaaaaaa"


async def open_requests(made: Opened, count: int) -> list[str]:
    """List this many requests as open."""
    ids = [made.ids.make(THREAD, number) for number in range(count)]
    await cast("Any", made.client).hset(ThreadKeys(THREAD).shard.pending, mapping=dict.fromkeys(ids, THREAD))
    return ids


@pytest.mark.usefixtures("bot")
async def test_the_four_characters_of_the_list_find_a_request() -> None:
    async with opened() as made:
        first, second = await open_requests(made, 2)
        assert await find_request(made, display_id(first)) == first
        assert await find_request(made, second) == second


@pytest.mark.usefixtures("bot")
async def test_what_could_be_several_requests_is_refused_and_lists_them() -> None:
    async with opened() as made:
        ids = await open_requests(made, 40)  # more than there are letters and digits to begin with
        begins = [display_id(request)[0] for request in ids]
        letter = next(letter for letter in begins if begins.count(letter) > 1)
        with pytest.raises(RefusedError) as refused:
            await find_request(made, letter)
        both = [request for request in ids if display_id(request)[0] == letter]
        assert all(display_id(request) in str(refused.value) for request in both)


async def test_a_request_of_another_installation_is_unknown(bot: Bot) -> None:
    done = await bot("answer", f"{THREAD}.1.aaaaaaaaaaaaa", "approve")
    assert (done.code, "there is no open request" in done.err) == (2, True)
