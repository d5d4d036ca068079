"""Deliveries that belong to no thread, each once."""

from typing import Any, cast

from bot.ids import shard_of
from bot.places import Delivery
from bot.store import scripts
from bot.store.keys import SEEN_TTL_S, ThreadKeys
from bot.store.server import Client


async def post(client: Client, delivery: Delivery, source: str) -> bool:
    """Lay a delivery that belongs to no thread into the outbox; False: one of this source was there already."""
    shard = ThreadKeys(delivery.thread).shard
    argv = [delivery.model_dump_json(exclude_none=True), SEEN_TTL_S, f"{shard_of(delivery.thread):02d}"]
    done = cast("bytes", await scripts.run(client, "post", [shard.out, shard.seen(source)], argv))
    return done.decode() == "ok"


async def was_posted(client: Client, thread: str, source: str) -> bool:
    """Whether `post` was called for this source."""
    return bool(await cast("Any", client).exists(ThreadKeys(thread).shard.seen(source)))
