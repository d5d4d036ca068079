"""The intake of channels without buttons: what a request asks for, and words to one person outside of any thread."""

import time
from dataclasses import dataclass
from typing import Any, cast

from bot.ids import fresh_id, thread_id
from bot.intake import CoreIntake
from bot.places import Delivery, Notice, Place, Text
from bot.port import Answered, AnswerInbound, RefusalRecord, Returned, Telling, Verdict
from bot.store import scripts
from bot.store.keys import ThreadKeys
from bot.undelivered import Undelivered

_NOWHERE = Place(channel="console", address="nobody")


@dataclass(frozen=True, slots=True)
class Reception(CoreIntake):
    """Implements `bot.port.TextIntake` over the store. `channels` are those that can be sent by."""

    channels: frozenset[str] = frozenset({"email", "slack"})

    async def returned(self, report: Returned) -> Verdict:
        """Take a report that a delivery came back: note it, and ask elsewhere whoever was asked by it."""
        return await Undelivered(self.client, self.sealer, self.directory, self.channels).returned(report)

    async def answer(self, inbound: AnswerInbound) -> Answered:
        """Take an answer once. A mailbox can be read again: its owner must not hear that their own answer is late."""
        thread = self.ids.thread_of(inbound.request)
        seen = ThreadKeys(thread).shard.seen(inbound.source) if thread else ""
        if seen and await cast("Any", self.client).exists(seen):
            return Answered(accepted=True, text="Your answer was taken already.")
        return await CoreIntake.answer(self, inbound)

    async def tell(self, telling: Telling) -> Verdict:
        """Keep it and say it, once for each source, and only so often a day."""
        # What belongs to no thread lies in the shard of the person, so that the limit counts all of it.
        thread = telling.thread or thread_id("told", telling.who)
        place = telling.place or _NOWHERE
        content = Notice(markdown=telling.text, to=telling.to) if telling.to else Text(markdown=telling.text)
        delivery = Delivery(id=fresh_id(), thread=thread, place=place, content=content)
        record = RefusalRecord(reason=telling.reason, who=telling.who, source=telling.source, at=time.time_ns() // 1000)
        done = await scripts.refuse(
            self.client,
            record.model_dump_json(),
            delivery,
            f"{telling.reason}:{telling.who}",
            seen=[f"{telling.source}:{telling.reason}"],
            limit=telling.a_day if telling.place and telling.text else 0,
        )
        match done:
            case "duplicate":
                return "duplicate"
            case "told":
                return "told"
            case _:
                return "refused"
