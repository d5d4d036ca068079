"""What the bot made of what it heard: the adapter over a real store, and what is in the logs afterwards."""

from dataclasses import dataclass

from bot.places import Notice
from bot.playground.slack import SlackPeer
from bot.store.server import Client
from channels.slack.app import SlackApp
from tests.channels.slack.stored import all_bodies, outgoing
from tests.helpers import wait_until


@dataclass
class Office:
    """The adapter, its store, and the peer that it hears."""

    peer: SlackPeer
    slack: SlackApp
    store: Client

    async def idle(self) -> None:
        await wait_until(lambda: self.peer.idle, what="every event delivered")

    async def say(self, text: str, thread: str | None = None, who: str = "U0ANA", channel: str = "deploys") -> str:
        """Write something, and wait until the bot has heard it."""
        ts = self.peer.say(who, channel, text, thread)
        await self.idle()
        return ts

    async def taken(self, *texts: str) -> None:
        """Expect that just this is in the logs."""
        assert sorted(body.text for body in await all_bodies(self.store)) == sorted(texts)

    async def told(self, *texts: str) -> None:
        """Expect that just this was said to somebody alone."""
        found = [one.content.markdown for one in await outgoing(self.store) if isinstance(one.content, Notice)]
        assert found == list(texts)

    def dropped(self, rule: str, times: int = 1) -> None:
        """Expect that this rule dropped so many events."""
        assert self.slack.tally.counts[f"ignored:{rule}"] == times

    async def earlier(self) -> list[str]:
        """What came with messages as said before."""
        found = [body.earlier for body in await all_bodies(self.store) if body.earlier]
        return [remark.text for earlier in found for remark in earlier.remarks]
