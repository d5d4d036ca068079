"""The port between the core and a channel, beside messages and answers: what one person may see and do."""

from typing import Literal, Protocol

from pydantic import JsonValue

from bot.bodies import Record
from bot.identity import Identity
from bot.places import Card, Place
from bot.status import Status


class At(Record):
    """Where something was shown: the place that it was sent to, and the channel's own id of it."""

    place: Place
    foreign: str  # in Slack `channel/ts`


class Waiting(Record):
    """A request that somebody may answer."""

    card: Card
    since: int  # us
    at: tuple[At, ...]  # where its cards stand


class ThreadLine(Record):
    """A thread in a list."""

    thread: str
    title: str
    status: str
    agent: str
    at: int  # its last change, us
    place: Place | None


class AgentLine(Record):
    """An agent that listens to somebody, and where; empty: wherever the bot is."""

    name: str
    description: str
    where: tuple[str, ...] = ()  # `slack:T0ACME/C0DEPLOYS`, mail addresses


class Permission(Record):
    """A call that may run without asking, because somebody allowed it for a while."""

    grant: str
    agent: str
    step: str
    arguments: dict[str, JsonValue] | None  # None: erased
    facts: dict[str, JsonValue] | None
    until: int  # us
    thread: str


class Condition(Record):
    """How the installation is: what it is made of, and what its store knows of this moment."""

    version: str
    store: str  # such as `Valkey 9.1.2`
    durable: bool  # every write is synced before it is acknowledged
    agents: dict[str, str]  # name -> version of its prompt and steps
    figures: Status


class Desk(Protocol):
    """What one admitted person may see and do besides talking to agents. All of it raises redis errors."""

    @property
    def operates(self) -> bool:
        """Whether they are an operator."""
        ...

    def is_private(self, channel: str) -> bool:
        """Whether answers in this channel (`slack:T0ACME/C0DEPLOYS`) are for whoever asked alone."""
        ...

    def whoami(self) -> str:
        """Say how they are known."""
        ...

    def agents(self, channel: str | None = None) -> tuple[AgentLine, ...]:
        """List the agents that listen to them, everywhere, or in one channel (`slack:T0ACME/C0DEPLOYS`)."""
        ...

    async def waiting(self) -> tuple[Waiting, ...]:
        """List the requests that they may answer and have not, oldest first."""
        ...

    async def threads(self) -> tuple[ThreadLine, ...]:
        """List the threads in which they wrote, those that changed last first."""
        ...

    async def all_threads(self) -> tuple[ThreadLine, ...] | None:
        """List the threads of everybody that changed last; None: they are no operator."""
        ...

    async def permissions(self) -> tuple[Permission, ...]:
        """List the permissions that they gave and that still stand, the one that ends first first."""
        ...

    async def revoke(self, grant: str) -> str:
        """Take a permission back, and say what that did."""
        ...

    async def order(self, thread: str, order: Literal["pause", "resume", "cancel"]) -> str:
        """Carry out an order to a thread, by its id or the beginning of one, and say what that did."""
        ...

    async def status(self) -> Condition | None:
        """Say how the installation is; None: they are no operator."""
        ...


class Desks(Protocol):
    """Who has a desk: members of the workspace and insiders. Guests, strangers and bots have none."""

    async def of(self, identity: Identity, source: str) -> Desk | str:
        """Return their desk, or the words by which they are refused; `source` names the input, to keep that once.

        Raises redis errors.
        """
        ...
