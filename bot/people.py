"""Who is who across channels, what they are trusted with, and where they are found."""

import json
import re
from collections.abc import Callable
from enum import StrEnum
from typing import assert_never
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from bot.addresses import fold_address
from bot.approvals.hours import Hours, Working
from bot.config import OPERATORS, RESERVED, ChannelEntry, Config, PersonEntry, Route, first_word, holders
from bot.identity import EmailIdentity, Identity, OsIdentity, SlackIdentity, identity_of
from bot.places import Place
from bot.steps import Ladder

_UNPROVEN = "unproven:"
_ANYWHERE = ChannelEntry()


class Person(BaseModel):
    """A human as the core knows one, whichever channel they come by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    """The id in bot.toml; for others the key of their identity, after `unproven:` if it is not proven."""
    name: str
    roles: frozenset[str] = frozenset()
    staff: bool = False
    listed: bool = False
    """Whether bot.toml lists them, and they came by an identity that counts for it."""


class Trust(StrEnum):
    """How far someone belongs to us."""

    STAFF = "staff"  # listed as an insider
    MEMBER = "member"  # a full member of the Slack workspace
    GUEST = "guest"  # a guest of it
    OUTSIDER = "outsider"  # everyone else: customers, other companies, bots, senders that nobody vouches for


class Directory:
    """One version of bot.toml, indexed for questions about people. Building it costs time; asking it does not."""

    def __init__(self, config: Config) -> None:
        """Index a configuration."""
        self.config = config
        self._owner = {
            identity.key: person for person, entry in config.people.items() for identity in _identities(entry)
        }

    def person(self, identity: Identity) -> Person:
        """Who this is, and the roles that count when they come this way: judge an answer by these.

        Someone who is not listed is a person without roles, whose id is the identity's key. A listed identity that
        Slack calls a guest or external is still the same human (who may not approve what they asked for), but has no
        roles and counts as unlisted; a listed bot may talk, but has no roles. An unproven identity is nobody's: its
        id is one of its own, so that a forged mail finds nothing that belongs to the address's owner.
        """
        owner = self._owner.get(identity.key)
        if not identity.proven:
            return Person(id=_UNPROVEN + identity.key, name=_display(identity))
        if owner is None:
            return Person(id=identity.key, name=_display(identity))
        match identity:
            case SlackIdentity(is_guest=True) | SlackIdentity(is_external=True):
                return self.by_id(owner).model_copy(update={"roles": frozenset(), "staff": False, "listed": False})
            case SlackIdentity(is_bot=True):
                return self.by_id(owner).model_copy(update={"roles": frozenset(), "staff": False})
            case SlackIdentity() | EmailIdentity() | OsIdentity():
                return self.by_id(owner)
            case _:
                assert_never(identity)

    def trust(self, identity: Identity) -> Trust:
        """How far this identity belongs to us; an unproven one never does."""
        if self.person(identity).staff:
            return Trust.STAFF
        match identity:
            case SlackIdentity(proven=True, is_external=False, is_bot=False):
                return Trust.GUEST if identity.is_guest else Trust.MEMBER
            case SlackIdentity() | EmailIdentity() | OsIdentity():
                return Trust.OUTSIDER
            case _:
                assert_never(identity)

    def by_id(self, person_id: str) -> Person:
        """The person with this id and the roles that bot.toml gives them.

        Ids outlive bot.toml, because logs keep them: one that is not listed (any more) is a person without roles.
        """
        entry = self.config.people.get(person_id)
        if entry is None:
            return Person(id=person_id, name=person_id.removeprefix(_UNPROVEN).partition(":")[2] or person_id)
        return Person(
            id=person_id,
            name=entry.name or person_id,
            roles=frozenset(entry.roles),
            staff=entry.staff,
            listed=True,
        )

    def with_role(self, role: str) -> tuple[Person, ...]:
        """Everyone who has this role, in the order of bot.toml."""
        return tuple(self.by_id(person) for person in holders(self.config, role))

    def identities(self, person_id: str) -> tuple[SlackIdentity | EmailIdentity, ...]:
        """Where this person can be written to: Slack first, then mail, or as they prefer. Empty if nowhere."""
        if entry := self.config.people.get(person_id):
            known = [found for found in _identities(entry) if not isinstance(found, OsIdentity)]
            return tuple(sorted(known, key=lambda found: found.kind != entry.ask))
        try:
            found = identity_of(person_id.removeprefix(_UNPROVEN))
        except ValueError:
            return ()
        return () if isinstance(found, OsIdentity) else (found,)

    def place_of_role(self, role: str) -> Place | None:
        """The Slack channel that has one card for this role; None: a direct message to each who has it."""
        entry = self.config.roles.get(role)
        if entry is None or entry.channel == "dm":
            return None
        return Place(channel="slack", address=entry.channel.removeprefix("slack:"))

    def mailed(self, role: str) -> bool:
        """Whether people with this role are asked by mail as well, wherever else they are asked."""
        entry = self.config.roles.get(role)
        return entry is not None and entry.mail

    def mail_decides(self, role: str) -> bool:
        """Whether people with this role may decide by mail what they are asked."""
        return role not in self.config.roles or self.config.roles[role].mail_decides

    def requesters_may_approve(self, role: str) -> bool:
        """Whether people with this role may approve what they asked for themselves."""
        entry = self.config.roles.get(role)
        return entry is not None and entry.requesters_may_approve

    def may_grant_s(self, role: str) -> int:
        """For how many seconds people with this role may let a call run without asking; 0: not at all."""
        entry = self.config.roles.get(role)
        return (entry.grants or 0) if entry is not None else 0

    def ladder(self, role: str) -> Ladder:
        """What happens by default when nobody with this role answers."""
        entry = self.config.roles.get(role)
        if entry is None:
            return Ladder()
        return Ladder(
            remind_s=entry.remind_after,
            escalate_s=entry.escalate_after,
            escalate_to=entry.escalate_to,
            expire_s=entry.expire_after,
        )

    def delegates(self, role: str) -> tuple[Person, ...]:
        """To whom people with this role may give a request, beside each other: insiders only."""
        entry = self.config.roles.get(role)
        named = entry.delegates if entry is not None else ()
        ids = [person for name in named for person in (holders(self.config, name) or (name,))]
        people = (self.by_id(person) for person in dict.fromkeys(ids))
        return tuple(person for person in people if person.listed and person.staff)

    def hours(self, person_id: str) -> Hours | None:
        """When this person sleeps and works; None if bot.toml does not say where they are."""
        entry = self.config.people.get(person_id)
        if entry is None or entry.timezone is None:
            return None
        return Hours(ZoneInfo(entry.timezone), entry.quiet, entry.working or Working())

    def channel(self, name: str | None) -> ChannelEntry:
        """How the bot behaves in a channel, `slack:team/channel`; by the defaults, if bot.toml has no table for it."""
        return self.config.channels.get(name or "", _ANYWHERE)

    def route_for(self, *, channel: str | None = None, address: str | None = None, text: str = "") -> Route | None:
        """The first route that a message matches, or None; where the channel has an agent, only its own routes count.

        `channel` is `slack:team/channel`; `address` is the one that the mail was written to; `text` is the message
        without the mention of the bot, of which the first word counts.
        """
        folded = fold_address(address) if address else None
        word = first_word(text)
        matching = (route for route in self.config.routes if route.matches(channel=channel, address=folded, word=word))
        entry = self.channel(channel)
        if entry.agent is None:
            return next(matching, None)
        named = next((route for route in matching if route.channel is not None), None)
        return named or Route(agent=entry.agent, channel=channel, approvers=entry.approvers or OPERATORS)

    def may_talk(self, route: Route, identity: Identity, channel: str | None = None) -> bool:
        """Whether this route's agent listens to them in this channel: both have to let them.

        A bot must be listed, or named by the channel's table; neither gives it more than the route allows to all.
        """
        person = self.person(identity)
        entry = self.channel(channel)
        if isinstance(identity, SlackIdentity) and identity.is_bot and not person.listed:
            return identity.account.rpartition("/")[2] in entry.bots and route.who in {None, "anyone"}
        wanted = [who for who in (route.who, entry.who) if who is not None]
        usual = "members" if isinstance(identity, SlackIdentity) else "people"
        return all(self._is_one_of(who, identity, person) for who in wanted or [usual])

    def _is_one_of(self, who: str, identity: Identity, person: Person) -> bool:
        match who:
            case "anyone":
                return True
            case "members":
                return self.trust(identity) in {Trust.STAFF, Trust.MEMBER}
            case "people":
                return person.listed
            case role:
                return role in person.roles

    def admits(self, route: Route, person_id: str, trust: str, channel: str) -> bool:
        """Whether this route's agent would listen to someone known from a log: a thread's principal.

        `trust` is what it was when the thread began; a guest's or outsider's roles never count.
        """
        insider = trust in {Trust.STAFF, Trust.MEMBER}
        person = self.by_id(person_id)
        match route.who or ("members" if channel == "slack" else "people"):
            case "anyone":
                return True
            case "members":
                return insider
            case "people":
                return insider and person.listed
            case role:
                return insider and role in person.roles

    def whoami(self, identity: Identity) -> str:
        """What someone may send to the admin to be listed: lines of bot.toml, or a comment that says how they stand."""
        person = self.person(identity)
        if not identity.proven:
            return f"# {identity.key}: it could not be made sure that this is really you"
        if isinstance(identity, SlackIdentity) and (identity.is_guest or identity.is_external):
            return f"# {identity.key} is a guest or external user of Slack, and cannot be given a role"
        if person.listed:
            return f"# {identity.key} is listed as {person.id}; roles: {', '.join(sorted(person.roles)) or 'none'}"
        setting, value = _setting(identity)
        return f"[people.{self._free_id(identity)}]\nname = {_toml(_display(identity))}\n{setting} = [{_toml(value)}]\n"

    def _free_id(self, identity: Identity) -> str:
        """An id made from the display name, which nobody and no role has yet."""
        wanted = re.sub(r"[^a-z0-9]+", "-", _display(identity).lower().partition("@")[0]).strip("-")[:40] or "someone"
        taken = {*self.config.people, *self.config.roles, *RESERVED}
        return next(
            name for n in range(1, len(taken) + 2) if (name := wanted if n == 1 else f"{wanted}-{n}") not in taken
        )


def following(current: Callable[[], Config]) -> Callable[[], Directory]:
    """A function that returns the directory of the configuration in force, and builds one only when that changed.

    `directory = following(config_file.current)`, then `directory()` wherever a question about people comes up.
    """
    kept: list[Directory] = []

    def directory() -> Directory:
        config = current()
        if not kept or kept[0].config is not config:
            kept[:] = [Directory(config)]
        return kept[0]

    return directory


def _identities(entry: PersonEntry) -> tuple[Identity, ...]:
    return (
        *(SlackIdentity(account=account, name=entry.name) for account in entry.slack),
        *(EmailIdentity(address=address, name=entry.name) for address in entry.email),
        *(OsIdentity(user=user, name=entry.name) for user in entry.os_user),
    )


def _setting(identity: Identity) -> tuple[str, str]:
    match identity:
        case SlackIdentity():
            return "slack", identity.account
        case EmailIdentity():
            return "email", identity.address
        case OsIdentity():
            return "os_user", identity.user
        case _:
            assert_never(identity)


def _display(identity: Identity) -> str:
    """Their name, without what could disguise it (control and direction characters), else what identifies them."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in identity.name).split())
    return plain[:80] or _setting(identity)[1]


def _toml(text: str) -> str:
    """A TOML string: JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False)
