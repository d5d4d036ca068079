"""What was said before: read from Slack's history page by page, and put as the events that told of it."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final, Literal

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from channels.slack.calls import failure, read
from channels.slack.wire import JsonObject, as_object, as_objects, as_text

Kind = Literal["public_channel", "private_channel", "mpim", "im"]
KINDS: Final[tuple[Kind, ...]] = ("im", "mpim", "private_channel", "public_channel")
_GONE: Final = frozenset({"channel_not_found", "not_in_channel", "is_archived", "thread_not_found", "missing_scope"})
"""What Slack says where there is nothing for us to read, now or later."""
_NONE: Final = frozenset[str]()
_MARK = "past:"  # begins the event ids that we make; Slack's begin with Ev
_PAGE = 200  # messages; Slack advises against more
_TALK = 999  # messages of one thread, of which the last count: fewer calls are more important there
_MOST_TALK = 5_000
_WAIT_S = 30.0  # where Slack names no time
_MOST_WAITS = 10  # for one page

_logger = logging.getLogger("channels.slack.past")


def ts_of(us: int) -> str:
    """Return a moment (us) as Slack writes it."""
    return f"{us // 1_000_000}.{us % 1_000_000:06d}"


def us_of(ts: str) -> int:
    """Return the moment (us) of a message by its `ts`; 0 if that is none."""
    digits = ts.replace(".", "", 1)
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def as_event(message: JsonObject, channel: str, team: str) -> JsonObject:
    """Return a message of the history as the event that told of it; its text is what stands there by now.

    The event's id is ours. History names an author's workspace as `team`, where events have `user_team`.
    """
    ts = as_text(message.get("ts"))
    event: JsonObject = {
        **message,
        "type": "message",
        "channel": channel,
        "channel_type": "im" if channel.startswith("D") else "channel",
        "user_team": message.get("user_team") or message.get("team"),
    }
    return {"type": "event_callback", "event_id": f"{_MARK}{channel}/{ts}", "team_id": team, "event": event}


def is_past(event_id: str) -> bool:
    """Whether an event was made from history."""
    return event_id.startswith(_MARK)


class Past:
    """Reads history, and waits as long as Slack asks for.

    All of it raises SlackApiError, aiohttp's errors, TimeoutError.
    Slack allows about 50 calls of each method a minute, and one to some apps that are sold, but not on its Marketplace
    (https://docs.slack.dev/apis/web-api/rate-limits).
    """

    def __init__(self, client: AsyncWebClient) -> None:
        """Take the client to read with."""
        self._client = client

    async def joined(self, kind: Kind) -> list[str]:
        """Return the conversations of one kind that the bot is in."""
        asked = {"types": kind, "exclude_archived": "true"}
        return [
            as_text(channel.get("id"))
            async for page in self._pages("users.conversations", "channels", asked, gone=_NONE)
            for channel in page
        ]

    async def newest(self, channel: str) -> AsyncIterator[list[JsonObject]]:
        """Yield a channel's messages page by page, newest first, without the replies in its threads."""
        async for page in self._pages("conversations.history", "messages", {"channel": channel}):
            yield page

    async def count(self, channel: str, after: int, until: int) -> int:
        """Return how many messages a channel has between two moments (us); of more than 999, 999."""
        asked = {"channel": channel, "oldest": ts_of(after), "latest": ts_of(until)}
        async for page in self._pages("conversations.history", "messages", asked, size=999):
            return len(page)
        return 0

    async def replies(self, channel: str, root: str, after: int, most: int) -> list[JsonObject]:
        """Return the replies in a thread that were written after a moment (us), oldest first; at most so many."""
        asked = {"channel": channel, "ts": root, "oldest": ts_of(after)}
        found: list[JsonObject] = []
        async for page in self._pages("conversations.replies", "messages", asked):
            found += [message for message in page if us_of(as_text(message.get("ts"))) > after]
            if len(found) >= most:
                break
        return [message for message in found if message.get("ts") != root][:most]

    async def talk(self, channel: str, root: str, after: int, before: int) -> list[JsonObject]:
        """Return what stands in a thread between two moments (us), its first message included, oldest first.

        Of a very long one the beginning may be all that is read.
        """
        asked = {"channel": channel, "ts": root, "oldest": ts_of(after), "latest": ts_of(before)}
        found: dict[int, JsonObject] = {}
        async for page in self._pages("conversations.replies", "messages", asked, size=_TALK):
            found |= {us_of(as_text(message.get("ts"))): message for message in page}
            if len(found) >= _MOST_TALK:
                break
        return [found[ts] for ts in sorted(found) if after < ts < before]

    async def _pages(
        self, method: str, key: str, asked: dict[str, str], *, size: int | None = None, gone: frozenset[str] = _GONE
    ) -> AsyncIterator[list[JsonObject]]:
        """Yield the pages; none where Slack says one of `gone`."""
        cursor = ""
        while True:
            more: dict[str, str | int] = {"limit": size or _PAGE, **({"cursor": cursor} if cursor else {})}
            try:
                page = await self._read(method, {**asked, **more})
            except SlackApiError as error:
                if failure(error).code in gone:
                    return
                raise
            yield as_objects(page.get(key))
            cursor = as_text(as_object(page.get("response_metadata")).get("next_cursor"))
            if not cursor:
                return

    async def _read(self, method: str, asked: dict[str, str | int]) -> JsonObject:
        for _ in range(_MOST_WAITS):
            try:
                return await read(self._client, method, **asked)
            except SlackApiError as error:
                told = failure(error)
                if told.code != "ratelimited" and told.status != 429:
                    raise
                wait = told.retry_after_s or _WAIT_S
                _logger.debug("Slack asks to wait %.0f s before %s", wait, method)
                await asyncio.sleep(wait)
        return await read(self._client, method, **asked)
