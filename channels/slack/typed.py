"""Words such as "approve", typed where something waits for an approval: they decide nothing, and bring the buttons."""

import re
from collections import OrderedDict
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from bot.identity import SlackIdentity
from bot.places import Card, Place
from channels.slack import kit
from channels.slack.render import Rendered, card_message
from channels.slack.tally import Tally
from channels.slack.telling import tell

TOLD = (
    "A message decides nothing, so that nobody decides by mistake. If you mean it, press a button; only you see this."
)
MOST_CARDS = 5  # of one person, for one word
_KEPT = 1_000  # messages; the same one comes as two events, and again if an acknowledgement was late
_WORD = re.compile(
    r"(i )?(approved?|reject(ed)?|deny|denied|declined?)( (it|this|that))?"
    r"|lgtm|:\+1:|:-1:|:white_check_mark:|:x:|👍|👎|✅|❌"
)


class Pending(Protocol):
    """Who knows what waits for whom."""

    async def open_cards(self, identity: SlackIdentity, place: Place, *, private: bool) -> tuple[Card, ...]:
        """Return the cards of those open approvals which this person may answer, oldest first.

        `private`, in direct messages with the bot: all of them. Else those asked for in the thread at `place`, and
        those whose card stands there: as the message with which this thread begins, or in it. Nothing is recorded.
        Raises redis errors.
        """
        ...


def is_decision(text: str) -> bool:
    """Whether the whole message is a word by which somebody would decide."""
    return _WORD.fullmatch(" ".join(text.casefold().split()).strip(" .,;!*_`\"'")) is not None


class Typed:
    """Shows the buttons to whoever typed such a word, to them alone."""

    def __init__(self, pending: Pending, client: AsyncWebClient, tally: Tally) -> None:
        """Take who knows what is open, and the client to show it with."""
        self._tally = tally
        self._pending = pending
        self._client = client
        self._shown: OrderedDict[str, None] = OrderedDict()

    async def show(self, source: str, identity: SlackIdentity, place: Place, *, private: bool, thread: bool) -> bool:
        """Show this person what waits for them here; False: nothing does, so the message is one like any other.

        `thread`: whether it was written in a thread. Raises redis errors, SlackApiError, aiohttp's errors and
        TimeoutError: the message was not taken then, and Slack sends it again.
        """
        cards = (await self._pending.open_cards(identity, place, private=private))[:MOST_CARDS]
        if not cards:
            return False
        if source in self._shown:
            return True
        self._shown[source] = None
        if len(self._shown) > _KEPT:
            self._shown.popitem(last=False)
        user, channel = identity.account.partition("/")[2], place.address.partition("/")[2]
        try:
            for card in cards:
                root = place.thread if thread else None
                message = _message(card)
                await tell(self._client, self._tally, user, message, channel=channel, thread=root, about=card.thread)
        except BaseException:
            self._shown.pop(source, None)
            raise
        return True


def _message(card: Card) -> Rendered:
    shown = card_message(card.model_copy(update={"mention": ()}))
    return Rendered(shown.text, [kit.context(kit.plain(TOLD)), *shown.blocks])
