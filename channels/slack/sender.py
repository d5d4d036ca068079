"""Deliveries into Slack: posting, replacing, answering below a card, and finding again what was sent."""

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from slack_sdk.errors import SlackApiError

from bot.places import Card, ChannelName, Delivery, Notice, Place, Progress
from bot.port import DeliveryFailed, Pace
from bot.port_turns import SessionStatus
from channels.slack.app import SlackSettings
from channels.slack.call_view import call_text
from channels.slack.calls import failure, reading_client, writing_client
from channels.slack.cards import Below, file_name, needs_file
from channels.slack.history import EVENT_TYPE, Found, Mark, ours
from channels.slack.outcomes import attempt, unsent
from channels.slack.paces import paces
from channels.slack.posting import SHAPELESS, UnfitError, post, post_strictly
from channels.slack.render import (
    MOST_MESSAGES,
    LongAnswer,
    Rendered,
    card_message,
    long_answer,
    progress_message,
    render,
)
from channels.slack.sessions import SlackSessions
from channels.slack.tally import Tally
from channels.slack.telling import direct_channel, tell
from channels.slack.uploads import Upload, is_there, put, share
from channels.slack.wire import JsonObject, as_text

__all__ = ["EVENT_TYPE", "SlackChannel"]
_log = logging.getLogger(__name__)


class _Spot(NamedTuple):
    """Where a message goes or stands; with `ts`, it is there already."""

    channel: str
    thread: str | None
    ts: str = ""

    @property
    def root(self) -> str:
        """The first message of the thread that it is in, or begins."""
        return self.thread or self.ts

    @property
    def id(self) -> str:
        return f"{self.channel}/{self.ts}"


def _code(failed: DeliveryFailed) -> str:
    """Return Slack's own word for what it refused, or would have."""
    if isinstance(failed, UnfitError):
        return "invalid_blocks"
    return failure(failed.__cause__).code if isinstance(failed.__cause__, SlackApiError) else ""


class SlackChannel:
    """The sender's end of Slack. A provider's id is `channel/ts`.

    A text too long for one message is followed by its other parts; the id is the first one's. Each part carries the
    delivery's id and its number as metadata, so that a second attempt posts only what is missing. Of a text that would
    be more than a few messages, the first ones are followed by a file with all of it, and by a last one, numbered above
    all parts, that names the file. If Slack does not take files, all of its parts follow.

    A call too long for its card goes below it as a file, and only then the card offers to let it run:

    1. The file's bytes go to Slack, where nobody sees them. If Slack does not take them, the card is posted without
       that offer, and says where else the call can be read; that is its end.
    2. The card is posted without the offer, marked as waiting for its file.
    3. The file is shared in the card's thread.
    4. The card is replaced by itself with the offer, and without the mark.

    Whatever breaks off between 2 and 4, `find` goes on from there: it looks whether the file stands in the thread,
    by its name and by our own user, shares it if not, and then does 4. So nothing is posted twice, and no card offers
    what its reader cannot see.
    """

    name: ChannelName = "slack"

    def __init__(self, settings: SlackSettings) -> None:
        """Build the clients; nothing is called yet."""
        self._reader = reading_client(settings.bot_token, settings.api_url)
        self._writer = writing_client(settings.bot_token, settings.api_url)
        self.tally = Tally()
        self._direct: dict[str, str] = {}
        self._post_every_s = settings.pace_s
        self._plain_progress = False
        self._sessions = SlackSessions(self._writer)

    def paces(self, delivery: Delivery) -> Sequence[Pace]:
        """Return the limits under which it is sent; see `bot.port.Channel`."""
        return paces(delivery, self._post_every_s)

    def shows(self, address: str, thread: str | None, status: SessionStatus, title: str) -> None:
        """Show what a conversation is at; see `bot.port_turns.Sessions`."""
        self._sessions.shows(address, thread, status, title)

    async def deliver(self, delivery: Delivery, previous: str | None) -> str:
        """Post it, put it in the place of `previous`, or post it below `previous`; see `bot.port.Channel`."""
        content = delivery.content
        if isinstance(content, Notice):
            return await self._notice(delivery, content, render(content))
        spot = await self._spot(delivery, previous)
        if isinstance(content, Card) and needs_file(content):
            return await self._deliver_with_file(delivery, content, spot)
        if isinstance(content, Progress):
            return await self._progress(delivery, content, spot)
        messages = render(content)
        sent = await self._sent(delivery, spot) if len(messages) > 1 else {}
        long = None if _is_in_parts(sent, len(messages)) else long_answer(content, messages)
        first = await self._send_missing(delivery, long.first if long else messages, spot, sent)
        if long and len(messages) not in sent:
            if await self._put_above(long, first, sent):
                await self._send(delivery, long.closing, spot._replace(ts=""), part=len(messages))
            else:
                await self._send_missing(delivery, messages, spot, sent | await self._sent(delivery, spot))
        return first.id

    async def find(self, delivery: Delivery) -> str | None:
        """Return the id of a delivery that was sent whole; a notice is shown and leaves no trace to find.

        A card that still waits for its file gets it first, even if the request is closed by now: what takes its place
        then needs to know that it is there. Raises DeliveryFailed if Slack cannot be asked now.
        """
        content = delivery.content
        if isinstance(content, Notice):
            return None
        spot = await self._spot(delivery, await self._card_above(delivery))
        sent = await self._sent(delivery, spot)
        if not _is_whole(sent, len(render(content))):
            return None
        found = spot._replace(ts=sent[0].ts)
        if isinstance(content, Card) and sent[0].mark.waits:
            await self._catch_up(delivery, content, found, sent[0].user)
        return found.id

    async def _send_missing(
        self, delivery: Delivery, messages: Sequence[Rendered], spot: _Spot, sent: Mapping[int, Found]
    ) -> _Spot:
        """Send those that are not there yet, in order; return where the first one is."""
        first = _Spot(spot.channel, spot.thread, sent[0].ts) if 0 in sent else spot
        for number, message in enumerate(messages):
            if number not in sent:
                at = await self._send(delivery, message, spot._replace(ts=spot.ts if number == 0 else ""), part=number)
                first = at if number == 0 else first
        return first

    async def _put_above(self, long: LongAnswer, first: _Spot, sent: Mapping[int, Found]) -> bool:
        """Share the file with a very long answer in its thread, once; False: Slack does not take it."""
        with unsent():
            if sent and await is_there(self._reader, long.file, sent[0].user, first.channel, first.root):
                return True
            upload = await put(self._reader, long.file, long.text)
        with attempt():
            return upload is not None and await share(self._writer, upload, first.channel, first.root)

    async def _deliver_with_file(self, delivery: Delivery, card: Card, spot: _Spot) -> str:
        upload = await self._put(card)
        if upload is None:
            return (await self._send(delivery, card_message(card), spot)).id
        shown = await self._send(delivery, card_message(card, "coming"), spot, waits=True)
        await self._share(delivery, card, shown, upload)
        return shown.id

    async def _catch_up(self, delivery: Delivery, card: Card, shown: _Spot, own_user: str) -> None:
        with unsent():
            there = await is_there(self._reader, file_name(card), own_user, shown.channel, shown.root)
        if there:
            await self._send(delivery, card_message(card, "there"), shown)
        else:
            await self._share(delivery, card, shown, await self._put(card))

    async def _progress(self, delivery: Delivery, content: Progress, spot: _Spot) -> str:
        """Show how far a turn is; in words from the first time on that Slack does not take the plan."""
        if not self._plain_progress:
            try:
                return (await self._send(delivery, progress_message(content), spot, strict=True)).id
            except DeliveryFailed as failed:
                if not failed.permanent or _code(failed) not in SHAPELESS:
                    raise
                _log.warning("Slack takes no plan blocks here (%s); progress is shown in words", _code(failed))
                self._plain_progress = True
        return (await self._send(delivery, progress_message(content, plain=True), spot)).id

    async def _put(self, card: Card) -> Upload | None:
        with unsent():
            return await put(self._reader, file_name(card), call_text(card))

    async def _share(self, delivery: Delivery, card: Card, shown: _Spot, upload: Upload | None) -> None:
        below: Below = "nothing"
        with attempt():
            if upload and await share(self._writer, upload, shown.channel, shown.root):
                below = "there"
        await self._send(delivery, card_message(card, below), shown)

    async def _send(
        self,
        delivery: Delivery,
        message: Rendered,
        spot: _Spot,
        *,
        part: int = 0,
        waits: bool = False,
        strict: bool = False,
    ) -> _Spot:
        mark = Mark(delivery.id, part, delivery.replaces or delivery.id, waits)
        where: JsonObject = {"channel": spot.channel, "metadata": mark.metadata()}
        if spot.ts:
            method = "chat.update"
            where |= {"ts": spot.ts}
        else:
            method = "chat.postMessage"
            where |= {"thread_ts": spot.thread, "unfurl_links": False, "unfurl_media": False}
        with attempt():
            if strict:
                told = await post_strictly(self._writer, method, message, **where)
            else:
                told = await post(self._writer, self.tally, method, message, about=delivery.thread, **where)
        return spot._replace(ts=as_text(told.get("ts")))

    async def _notice(self, delivery: Delivery, notice: Notice, messages: tuple[Rendered, ...]) -> str:
        user, thread = notice.to.rpartition("/")[2], delivery.place.thread
        channel = await self._channel(delivery.place)
        with attempt():
            ids = [
                await tell(
                    self._writer, self.tally, user, message, channel=channel, thread=thread, about=delivery.thread
                )
                for message in messages
            ]
        return ids[0]

    async def _spot(self, delivery: Delivery, previous: str | None) -> _Spot:
        """Where it goes: to its place, onto `previous`, or below that, in the thread which it is in or begins."""
        thread = delivery.place.thread
        if previous is None:
            return _Spot(await self._channel(delivery.place), thread)
        channel, _, ts = previous.partition("/")
        is_below = delivery.under is not None and delivery.replaces is None
        return _Spot(channel, thread or ts) if is_below else _Spot(channel, thread, ts)

    async def _card_above(self, delivery: Delivery) -> str | None:
        """Return the id of the card that it goes under, whatever has taken that card's place by now."""
        if delivery.under is None or delivery.place.thread:
            return None  # all that is in a thread is found in that thread
        channel = await self._channel(delivery.place)
        with unsent():
            known = await ours(self._reader, channel, None)
        found = next((one for one in known if delivery.under in {one.mark.delivery, one.mark.card}), None)
        return f"{channel}/{found.ts}" if found else None

    async def _channel(self, place: Place) -> str:
        """Return the id of the channel, for a person that of the direct messages with them."""
        target = place.address.rpartition("/")[2]
        if not target.startswith(("U", "W")):
            return target
        if target not in self._direct:
            with unsent():
                self._direct[target] = await direct_channel(self._writer, target)
        return self._direct[target]

    async def _sent(self, delivery: Delivery, spot: _Spot) -> dict[int, Found]:
        """Return each part of the delivery that stands in its conversation."""
        with unsent():
            found = await ours(self._reader, spot.channel, spot.thread)
        return {one.mark.part: one for one in found if one.mark.delivery == delivery.id}


def _is_whole(sent: Mapping[int, Found], total: int) -> bool:
    """Whether all of a text is there: each part, or the first ones, the file, and what names it."""
    first = set(range(MOST_MESSAGES - 1)) if total > MOST_MESSAGES and total in sent else set(range(total))
    return first <= sent.keys()


def _is_in_parts(sent: Mapping[int, Found], total: int) -> bool:
    """Whether a long text is being sent in parts already, since Slack took no file."""
    return any(MOST_MESSAGES - 1 <= part < total for part in sent)
