"""The commands of IMAP that need a log-in and no open folder: which folders there are, and opening one."""

import re
from dataclasses import dataclass

from bot.playground.mail import imap_wire
from bot.playground.mail.imap_folder import NoError, Selected, folder_name
from bot.playground.mail.imap_wire import BadCommandError, Command
from bot.playground.mail.office import PostOffice
from bot.playground.mail.stamps import with_crlf

FLAGS = "(\\Answered \\Flagged \\Deleted \\Seen \\Draft)"
KEPT_FLAGS = FLAGS[:-1] + " \\*)"  # and any of the client's own


@dataclass(frozen=True)
class Account:
    """The mailbox that a client has logged in to."""

    office: PostOffice
    address: str

    def select(self, command: Command) -> tuple[Selected, list[bytes]]:
        """Open a folder; return it, and what to tell of it."""
        account, name = self.address, folder_name(command.text(0))
        folder = self.office.store.folder(account, name)
        if folder is None:
            raise NoError("[NONEXISTENT] there is no such folder")
        opened = Selected(self.office, account, name, read_only=command.name == "EXAMINE")
        opened.known = self.office.store.flags(account, name)
        unseen = [position for position, flags in enumerate(opened.known.values(), start=1) if "\\Seen" not in flags]
        lines = [
            f"* FLAGS {FLAGS}",
            f"* {len(opened.known)} EXISTS",
            "* 0 RECENT",
            *([f"* OK [UNSEEN {unseen[0]}] first unseen"] if unseen else []),
            f"* OK [PERMANENTFLAGS {'()' if opened.read_only else KEPT_FLAGS}] flags kept",
            f"* OK [UIDVALIDITY {folder.uidvalidity}] UIDs valid",
            f"* OK [UIDNEXT {folder.uidnext}] next UID",
        ]
        return opened, [f"{line}\r\n".encode() for line in lines]

    def list(self, command: Command) -> list[bytes]:
        """Return the folders that match a pattern with `*` and `%`."""
        pattern = command.text(0) + command.text(1)
        if not command.text(1):
            return [b'* LIST (\\Noselect) "/" ""\r\n']
        escaped = re.escape(pattern).replace(r"\*", ".*").replace("%", "[^/]*")
        found = [name for name in self.office.store.folders(self.address) if re.fullmatch(escaped, name)]
        return [f'* {command.name} (\\HasNoChildren) "/" {imap_wire.quoted(name)}\r\n'.encode() for name in found]

    def status(self, command: Command) -> bytes:
        """Return a folder's numbers without opening it."""
        account, name = self.address, folder_name(command.text(0))
        folder = self.office.store.folder(account, name)
        asked = command.args[1] if len(command.args) > 1 else ()
        if folder is None:
            raise NoError("[NONEXISTENT] there is no such folder")
        flags = self.office.store.flags(account, name).values()
        numbers = {
            "MESSAGES": len(flags),
            "RECENT": 0,
            "UNSEEN": sum("\\Seen" not in each for each in flags),
            "UIDNEXT": folder.uidnext,
            "UIDVALIDITY": folder.uidvalidity,
        }
        items = [item.upper() for item in asked if isinstance(item, str)]
        if not items or not isinstance(asked, tuple) or any(item not in numbers for item in items):
            raise BadCommandError(f"STATUS knows {', '.join(numbers)}")
        told = " ".join(f"{item} {numbers[item]}" for item in items)
        return f"* STATUS {imap_wire.quoted(name)} ({told})\r\n".encode()

    def create(self, name: str) -> None:
        """Make a folder."""
        if self.office.store.folder(self.address, folder_name(name)):
            raise NoError("[ALREADYEXISTS] there is one of that name")
        self.office.store.make_folder(self.address, name, int(self.office.clock()))
        self.office.touch()

    def delete(self, name: str) -> None:
        """Forget a folder."""
        if folder_name(name) == "INBOX" or not self.office.store.folder(self.address, name):
            raise NoError("[CANNOT] no such folder, or INBOX")
        self.office.store.drop_folder(self.address, name)
        self.office.touch()

    def append(self, command: Command) -> str:
        """Put a message into a folder; return the APPENDUID code (RFC 4315)."""
        account, name = self.address, folder_name(command.text(0))
        folder = self.office.store.folder(account, name)
        if folder is None:
            raise NoError("[TRYCREATE] there is no such folder")
        middle = command.args[1:-1]
        flags = [word for group in middle if isinstance(group, tuple) for word in group if isinstance(word, str)]
        dates = [imap_wire.parse_date(word).timestamp() for word in middle if isinstance(word, str)]
        raw = with_crlf(imap_wire.as_bytes(command.text(len(command.args) - 1)))
        uid = self.office.store.append(account, name, raw, flags, dates[0] if dates else self.office.clock())
        self.office.touch()
        return f"[APPENDUID {folder.uidvalidity} {uid}]"
