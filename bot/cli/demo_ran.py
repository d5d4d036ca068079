"""What really ran and who was refused, from the places where that is written down: disk, shop and store."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from bot.playground.page.models import Ran, Refusal
from bot.playground.repository import DemoRepository
from bot.port import RefusalRecord
from bot.store.keys import ALL_SHARDS, ShardKeys
from bot.store.server import Client

_SHORT = 7  # characters of a commit
_REFUSALS = 20
_REFUNDS = "SELECT id, order_number, amount, at FROM cases WHERE kind = 'refund' ORDER BY id"
_WHY = {
    "not_admitted": "may not talk here",
    "unproven": "not proven to be the sender",
    "wrong_sender": "used a reply address of somebody else",
    "not_a_decision": "neither approve nor reject",
    "unclear": "no clear decision",
    "not_counted": "too late, or not theirs to decide",
    "no_such_agent": "nobody reads that address",
    "too_old": "too old",
    "too_big": "too big",
}
_NO_REFUSALS = frozenset({"told", "counted", "edited", "deleted"})  # what code alone answers is kept in the same list


def deploys(shop: DemoRepository) -> list[Ran]:
    """What the deploy command's own log says."""
    return [
        Ran(
            what=f"{run['service']} {run['tag']}",
            more=f"to {run['environment']}",
            mark=str(run["commit"])[:_SHORT],
            at=datetime.fromisoformat(str(run["at"])).timestamp(),
        )
        for run in shop.runs()
    ]


def refunds(shop: Path) -> list[Ran]:
    """What the shop's database says was paid back; nothing before the shop is opened for the first time."""
    if not shop.exists():
        return []
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(f"{shop.as_uri()}?mode=ro", uri=True)) as db:
        return [
            Ran(
                what=f"{cents / 100:.2f} EUR back",
                more=f"for order {order}",
                mark=f"P-{number}",
                at=datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp(),
            )
            for number, order, cents, at in db.execute(_REFUNDS)
        ]
    return []  # it is just being made


async def refusals(client: Client, name: Callable[[str], str]) -> list[Refusal]:
    """The newest refusals, oldest first. Raises redis errors."""

    async def of(shard: ShardKeys) -> Sequence[tuple[bytes, dict[bytes, bytes]]]:
        return await cast("Any", client).xrevrange(shard.refused, count=_REFUSALS)

    records: list[RefusalRecord] = []
    for part in await asyncio.gather(*map(of, ALL_SHARDS)):
        for _, fields in part:
            with suppress(KeyError, ValidationError):
                records.append(RefusalRecord.model_validate_json(fields[b"d"]))
    told = [record for record in records if record.reason not in _NO_REFUSALS]
    told.sort(key=lambda record: record.at)
    return [
        Refusal(who=name(record.who), why=_WHY.get(record.reason, record.reason.replace("_", " ")), at=record.at / 1e6)
        for record in told[-_REFUSALS:]
    ]
