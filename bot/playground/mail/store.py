"""Keep the folders and their messages in SQLite: in one file, so that a demo killed with -9 still has its mail."""

import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from bot.playground.mail.models import Folder, MailRefusedError, Stored

_TABLES = """
CREATE TABLE IF NOT EXISTS folder (
  account TEXT, name TEXT, uidvalidity INTEGER, uidnext INTEGER, PRIMARY KEY (account, name));
CREATE TABLE IF NOT EXISTS message (
  account TEXT, folder TEXT, uid INTEGER, flags TEXT, date REAL, raw BLOB, PRIMARY KEY (account, folder, uid));
"""
_WHERE = "WHERE account = ? AND folder = ?"


class Store:
    """Accounts, their folders, their messages. What a method returned from survives a kill -9 of the process."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, or make it and its folder; without a path all is forgotten in the end."""
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None)  # a statement commits by itself
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_TABLES)

    def accounts(self) -> list[str]:
        """Return the addresses that have a mailbox."""
        return [str(row[0]) for row in self._db.execute("SELECT DISTINCT account FROM folder ORDER BY account")]

    def folders(self, account: str) -> list[str]:
        """Return the names of an account's folders."""
        found = self._db.execute("SELECT name FROM folder WHERE account = ? ORDER BY name", (account,))
        return [str(row[0]) for row in found]

    def folder(self, account: str, name: str) -> Folder | None:
        """Return a folder's numbers."""
        sought = (account, name)
        query = "SELECT uidvalidity, uidnext FROM folder WHERE account = ? AND name = ?"
        for uidvalidity, uidnext in self._db.execute(query, sought):
            return Folder(name=name, uidvalidity=int(uidvalidity), uidnext=int(uidnext))
        return None

    def make_folder(self, account: str, name: str, uidvalidity: int) -> None:
        """Make a folder, if there is none of this name."""
        self._db.execute("INSERT OR IGNORE INTO folder VALUES (?, ?, ?, 1)", (account, name, uidvalidity))

    def drop_folder(self, account: str, name: str) -> None:
        """Forget a folder and what is in it."""
        with self._together():
            self._db.execute("DELETE FROM folder WHERE account = ? AND name = ?", (account, name))
            self._db.execute(f"DELETE FROM message {_WHERE}", (account, name))  # noqa: S608 - a constant

    def append(self, account: str, name: str, raw: bytes, flags: Iterable[str], date: float) -> int:
        """Put a message into a folder and return its UID; raises MailRefusedError if there is no such folder."""
        with self._together():
            folder = self.folder(account, name)
            if folder is None:
                raise MailRefusedError(f"{account} has no folder {name}; it has: {', '.join(self.folders(account))}")
            row = (account, name, folder.uidnext, _joined(flags), date, raw)
            self._db.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?)", row)
            raised = (folder.uidnext + 1, account, name)
            self._db.execute("UPDATE folder SET uidnext = ? WHERE account = ? AND name = ?", raised)
        return folder.uidnext

    def flags(self, account: str, name: str) -> dict[int, frozenset[str]]:
        """Return the flags of every message in a folder, by UID, in the order of the UIDs."""
        found = self._db.execute(f"SELECT uid, flags FROM message {_WHERE} ORDER BY uid", (account, name))  # noqa: S608
        return {int(uid): frozenset(str(flags).split()) for uid, flags in found}

    def read(self, account: str, name: str, uid: int) -> Stored | None:
        """Return one message."""
        query = f"SELECT flags, date, raw FROM message {_WHERE} AND uid = ?"  # noqa: S608
        for flags, date, raw in self._db.execute(query, (account, name, uid)):
            return Stored(uid=uid, flags=frozenset(str(flags).split()), date=float(date), raw=bytes(raw))
        return None

    def set_flags(self, account: str, name: str, uid: int, flags: Iterable[str]) -> None:
        """Replace a message's flags."""
        row = (_joined(flags), account, name, uid)
        self._db.execute(f"UPDATE message SET flags = ? {_WHERE} AND uid = ?", row)  # noqa: S608

    def remove(self, account: str, name: str, uid: int) -> None:
        """Forget a message; its UID is never given out again."""
        self._db.execute(f"DELETE FROM message {_WHERE} AND uid = ?", (account, name, uid))  # noqa: S608

    def renumber(self, account: str, name: str) -> None:
        """Give a folder a new UIDVALIDITY and its messages UIDs from 1 on, as a server does that lost its index."""
        with self._together():
            for position, uid in enumerate(self.flags(account, name), start=1):  # downwards or in place: never a clash
                row = (position, account, name, uid)
                self._db.execute(f"UPDATE message SET uid = ? {_WHERE} AND uid = ?", row)  # noqa: S608
            numbers = (len(self.flags(account, name)) + 1, account, name)
            change = "UPDATE folder SET uidvalidity = uidvalidity + 1, uidnext = ? WHERE account = ? AND name = ?"
            self._db.execute(change, numbers)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def _together(self) -> Generator[None]:
        """Commit what is done inside as one, or nothing of it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")


def _joined(flags: Iterable[str]) -> str:
    return " ".join(sorted(flags))
