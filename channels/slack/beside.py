"""What stands beside a message when it is taken: what was said before it, and what stands in its files."""

import asyncio
from typing import NamedTuple

from bot.bodies import Earlier
from channels.slack.around import Around, Heard
from channels.slack.files import Files, Read
from channels.slack.once import Once
from channels.slack.payloads import MessageEvent
from channels.slack.people import Workspace

_KEPT = 50  # messages; one mention comes as two events


class Beside(NamedTuple):
    """All that is read beside one message."""

    earlier: Earlier | None = None
    files: Read = Read()


class Looking:
    """Reads it within the time that Slack waits, once a message, and only of messages that will be taken."""

    def __init__(self, around: Around, files: Files, heard: Heard) -> None:
        """Take who reads the thread and who reads files, and what the log has already."""
        self._around = around
        self._files = files
        self._heard = heard
        self._once: Once[Beside] = Once(_KEPT)

    async def at(self, event: MessageEvent, workspace: Workspace, *, starts: bool, calls: bool) -> Beside:
        """Return what stands beside a message.

        `starts`: it may begin a thread; another one counts only where the thread is ours. `calls`: it calls the bot to
        where others may have talked meanwhile; one that merely starts a thread does so if that is not ours yet.
        Raises redis errors.
        """
        root = event.thread_ts or event.ts
        inside = root != event.ts
        if not ((inside and starts) or event.files):
            return Beside()
        if event.ts in await self._heard.taken(workspace.team, event.channel, root, [event.ts]):
            return Beside()  # told again
        is_ours = await self._heard.is_ours(workspace.team, event.channel, root)
        if not (starts or is_ours):
            return Beside()  # talk among others
        joins = inside and starts and (calls or not is_ours)
        return await self._once.get(f"{event.channel}/{event.ts}", self._read(event, workspace, joins=joins))

    async def _read(self, event: MessageEvent, workspace: Workspace, *, joins: bool) -> Beside:
        earlier, files = await asyncio.gather(
            self._around.earlier(event, workspace) if joins else _nothing(),
            self._files.read(event.files or ()),
        )
        return Beside(earlier, files)


async def _nothing() -> None:
    """Nobody talked before."""
