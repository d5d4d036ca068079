"""Keep the workspace in one SQLite file, so that a demo killed with -9 still has its messages."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path


class Journal:
    """Where each change is written at once; this one forgets, for a workspace that lives as long as its process."""

    def put(self, kind: str, row_id: str, body: str) -> None:
        """Write one row (JSON), or write it anew."""

    def drop(self, kind: str, row_id: str) -> None:
        """Forget one row."""

    def rows(self, kind: str) -> Iterator[str]:
        """Yield the rows of a kind, in the order of their ids."""
        yield from ()

    def close(self) -> None:
        """Let go of the file."""


class FileJournal(Journal):
    """The rows in one SQLite file; what `put` returned from survives a kill -9 of the process."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it and its folder."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)  # every statement commits by itself
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("CREATE TABLE IF NOT EXISTS row (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))")

    def put(self, kind: str, row_id: str, body: str) -> None:
        """Write one row (JSON), or write it anew."""
        self._db.execute("INSERT OR REPLACE INTO row VALUES (?, ?, ?)", (kind, row_id, body))

    def drop(self, kind: str, row_id: str) -> None:
        """Forget one row."""
        self._db.execute("DELETE FROM row WHERE kind = ? AND id = ?", (kind, row_id))

    def rows(self, kind: str) -> Iterator[str]:
        """Yield the rows of a kind, in the order of their ids."""
        for (body,) in self._db.execute("SELECT body FROM row WHERE kind = ? ORDER BY id", (kind,)):
            yield str(body)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()
