"""What most commands need: the store, who is who, and who is asking. Neither agents nor a model."""

import asyncio
import os
import pwd
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from bot.config_file import ConfigFile
from bot.entries import Sealer
from bot.errors import CountersignError
from bot.fold import fold
from bot.identity import OsIdentity
from bot.ids import SHARDS, RequestIds, is_thread_id, shard_of
from bot.intake import CoreIntake
from bot.people import Directory, Person
from bot.settings import Settings
from bot.steps import Step
from bot.store import log
from bot.store.embedded import EmbeddedServer
from bot.store.server import Client, connect
from bot.thread import Thread

_LISTED = 8  # ids that one message names
Result = TypeVar("Result")


class RefusedError(CountersignError):
    """What was asked for cannot be done; the line says why, and what can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One command's view of the installation."""

    settings: Settings
    client: Client
    sealer: Sealer
    ids: RequestIds
    directory: Directory
    identity: OsIdentity
    form: Callable[[str, str], type[Step] | None] = lambda _agent, _step: None  # of an agent's step, for edits

    @property
    def me(self) -> Person:
        """Who runs this command."""
        return self.directory.person(self.identity)

    def intake(self) -> CoreIntake:
        """Takes messages and answers, as from any channel."""
        return CoreIntake(self.client, self.sealer, self.ids, lambda: self.directory, dict, form=self.form)

    async def thread(self, thread: str) -> Thread:
        """Fold a thread's log."""
        return fold(thread, await log.load(self.client, thread), self.sealer)


async def find_thread(client: Client, text: str) -> log.Head:
    """Find a thread by its id or by the beginning of it.

    Raises:
        RefusedError: there is none, or more than one.

    """
    names = [text] if is_thread_id(text) else await log.beginning_with(client, text)
    if len(names) > 1:
        shown = ", ".join(names[:_LISTED]) + (", ..." if len(names) > _LISTED else "")
        raise RefusedError(f"{text!a} is the beginning of {len(names)} threads: {shown}")
    found = await log.head(client, names[0]) if names and shard_of(names[0]) < SHARDS else None
    if found is None:
        raise RefusedError(f"there is no thread {text!a}; `bot threads` lists them")
    return found


def os_identity() -> OsIdentity:
    """The user of the operating system that this process runs as."""
    try:
        user = pwd.getpwuid(os.getuid())
    except KeyError:
        raise RefusedError(f"the user id {os.getuid()} has no name on this machine, so nobody knows you") from None
    name = user.pw_gecos.partition(",")[0]
    return OsIdentity(user=user.pw_name, name=name, proven=True)


@asynccontextmanager
async def opened(settings: Settings | None = None) -> AsyncGenerator[Opened]:
    """Reach the store: the server at REDIS_URL, or the embedded one, which is started if it does not run.

    Raises:
        bot.errors.SettingsError: a setting or bot.toml is wrong, or the store cannot be reached.

    """
    settings = settings or Settings.load()
    config = ConfigFile(settings.bot_config)
    secret = settings.secret()
    async with AsyncExitStack() as stack:
        if settings.embedded:
            url = (await stack.enter_async_context(EmbeddedServer(settings.bot_data))).url
        else:
            (url,) = settings.require("redis_url")
        client = await connect(url)
        stack.push_async_callback(client.aclose)
        yield Opened(
            settings=settings,
            client=client,
            sealer=Sealer(secret),
            ids=RequestIds(secret),
            directory=Directory(config.current()),
            identity=os_identity(),
        )


@asynccontextmanager
async def opened_with_agents() -> AsyncGenerator[Opened]:
    """Reach the store and load the agents, whose steps say what a call may look like.

    Raises:
        bot.errors.SettingsError: as for `opened`, or an agent is not well formed.

    """
    from bot import app

    async with app.core(Settings.load()) as core:
        yield Opened(
            settings=core.settings,
            client=core.client,
            sealer=core.sealer,
            ids=RequestIds(core.secret),
            directory=core.directory(),
            identity=os_identity(),
            form=core.form,
        )


def with_store(work: Callable[[Opened], Awaitable[Result]], *, agents: bool = False) -> Result:
    """Run one piece of work with the store; `agents`: it needs the forms of their steps."""

    async def main() -> Result:
        async with opened_with_agents() if agents else opened() as made:
            return await work(made)

    return asyncio.run(main())
