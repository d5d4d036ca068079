"""The story of one order, once for every command that it sends: the process dies there, another one takes over."""

import asyncio
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any, Literal, cast

from bot.errors import SettingsError
from bot.places import Card, Decision, Progress
from bot.store.keys import ThreadKeys
from bot.store.server import Client, connect
from tests.chaos import invariants
from tests.chaos.proxy import Proxy, When
from tests.chaos.said import lines
from tests.chaos.stored import read, rest
from tests.chaos.story import ORIGIN, SEALER, THREAD, Story, World, world
from tests.store.servers import empty

FORMS = ("plain", "tracked")


@dataclass(frozen=True)
class Death:
    """When a process dies, and whether people press what they see before another one takes over."""

    at: int | Literal["card shown"]  # the number of the command, or the first one once a card can be seen
    when: When = "before"
    hasty: bool = False

    def is_at(self, number: int, there: World) -> bool:
        """Whether this command is the one."""
        return (
            any(isinstance(one, Card) for one in there.wall.shown()) if self.at == "card shown" else number == self.at
        )


@dataclass
class Swept:
    """What a sweep over the story's commands has come to."""

    commands: list[str] = field(default_factory=list[str])  # of an undisturbed run
    tried: int = 0
    doubts: int = 0
    violations: list[str] = field(default_factory=list[str])


async def sweep(port: int, folder: Path, form: str, *, stride: int = 1, offset: int = 0) -> Swept:
    """Kill before and after every `stride`-th command, from `offset` on; the server at `port` is emptied each time."""
    swept = Swept()
    swept.commands, swept.violations = await once(port, folder, form, None, swept)
    for number in range(offset, len(swept.commands), stride):
        for when, hasty in product(("before", "after"), (False, True)):
            death = Death(number, when, hasty)
            _, wrong = await once(port, folder, form, death, swept)
            swept.violations += [f"{death} ({swept.commands[number]}): {what}" for what in wrong]
    return swept


async def once(port: int, folder: Path, form: str, death: Death | None, swept: Swept) -> tuple[list[str], list[str]]:
    """Play the story with this death in it; returns the commands until then, and what is wrong in the end."""
    asyncio.get_running_loop().set_exception_handler(_unheard)
    observer = await connect(f"redis://127.0.0.1:{port}")
    try:
        await empty(observer)
        await cast("Any", observer).script_flush()  # so that the loading of scripts is cut too
        there = world(folder / secrets.token_hex(4), f"order 1: {form}, smooth, 0 ms")

        def is_over(number: int) -> bool:
            return death is not None and death.is_at(number, there)

        async with Proxy(port, cut_at=is_over, when=death.when if death else "before") as proxy:
            await _live(there, proxy, observer)
            if death is not None:
                swept.tried += proxy.cut.is_set()  # the last ones may be missing: two lanes are served at once
                await _time_passes(observer)
                await _recover(port, there, observer, hasty=death.hasty)
        return list(proxy.commands), await _wrong(there, observer, swept)
    finally:
        await observer.aclose()


def _unheard(_: asyncio.AbstractEventLoop, __: dict[str, Any]) -> None:
    """Say nothing about what dies because its process does."""


async def _live(there: World, proxy: Proxy, observer: Client) -> None:
    """One process plays until it is done, or dies when its connections are cut."""
    try:
        client = await connect(proxy.url)
    except SettingsError:  # it died while it started
        assert proxy.cut.is_set()
        return
    story = Story(there, client, observer)
    playing = asyncio.create_task(story.play())
    cut = asyncio.create_task(proxy.cut.wait())
    await asyncio.wait({playing, cut}, return_when=asyncio.FIRST_COMPLETED)
    if proxy.cut.is_set():
        playing.cancel()
        await story.end()
        await asyncio.gather(playing, return_exceptions=True)  # whatever it still said, nobody heard
    else:
        await playing
    cut.cancel()
    await client.aclose()


async def _time_passes(observer: Client) -> None:
    """What a dead process held runs out."""
    keys = ThreadKeys(THREAD).shard
    await cast("Any", observer).zadd(keys.leases, {THREAD: 1}, xx=True)
    await cast("Any", observer).delete(keys.out_lease)


async def _recover(port: int, there: World, observer: Client, *, hasty: bool) -> None:
    client = await connect(f"redis://127.0.0.1:{port}")
    story = Story(there, client, observer)
    try:
        await story.play(hasty=hasty)
    finally:
        await story.end()
        await client.aclose()


async def _wrong(there: World, observer: Client, swept: Swept) -> list[str]:
    stored, left = await read(observer, THREAD), await rest(observer)
    thread = await Story(there, observer, observer).thread()
    swept.doubts += sum(event.type == "step_in_doubt" for event in thread.events)
    shipped = there.warehouse.shipped()
    found = invariants.always(stored, SEALER) + invariants.quiet(stored, SEALER)
    found += invariants.shipped_once(stored, SEALER, shipped)
    if sum(shipped.values()) != 1:
        found.append(f"{sum(shipped.values())} parcels were shipped")
    if left.outbox or left.attempts or left.dead or left.due or left.leased or left.pending:
        found.append(f"left over: {left}")
    expected = list(lines(thread))
    shown = there.wall.shown(ORIGIN)
    said = [str(getattr(one, "markdown", one.kind)) for one in shown if not isinstance(one, Progress)]
    turns = [one.state for one in shown if isinstance(one, Progress)]
    if turns != ["ended"]:
        found.append(f"of the one turn, messages that say how far it is: {turns}")
    if len(said) != len(expected) or not all(want in got for want, got in zip(expected, said, strict=True)):
        found.append(f"it should have said {expected}, and said {said}")
    return [*found, *_cards(there)]


def _cards(there: World) -> Iterator[str]:
    seen: set[str] = set()
    for versions in there.wall.hung.values():
        if versions[0].id in seen:
            yield f"{versions[0].id} was sent twice"
        seen.add(versions[0].id)
        if isinstance(versions[0].content, Card) and not isinstance(versions[-1].content, Decision):
            yield f"the card of {versions[0].content.request} still has its buttons"
