"""`bot say`: a message from the command line, and what comes of it."""

import asyncio
import time
from typing import Any, cast

import typer

from bot import app
from bot.cli.looking import about
from bot.cli.opened import RefusedError, find_thread, os_identity
from bot.cli.output import local, one_line, plain
from bot.cli.showing import LOOK_S
from bot.config import meant
from bot.events import AnyEvent, HandedOff, Replied, RequestAnswered, StepChosen, StepFailed, StepInDoubt
from bot.fold import extend
from bot.identity import OsIdentity
from bot.ids import display_id, fresh_id, thread_id
from bot.moves import Rest, Wait, next_move
from bot.people import Directory
from bot.places import Place
from bot.port import Inbound
from bot.settings import Settings
from bot.store import log
from bot.store.keys import ThreadKeys
from bot.store.server import Client
from bot.thread import RequestState, Thread

_QUIET_S = 5.0  # without a sign of a worker


def say(agent: str, text: str, *, thread: str | None, wait: bool) -> None:
    """Put a message to an agent, and follow the thread until it is done or waits for somebody.

    Raises:
        RefusedError: there is no such agent or thread, or this person may not talk to it.

    """
    if not text.strip():
        raise RefusedError("say what you want, in your own words")
    asyncio.run(_say(agent, text, thread=thread, wait=wait))


async def _say(agent: str, text: str, *, thread: str | None, wait: bool) -> None:
    async with app.core(Settings.load()) as core:
        if agent not in core.agents:
            raise RefusedError(f"there is no agent {agent!a}: {meant(agent, core.agents)}")
        directory, identity = core.directory(), os_identity()
        person = directory.person(identity)
        root = ("console", person.id, fresh_id())
        before = await find_thread(core.client, thread) if thread is not None else None
        name = before.thread if before else thread_id(*root)
        if before is not None and before.agent != agent:
            raise RefusedError(f"the thread {name} is with the agent {before.agent}: `bot say {before.agent} ...`")
        inbound = Inbound(
            source="/".join(root),
            identity=identity,
            root=root,
            thread=before.thread if before else None,
            place=Place(channel="console", address=person.id),
            agent=agent,
            text=text,
            starts=before is None,
            sent_at=time.time_ns() // 1000,
            private=True,
        )
        verdict = await core.intake().message(inbound)
        if verdict not in {"taken", "answered"}:
            raise RefusedError(_why_not(verdict, name, agent, directory, identity))
        typer.echo(f"thread {name}")
        if wait:
            shown = Thread(name, core.sealer)
            await _Follower(core.client, shown, directory, since=before.version if before else 0).run()


def _why_not(verdict: str, thread: str, agent: str, directory: Directory, identity: OsIdentity) -> str:
    match verdict:
        case "refused":
            lines = directory.whoami(identity).strip()
            return f"you may not talk to {agent} here; the admin can change that. This is how you are known:\n{lines}"
        case "ignored":
            return f"you take no part in the thread {thread}, so you cannot write in it"
        case _:
            return "this thread was cancelled; leave --thread out to start a new one"


class _Follower:
    """Prints what happens in a thread until nothing more will without a person."""

    def __init__(self, client: Client, thread: Thread, directory: Directory, *, since: int) -> None:
        self._client = client
        self._thread = thread
        self._directory = directory
        self._printed = since
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
            case Replied(body=body) if body is not None:
                typer.echo(plain(body.text))
            case StepChosen(kind="query" | "action", body=body) if body is not None:
                typer.echo(f"  ◆ {event.step}: {one_line(body.why)}")
            case StepFailed(body=body) | StepInDoubt(body=body) if body is not None:
                typer.echo(f"  ✘ {one_line(body.error)}")
            case HandedOff(agent=agent):
                typer.echo(f"  → handed over to {agent}")
            case RequestAnswered(body=body):
                name = body.name if body else self._directory.by_id(event.by or "").name
                typer.echo(f"  ✓ {one_line(name)}: {event.outcome or 'voted'}")
            case _:
                pass

    def _waits(self, request: RequestState) -> None:
        opened, short = request.opened, display_id(request.opened.request)
        names = ", ".join(self._directory.by_id(person).name for person in opened.approvers) or "nobody"
        whom = f"{opened.role} ({names})" if opened.role else names
        typer.echo(f"Waits for {one_line(whom)}: {about(request)}")
        match opened.options:
            case ():
                how = 'say "..."'
            case ("approve", "reject"):
                how = 'approve    (or: reject --reason "...")'
            case options:
                how = f"choose {one_line(' | '.join(options))}"
        typer.echo(f"  bot answer {short} {how}")
