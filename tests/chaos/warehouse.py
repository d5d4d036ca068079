"""The world outside: every parcel that goes out is one line on disk, written by whoever really shipped it.

A parcel's file is locked while it is being shipped, so that a look at it can tell "not yet" from "never": whoever
finds it unlocked and not shipped may call it off, and then it is not shipped under that key, however late one tries.
"""

import asyncio
import fcntl
import json
import os
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from bot.steps import NotDone

Manner = Literal["smooth", "refuses", "breaks_before", "breaks_after"]


class TrackingDownError(Exception):
    """The connection to the warehouse broke; nobody knows what came of the parcel."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One that went out: for which call, and what was to be done with it when that was looked at last."""

    key: str
    arguments: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    facts: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])


class Warehouse:
    """One folder; any number of processes."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, and make it."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._ledger = folder / "shipped.log"
        self._van = folder / "van"

    def van(self) -> str:
        """Which van would take the next parcel: a fact that changes by itself."""
        return self._van.read_text() if self._van.exists() else "the blue one"

    def change_van(self, name: str) -> None:
        """Another van comes; nobody ever reads half a name."""
        written = self._van.with_suffix(".new")
        written.write_text(name)
        written.replace(self._van)

    async def ship(self, key: str, manner: Manner, hold_s: float, what: Mapping[str, JsonValue]) -> None:
        """Ship a parcel, taking `hold_s` seconds. `refuses` ships nothing and says so; the others raise anything else.

        Raises:
            NotDone: nothing was shipped, and nothing will be under this key by this attempt.
            TrackingDownError: nobody knows.

        """
        lock = _lock(self._parcel(key))
        if lock is None:
            raise TrackingDownError("an earlier attempt is still at work on this parcel")
        try:
            if os.pread(lock, 1, 0) == b"x":
                raise NotDone("It was called off before it was shipped.")
            await asyncio.sleep(hold_s / 2)
            match manner:
                case "refuses":
                    raise NotDone("The parcel was too heavy for this van.")
                case "breaks_before":
                    raise TrackingDownError("the line went dead")
                case "smooth" | "breaks_after":
                    await asyncio.to_thread(self._write, key, what)
            await asyncio.sleep(hold_s / 2)
            if manner == "breaks_after":
                raise TrackingDownError("the line went dead")
        finally:
            os.close(lock)

    async def tracked(self, key: str) -> bool | None:
        """Tell whether the parcel went out. What did not is called off, so that the answer stays true."""
        lock = _lock(self._parcel(key))
        if lock is None:
            return None
        try:
            if self.count(key):
                return True
            os.pwrite(lock, b"x", 0)
            os.fsync(lock)
            return False
        finally:
            os.close(lock)

    def looked_at(self, key: str) -> bool | None:
        """What a person sees who goes there: it went out, it did not, or somebody is still at work on it (None)."""
        lock = _lock(self._parcel(key))
        if lock is None:
            return None
        os.close(lock)
        return self.count(key) > 0

    def count(self, key: str) -> int:
        """How often this parcel went out."""
        return self.shipped()[key]

    def shipped(self) -> Counter[str]:
        """How often each parcel went out."""
        return Counter(parcel.key for parcel in self.parcels())

    def parcels(self) -> list[Parcel]:
        """All that went out, in that order."""
        lines = self._ledger.read_text().splitlines() if self._ledger.exists() else []
        return [Parcel(key, **json.loads(what)) for key, _, _, what in (line.split(" ", 3) for line in lines)]

    def _write(self, key: str, what: Mapping[str, JsonValue]) -> None:
        ledger = os.open(self._ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(ledger, f"{key} {os.getpid()} {time.time():.3f} {json.dumps(what)}\n".encode())
            os.fsync(ledger)
        finally:
            os.close(ledger)

    def _parcel(self, key: str) -> Path:
        return self._folder / f"{key}.parcel"


def _lock(path: Path) -> int | None:
    """Lock the file and return its descriptor, which holds the lock until it is closed or the process dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
