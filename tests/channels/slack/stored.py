"""The Slack adapter over the real intake and a real store: what tests of several processes and of memory stand on."""

import asyncio
from typing import Any, cast

from bot.bodies import MessageBody
from bot.config import parse_config
from bot.entries import Sealer
from bot.events import MessageReceived
from bot.fold import fold
from bot.ids import RequestIds, thread_id
from bot.people import Directory
from bot.places import Delivery
from bot.port import RefusalRecord
from bot.reception import Reception
from bot.store import log
from bot.store.keys import ALL_SHARDS
from bot.store.server import Client
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.known import Stored
from channels.slack.remembered import Remembered

SECRET = b"a secret of the tests"
CONFIG = """
[people.ana]
name = "Ana Lima"
slack = "T0ACME/U0ANA"
[people.rob]
name = "Rob Wills"
slack = "T0ACME/U0ROB"
roles = ["operators"]
[roles.operators]
[[routes]]
agent = "deploy"
"""


def process(settings: SlackSettings, store: Client, more: str = "") -> SlackApp:
    """One process of an installation, with its own memory and the same store as all others."""
    directory = Directory(parse_config(CONFIG + more))
    intake = Reception(store, Sealer(SECRET), RequestIds(SECRET), lambda: directory, dict[str, str])
    return build(settings, intake, core=Remembered(heard=Stored(store), tells=intake, rules=directory.channel))


async def bodies(store: Client, channel: str, root: str) -> list[MessageBody]:
    """What people wrote, by the log of the thread with this root, in this order."""
    name = thread_id("slack", "T0ACME", channel, root)
    events = fold(name, await log.load(store, name), Sealer(SECRET)).events
    return [event.body for event in events if isinstance(event, MessageReceived) and event.body]


async def texts(store: Client, channel: str, root: str) -> list[str]:
    """The same, without what came with it."""
    return [body.text for body in await bodies(store, channel, root)]


async def outgoing(store: Client) -> list[Delivery]:
    """What is to be sent."""
    parts = await asyncio.gather(*(cast("Any", store).xrange(shard.out) for shard in ALL_SHARDS))
    return [Delivery.model_validate_json(fields[b"d"]) for part in parts for _, fields in part]


async def all_bodies(store: Client) -> list[MessageBody]:
    """What people wrote in all threads."""
    found: list[MessageBody] = []
    for head in await log.recent(store, 100):
        events = fold(head.thread, await log.load(store, head.thread), Sealer(SECRET)).events
        found += [event.body for event in events if isinstance(event, MessageReceived) and event.body]
    return found


async def refusals(store: Client) -> list[RefusalRecord]:
    """What was refused."""
    parts = await asyncio.gather(*(cast("Any", store).xrange(shard.refused) for shard in ALL_SHARDS))
    return [RefusalRecord.model_validate_json(fields[b"d"]) for part in parts for _, fields in part]
