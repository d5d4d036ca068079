"""Deliveries into Slack: posting, replacing, finding again, and what each failure means for another try."""

from collections.abc import Generator
from contextlib import contextmanager

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.places import ChannelName, Delivery, Notice, Place
from bot.port import DeliveryFailed
from channels.slack.app import SlackSettings
from channels.slack.calls import BUSY, UNCERTAIN, failure, read, reading_client, write, writing_client
from channels.slack.render import Rendered, render
from channels.slack.telling import direct_channel, tell
from channels.slack.wire import JsonObject, array, as_object, as_objects, as_text

EVENT_TYPE = "countersign_delivery"
_PAGE = 200  # messages
_PAGES = 10  # how far back a delivery is looked for; its outcome is asked for soon after the attempt
_LOCKED_OUT = frozenset(
    {"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "missing_scope"}
)
_LOCKED_OUT_S = 60.0


class SlackChannel:
    """The sender's end of Slack. A provider's id is `channel/ts`.

    A text too long for one message is followed by its other parts; the id is the first one's. Each part carries the
    delivery's id and its number as metadata, so that a second attempt posts only what is missing.
    """

    name: ChannelName = "slack"

    def __init__(self, settings: SlackSettings) -> None:
        """Build the clients; nothing is called yet."""
        self._reader = reading_client(settings.bot_token, settings.api_url)
        self._writer = writing_client(settings.bot_token, settings.api_url)
        self._direct: dict[str, str] = {}

    async def deliver(self, delivery: Delivery, previous: str | None) -> str:
        """Post it, or put it in the place of `previous`; see `bot.port.Channel`."""
        messages = render(delivery.content)
        if isinstance(delivery.content, Notice):
            return await self._notice(delivery.place, delivery.content, messages)
        channel = await self._channel(delivery.place)
        sent: dict[int, str] = {}
        if len(messages) > 1:
            with _unsent():
                sent = await self._sent_parts(delivery, channel)
        for number, message in enumerate(messages):
            if number not in sent:
                replaced = previous if number == 0 else None
                sent[number] = await self._send(delivery, channel, message, number, replaced)
        return f"{(previous or channel).partition('/')[0]}/{sent[0]}"

    async def find(self, delivery: Delivery) -> str | None:
        """Return the id of a delivery that was sent whole; a notice is shown and leaves no trace to find.

        Raises DeliveryFailed if Slack cannot be asked now.
        """
        if isinstance(delivery.content, Notice):
            return None
        channel = await self._channel(delivery.place)
        with _unsent():
            sent = await self._sent_parts(delivery, channel)
        return f"{channel}/{sent[0]}" if len(sent) == len(render(delivery.content)) else None

    async def _send(
        self, delivery: Delivery, channel: str, message: Rendered, number: int, previous: str | None
    ) -> str:
        body: JsonObject = {
            "text": message.text,
            "blocks": array(message.blocks),
            "metadata": {"event_type": EVENT_TYPE, "event_payload": {"id": delivery.id, "part": number}},
        }
        with _attempt():
            if previous:
                where, _, ts = previous.partition("/")
                told = await write(self._writer, "chat.update", channel=where, ts=ts, **body)
            else:
                quiet: JsonObject = {"unfurl_links": False, "unfurl_media": False}
                thread = delivery.place.thread
                told = await write(self._writer, "chat.postMessage", channel=channel, thread_ts=thread, **body, **quiet)
        return as_text(told.get("ts"))

    async def _notice(self, place: Place, notice: Notice, messages: tuple[Rendered, ...]) -> str:
        user = notice.to.rpartition("/")[2]
        channel = await self._channel(place)
        with _attempt():
            ids = [
                await tell(self._writer, user, message, channel=channel, thread=place.thread) for message in messages
            ]
        return ids[0]

    async def _channel(self, place: Place) -> str:
        """Return the id of the channel, for a person that of the direct messages with them."""
        target = place.address.rpartition("/")[2]
        if not target.startswith(("U", "W")):
            return target
        if target not in self._direct:
            with _unsent():
                self._direct[target] = await direct_channel(self._writer, target)
        return self._direct[target]

    async def _sent_parts(self, delivery: Delivery, channel: str) -> dict[int, str]:
        """Return the `ts` of each part of the delivery that stands in its conversation."""
        thread = delivery.place.thread
        method = "conversations.replies" if thread else "conversations.history"
        asked: dict[str, str | int] = {"channel": channel, "limit": _PAGE, "include_all_metadata": "true"}
        if thread:
            asked["ts"] = thread
        found: dict[int, str] = {}
        for _ in range(_PAGES):
            page = await read(self._reader, method, **asked)
            for message in as_objects(page.get("messages")):
                metadata = as_object(message.get("metadata"))
                payload = as_object(metadata.get("event_payload"))
                if metadata.get("event_type") == EVENT_TYPE and payload.get("id") == delivery.id:
                    part = payload.get("part")
                    found[part if isinstance(part, int) else 0] = as_text(message.get("ts"))
            cursor = as_text(as_object(page.get("response_metadata")).get("next_cursor"))
            if not cursor:
                break
            asked["cursor"] = cursor
        return found


@contextmanager
def _attempt() -> Generator[None]:
    """Say what a failed call of a writing method means; what is not turned into DeliveryFailed has an unknown outcome.

    https://docs.slack.dev/reference/methods/chat.postMessage (errors): of `fatal_error` and `internal_error` it says
    that some of the operation may have succeeded.
    """
    try:
        yield
    except SlackApiError as error:
        told = failure(error)
        if told.status == 429 or told.code in BUSY:
            raise _later(told.code, told.retry_after_s) from error
        if told.status >= 500 or told.code in UNCERTAIN:
            raise
        if told.code in _LOCKED_OUT:
            raise _later(f"{told.code}: see `bot doctor`", _LOCKED_OUT_S) from error
        raise DeliveryFailed(f"Slack refused it: {told.code}", permanent=True) from error
    except aiohttp.ClientConnectorError as error:
        raise _later("Slack cannot be reached") from error


@contextmanager
def _unsent() -> Generator[None]:
    """Turn the failure of a call before the sending into DeliveryFailed: nothing was sent."""
    try:
        with _attempt():
            yield
    except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
        raise _later(f"Slack did not answer: {type(error).__name__}") from error


def _later(detail: str, after_s: float | None = None) -> DeliveryFailed:
    return DeliveryFailed(detail, permanent=False, retry_after_s=after_s)
