"""A worker and a sender in one process: the model, the agents' dependencies, and what keeps leases and hears hints."""

import asyncio
import gc
import time
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

import redis

from bot.core import Core
from bot.digests import Digests
from bot.ids import RequestIds
from bot.model import API_URL, AnthropicModel
from bot.port import Channel
from bot.port_turns import Sessions
from bot.renewer import Renewer
from bot.runtime import Runtime
from bot.sender import Sender
from bot.silence import Lookout
from bot.store.presence import Presence
from bot.undelivered import Undelivered
from bot.wake import Wakes
from bot.worker import Worker

LOSSY = "This installation's Redis may lose acknowledged writes: after a crash of it, this could run a second time."


@asynccontextmanager
async def runtime(core: Core, channels: Mapping[str, Channel] | None = None) -> AsyncGenerator[Runtime]:
    """What a worker needs beyond the core: the model, and what the agents depend on, opened.

    Raises:
        SettingsError: the model's key is missing, or an agent's own settings are wrong.

    """
    settings = core.settings
    (key,) = settings.require("anthropic_api_key")
    async with AsyncExitStack() as stack:
        model = AnthropicModel(key, base_url=settings.anthropic_base_url or API_URL)
        stack.push_async_callback(model.close)
        deps: dict[str, object] = {}
        for name, agent in core.agents.items():
            if agent.agent.deps is not None:
                own = core.config.current().agents.get(name, {})
                deps[name] = await stack.enter_async_context(agent.agent.deps(own, settings.bot_data))
        yield Runtime(
            client=core.client,
            sealer=core.sealer,
            ids=RequestIds(core.secret),
            agents=core.agents,
            deps=deps,
            model=model,
            directory=core.directory,
            lease_us=int(settings.lease_s * 1_000_000),
            warning="" if core.server.durable_always else LOSSY,
            sessions={name: one for name, one in (channels or {}).items() if isinstance(one, Sessions)},
        )


async def work(
    core: Core, channels: Mapping[str, Channel], stop: asyncio.Event, watched: Collection[str] | None = None
) -> None:
    """Run a worker and a sender until stopped; running actions get DRAIN_S seconds to finish.

    `watched` are the mailboxes whose silence is told to the operators; None: all that are, or lately were, watched.
    """
    async with runtime(core, channels) as made:
        gc.freeze()  # what is loaded by now stays: the collector, a tenth of a worker's time, need not look at it again
        wakes = Wakes(core.client)
        renewer = Renewer(lambda: sync_client(core), made.lease_us)
        able = frozenset(channel.name for channel in channels.values())
        undelivered = Undelivered(core.client, core.sealer, core.directory, able)
        worker = Worker(made, wakes, renewer, slots=core.settings.concurrency)
        listening = asyncio.create_task(wakes.listen())
        renewer.start()
        sending = asyncio.create_task(Sender(core.client, channels, wakes, undelivered.given_up).run(stop))
        working = asyncio.create_task(worker.run(drain_s=core.settings.drain_s))
        lookout = asyncio.create_task(_lookout(core, channels, watched).run())
        digests = Digests(core.client, core.pending(), core.directory, lambda: time.time_ns() // 1000)
        daily = asyncio.create_task(digests.run(stop))
        try:
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({sending, working, daily, stopping}, return_when=asyncio.FIRST_COMPLETED)
            made.draining.set()
            stop.set()
            wakes.nudge()
            await asyncio.gather(sending, working, daily)
        finally:
            listening.cancel()
            lookout.cancel()
            await asyncio.to_thread(renewer.stop)


def _lookout(core: Core, channels: Mapping[str, Channel], watched: Collection[str] | None) -> Lookout:
    return Lookout(
        presence=Presence(core.client),
        intake=core.intake(),
        directory=core.directory,
        channels=[channel.name for channel in channels.values()],
        most_s=core.settings.mail_silence_min * 60,
        expected=watched,
    )


def sync_client(core: Core) -> object:
    """A synchronous client for the renewer's own thread."""
    if core.server.cluster:
        return redis.RedisCluster.from_url(core.url, socket_timeout=5, socket_connect_timeout=5)
    made: object = cast("Any", redis.Redis).from_url(core.url, socket_timeout=5, socket_connect_timeout=5, retry=None)
    return made
