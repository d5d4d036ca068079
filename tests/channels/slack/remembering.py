"""What the back-fill remembers, in memory; and an intake that knows which threads are ours."""

import asyncio
from collections.abc import Sequence

from bot.port import Inbound, Verdict
from channels.slack.past import us_of
from tests.channels.slack.intake import AwayError, RecordingIntake

Thread = tuple[str, ...]


class ThreadsIntake(RecordingIntake):
    """Drops a reply whose thread is not ours, as the real one does."""

    def __init__(self) -> None:
        super().__init__()
        self.ours: dict[Thread, int] = {}  # root -> when it became ours, us
        self.untakable: set[str] = set()  # texts at which it stumbles

    async def message(self, inbound: Inbound) -> Verdict:
        known = inbound.root in self.ours
        await asyncio.sleep(0)  # the store is asked; others may come first
        if inbound.text in self.untakable:
            raise AwayError
        if not (inbound.starts or known):
            return "ignored"
        verdict = await super().message(inbound)
        self.ours.setdefault(inbound.root, inbound.sent_at)
        return verdict

    @property
    def texts(self) -> list[str]:
        """What was taken, in this order."""
        return [message.text for message in self.messages]


class KnownInMemory:
    """Implements `Known`."""

    def __init__(self, intake: ThreadsIntake) -> None:
        self.moments: dict[str, int] = {}
        self.intake = intake
        self.is_away = False

    async def heard(self, team: str) -> int | None:
        self._available()
        return self.moments.get(team)

    async def hear(self, team: str, moment: int) -> None:
        self._available()
        self.moments[team] = moment

    async def threads(self, team: str) -> list[tuple[str, str]]:
        return [(root[2], root[3]) for root in self.intake.ours if root[1] == team]

    async def born(self, team: str, channel: str, root: str) -> int | None:
        return self.intake.ours.get(("slack", team, channel, root))

    async def caught_up(self, team: str, channel: str, root: str) -> int | None:
        self._available()
        name = ("slack", team, channel, root)
        if name not in self.intake.ours:
            return None
        read = [one.earlier.until for one in self.intake.messages if one.root == name and one.earlier]
        moments = [moment for moment in read if moment is not None]
        return moments[-1] if moments else (us_of(root) if self.intake.ours[name] == us_of(root) else 0)

    async def is_ours(self, team: str, channel: str, root: str) -> bool:
        self._available()
        return ("slack", team, channel, root) in self.intake.ours

    async def taken(self, team: str, channel: str, root: str, messages: Sequence[str]) -> frozenset[str]:
        self._available()
        del root
        sources = {one.source for one in self.intake.messages}
        return frozenset(ts for ts in messages if f"slack:{team}/{channel}/{ts}" in sources)

    def until(self, ts: str) -> None:
        """Everything was heard up to this message."""
        self.moments["T0ACME"] = us_of(ts)

    def _available(self) -> None:
        if self.is_away:
            raise AwayError
