"""One folder as an IMAP client has selected it: its numbering of the messages, and the commands that work on them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.playground.mail import imap_fetch
from bot.playground.mail.imap_search import Candidate, predicate
from bot.playground.mail.imap_wire import BadCommandError, Command, members
from bot.playground.mail.models import Stored
from bot.playground.mail.office import PostOffice

CHUNK = 50  # messages fetched between two writes to the client


class NoError(Exception):
    """The command is understood and cannot be done: answered with NO."""


@dataclass
class Selected:
    """What the client knows of the folder: `known` are the flags by UID, in the order of the message numbers."""

    office: PostOffice
    account: str
    name: str
    read_only: bool
    known: dict[int, frozenset[str]] = field(default_factory=dict[int, frozenset[str]])

    def changes(self, *, expunges: bool = True) -> list[bytes]:
        """Return what the client has not been told yet. Numbers may change only between its commands."""
        now = self.office.store.flags(self.account, self.name)
        told: list[bytes] = []
        if expunges:
            for position, uid in reversed([*enumerate(self.known, start=1)]):
                if uid not in now:
                    del self.known[uid]
                    told.append(f"* {position} EXPUNGE\r\n".encode())
        for position, (uid, flags) in enumerate(self.known.items(), start=1):
            if uid in now and now[uid] != flags:
                self.known[uid] = now[uid]
                told.append(imap_fetch.flags(position, now[uid], uid))
        if fresh := {uid: flags for uid, flags in now.items() if uid not in self.known}:
            self.known |= fresh
            told.append(f"* {len(self.known)} EXISTS\r\n* 0 RECENT\r\n".encode())
        return told

    def fetch(self, command: Command, *, by_uid: bool) -> Iterator[bytes]:
        """Yield the messages asked for."""
        items = imap_fetch.wanted(command.args[1:], by_uid=by_uid)
        if not items:
            raise BadCommandError("FETCH what?")
        seen = imap_fetch.marks_seen(items) and not self.read_only
        for position, uid in self._chosen(command.text(0), by_uid=by_uid):
            message = self._load(uid)
            if message is None:
                continue  # expunged by another client a moment ago
            if seen and "\\Seen" not in message.flags:
                message = message.model_copy(update={"flags": message.flags | {"\\Seen"}})
                self._write(uid, message.flags)
                items = items if "FLAGS" in items else [*items, "FLAGS"]
            yield imap_fetch.answer(position, message, items)

    def store(self, command: Command, *, by_uid: bool) -> list[bytes]:
        """Add, remove or replace flags."""
        self._need_writable()
        how, silent, _ = command.text(1).upper().partition(".SILENT")
        given = command.args[2] if len(command.args) == 3 else command.args[2:]
        words = {given} if isinstance(given, str) else {word for word in given if isinstance(word, str)}
        if how not in {"FLAGS", "+FLAGS", "-FLAGS"}:
            raise BadCommandError("STORE needs FLAGS, +FLAGS or -FLAGS")
        told: list[bytes] = []
        for position, uid in self._chosen(command.text(0), by_uid=by_uid):
            old = self.known[uid]
            new = old | words if how == "+FLAGS" else old - words if how == "-FLAGS" else frozenset(words)
            self._write(uid, frozenset(new))
            if not silent:
                told.append(imap_fetch.flags(position, new, uid if by_uid else None))
        return told

    def search(self, command: Command, *, by_uid: bool) -> list[bytes]:
        """Return the numbers of what matches."""
        uids = [*self.known]
        matches = predicate(command.args, range(1, len(uids) + 1), uids)
        found = [
            str(uid if by_uid else position)
            for position, uid in enumerate(uids, start=1)
            if (message := self._candidate(position, uid)) and matches(message)
        ]
        return [" ".join(["* SEARCH", *found]).encode() + b"\r\n"]

    def copy(self, command: Command, *, by_uid: bool, move: bool = False) -> tuple[list[bytes], str]:
        """Copy, or move, to another folder; return what to tell, and the COPYUID code (RFC 4315)."""
        target = self.office.store.folder(self.account, folder_name(command.text(1)))
        if target is None:
            raise NoError("[TRYCREATE] there is no such folder")
        if move:
            self._need_writable()
        sources: list[int] = []
        copies: list[int] = []
        for _, uid in self._chosen(command.text(0), by_uid=by_uid):
            if message := self._load(uid):
                copied = self.office.store.append(self.account, target.name, message.raw, message.flags, message.date)
                sources.append(uid)
                copies.append(copied)
                if move:
                    self.office.store.remove(self.account, self.name, uid)
        if not sources:
            return [], ""
        self.office.touch()
        code = f"[COPYUID {target.uidvalidity} {_listed(sources)} {_listed(copies)}]"
        return ([f"* OK {code} moved\r\n".encode(), *self.changes()], "") if move else ([], code)

    def expunge(self, only: str | None = None) -> list[bytes]:
        """Remove what is marked as deleted (of these UIDs only), and tell the new numbering."""
        self._need_writable()
        uids = [*self.known]
        for uid in members(only, uids) if only else uids:
            if "\\Deleted" in self.known[uid]:
                self.office.store.remove(self.account, self.name, uid)
        self.office.touch()
        return self.changes()

    def _chosen(self, sequence_set: str, *, by_uid: bool) -> list[tuple[int, int]]:
        """Return number and UID of the messages in a set."""
        uids = [*self.known]
        if by_uid:
            wanted = set(members(sequence_set, uids))
            return [(position, uid) for position, uid in enumerate(uids, start=1) if uid in wanted]
        return [(position, uids[position - 1]) for position in members(sequence_set, range(1, len(uids) + 1))]

    def _candidate(self, position: int, uid: int) -> Candidate | None:
        def load() -> Stored:
            return self._load(uid) or Stored(uid=uid, flags=frozenset(), date=0.0, raw=b"")

        return Candidate(position, uid, self.known[uid], load)

    def _load(self, uid: int) -> Stored | None:
        return self.office.store.read(self.account, self.name, uid)

    def _write(self, uid: int, flags: frozenset[str]) -> None:
        self.known[uid] = flags
        self.office.store.set_flags(self.account, self.name, uid, flags)
        self.office.touch()

    def _need_writable(self) -> None:
        if self.read_only:
            raise NoError("[READ-ONLY] the folder was opened with EXAMINE")


def folder_name(word: str) -> str:
    """Return a folder's name: INBOX has any case."""
    return "INBOX" if word.upper() == "INBOX" else word


def _listed(uids: list[int]) -> str:
    return ",".join(map(str, uids))
