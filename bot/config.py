"""What bot.toml may say: people, roles, routes and the agents' own tables, each checked with a message that helps."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from bot.addresses import fold_address, os_user_name, slack_channel, slack_user_id
from bot.errors import SettingsError

OPERATORS = "operators"
RESERVED = ("anyone", "members", "people", "requester")
"""Words that stand where a role or a person may stand, and so can be the name of neither."""


class ConfigError(SettingsError):
    """bot.toml says something that cannot be meant; the lines above name the table and the mend."""


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _dm_or_channel(text: str) -> str:
    return text if text == "dm" else slack_channel(text)


def _word(text: str) -> str:
    if not first_word(text) or first_word(text) != text.strip().casefold():
        raise ValueError(f"{text!a} should be one word, such as deploy, without punctuation around it")
    return first_word(text)


_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,64}$")]
_ManySlackUsers = Annotated[tuple[Annotated[str, AfterValidator(slack_user_id)], ...], BeforeValidator(_one_or_many)]
_ManyAddresses = Annotated[tuple[Annotated[str, AfterValidator(fold_address)], ...], BeforeValidator(_one_or_many)]
_ManyOsUsers = Annotated[tuple[Annotated[str, AfterValidator(os_user_name)], ...], BeforeValidator(_one_or_many)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PersonEntry(_Table):
    """`[people.<id>]`: one human, and by what each channel knows them."""

    name: str = ""
    slack: _ManySlackUsers = ()
    email: _ManyAddresses = ()
    os_user: _ManyOsUsers = ()
    roles: Annotated[tuple[str, ...], BeforeValidator(_one_or_many)] = ()
    staff: bool = True


class RoleEntry(_Table):
    """`[roles.<name>]`: where people with this role are asked, and whether they may approve their own requests."""

    channel: Annotated[str, AfterValidator(_dm_or_channel)] = "dm"
    mail: bool = False  # each of them by mail as well, as far as they have an address
    requesters_may_approve: bool = False


class Route(_Table):
    """`[[routes]]`: which agent answers where, who may talk to it and who approves for it.

    All of channel, address and word that are given must match; a route with none of them is the default route.
    """

    agent: str
    channel: Annotated[str, AfterValidator(slack_channel)] | None = None
    address: Annotated[str, AfterValidator(fold_address)] | None = None
    word: Annotated[str, AfterValidator(_word)] | None = None
    who: str | None = None
    approvers: str = OPERATORS

    def matches(self, *, channel: str | None, address: str | None, word: str | None) -> bool:
        """Whether a message from there belongs to this route; the values are compared as `Directory.route_for` does."""
        pairs = ((self.channel, channel), (self.address, address), (self.word, word))
        return all(wanted is None or wanted == found for wanted, found in pairs)


class Config(_Table):
    """The whole of bot.toml. Made by `parse_config`, which also checks that the tables agree with each other."""

    people: Mapping[_Name, PersonEntry] = Field(default_factory=dict[str, PersonEntry])
    roles: Mapping[_Name, RoleEntry] = Field(default_factory=dict[str, RoleEntry])
    routes: tuple[Route, ...] = ()
    agents: Mapping[_Name, Mapping[str, object]] = Field(default_factory=dict[str, Mapping[str, object]])


def parse_config(text: str, *, source: str = "bot.toml") -> Config:
    """Read and check the text of a bot.toml; `source` is what the messages call it.

    Raises ConfigError with one line for each problem.
    """
    try:
        config = Config.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source}: this is not TOML yet: {error}") from None
    except ValidationError as error:
        lines = [_problem(p["loc"], p["type"], p["msg"]) for p in error.errors(include_input=False, include_url=False)]
        raise ConfigError("\n".join(f"{source}: {line}" for line in lines)) from None
    if lines := list(_contradictions(config)):
        raise ConfigError("\n".join(f"{source}: {line}" for line in lines))
    return config


def first_word(text: str) -> str:
    """The first word of a message as routes compare it: case-folded, without the punctuation around it."""
    words = text.split(maxsplit=1)
    return words[0].strip(".,:;!?\"'`*_()[]<>").casefold() if words else ""


def holders(config: Config, role: str) -> tuple[str, ...]:
    """The ids of the people who have a role, in the order of the file."""
    return tuple(person for person, entry in config.people.items() if role in entry.roles)


def meant(name: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    """What to say after an unknown name: the nearest known one, or else all of them."""
    if near := get_close_matches(name, list(known), n=1):
        return f"did you mean {near[0]}?"
    return f"known are: {', '.join(sorted(known))}" if known else "there are none yet"


def _problem(where: tuple[int | str, ...], kind: str, message: str) -> str:
    """Say one of pydantic's findings in terms of the file."""
    match where, kind:
        case ("people" | "roles" | "agents" as table, str(name), "[key]"), _:
            return f"[{table}.{_toml_key(name)}] is not a name: use up to 64 of a-z, 0-9, _ and -"
        case (*before, last), "extra_forbidden":
            return f"{_table_name(before)} cannot have {last!a}: {meant(str(last), _settings_of(before))}"
        case (*before, last), "missing":
            return f"{_table_name(before)} has no {last}: add it"
        case _, "dict_type" | "mapping_type" | "model_type":
            return f"{_table_name(list(where))} should be a table"
        case _:
            depth = {"routes": 2, "people": 2, "roles": 2, "agents": 2}.get(str(where[0]), 0) if where else 0
            setting = " ".join(str(part) for part in where[depth:] if isinstance(part, str))
            said = message.removeprefix("Value error, ").replace("Input should be", "should be")
            return f"{_table_name(list(where[:depth]))}{f' {setting}' if setting else ''}: {said}"


def _settings_of(where: list[int | str]) -> tuple[str, ...]:
    tables: dict[int | str, type[_Table]] = {"people": PersonEntry, "roles": RoleEntry, "routes": Route}
    return tuple((tables[where[0]] if where else Config).model_fields)


def _table_name(where: list[int | str]) -> str:
    match where:
        case []:
            return "the top of the file"
        case ["routes", int(index), *_]:
            return _route_name(index)
        case _:
            return f"[{'.'.join(_toml_key(str(part)) for part in where)}]"


def _route_name(index: int) -> str:
    return f"[[routes]] number {index + 1}"


def _toml_key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{ascii(name)[1:-1]}"'


def _contradictions(config: Config) -> Iterator[str]:
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
            f"[people.{person}] has the role {role!a}, which is no table [roles.{_toml_key(role)}]: "
            f"{meant(role, config.roles)}"
            for role in entry.roles
            if role not in config.roles
        )
    yield from _shared(config)
    for index, route in enumerate(config.routes):
        yield from _route_problems(config, index, route)
    if OPERATORS not in config.roles:
        yield f"there is no [roles.{OPERATORS}]: add it, they are asked when nobody else can be"
    elif not holders(config, OPERATORS):
        yield f'[roles.{OPERATORS}] has nobody: add roles = ["{OPERATORS}"] to at least one person'


def _shared(config: Config) -> Iterator[str]:
    """An identity that two people claim: it could not be told who of them decided."""
    setting: Literal["slack", "email", "os_user"]
    for setting in ("slack", "email", "os_user"):
        owner: dict[str, str] = {}
        for person, entry in config.people.items():
            for value in getattr(entry, setting):
                if owner.setdefault(value, person) != person:
                    yield f"[people.{person}] and [people.{owner[value]}] both have {setting} {value!a}: keep one"


def _route_problems(config: Config, index: int, route: Route) -> Iterator[str]:
    name = _route_name(index)
    if route.who is not None and route.who not in {"anyone", "members", "people", *config.roles}:
        known = ("anyone", "members", "people", *config.roles)
        yield f"{name} lets {route.who!a} talk, which is no role: " + meant(route.who, known)
    if route.approvers not in config.roles:
        if route.approvers != OPERATORS:  # a missing role of operators is reported once, on its own
            near = meant(route.approvers, config.roles)
            yield f"{name} has the approvers {route.approvers!a}, which is no role: {near}"
    elif not holders(config, route.approvers) and route.approvers != OPERATORS:
        yield f'{name} asks {route.approvers}, a role that nobody has: add roles = ["{route.approvers}"] to a person'
    if route.channel and route.address:
        yield f"{name} wants a channel and an address, which no message has: make it two routes"
    for before, other in enumerate(config.routes[:index]):
        if other.matches(channel=route.channel, address=route.address, word=route.word):
            yield f"{name} is never reached, because number {before + 1} takes all of its messages: put it before that"
            break
