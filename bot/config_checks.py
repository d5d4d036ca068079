"""What the tables of bot.toml may each say on their own, but not together."""

from collections.abc import Iterator
from typing import Literal

from bot.approvals.hours import Working
from bot.config_tables import OPERATORS, RESERVED, ChannelEntry, Config, PersonEntry, RoleEntry, Route, holders
from bot.config_words import meant, route_name, toml_key


def contradictions(config: Config) -> Iterator[str]:
    """What each table may say on its own, but not together with the others."""
    for table, names in (("people", config.people), ("roles", config.roles)):
        yield from (
            f"[{table}.{name}] has a name that means something else: choose another"
            for name in names
            if name in RESERVED
        )
    yield from (
        f"[people.{name}] and [roles.{name}] have the same name, so nobody can tell whom to ask: rename one"
        for name in config.people
        if name in config.roles
    )
    for person, entry in config.people.items():
        yield from (
            f"[people.{person}] has the role {role!a}, which is no table [roles.{toml_key(role)}]: "
            f"{meant(role, config.roles)}"
            for role in entry.roles
            if role not in config.roles
        )
    yield from _shared(config)
    for person, entry in config.people.items():
        yield from (f"[people.{person}] {problem}" for problem in _hours_problems(entry))
    for role, entry in config.roles.items():
        yield from (f"[roles.{role}] {problem}" for problem in _ladder_problems(config, role, entry))
        if not entry.mail_decides and not any(
            _can_elsewhere(config.people[person]) for person in holders(config, role)
        ):
            yield (
                f"[roles.{role}] has mail_decides = false, and nobody with it has slack or os_user: "
                "give somebody one of them, or nobody can decide"
            )
    for index, route in enumerate(config.routes):
        yield from _route_problems(config, index, route)
    for channel, entry in config.channels.items():
        yield from _channel_problems(config, channel, entry)
    if OPERATORS not in config.roles:
        yield f"there is no [roles.{OPERATORS}]: add it, they are asked when nobody else can be"
    elif not holders(config, OPERATORS):
        yield f'[roles.{OPERATORS}] has nobody: add roles = ["{OPERATORS}"] to at least one person'


def _can_elsewhere(entry: PersonEntry) -> bool:
    """Whether somebody can decide otherwise than by mail."""
    return bool(entry.slack or entry.os_user)


def _shared(config: Config) -> Iterator[str]:
    """An identity that two people claim: it could not be told who of them decided."""
    setting: Literal["slack", "email", "os_user"]
    for setting in ("slack", "email", "os_user"):
        owner: dict[str, str] = {}
        for person, entry in config.people.items():
            for value in getattr(entry, setting):
                if owner.setdefault(value, person) != person:
                    yield f"[people.{person}] and [people.{owner[value]}] both have {setting} {value!a}: keep one"


def _hours_problems(entry: PersonEntry) -> Iterator[str]:
    """What cannot be meant about when and where somebody is asked."""
    if entry.digest is not None and entry.timezone is None:
        yield 'has a digest, but by no clock: add timezone = "Europe/Berlin" or where they are'
    if entry.digest is not None and (not entry.email or (entry.slack and entry.ask != "email")):
        yield 'has a digest, and is not asked by mail: add email, and ask = "email" if they are in Slack, too'
    for setting in ("quiet", "working"):
        if getattr(entry, setting) is not None and entry.timezone is None:
            yield f'has {setting} hours, but by no clock: add timezone = "Europe/Berlin" or where they are'
    working = entry.working or Working()
    if entry.timezone and entry.quiet and entry.quiet.overlaps(working.span):
        yield f"has working hours ({working.span}) in their quiet hours ({entry.quiet}): set working, or change quiet"
    if entry.ask and not getattr(entry, entry.ask):
        yield f"is to be asked by {entry.ask}, but has no {entry.ask}: add it, or leave ask out"


def _ladder_problems(config: Config, role: str, entry: RoleEntry) -> Iterator[str]:
    """What cannot be meant about what happens when nobody answers, and about whom else it may be given to."""
    for setting in ("remind_after", "escalate_after"):
        after = getattr(entry, setting)
        if after is not None and after >= entry.expire_after:
            told = "expire_after" if "expire_after" in entry.model_fields_set else "expire_after (7d if it is left out)"
            yield f"has {setting} no earlier than {told}, so it never comes to that: change one of them"
    if (entry.escalate_after is None) != (entry.escalate_to is None):
        there, missing = ("escalate_to", "escalate_after") if entry.escalate_to else ("escalate_after", "escalate_to")
        yield f"has {there} but no {missing}: add it"
    if entry.escalate_to == role:
        yield "escalates to itself: name another role, or leave it out"
    elif entry.escalate_to is not None and entry.escalate_to not in config.roles:
        yield f"escalates to {entry.escalate_to!a}, which is no role: {meant(entry.escalate_to, config.roles)}"
    elif entry.escalate_to is not None and not holders(config, entry.escalate_to) and entry.escalate_to != OPERATORS:
        wanted = f'add roles = ["{entry.escalate_to}"] to a person'
        yield f"escalates to {entry.escalate_to}, a role that nobody has: {wanted}"
    for name in entry.delegates:
        if name not in config.people and name not in config.roles:
            near = meant(name, (*config.people, *config.roles))
            yield f"has the delegate {name!a}, who is neither person nor role: {near}"
        elif name in config.people and not config.people[name].staff:
            yield f"has the delegate {name}, who is no insider (staff = false): leave {name} out"


def _route_problems(config: Config, index: int, route: Route) -> Iterator[str]:
    name = route_name(index)
    yield from _talk_problems(config, name, route.who, route.approvers)
    if route.channel and route.address:
        yield f"{name} wants a channel and an address, which no message has: make it two routes"
    for before, other in enumerate(config.routes[:index]):
        if other.matches(channel=route.channel, address=route.address, word=route.word):
            yield f"{name} is never reached, because number {before + 1} takes all of its messages: put it before that"
            break


def _channel_problems(config: Config, channel: str, entry: ChannelEntry) -> Iterator[str]:
    name = f"[channels.{toml_key(channel)}]"
    yield from _talk_problems(config, name, entry.who, entry.approvers or OPERATORS)
    if entry.agent is None:
        if entry.approvers is not None:
            yield f"{name} has approvers but no agent that would ask them: add agent, or leave approvers out"
        return
    for index, route in enumerate(config.routes):
        if route.channel == channel and route.word is None:
            yield f"{name} has an agent that is never asked, because {route_name(index)} takes all there: keep one"
            break


def _talk_problems(config: Config, name: str, who: str | None, approvers: str) -> Iterator[str]:
    """What cannot be meant about who may talk to an agent, and about who approves for it."""
    if who is not None and who not in {"anyone", "members", "people", *config.roles}:
        known = ("anyone", "members", "people", *config.roles)
        yield f"{name} lets {who!a} talk, which is no role: " + meant(who, known)
    if approvers not in config.roles:
        if approvers != OPERATORS:  # a missing role of operators is reported once, on its own
            yield f"{name} has the approvers {approvers!a}, which is no role: {meant(approvers, config.roles)}"
    elif not holders(config, approvers) and approvers != OPERATORS:
        yield f'{name} asks {approvers}, a role that nobody has: add roles = ["{approvers}"] to a person'
