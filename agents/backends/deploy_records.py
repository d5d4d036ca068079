"""What was deployed: an append-only file of JSON lines, and what folds out of it.

One line an event, written with flock and fsync before and after the command runs. The event `started` without a
later one means that nobody knows: the worker died. `refused` means that the command surely did nothing.
"""

import fcntl
import logging
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Event = Literal["started", "finished", "failed", "refused"]

_log: Final = logging.getLogger(__name__)


class Deployment(BaseModel):
    """What was put where, and when."""

    model_config = ConfigDict(frozen=True)

    service: str
    environment: str
    tag: str
    commit: str
    at: datetime
    key: str  # the idempotency key of the call that deployed it


class Entry(BaseModel):
    """One line of the file."""

    model_config = ConfigDict(frozen=True)

    key: str
    event: Event
    kind: Literal["deploy", "roll_back"] = "deploy"
    service: str
    environment: str
    tag: str
    commit: str
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    seconds: float = 0.0
    output: str = ""

    def deployment(self) -> Deployment:
        """Return the entry as what is deployed since then."""
        return Deployment.model_validate(self.model_dump(include=set(Deployment.model_fields)))


class Records:
    """The file `deployments.jsonl` in a folder."""

    def __init__(self, folder: Path) -> None:
        """Make the folder if it does not exist; raise OSError."""
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "deployments.jsonl"

    def append(self, entry: Entry) -> None:
        """Add one line and have it on the disk before returning; raise OSError."""
        with self.path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            end = file.seek(0, os.SEEK_END)
            torn = end > 0 and os.pread(file.fileno(), 1, end - 1) != b"\n"  # a writer was killed in mid-line
            file.write(b"\n" * torn + entry.model_dump_json().encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> tuple[list[Entry], bool]:
        """Return all entries, and whether every line could be read."""
        if not self.path.exists():
            return [], True
        entries: list[Entry] = []
        lines = [line for line in self.path.read_bytes().split(b"\n") if line.strip()]
        for number, line in enumerate(lines, start=1):
            try:
                entries.append(Entry.model_validate_json(line))
            except ValidationError:
                _log.warning("%s: line %d cannot be read and is left out", self.path, number)
        return entries, len(entries) == len(lines)


def histories(entries: Iterable[Entry]) -> dict[tuple[str, str], list[Deployment]]:
    """Return what was deployed per service and environment, oldest first; the last one is there now.

    A roll-back takes the history back to what it deployed, so that a second one goes one further back and not forth.
    """
    found: dict[tuple[str, str], list[Deployment]] = {}
    for entry in entries:
        if entry.event != "finished":
            continue
        history = found.setdefault((entry.service, entry.environment), [])
        commits = [deployment.commit for deployment in history]
        if entry.kind == "roll_back" and entry.commit in commits:
            del history[len(commits) - 1 - commits[::-1].index(entry.commit) :]
        elif commits and commits[-1] == entry.commit:  # the same once more: still one step in the history
            history.pop()
        history.append(entry.deployment())
    return found


def last_of(entries: Iterable[Entry], key: str) -> Entry | None:
    """Return the last entry with this key."""
    return next((entry for entry in reversed(list(entries)) if entry.key == key), None)
