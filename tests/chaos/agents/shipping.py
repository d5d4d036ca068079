"""Ships parcels out of a warehouse that counts: each order in the manner that it asks for."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import JsonValue

from bot.agent import Agent
from bot.steps import Action, Call, Query
from tests.chaos.warehouse import Manner, Warehouse


class Stock(Query):
    """Look whether there is anything to ship."""


class ShipPlain(Action):
    """Ship a parcel that nobody can track: afterwards only a person in the warehouse can say whether it went out."""

    order: int
    attempt: int
    manner: Manner
    hold_ms: int


class ShipTracked(ShipPlain):
    """Ship a parcel that can be tracked."""

    async def happened(self, deps: Warehouse, key: str) -> bool | None:
        return await deps.tracked(key)


@asynccontextmanager
async def _open(settings: Mapping[str, JsonValue], data: Path) -> AsyncGenerator[Warehouse]:
    yield Warehouse(Path(str(settings.get("folder", data / "warehouse"))))


async def switch(step: Stock | ShipPlain | ShipTracked, warehouse: Warehouse, call: Call) -> JsonValue:
    """Run one step."""
    match step:
        case Stock():
            return {"parcels": 1}
        case ShipPlain():
            await warehouse.ship(call.key, step.manner, step.hold_ms / 1000)
            return {"shipped": step.order}


agent = Agent(switch, deps=_open)
