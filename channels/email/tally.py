"""What became of mails, told to the store as it grows: `bot status` and /metrics show the sum over all processes."""

from collections import Counter
from contextlib import AbstractAsyncContextManager

from bot.store.presence import MailboxReport, Presence, now_us, saying
from channels.email.receive import Receiver


class Tally:
    """Tells the store what became of mails since it was told last; what could not be told is told the next time."""

    def __init__(self, receiver: Receiver, presence: Presence, name: str) -> None:
        """Take what counts, and under which name."""
        self._receiver = receiver
        self._presence = presence
        self._name = name
        self._told: Counter[str] = Counter(receiver.counts)

    async def publish(self, report: MailboxReport) -> None:
        """Say how the mailbox is doing, and what came. Raises redis errors."""
        known = await self._presence.heard_of(self._name)
        if known is not None and not report.last_contact:  # a new process that has not reached the server yet
            report = report.model_copy(update={"last_contact": known.last_contact, "last_idle": known.last_idle})
        if known is not None and not report.last_uid:
            report = report.model_copy(update={"last_uid": known.last_uid})
        await self._presence.mailbox(report)
        for became, number in (Counter(self._receiver.counts) - self._told).items():
            await self._presence.count(self._name, became, number)
            self._told[became] += number

    async def listening(self) -> None:
        """Say that mail can be posted here, and what came so."""
        now = now_us()
        await self.publish(MailboxReport(at=now, name=self._name, connected=True, last_contact=now))


def telling(tally: Tally) -> AbstractAsyncContextManager[None]:
    """Tell of posted mail until the block ends."""
    return saying(tally.listening, tally.listening)
