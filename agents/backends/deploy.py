"""The deploy agent's backend: a real git repository, a real deploy command, and a record of what it did."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, Protocol, Self

from pydantic import BaseModel, ConfigDict, JsonValue

from agents.backends.deploy_command import Command, CommandNotStarted, Ran, filled_in
from agents.backends.deploy_git import FRESH_S, Changes, Commit, GitFailed, NoSuchCommit, NoSuchTag, Repository, Tag
from agents.backends.deploy_records import Deployment, Entry, Event, Records, histories, last_of
from agents.backends.deploy_settings import DeploySettings, read_settings
from agents.backends.file_lock import locked, unlock
from bot.errors import CountersignError
from bot.steps import NotDone

__all__ = [
    "Changes",
    "CommandNotStarted",
    "Commit",
    "DeployBackend",
    "DeployFailed",
    "DeployRefused",
    "DeploySettings",
    "Deployed",
    "Deployment",
    "Deploys",
    "GitFailed",
    "Health",
    "NoSuchCommit",
    "NoSuchTag",
    "StillRunning",
    "Tag",
]

_log: Final = logging.getLogger(__name__)


class DeployRefused(NotDone):
    """It cannot be deployed like that, and nothing was changed; the message says why."""


class DeployFailed(CountersignError):
    """The deploy command ended with an error, perhaps half-way: look at the environment before trying again."""


class StillRunning(CountersignError):
    """The earlier attempt of this very deploy is still running: wait for its end and look at what it did."""


class Deployed(BaseModel):
    """A deploy that succeeded."""

    model_config = ConfigDict(frozen=True)

    service: str
    environment: str
    tag: str
    commit: str
    at: datetime
    seconds: float
    output: str  # of the command, shortened visibly


class Health(BaseModel):
    """What the health command says."""

    model_config = ConfigDict(frozen=True)

    service: str
    environment: str
    healthy: bool
    output: str  # shortened visibly


class Deploys(Protocol):
    """What the deploy agent works with. Errors that are a NotDone mean that nothing was changed."""

    async def tags(self, limit: int = 20) -> list[Tag]:
        """Return the newest tags first; raise GitFailed."""
        ...

    async def current(self) -> list[Deployment]:
        """Return what is deployed where, by service and environment."""
        ...

    async def previous(self, service: str, environment: str) -> Deployment:
        """Return what was deployed before the current one; raise DeployRefused if nothing was."""
        ...

    async def changes(self, old: str, new: str) -> Changes:
        """Return what the tag `new` has that the tag `old` has not; raise NoSuchTag, GitFailed."""
        ...

    async def commit_of(self, tag: str) -> str:
        """Return the full id of the commit the tag points to at this moment; raise NoSuchTag, GitFailed."""
        ...

    async def deploy(self, service: str, environment: str, tag: str, commit: str, *, key: str) -> Deployed:
        """Deploy the commit; raise NotDone if nothing was changed, DeployFailed or StillRunning if that is in doubt."""
        ...

    async def roll_back(self, service: str, environment: str, tag: str, commit: str, *, key: str) -> Deployed:
        """Deploy what `previous` returned; errors as of `deploy`."""
        ...

    async def health(self, service: str, environment: str) -> Health:
        """Run the health command; raise NotDone if there is none."""
        ...

    async def happened(self, key: str) -> bool | None:
        """Return whether the deploy or roll-back with this key took effect; None if that cannot be told."""
        ...


class DeployBackend:
    """The real thing, for one repository and one command."""

    def __init__(self, settings: DeploySettings, data: Path) -> None:
        """Keep the clone in the data folder, and the record in the folder that the settings name; raise OSError."""
        self._settings = settings
        self._shared = settings.state is not None
        self._state = settings.state or data / "deploy"
        self._runs = data / "deploy" / "runs"
        self._records = Records(self._state)
        self._repository = Repository(settings.repository, data / "deploy" / "git")

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, settings: Mapping[str, JsonValue], data: Path) -> AsyncGenerator[Self]:
        """Check the section `[agents.deploy]` and open the backend; raise SettingsError."""
        yield cls(read_settings(settings), data)

    async def tags(self, limit: int = 20) -> list[Tag]:
        return await self._repository.tags(limit)

    async def current(self) -> list[Deployment]:
        entries, _ = await asyncio.to_thread(self._records.read)
        return [history[-1] for _, history in sorted(histories(entries).items())]

    async def previous(self, service: str, environment: str) -> Deployment:
        self._check_place(service, environment)
        entries, _ = await asyncio.to_thread(self._records.read)
        match histories(entries).get((service, environment), []):
            case [*_, before, _]:
                return before
            case _:
                raise DeployRefused(f"No deploy of {service} to {environment} is on record before the current one.")

    async def changes(self, old: str, new: str) -> Changes:
        return await self._repository.changes(old, new)

    async def commit_of(self, tag: str) -> str:
        return await self._repository.commit_of(tag)

    async def deploy(self, service: str, environment: str, tag: str, commit: str, *, key: str) -> Deployed:
        """A key that has finished is not run again: its recorded result is returned."""
        self._check_place(service, environment)
        entry = Entry(key=key, event="started", service=service, environment=environment, tag=tag, commit=commit)
        if before := await self._finished(entry):  # first of all: an unreachable repository undoes nothing
            return before
        await self._repository.commit_of(tag, fresh_s=FRESH_S)
        await self._repository.check_commit(commit)
        return await self._once(entry)

    async def roll_back(self, service: str, environment: str, tag: str, commit: str, *, key: str) -> Deployed:
        """The tag may be gone or have moved since: the commit counts."""
        self._check_place(service, environment)
        where = {"service": service, "environment": environment, "tag": tag, "commit": commit}
        entry = Entry.model_validate({"key": key, "event": "started", "kind": "roll_back", **where})
        if before := await self._finished(entry):
            return before
        await self._repository.check_commit(commit)
        return await self._once(entry)

    async def health(self, service: str, environment: str) -> Health:
        """A command that does not end in time counts as unhealthy."""
        self._check_place(service, environment)
        if self._settings.health_command is None:
            raise DeployRefused("Health cannot be checked: `[agents.deploy] health_command` is not set in bot.toml.")
        values = {"service": service, "environment": environment}
        limit = self._settings.health_timeout_s
        argv = filled_in(self._settings.health_command, values)
        ran = await Command(argv=argv, env=self._settings.env, timeout_s=limit, runs=self._runs).run()
        late = f"\n[no answer within {limit:g} seconds]" if ran.code is None else ""
        return Health(service=service, environment=environment, healthy=ran.code == 0, output=ran.output + late)

    async def happened(self, key: str) -> bool | None:
        """False is said only of a command that refused, or if no worker can have started it."""
        entries, complete = await asyncio.to_thread(self._records.read)
        last = last_of(entries, key)
        match last.event if last else None:
            case "finished":
                return True
            case "refused":
                return False
            case None if self._shared and complete:
                return False
            case _:
                return None

    def _check_place(self, service: str, environment: str) -> None:
        for what, name, known in (
            ("service", service, self._settings.services),
            ("environment", environment, self._settings.environments),
        ):
            if name not in known:
                raise DeployRefused(f"There is no {what} {name[:80]!r}; there are {', '.join(known)}.")

    async def _finished(self, asked: Entry) -> Deployed | None:
        """Return what this key did already; raise DeployRefused if it was used for something else."""
        entries, _ = await asyncio.to_thread(self._records.read)
        last = last_of(entries, asked.key)
        if last is None or last.event != "finished":
            return None
        if (last.service, last.environment, last.commit) != (asked.service, asked.environment, asked.commit):
            raise DeployRefused(f"The key {asked.key!r} has deployed something else; every call needs its own key.")
        return Deployed.model_validate(last.model_dump(include=set(Deployed.model_fields)))

    async def _once(self, entry: Entry) -> Deployed:
        """Run the command for this entry, alone of its service and environment, unless its key has finished."""
        with self._lock_file(entry) as lock:
            # The command inherits the lock: should this worker die, the lock lasts as long as the command does.
            free = locked(lock.fileno())
            if before := await self._finished(entry):
                return before
            entries, _ = await asyncio.to_thread(self._records.read)
            last = last_of(entries, entry.key)
            if not free:
                where = f"{entry.service} to {entry.environment}"
                if last is not None and last.event == "started":
                    raise StillRunning(f"This deploy of {where} was started before and is still running; wait for it.")
                raise DeployRefused(f"Another deploy of {where} is still running; wait for its end.")
            if last is not None:  # the runtime does this only after someone said that it may run again
                _log.warning("deploy %s runs again: its last attempt is recorded as %s", entry.key, last.event)
            return await self._recorded(entry, lock.fileno())

    async def _recorded(self, entry: Entry, lock: int) -> Deployed:
        """Run the command, with its beginning and its end on record."""
        settings = self._settings
        argv = (entry.kind == "roll_back" and settings.rollback_command) or settings.command
        command = Command(
            argv=filled_in(argv, entry.model_dump(include={"service", "environment", "tag", "commit"})),
            env={**settings.env, "DEPLOY_KEY": entry.key},
            timeout_s=settings.timeout_s,
            runs=self._runs,
            held=(lock,),
        )
        try:
            self._records.append(entry)
        except OSError as problem:
            raise DeployRefused(f"The record of deploys cannot be written: {problem}.") from problem
        try:
            ran = await command.run()
        except CommandNotStarted as problem:
            self._note(entry, "refused", str(problem))
            raise
        except asyncio.CancelledError:
            self._note(entry, "failed", "[stopped together with its worker]")
            raise
        try:
            return self._judged(entry, ran)
        finally:
            if ran.code is not None:  # what an ended command left in the background must not hold the lock
                unlock(lock)

    def _judged(self, entry: Entry, ran: Ran) -> Deployed:
        """Put the end on record; raise DeployRefused or DeployFailed if it was not a good one."""
        what = f"{entry.service} {entry.tag} to {entry.environment}"
        if ran.code == 0:
            ended = self._note(entry, "finished", ran.output, ran.seconds)
            return Deployed.model_validate(ended.model_dump(include=set(Deployed.model_fields)))
        if ran.code in self._settings.not_done_exit_codes:
            self._note(entry, "refused", ran.output, ran.seconds)
            raise DeployRefused(f"The deploy command refused {what} (exit code {ran.code}):\n{ran.output}")
        self._note(entry, "failed", ran.output, ran.seconds)
        if ran.code is None:
            raise DeployFailed(f"The deploy of {what} was stopped after {ran.seconds:.0f} seconds:\n{ran.output}")
        raise DeployFailed(f"The deploy of {what} ended with exit code {ran.code}:\n{ran.output}")

    def _note(self, entry: Entry, event: Event, output: str, seconds: float = 0.0) -> Entry:
        update = {"event": event, "at": datetime.now(UTC), "output": output, "seconds": seconds}
        ended = entry.model_copy(update=update)
        self._records.append(ended)
        return ended

    def _lock_file(self, entry: Entry) -> BinaryIO:
        try:
            return (self._state / f"{entry.service}@{entry.environment}.lock").open("ab")
        except OSError as problem:
            raise DeployRefused(f"The record of deploys cannot be written: {problem}.") from problem
