"""The section `[agents.deploy]` of bot.toml, checked before anything runs."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError, field_validator, model_validator

from agents.backends.deploy_command import placeholders
from bot.errors import SettingsError

_PLACE: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
_URL: Final = re.compile(r"(https|ssh|file)://[^-\s]\S*")
_SCP_LIKE: Final = re.compile(r"[A-Za-z0-9._-]+@[A-Za-z0-9][A-Za-z0-9.-]*:(?!:)\S+")

Place = Annotated[str, Field(pattern=_PLACE)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]


class DeploySettings(BaseModel):
    """What is deployed from where, by which command. Commands are lists of arguments; no shell reads them."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    repository: str  # a local path, or an https, ssh or file URL
    command: tuple[str, ...]  # with {service}, {environment}, {tag} and {commit}; the commit is what was approved
    rollback_command: tuple[str, ...] | None = None  # the same placeholders; unset: `command` with the older commit
    health_command: tuple[str, ...] | None = None  # {service} and {environment}; exit code 0 means healthy
    services: tuple[Place, ...] = Field(default=("backend", "frontend"), min_length=1)
    environments: tuple[Place, ...] = Field(default=("staging", "production"), min_length=1)
    unattended: tuple[str, ...] = ("staging",)  # the environments whose deploys run without asking
    timeout_s: Seconds = 1800.0
    health_timeout_s: Seconds = 60.0
    not_done_exit_codes: tuple[Annotated[int, Field(ge=1, le=255)], ...] = (2,)
    """Exit codes by which the command says that it refused before it changed anything. All others leave it in doubt."""
    env: dict[str, str] = {}  # what the commands see beside PATH, HOME, LANG and DEPLOY_KEY
    state: Path | None = None
    """A folder for the record of deploys that every worker can see (one machine, or a shared file system). Unset, it is
    kept in this machine's data folder, and a key that is not in it counts as unknown: another machine may have run it.
    """

    @field_validator("repository")
    @classmethod
    def _reachable(cls, repository: str) -> str:
        if _URL.fullmatch(repository) or _SCP_LIKE.fullmatch(repository):
            return repository
        if "://" in repository or "::" in repository or repository.startswith("-") or not repository:
            message = "give a local path, or a URL that begins with https://, ssh:// or file://"
            raise ValueError(message)
        folder = Path(repository).expanduser().absolute()
        if not folder.is_dir():
            message = "there is no such folder; give the path of a git repository, or a URL that begins with https://"
            raise ValueError(message)
        return str(folder)

    @field_validator("state")
    @classmethod
    def _from_home(cls, state: Path | None) -> Path | None:
        return state and state.expanduser().absolute()

    @model_validator(mode="after")
    def _sound(self) -> Self:
        everything, where = {"service", "environment", "tag", "commit"}, {"service", "environment"}
        needed = {"commit"}
        needed |= {"service"} if len(self.services) > 1 else set()
        needed |= {"environment"} if len(self.environments) > 1 else set()
        _check("command", self.command, needed, everything)
        _check("rollback_command", self.rollback_command, needed, everything)
        _check("health_command", self.health_command, needed - {"commit"}, where)
        unknown = set(self.unattended) - set(self.environments)
        if unknown:
            message = f"unattended: {min(unknown)!r} is not among the environments"
            raise ValueError(message)
        return self


def read_settings(section: Mapping[str, JsonValue]) -> DeploySettings:
    """Return the checked settings; raise SettingsError, which names each wrong one. No value is in its message."""
    try:
        return DeploySettings.model_validate(dict(section))
    except ValidationError as wrong:
        raise SettingsError("; ".join(_explained(error["loc"], error["msg"]) for error in wrong.errors())) from None


def _explained(place: tuple[int | str, ...], problem: str) -> str:
    name = str(place[0]) if place else ""
    problem = problem.removeprefix("Value error, ")
    if not name:
        name, _, problem = problem.partition(": ")
    match problem:
        case "Field required":
            problem = "is missing; add it to bot.toml"
        case "Extra inputs are not permitted":
            problem = f"is not a setting; there are {', '.join(DeploySettings.model_fields)}"
        case _ if "tuple" in problem:
            problem = 'write a list of words, as in ["deploy", "{service}", "{environment}", "{commit}"]'
        case _:
            pass
    return f"[agents.deploy] {name}: {problem}"


def _check(name: str, argv: tuple[str, ...] | None, needed: set[str], known: set[str]) -> None:
    if argv is None:
        return
    used = placeholders(argv)
    if not argv or not argv[0]:
        message = f"{name}: name a program and its arguments"
    elif "/" in argv[0] and not Path(argv[0]).is_absolute():
        message = f"{name}: give the program's full path, or a name to be found on PATH"
    elif placeholders(argv[:1]):
        message = f"{name}: the program itself cannot be a placeholder"
    elif used - known:
        message = f"{name}: {{{min(used - known)}}} is not known here; there are {_braced(known)}"
    elif needed - used:
        message = f"{name}: {_braced(needed - used)} must be among the arguments"
    else:
        return
    raise ValueError(message)


def _braced(names: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))
