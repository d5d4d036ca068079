"""Ships parcels out of a warehouse that counts: each order in the manner that it asks for, and as carefully."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, JsonValue

from bot.agent import Agent
from bot.steps import Action, Ask, Call, Facts, Ladder, Policy, Principal, Query
from tests.chaos.warehouse import Manner, Warehouse

Care = Literal["usual", "sure", "both", "ladder", "short", "low", "night"]


class Stock(Query):
    """Look whether there is anything to ship."""


class ShipPlain(Action):
    """Ship a parcel that nobody can track: afterwards only a person in the warehouse can say whether it went out."""

    asks: ClassVar = {"leads", "night"}
    editable: ClassVar = {"hold_ms", "label"}
    reject_reasons: ClassVar = ("too early", "too far")
    order: int
    attempt: int
    manner: Manner
    hold_ms: int = Field(ge=0, le=2_000)
    label: str = "as it is"
    care: Care = "usual"

    def policy(self, facts: Facts) -> Policy:
        del facts
        match self.care:
            case "usual" | "sure":
                return Ask()
            case "both":
                return Ask(quorum=2)
            case "ladder":
                return Ask(ladder=Ladder(remind_s=1, escalate_s=2, escalate_to="leads", expire_s=6))
            case "short":
                return Ask(quorum=2, ladder=Ladder(remind_s=1, expire_s=3), urgency="high")
            case "low":
                return Ask(urgency="low")
            case "night":
                return Ask("night", urgency="low")

    async def snapshot(self, deps: Warehouse, principal: Principal) -> Mapping[str, JsonValue]:
        del principal
        return {"van": deps.van()}


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
            what = {"arguments": step.arguments(), "facts": dict(call.snapshot)}
            await warehouse.ship(call.key, step.manner, step.hold_ms / 1000, what)
            return {"shipped": step.order}


agent = Agent(switch, deps=_open)
