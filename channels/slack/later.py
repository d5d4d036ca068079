"""What is shown after an acknowledgement, which must not wait for another call of Slack's."""

import asyncio
from collections.abc import Coroutine

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.store.away import AWAY
from channels.slack.calls import failure
from channels.slack.people import SlackAwayError
from channels.slack.tally import Tally


class Later:
    """Does things in the background; what goes wrong is counted, since nobody waits for it."""

    def __init__(self, tally: Tally) -> None:
        """Start with nothing to do."""
        self._tally = tally
        self._tasks: set[asyncio.Task[None]] = set()

    def do(self, showing: Coroutine[None, None, None]) -> None:
        """Begin, and return at once."""
        task = asyncio.create_task(self._carefully(showing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _carefully(self, showing: Coroutine[None, None, None]) -> None:
        try:
            await showing
        except (SlackApiError, SlackAwayError, aiohttp.ClientError, TimeoutError, *AWAY) as error:
            self._tally.untold(word(error))


def word(error: Exception) -> str:
    """Return what Slack called it, or the kind of error."""
    return failure(error).code if isinstance(error, SlackApiError) else type(error).__name__
