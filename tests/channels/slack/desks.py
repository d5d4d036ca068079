"""Desks that hold what the test has laid on them, and note what was ordered."""

import asyncio
import time
from dataclasses import dataclass, field
from typing import Literal

from bot.identity import Identity
from bot.places import Card, Place
from bot.port_desk import AgentLine, At, Condition, Permission, ThreadLine, Waiting
from bot.status import Mailbox, Status
from bot.store.away import PASSING
from bot.store.presence import MailboxReport, ProcessReport
from tests.channels.slack.cards import APPROVAL, THREAD

NOW = time.time_ns() // 1_000
HOUR = 3_600_000_000
MINE = ThreadLine(
    thread=THREAD,
    title="deploy backend v1.4.0",
    status="waiting",
    agent="deploy",
    at=NOW - 2 * HOUR,
    place=Place(channel="slack", address="T0ACME/C0DEPLOYS", thread="1760000000.000100"),
)
DEPLOY = AgentLine(name="deploy", description="deploys services", where=("slack:T0ACME/C0DEPLOYS",))
OTHER = AgentLine(name="other", description="does the rest")
ALLOWED = Permission(
    grant=f"{THREAD}.abcdef",
    agent="deploy",
    step="deploy_service",
    arguments={"service": "backend"},
    facts={"commit": "0f3c2d1"},
    until=NOW + HOUR,
    thread=THREAD,
)
CONDITION = Condition(
    version="1.2.3",
    store="Valkey 9.1.2",
    durable=True,
    agents={"deploy": "abcdef0123456789"},
    figures=Status(
        at=NOW,
        processes=(ProcessReport(id="p", roles=("worker",), host="one", started=NOW - HOUR, config="line 3: what?"),),
        mailboxes=(Mailbox(report=MailboxReport(name="bot@acme.test", last_contact=NOW - HOUR), counts={}),),
        threads={"waiting": 5},
        requests=5,
        outbox=3,
        outbox_lag_s=4,
        dead=6,
    ),
)


def waiting(card: Card = APPROVAL) -> Waiting:
    """A request whose card stands in #releases."""
    place = Place(channel="slack", address="T0ACME/C0RELEASES")
    return Waiting(card=card, since=NOW - HOUR, at=(At(place=place, foreign="C0RELEASES/1760000001.000200"),))


@dataclass
class LaidDesk:
    """Implements `bot.port_desk.Desk`; it is the desk of whoever asks."""

    operates: bool = False
    private: bool = False  # answers are for whoever asked alone, in every channel
    requests: list[Waiting] = field(default_factory=list[Waiting])
    mine: list[ThreadLine] = field(default_factory=list[ThreadLine])
    known: list[AgentLine] = field(default_factory=list[AgentLine])
    allowed: list[Permission] = field(default_factory=list[Permission])
    orders: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    channels: list[str | None] = field(default_factory=list[str | None])  # for which agents were asked for

    def is_private(self, channel: str) -> bool:
        return self.private

    def whoami(self) -> str:
        return "# slack:T0ACME/U0ANA is listed as ana; roles: none"

    def agents(self, channel: str | None = None) -> tuple[AgentLine, ...]:
        self.channels.append(channel)
        return tuple(self.known)

    async def waiting(self) -> tuple[Waiting, ...]:
        return tuple(self.requests)

    async def threads(self) -> tuple[ThreadLine, ...]:
        return tuple(self.mine)

    async def all_threads(self) -> tuple[ThreadLine, ...] | None:
        return tuple(self.mine) if self.operates else None

    async def permissions(self) -> tuple[Permission, ...]:
        return tuple(self.allowed)

    async def revoke(self, grant: str) -> str:
        self.allowed = [one for one in self.allowed if one.grant != grant]
        return "Taken back: this call is asked again from now on."

    async def order(self, thread: str, order: Literal["pause", "resume", "cancel"]) -> str:
        self.orders.append((order, thread))
        return f"`{thread}`: {order}d."

    async def status(self) -> Condition | None:
        return CONDITION if self.operates else None


@dataclass
class LaidDesks:
    """Implements `bot.port_desk.Desks`. `refusal` are the words for everybody; `away`: so many calls fail."""

    desk: LaidDesk = field(default_factory=LaidDesk)
    refusal: str = ""
    away: int = 0
    asked: list[tuple[Identity, str]] = field(default_factory=list[tuple[Identity, str]])
    hang: asyncio.Event | None = None

    async def of(self, identity: Identity, source: str) -> LaidDesk | str:
        self.asked.append((identity, source))
        if self.hang is not None:
            await self.hang.wait()
        if self.away:
            self.away -= 1
            raise PASSING[0]
        return self.refusal or self.desk
