"""A mailbox that is not heard from is told to the operators, once an outage, and told again when it is back.

Every worker looks, so it does not matter which process died; what was told is in the store, so nobody tells it twice.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.operators import tell_operators
from bot.people import Directory
from bot.places import ChannelName
from bot.port import Telling, TextIntake
from bot.store.away import AWAY
from bot.store.presence import MailboxReport, Presence, now_us

LOOK_S = 10.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Silent:
    """A mailbox whose silence has to be told."""

    report: MailboxReport
    heard: int  # up to when (us)


@dataclass(frozen=True, slots=True)
class Back:
    """A mailbox whose silence was told, and that is heard again."""

    report: MailboxReport
    heard: int  # up to when (us) it had been heard before it fell silent


def judge(
    reports: Iterable[MailboxReport],
    expected: Collection[str] | None,
    told: Mapping[str, int],
    now: int,
    since: int,
    most_us: int,
) -> list[Silent | Back]:
    """Say what has to be told. `expected` are the mailboxes that should be watched; None: all that ever were.

    Nobody is silent for longer than we have been looking (`since`): a whole installation that was stopped for a day
    and starts again has nothing to tell.
    """
    known = {report.name: report for report in reports}
    names = sorted(known) if expected is None else sorted(expected)
    found: list[Silent | Back] = []
    for name in names:
        report = known.get(name, MailboxReport(name=name))
        silent = now - max(report.last_contact, since) > most_us
        if silent:
            found.append(Silent(report, report.last_contact))
        elif name in told and report.last_contact > told[name]:
            found.append(Back(report, told[name]))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookout:
    """Looks at the mailboxes and tells."""

    presence: Presence
    intake: TextIntake
    directory: Callable[[], Directory]
    channels: Collection[ChannelName]
    most_s: float
    expected: Collection[str] | None = None
    look_s: float = LOOK_S

    async def run(self) -> None:
        """Look until cancelled; while the store is away there is nothing to see."""
        since = now_us()
        while True:
            try:
                await self.look(since)
            except AWAY as error:
                _log.debug("the mailboxes could not be looked at: %s", type(error).__name__)
            await asyncio.sleep(self.look_s)

    async def look(self, since: int) -> None:
        """Look once. Raises redis errors; whoever looks next goes on from there."""
        reports, told = await self.presence.mailboxes(), await self.presence.silences()
        for found in judge(reports, self.expected, told, now_us(), since, int(self.most_s * 1_000_000)):
            match found:
                case Silent() if told.get(found.report.name) != found.heard:
                    await self._tell("mailbox_silent", found, silence_text(found, now_us()), "Mailbox silent")
                    await self.presence.told_silence(found.report.name, found.heard)
                case Back():
                    await self._tell("mailbox_back", found, back_text(found), "Mailbox back")
                    await self.presence.told_return(found.report.name)
                case _:
                    pass

    async def _tell(self, reason: str, found: Silent | Back, text: str, subject: str) -> None:
        telling = Telling(reason=reason, source=f"{reason}/{found.report.name}/{found.heard}", who="", text=text)
        new = await tell_operators(self.intake, self.directory(), self.channels, telling, subject)
        _log.log(logging.ERROR if reason == "mailbox_silent" else logging.INFO, "%s (told: %d)", text, new)


def silence_text(silent: Silent, now: int) -> str:
    """Say what operators need to know, and what to do."""
    report = silent.report
    since = f"since {_clock(silent.heard)}, for {(now - silent.heard) // 60_000_000} minutes" if silent.heard else "yet"
    fault = f" Its last trouble: {report.trouble}" if report.trouble else ""
    gone = now - report.at > 60_000_000
    where = "no process watches it: is `bot email` running?" if gone else "see the log of `bot email`."
    return (
        f"The mailbox {report.name} has not been heard from {since}.{fault} Mail that arrives there is not read, and "
        f"nobody can decide by mail; it is read when the mailbox is back. Look at `bot status`; {where}"
    )


def back_text(back: Back) -> str:
    """Say that it is over, and for how long it went on."""
    report = back.report
    lost = f" It had not been heard from since {_clock(back.heard)}." if back.heard else ""
    return f"The mailbox {report.name} is heard from again.{lost} What arrived meanwhile is being read."


def _clock(us: int) -> str:
    return f"{datetime.fromtimestamp(us / 1_000_000, UTC):%Y-%m-%d %H:%M} UTC"
