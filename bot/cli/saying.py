"""`bot say`: a message from the command line, and what comes of it."""

import asyncio
import time

import typer

from bot import app
from bot.cli.following import Follower
from bot.cli.opened import RefusedError, find_thread, os_identity
from bot.config import meant
from bot.identity import OsIdentity
from bot.ids import fresh_id, thread_id
from bot.people import Directory
from bot.places import Place
from bot.port import Inbound
from bot.settings import Settings
from bot.thread import Thread


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
            await Follower(core.client, shown, directory, since=before.version if before else 0).run()


def _why_not(verdict: str, thread: str, agent: str, directory: Directory, identity: OsIdentity) -> str:
    match verdict:
        case "refused":
            lines = directory.whoami(identity).strip()
            return f"you may not talk to {agent} here; the admin can change that. This is how you are known:\n{lines}"
        case "ignored":
            return f"you take no part in the thread {thread}, so you cannot write in it"
        case _:
            return "this thread was cancelled; leave --thread out to start a new one"
