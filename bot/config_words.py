"""How a mistake in bot.toml is told: in terms of the file, with the mend."""

import re
from collections.abc import Mapping
from difflib import get_close_matches

from bot.config_tables import ChannelEntry, Config, PersonEntry, RoleEntry, Route, SlackTable, Table

_NAMED = ("routes", "people", "roles", "agents", "channels")
"""What has tables of its own, each with a name or number."""


def meant(name: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    """What to say after an unknown name: the nearest known one, or else all of them."""
    if near := get_close_matches(name, list(known), n=1):
        return f"did you mean {near[0]}?"
    return f"known are: {', '.join(sorted(known))}" if known else "there are none yet"


def problem(where: tuple[int | str, ...], kind: str, message: str) -> str:
    """Say one of pydantic's findings in terms of the file."""
    match where, kind:
        case ("people" | "roles" | "agents" as table, str(name), "[key]"), _:
            return f"[{table}.{toml_key(name)}] is not a name: use up to 64 of a-z, 0-9, _ and -"
        case ("channels", str(name), "[key]"), _:
            return f"[channels.{toml_key(name)}]: {message.removeprefix('Value error, ')}"
        case (*before, last), "extra_forbidden":
            return f"{_table_name(before)} cannot have {last!a}: {meant(str(last), _settings_of(before))}"
        case (*before, last), "missing":
            return f"{_table_name(before)} has no {last}: add it"
        case _, "dict_type" | "mapping_type" | "model_type":
            return f"{_table_name(list(where))} should be a table"
        case _:
            depth = 0 if not where else 2 if where[0] in _NAMED else 1 if where[0] == "slack" else 0
            setting = " ".join(str(part) for part in where[depth:] if isinstance(part, str))
            said = message.removeprefix("Value error, ").replace("Input should be", "should be")
            return f"{_table_name(list(where[:depth]))}{f' {setting}' if setting else ''}: {said}"


def _settings_of(where: list[int | str]) -> tuple[str, ...]:
    tables: dict[int | str, type[Table]] = {
        "people": PersonEntry,
        "roles": RoleEntry,
        "routes": Route,
        "channels": ChannelEntry,
        "slack": SlackTable,
    }
    return tuple((tables[where[0]] if where else Config).model_fields)


def _table_name(where: list[int | str]) -> str:
    match where:
        case []:
            return "the top of the file"
        case ["routes", int(index), *_]:
            return route_name(index)
        case _:
            return f"[{'.'.join(toml_key(str(part)) for part in where)}]"


def route_name(index: int) -> str:
    """What a route is called: they have no names of their own."""
    return f"[[routes]] number {index + 1}"


def toml_key(name: str) -> str:
    """A name as it stands in the head of a table."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else f'"{ascii(name)[1:-1]}"'
