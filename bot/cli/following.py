"""Prints what happens in a thread until nothing more will without a person."""

import asyncio
import time
from typing import Any, Final, cast

import typer

from bot.cli.looking import about
from bot.cli.output import local, one_line, plain
from bot.cli.request_text import ways
from bot.cli.showing import LOOK_S
from bot.events import (
    AnyEvent,
    HandedOff,
    Replied,
    RequestAnswered,
    RequestEscalated,
    RequestExpired,
    StepChosen,
    StepFailed,
    StepInDoubt,
)
from bot.fold import extend
from bot.moves import Rest, Wait, next_move
from bot.people import Directory
from bot.store import log
from bot.store.keys import ThreadKeys
from bot.store.server import Client
from bot.thread import RequestState, Thread

_QUIET_S = 5.0  # without a sign of a worker
_OPEN: Final = {True: "asked back", False: "voted"}


class Follower:
    """Prints what happens in a thread until nothing more will without a person."""

    def __init__(
        self, client: Client, thread: Thread, directory: Directory, *, since: int, about: str | None = None
    ) -> None:
        """Begin at this version; `about` a request: also what is said only to those who decide it."""
        self._client = client
        self._thread = thread
        self._directory = directory
        self._printed = since
        self._about = about
        self._changed = time.monotonic()
        self._told: set[str] = set()

    async def run(self) -> None:
        """Follow."""
        while not await self._settled():  # noqa: ASYNC110  # what changes is in the store
            await asyncio.sleep(LOOK_S)
        thread = self._thread
        for request in thread.open.values():
            self._waits(request)
        if thread.status not in {"done", "waiting"}:
            why = f": {thread.unreadable}" if thread.unreadable else f"; `bot show {thread.id}` shows how it got there"
            typer.echo(f"The thread is {thread.status}{one_line(why)}.")

    async def _settled(self) -> bool:
        """Print what is new, and tell whether the next move is a person's."""
        thread = self._thread
        if entries := await log.load(self._client, thread.id, thread.version):
            self._changed = time.monotonic()
            extend(thread, entries)
        for event in thread.events[self._printed :]:
            self._print(event)
        self._printed = len(thread.events)
        match next_move(thread, time.time_ns() // 1000):
            case Rest():
                return True
            case Wait() if thread.open:
                return True
            case Wait(until=until) if until is not None:
                self._tell(f"The model cannot be reached just now; it is tried again at {local(until, '%H:%M:%S')}.")
            case _ if time.monotonic() - self._changed > _QUIET_S and not await self._leased():
                self._tell("No worker has taken this up yet: start one with `bot run` (Ctrl-C leaves the thread).")
            case _:
                pass
        return False

    async def _leased(self) -> bool:
        return bool(await cast("Any", self._client).hexists(ThreadKeys(self._thread.id).lease, "nonce"))

    def _tell(self, hint: str) -> None:
        if hint not in self._told:
            self._told.add(hint)
            typer.echo(hint, err=True)

    def _print(self, event: AnyEvent) -> None:
        match event:
            case Replied(body=body) if body is not None and (not event.to or self._about in event.to):
                typer.echo(plain(body.text))
            case StepChosen(kind="query" | "action", body=body) if body is not None:
                typer.echo(f"  ◆ {event.step}: {one_line(body.why)}")
            case StepFailed(body=body) | StepInDoubt(body=body) if body is not None:
                typer.echo(f"  ✘ {one_line(body.error)}")
            case HandedOff(agent=agent):
                typer.echo(f"  → handed over to {agent}")
            case RequestAnswered(body=body):
                name = body.name if body else self._directory.by_id(event.by or "").name
                typer.echo(f"  ✓ {one_line(name)}: {event.outcome or _OPEN[event.answer == 'say']}")
            case RequestEscalated(role=role):
                typer.echo(f"  ▲ escalated to {one_line(role)}")
            case RequestExpired():
                typer.echo("  ⌛ nobody decided in time, so nothing was run")
            case _:
                pass

    def _waits(self, request: RequestState) -> None:
        opened = request.opened
        names = ", ".join(self._directory.by_id(person).name for person in request.approvers) or "nobody"
        whom = f"{opened.role} ({names})" if opened.role else names
        typer.echo(f"Waits for {one_line(whom)}: {about(request)}")
        for way in ways(opened):
            typer.echo(f"  {way}")
