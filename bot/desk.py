"""What a person may see and do besides talking to agents: what waits for them, their threads, what they allowed."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version

from pydantic import ValidationError

from bot import commands, grants
from bot.config import OPERATORS, Route
from bot.control import Order, control, may_order
from bot.entries import Sealer
from bot.fold import fold
from bot.identity import Identity, SlackIdentity
from bot.ids import SHARDS, fresh_id, is_thread_id, shard_of, thread_id
from bot.pending import PendingCards
from bot.people import Directory, Person, Trust
from bot.places import Delivery, Place, Text
from bot.port import RefusalRecord
from bot.port_desk import AgentLine, Condition, Permission, ThreadLine, Waiting
from bot.status import read_status
from bot.store import log, scripts
from bot.store.server import Client, ServerFacts

TRIAGE = "triage"
"""The agent that finds the right one: nobody asks for it by name."""
REASON = "no_desk"
_MOST = 50  # threads of everybody that one list has
_NOWHERE = Place(channel="console", address="nobody")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDesks:
    """Implements `bot.port_desk.Desks` over the store."""

    client: Client
    sealer: Sealer
    directory: Callable[[], Directory]
    agents: Mapping[str, str]  # name -> description
    versions: Mapping[str, str]  # name -> version
    server: ServerFacts

    async def of(self, identity: Identity, source: str) -> "PersonalDesk | str":
        """Return their desk, or the words by which they are refused, which is kept like any other refusal."""
        directory = self.directory()
        is_bot = isinstance(identity, SlackIdentity) and identity.is_bot
        if identity.proven and not is_bot and directory.trust(identity) in {Trust.STAFF, Trust.MEMBER}:
            return PersonalDesk(self, directory, identity)
        record = RefusalRecord(reason=REASON, who=identity.key, source=source, at=time.time_ns() // 1000)
        counted = thread_id("refused", identity.key)
        delivery = Delivery(id=fresh_id(), thread=counted, place=_NOWHERE, content=Text(markdown=""))
        seen = [f"{source}:{REASON}"]
        await scripts.refuse(self.client, record.model_dump_json(), delivery, identity.key, seen=seen, limit=0)
        return commands.refusal(directory, identity) or commands.NOT_FOR_YOU


@dataclass(frozen=True, slots=True)
class PersonalDesk:
    """Implements `bot.port_desk.Desk` for one person, who was admitted."""

    office: PersonalDesks
    directory: Directory
    identity: Identity

    @property
    def person(self) -> Person:
        """Whose desk it is."""
        return self.directory.person(self.identity)

    @property
    def operates(self) -> bool:
        """Whether they are an operator."""
        return self.person.staff and OPERATORS in self.person.roles

    def is_private(self, channel: str) -> bool:
        """Whether answers in this channel of Slack are for whoever asked alone."""
        return self.directory.channel(channel).answers != "thread"

    def whoami(self) -> str:
        """Say how they are known: lines of bot.toml, or a comment."""
        return self.directory.whoami(self.identity).strip()

    def agents(self, channel: str | None = None) -> tuple[AgentLine, ...]:
        """List the agents with a route that admits them, everywhere or in one channel of Slack."""
        found: list[AgentLine] = []
        for name, description in sorted(self.office.agents.items()):
            routes = [route for route in self._routes() if route.agent == name and self._admits(route, channel)]
            if channel is not None:
                routes = [route for route in routes if route.address is None and route.channel in {None, channel}]
            if routes and name != TRIAGE:
                found.append(AgentLine(name=name, description=description, where=_where(routes)))
        return tuple(found)

    async def waiting(self) -> tuple[Waiting, ...]:
        """List the requests that they may answer and have not, oldest first."""
        pending = PendingCards(self.office.client, self.office.sealer, lambda: self.directory)
        return await pending.waiting(self.person)

    async def threads(self) -> tuple[ThreadLine, ...]:
        """List the threads in which they wrote, those that changed last first."""
        return tuple(_line(head) for head in await log.threads_of(self.office.client, self.person.id))

    async def all_threads(self) -> tuple[ThreadLine, ...] | None:
        """List the threads of everybody that changed last; None: they are no operator."""
        if not self.operates:
            return None
        return tuple(_line(head) for head in await log.recent(self.office.client, _MOST))

    async def permissions(self) -> tuple[Permission, ...]:
        """List the permissions that they gave and that still stand, the one that ends first first."""
        standing = await grants.listed(self.office.client, self.office.sealer)
        return tuple(_permission(one) for one in standing if one.granted.by == self.person.id)

    async def revoke(self, grant: str) -> str:
        """Take a permission back, if they may, and say what that did."""
        client, sealer = self.office.client, self.office.sealer
        found = await grants.find(client, sealer, grant)
        if found is None or not grants.may_revoke(self.person, found.granted):
            return "There is no such permission that you could take back. Nothing was changed."
        try:
            await grants.revoke(client, sealer, grant, self.person.id)
        except grants.HalfRevokedError as error:
            return f"{error}."[:1].upper() + f"{error}."[1:]
        return "Taken back: this call is asked again from now on."

    async def order(self, thread: str, order: Order) -> str:
        """Carry out an order to a thread, by its id or the beginning of one, and say what that did.

        Whether a thread of others exists is not told.
        """
        names = [thread] if is_thread_id(thread) else await self._beginning_with(thread)
        if len(names) > 1:
            return f"`{thread}` is the beginning of {len(names)} threads. Give more of the id. Nothing was changed."
        client, sealer = self.office.client, self.office.sealer
        head = await log.head(client, names[0]) if names and shard_of(names[0]) < SHARDS else None
        if head is not None:
            folded = fold(head.thread, await log.load(client, head.thread), sealer)
            if may_order(self.person, folded):
                return f"`{head.thread}`: {await control(client, sealer, head, order, self.person.id)}."
        return (
            f"There is no thread `{thread}` that you could {order}: operators can, and those who asked for something "
            "in it. Nothing was changed."
        )

    async def status(self) -> Condition | None:
        """Say how the installation is; None: they are no operator."""
        if not self.operates:
            return None
        server = self.office.server
        return Condition(
            version=version("countersign"),
            store=server.name,
            durable=server.durable_always,
            agents=dict(self.office.versions),
            figures=await read_status(self.office.client),
        )

    async def _beginning_with(self, text: str) -> list[str]:
        if self.operates:
            return await log.beginning_with(self.office.client, text)
        mine = await log.threads_of(self.office.client, self.person.id)
        return [head.thread for head in mine if text and head.thread.startswith(text)]

    def _routes(self) -> list[Route]:
        """The routes of bot.toml, and what its channels' tables say by the way of routes."""
        config = self.directory.config
        named = [(name, entry.agent) for name, entry in config.channels.items() if entry.agent is not None]
        return [*config.routes, *(Route(agent=agent, channel=name) for name, agent in named)]

    def _admits(self, route: Route, channel: str | None) -> bool:
        return self.directory.may_talk(route, self.identity, channel or route.channel)


def _where(routes: list[Route]) -> tuple[str, ...]:
    """Where these routes listen; empty if one of them listens everywhere."""
    if any(route.channel is None and route.address is None for route in routes):
        return ()
    return tuple(dict.fromkeys(place for route in routes for place in (route.channel, route.address) if place))


def _line(head: log.Head) -> ThreadLine:
    try:
        place = Place.model_validate_json(head.origin)
    except ValidationError:
        place = None
    return ThreadLine(
        thread=head.thread, title=head.title, status=head.status, agent=head.agent, at=head.at, place=place
    )


def _permission(one: grants.Standing) -> Permission:
    event, body = one.granted, one.opened.body
    return Permission(
        grant=event.grant,
        agent=event.agent,
        step=event.step,
        arguments=body.arguments if body else None,
        facts=body.snapshot if body else None,
        until=event.until,
        thread=one.thread.id,
    )
