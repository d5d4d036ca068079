"""Back-fill: after an outage, what was said meanwhile is read from history and taken as the events would have been.

The store remembers up to when everything was heard. A gap is looked into with an overlap, and each message is taken
once, by the same id as its event, so that looking twice, or on several machines at once, does no harm.
"""

import asyncio
import contextlib
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from pydantic import ValidationError
from slack_sdk.errors import SlackApiError

from bot.errors import CountersignError
from channels.slack.app import SlackApp
from channels.slack.calls import failure
from channels.slack.events import rule_against, starts
from channels.slack.known import Known
from channels.slack.past import KINDS, as_event, us_of
from channels.slack.payloads import MessageEvent
from channels.slack.people import Workspace
from channels.slack.plain import plain_text
from channels.slack.typed import is_decision
from channels.slack.wire import JsonObject, as_text

MOST_AGE_S = 24 * 3600.0  # what was said longer ago is counted, not taken
MOST_MESSAGES = 1_000  # of one channel, its threads included
OVERLAP_S = 1_200.0  # longer than a silent connection is kept (socket.QUIET_S) and than Slack tries again (6 minutes)
TICK_S = 15.0  # between two looks at whether there is something to do
QUIET_S = 900.0  # without any event: then a look costs little, and shows whether there was nothing to hear
FIRST_PAUSE_S = 5.0  # after a back-fill that did not go through, and between any two
LONGEST_PAUSE_S = 600.0
_MOST_TRIES = 5  # of a message that cannot be taken although the store works

_logger = logging.getLogger("channels.slack.backfill")


class UnfinishedError(CountersignError):
    """Some of what was missed could not be taken; it is tried again soon."""


@dataclass(slots=True)
class Report:
    """What one back-fill did."""

    channels: int = 0
    taken: int = 0  # messages passed on; most of them were known already
    older: int = 0  # messages said before MOST_AGE_S, or so many at least
    cut: list[str] = field(default_factory=list[str])  # channels where more than MOST_MESSAGES were said
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """What is looked into: from `since` on, of which up to `heard` it was all heard before. In us."""

    heard: int
    since: int


class Backfill:
    """Looks at history when something may have been missed; else remembers up to when everything was heard."""

    def __init__(self, slack: SlackApp, known: Known) -> None:
        """Take who takes the messages, and what is remembered."""
        self._slack = slack
        self._known = known
        self._hearing = slack.hearing
        self._tries: Counter[str] = Counter()
        self._looked = time.monotonic()
        self._took_s = 0.0
        self._unreadable: set[str] = set()

    async def run(self) -> None:
        """Go on until cancelled. Nothing that Slack or the store does ends this."""
        failures = 0
        while True:
            await self._due()
            self._hearing.gap.clear()
            self._hearing.in_doubt = self._hearing.silent = False
            self._looked = time.monotonic()
            try:
                self._tell(await self.catch_up())
                failures = 0
            except Exception as error:  # noqa: BLE001 - Slack or the store is away, mostly: the moment stays where it was
                _logger.warning("could not look for what was missed (%s); trying again", _named(error))
                self._hearing.gap.set()
                failures += 1
            self._took_s = time.monotonic() - self._looked
            await asyncio.sleep(min(FIRST_PAUSE_S * 2 ** min(failures, 10), LONGEST_PAUSE_S))

    async def catch_up(self) -> Report:
        """Take what was said since everything was heard, at most a day ago; at the first contact with Slack, nothing.

        Raises UnfinishedError, SlackAwayError, SlackApiError, aiohttp's errors, TimeoutError, and redis errors: then
        the next one begins at the same moment again.
        """
        workspace = await self._slack.workspace()
        now = time.time_ns() // 1000
        heard = await self._known.heard(workspace.team)
        report = Report()
        if heard is not None:
            gap = Gap(heard, max(heard - _us(OVERLAP_S), now - _us(MOST_AGE_S)))
            threads = await self._known.threads(workspace.team)
            for channel in dict.fromkeys([*(name for name, _ in threads), *await self._channels()]):
                roots = [root for name, root in threads if name == channel]
                await self._channel(workspace, channel, roots, gap, report)
            if report.failed:
                raise UnfinishedError
        await self._known.hear(workspace.team, now)
        return report

    async def _due(self) -> None:
        """Wait until there is a reason to look. For mere silence, looking takes a tenth of the time at most."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hearing.gap.wait(), TICK_S)
                return
            is_quiet = self._hearing.silent or time.time() - self._hearing.at > QUIET_S
            rested = time.monotonic() - self._looked > max(QUIET_S, 10 * self._took_s)
            if self._hearing.in_doubt or (is_quiet and rested):
                return
            if not self._hearing.silent:
                await self._remember()

    async def _remember(self) -> None:
        """Move the moment on to the last event that came."""
        moment = int(self._hearing.at * 1_000_000)
        if not moment:
            return
        try:
            await self._known.hear((await self._slack.workspace()).team, moment)
        except Exception as error:  # noqa: BLE001 - an older moment is a longer gap, nothing worse
            _logger.debug("could not remember when Slack was heard (%s)", _named(error))

    async def _channels(self) -> list[str]:
        found: list[str] = []
        for kind in KINDS:
            try:
                found += await self._slack.past.joined(kind)
            except SlackApiError as error:
                if failure(error).code != "missing_scope":
                    raise
                if kind not in self._unreadable:
                    self._unreadable.add(kind)
                    what = "after an outage, only known threads are looked at in conversations of the kind %s: add %s"
                    _logger.warning(what, kind, _SCOPES[kind])
        return found

    async def _channel(self, workspace: Workspace, channel: str, roots: list[str], gap: Gap, report: Report) -> None:
        """Take what was said in one channel and its threads, in the order in which it was said."""
        report.channels += 1
        found, threads, covered = await self._said(channel, gap.since)
        for root in dict.fromkeys([*threads, *(root for root in roots if us_of(root) < covered)]):
            found += await self._slack.past.replies(channel, root, gap.since, MOST_MESSAGES)
        if gap.heard < gap.since:
            report.older += await self._slack.past.count(channel, gap.heard, gap.since)
        unique = {us_of(as_text(message.get("ts"))): message for message in found}
        if len(unique) > MOST_MESSAGES:
            report.cut.append(channel)
        for ts in sorted(unique)[-MOST_MESSAGES:]:
            await self._take(workspace, as_event(unique[ts], channel, workspace.team), gap, report)

    async def _said(self, channel: str, since: int) -> tuple[list[JsonObject], list[str], int]:
        """Return what was said after a moment (us), the threads replied in since, and how far back those are known.

        A page of history is always read whole: it shows which of the older threads have new replies.
        """
        said: list[JsonObject] = []
        threads: list[str] = []
        async for page in self._slack.past.newest(channel):
            said += [message for message in page if us_of(as_text(message.get("ts"))) > since]
            threads += _replied(page, since)
            covered = us_of(as_text(page[-1].get("ts"))) if page else 0
            if covered <= since or len(said) > MOST_MESSAGES:
                return said, threads, covered
        return said, threads, 0

    async def _take(self, workspace: Workspace, body: JsonObject, gap: Gap, report: Report) -> None:
        try:
            event = MessageEvent.model_validate(body["event"])
        except ValidationError:
            return
        if not await self._counts(workspace, event, gap.heard):
            return
        if await self._slack.replay(body):
            report.taken += 1
            return
        await self._known.hear(workspace.team, gap.heard)  # if the store cannot be written to, it is not the message
        name = f"{event.channel}/{event.ts}"
        self._tries[name] += 1
        if self._tries[name] < _MOST_TRIES:
            report.failed += 1
        elif self._tries[name] == _MOST_TRIES:
            self._slack.tally.broken(f"message that cannot be taken: {name}")

    async def _counts(self, workspace: Workspace, event: MessageEvent, heard: int) -> bool:
        """Whether the event of this message would count.

        What we heard before counts for nothing new: an edit starts no turn, and a word such as "approve" has brought
        its buttons. What was said in a thread before it became ours is no turn in it.
        """
        here = self._slack.rules(f"slack:{workspace.team}/{event.channel}")
        if rule_against(event, workspace, workspace.team, here) is not None:
            return False
        if us_of(event.ts) <= heard and (event.edited or is_decision(_words(event, workspace))):
            return False
        if starts(event, workspace, here):
            return True
        born = await self._known.born(workspace.team, event.channel, event.thread_ts or event.ts)
        return born is not None and born < us_of(event.ts)

    def _tell(self, report: Report) -> None:
        if report.older or report.cut:
            where = ", ".join(report.cut[:5])
            what = "not taken after an outage: %d messages older than %.0f h; of %d channels (%s) all but the last %d"
            _logger.warning(what, report.older, MOST_AGE_S / 3600, len(report.cut), where, MOST_MESSAGES)
        _logger.info("looked at %d channels for what was missed: %d messages", report.channels, report.taken)


@asynccontextmanager
async def keep_up(slack: SlackApp, known: Known, *, at_once: bool) -> AsyncGenerator[Backfill]:
    """Take what was missed, now and whenever something may have been, until the block ends.

    `at_once`: not only when a Socket Mode connection is up, but at the start, for HTTP.
    """
    backfill = Backfill(slack, known)
    if at_once:
        slack.hearing.gap.set()
    task = asyncio.create_task(backfill.run())
    try:
        yield backfill
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


_SCOPES = {
    "im": "im:read",
    "mpim": "mpim:read",
    "private_channel": "groups:read",
    "public_channel": "channels:read",
}


def _replied(page: Iterable[JsonObject], since: int) -> list[str]:
    """The threads in which somebody replied after a moment (us), as their first messages and shown replies tell."""
    return [
        as_text(message.get("thread_ts"))
        for message in page
        if message.get("thread_ts")
        and max(us_of(as_text(message.get("latest_reply"))), us_of(as_text(message.get("ts")))) > since
    ]


def _words(event: MessageEvent, workspace: Workspace) -> str:
    return plain_text(event.text or "", workspace.bot_user, {})


def _named(error: Exception) -> str:
    """Name an error without quoting anything of anyone's."""
    return f"Slack says {failure(error).code}" if isinstance(error, SlackApiError) else type(error).__name__


def _us(seconds: float) -> int:
    return int(seconds * 1_000_000)
