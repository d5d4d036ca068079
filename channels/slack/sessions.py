"""What a conversation is at, beside what is said in it: its status, its title, and with them Slack's Stop button.

https://docs.slack.dev/ai/agent-sessions. Best effort, and kept nowhere: the latest status of each conversation is told
as soon as Slack takes it, and those that it would replace are never told. None of it needs to be durable: whatever
changes a thread tells its status anew, the log has the truth, and what is said in the conversation says the same. It
happens beside everything else, so that neither a lane of the sender nor a worker ever waits for it.

An app that is no agent, or a workspace without sessions, refuses: then this process does not ask again.
"""

import asyncio
import logging
from collections import OrderedDict
from typing import NamedTuple

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.port_turns import SessionStatus
from bot.visible import line
from channels.slack.calls import failure, may_pass, write
from channels.slack.wire import as_text

MOST_TITLE = 200  # characters
_UNSUPPORTED = frozenset(
    {
        *("unknown_method", "missing_scope", "not_allowed", "not_allowed_token_type", "access_denied"),
        *("no_permission", "feature_not_enabled", "method_deprecated", "not_an_agent", "team_access_not_granted"),
    }
)
_REFUSED_IN_A_ROW = 5  # by whatever other word: it is not to be had here
_KEPT = 5_000  # conversations
_AGAIN_S = 5.0
_log = logging.getLogger(__name__)


class _Shown(NamedTuple):
    status: SessionStatus
    title: str


class SlackSessions:
    """Implements `bot.port_turns.Sessions`."""

    def __init__(self, client: AsyncWebClient) -> None:
        """Take the client to tell it by."""
        self._client = client
        self._wanted: OrderedDict[tuple[str, str], _Shown] = OrderedDict()
        self._told: OrderedDict[tuple[str, str], _Shown] = OrderedDict()
        self._telling: asyncio.Task[None] | None = None
        self._refused = 0
        self.is_supported = True

    def shows(self, address: str, thread: str | None, status: SessionStatus, title: str) -> None:
        """Show it soon; the latest counts."""
        channel = address.rpartition("/")[2]
        if not self.is_supported or thread is None or channel.startswith(("U", "W")):
            return
        self._wanted[channel, thread] = _Shown(status, line(title, MOST_TITLE))
        if len(self._wanted) > _KEPT:
            self._wanted.popitem(last=False)
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell_all())

    async def close(self) -> None:
        """Tell what is still to be told, if Slack takes it at once."""
        if self._telling is not None:
            await asyncio.wait([self._telling], timeout=_AGAIN_S)
            self._telling.cancel()

    async def _tell_all(self) -> None:
        while self._wanted and self.is_supported:
            (channel, thread), shown = self._wanted.popitem(last=False)
            if self._told.get((channel, thread)) == shown:
                continue
            try:
                await self._tell(channel, thread, shown)
            except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
                if may_pass(error):
                    self._wanted.setdefault((channel, thread), shown)
                    await asyncio.sleep(_pause_s(error))
                else:
                    self._refuse(error)
            else:
                self._refused = 0
                self._remember(channel, thread, shown)

    async def _tell(self, channel: str, thread: str, shown: _Shown) -> None:
        title = shown.title or None
        told = await write(
            self._client,
            "agents.sessions.setStatus",
            channel_id=channel,
            thread_ts=thread,
            status=shown.status,
            title=title,
        )
        before = self._told.get((channel, thread))
        named = before.title if before else as_text(told.get("title"))
        if title and named != title:  # the title counts only for a session that this call began
            await write(self._client, "agents.sessions.rename", channel_id=channel, thread_ts=thread, title=title)

    def _remember(self, channel: str, thread: str, shown: _Shown) -> None:
        self._told[channel, thread] = shown
        self._told.move_to_end((channel, thread))
        if len(self._told) > _KEPT:
            self._told.popitem(last=False)

    def _refuse(self, error: Exception) -> None:
        code = failure(error).code if isinstance(error, SlackApiError) else ""
        self._refused += 1
        if code in _UNSUPPORTED or self._refused >= _REFUSED_IN_A_ROW:
            self.is_supported = False
            self._wanted.clear()
            _log.warning("no agent sessions here (%s): no status, title and Stop button in Slack", code)


def _pause_s(error: Exception) -> float:
    after = failure(error).retry_after_s if isinstance(error, SlackApiError) else None
    return after or _AGAIN_S
