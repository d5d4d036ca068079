"""What the store knows that the back-fill asks: how far Slack was heard, and which threads we are in since when."""

from collections.abc import Sequence
from typing import Any, Protocol, cast

from pydantic import ValidationError

from bot.entries import decode
from bot.events import MessageReceived
from bot.ids import thread_id
from bot.places import Place
from bot.store import log
from bot.store.cursors import RedisMoments
from bot.store.keys import ThreadKeys
from bot.store.server import Client
from channels.slack.past import us_of

_CHUNK = 100  # entries of a log
_MOST_THREADS = 200  # that changed last


class Known(Protocol):
    """What the back-fill needs to remember. All of it raises redis errors."""

    async def heard(self, team: str) -> int | None:
        """Return up to which moment (us) everything was heard in this workspace; None: we were never there."""
        ...

    async def hear(self, team: str, moment: int) -> None:
        """Remember that everything was heard up to this moment (us)."""
        ...

    async def threads(self, team: str) -> list[tuple[str, str]]:
        """Return the threads that we were in lately, as channel and root, the last one first."""
        ...

    async def born(self, team: str, channel: str, root: str) -> int | None:
        """Return the moment (us) of the message by which this thread became ours; None: it did not."""
        ...


class Stored:
    """Implements `Known` over the store, and `Heard` of channels.slack.around."""

    def __init__(self, client: Client) -> None:
        """Take the client."""
        self._client = client
        self._moments = RedisMoments(client)

    async def heard(self, team: str) -> int | None:
        return await self._moments.load(f"slack:{team}")

    async def hear(self, team: str, moment: int) -> None:
        await self._moments.save(f"slack:{team}", moment)

    async def threads(self, team: str) -> list[tuple[str, str]]:
        found = [_place(head.origin) for head in await log.recent(self._client, _MOST_THREADS)]
        return list(
            dict.fromkeys(
                (channel, place.thread)
                for place in found
                if place is not None and place.channel == "slack" and place.thread
                for home, _, channel in [place.address.partition("/")]
                if home == team and channel.startswith(("C", "D", "G"))
            )
        )

    async def caught_up(self, team: str, channel: str, root: str) -> int | None:
        key = ThreadKeys(thread_id("slack", team, channel, root)).log
        store = cast("Any", self._client)
        length = cast("int", await store.llen(key))
        for end in range(length, 0, -_CHUNK):
            entries = cast("list[bytes]", await store.lrange(key, max(end - _CHUNK, 0), end - 1))
            for entry in reversed([entry for entry in entries if b'"earlier":{' in entry]):
                event = decode(entry)
                earlier = event.body.earlier if isinstance(event, MessageReceived) and event.body else None
                if earlier is not None and earlier.until is not None:
                    return earlier.until
        born = await self.born(team, channel, root)
        return None if not length else born if born == us_of(root) else 0

    async def is_ours(self, team: str, channel: str, root: str) -> bool:
        key = ThreadKeys(thread_id("slack", team, channel, root)).log
        return bool(await cast("Any", self._client).exists(key))

    async def taken(self, team: str, channel: str, root: str, messages: Sequence[str]) -> frozenset[str]:
        if not messages:
            return frozenset()
        thread = thread_id("slack", team, channel, root)
        shard = ThreadKeys(thread).shard
        keys = [shard.seen(f"slack:{team}/{channel}/{ts}") for ts in messages]
        found = cast("list[bytes | None]", await cast("Any", self._client).mget(keys))
        return frozenset(ts for ts, by in zip(messages, found, strict=True) if by == thread.encode())

    async def born(self, team: str, channel: str, root: str) -> int | None:
        key = ThreadKeys(thread_id("slack", team, channel, root)).log
        first = cast("bytes | None", await cast("Any", self._client).lindex(key, 0))
        event = decode(first) if first else None
        return us_of(event.source.rpartition("/")[2]) if isinstance(event, MessageReceived) else None


def _place(origin: str) -> Place | None:
    try:
        return Place.model_validate_json(origin)
    except ValidationError:
        return None
