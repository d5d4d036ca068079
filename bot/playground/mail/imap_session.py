"""One IMAP connection: reads commands, answers them, idles, and fails on demand."""

import asyncio
import base64
import binascii
import re
from collections.abc import Iterable

from bot.playground.mail import imap_folder, imap_wire
from bot.playground.mail.imap_account import Account
from bot.playground.mail.imap_folder import NoError, Selected
from bot.playground.mail.imap_wire import BadCommandError, Command
from bot.playground.mail.models import Fault
from bot.playground.mail.office import PostOffice

CAPABILITIES = "IMAP4rev1 IDLE UIDPLUS MOVE UNSELECT NAMESPACE ID LITERAL+ SASL-IR AUTH=PLAIN AUTH=XOAUTH2"
_WEB = frozenset({"POST", "GET", "PUT", "HEAD", "OPTIONS"})
_BEFORE_LOGIN = frozenset({"CAPABILITY", "NOOP", "LOGOUT", "LOGIN", "AUTHENTICATE", "ID"})
_ON_SELECTED = frozenset({"FETCH", "STORE", "SEARCH", "COPY", "MOVE", "EXPUNGE", "CHECK", "CLOSE", "UNSELECT", "IDLE"})


class Goodbye(Exception):
    """The connection ends here."""


class Session:
    """A client's connection, until it logs out or is closed."""

    def __init__(self, office: PostOffice, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take the mailboxes to serve."""
        self._office = office
        self._reader = reader
        self._writer = writer
        self.account: str | None = None
        self.selected: Selected | None = None
        self.idling = False

    async def run(self) -> None:
        """Serve until the end of the connection."""
        try:
            if await self._suffer(self._office.faults.take("imap.connect"), "*"):
                return
            self._tell([f"* OK [CAPABILITY {CAPABILITIES}] playground ready\r\n".encode()])
            while await self._serve_one():
                await self._writer.drain()
        except (Goodbye, ConnectionError, asyncio.IncompleteReadError, ValueError):  # ValueError: an endless line
            pass
        finally:
            self._writer.close()

    def cut(self, *, bye: str | None = None) -> None:
        """Close the connection, with or without a word."""
        if bye is None:
            self._writer.transport.abort()
            return
        self._tell([f"* BYE {bye}\r\n".encode()])
        self._writer.close()

    async def _serve_one(self) -> bool:
        try:
            command = await imap_wire.read_command(self._reader, lambda: self._tell([b"+ go on\r\n"]))
        except BadCommandError as error:
            tag, text = error.args
            self._tell([f"{tag} BAD {text}\r\n".encode()])
            return tag not in _WEB
        if command is None or command.tag in _WEB:
            return False  # for the web: a foreign page can make a browser post here, and commands would follow
        family = command.name.removeprefix("UID ")
        fault = self._office.faults.take(f"imap.{family.lower()}", self._user(command))
        try:
            if not await self._suffer(fault, command.tag):
                status = await self._do(command, family)
                if fault.drop:
                    self._end(fault)
                self._tell([f"{command.tag} {status}\r\n".encode()])
        except NoError as error:
            self._tell([f"{command.tag} NO {error}\r\n".encode()])
        except BadCommandError as error:
            self._tell([f"{command.tag} BAD {error}\r\n".encode()])
        except RecursionError:
            self._tell([f"{command.tag} BAD nested too deeply\r\n".encode()])
        return family != "LOGOUT"

    async def _do(self, command: Command, family: str) -> str:
        """Carry out a command: tell what is untagged, and return the status line without its tag."""
        if self.account is None and family not in _BEFORE_LOGIN:
            raise BadCommandError("log in first")
        by_uid = command.name.startswith("UID ")
        if family in _ON_SELECTED:
            if self.selected is None:
                raise BadCommandError("select a folder first")
            return await self._on_selected(command, family, self.selected, by_uid=by_uid)
        if by_uid:
            raise BadCommandError(f"unknown command {command.name}")
        return await self._anywhere(command)

    async def _on_selected(self, command: Command, family: str, folder: Selected, *, by_uid: bool) -> str:
        done = f"OK {command.name} done"
        match family:
            case "IDLE":
                return await self._idle(folder)
            case "FETCH":
                for count, line in enumerate(folder.fetch(command, by_uid=by_uid)):
                    self._tell([line])
                    if count % imap_folder.CHUNK == 0:
                        await self._writer.drain()
            case "STORE":
                self._tell(folder.store(command, by_uid=by_uid))
            case "SEARCH":
                self._tell(folder.search(command, by_uid=by_uid))
            case "COPY" | "MOVE":
                told, code = folder.copy(command, by_uid=by_uid, move=family == "MOVE")
                self._tell(told)
                done = f"OK {code} {command.name} done" if code else done
            case "EXPUNGE":
                self._tell(folder.expunge(command.text(0) if by_uid else None))
            case "CLOSE" | "UNSELECT":
                if family == "CLOSE" and not folder.read_only:
                    folder.expunge()
                self.selected = None
                return done
            case _:
                pass
        self._tell(folder.changes(expunges=by_uid or family not in {"FETCH", "STORE", "SEARCH"}))
        return done

    async def _anywhere(self, command: Command) -> str:
        done = f"OK {command.name} done"
        match command.name:
            case "CAPABILITY":
                self._tell([f"* CAPABILITY {CAPABILITIES}\r\n".encode()])
            case "NOOP":
                self._tell(self.selected.changes() if self.selected else ())
            case "ID":
                self._tell([b'* ID ("name" "playground")\r\n'])
            case "NAMESPACE":
                self._tell([b'* NAMESPACE (("" "/")) NIL NIL\r\n'])
            case "LOGOUT":
                self._tell([b"* BYE see you\r\n"])
            case "LOGIN":
                return self._log_in(command.text(0), command.text(1))
            case "AUTHENTICATE":
                return await self._authenticate(command)
            case _:
                return self._on_account(command, Account(self._office, self.account or ""))
        return done

    def _on_account(self, command: Command, account: Account) -> str:
        done = f"OK {command.name} done"
        match command.name:
            case "SELECT" | "EXAMINE":
                self.selected = None  # also when the new one cannot be opened
                self.selected, told = account.select(command)
                self._tell(told)
                return f"OK [{'READ-ONLY' if self.selected.read_only else 'READ-WRITE'}] {command.name} done"
            case "LIST" | "LSUB":
                self._tell(account.list(command))
            case "STATUS":
                self._tell([account.status(command)])
            case "CREATE":
                account.create(command.text(0))
            case "DELETE":
                account.delete(command.text(0))
            case "SUBSCRIBE" | "UNSUBSCRIBE":
                pass
            case "APPEND":
                code = account.append(command)
                self._tell(self.selected.changes() if self.selected else ())
                return f"OK {code} {command.name} done"
            case _:
                raise BadCommandError(f"unknown command {command.name}")
        return done

    def _log_in(self, user: str, password: str) -> str:
        if self.account is not None:
            raise BadCommandError("you are logged in already")
        self.account = self._office.log_in(user, password)
        if self.account is None:
            raise NoError("[AUTHENTICATIONFAILED] wrong user or password")
        return f"OK [CAPABILITY {CAPABILITIES}] logged in"

    async def _authenticate(self, command: Command) -> str:
        mechanism = command.text(0).upper()
        if len(command.args) > 1:
            answer = command.text(1)
        else:
            self._tell([b"+ \r\n"])
            answer = (await self._reader.readline()).decode("ascii", "replace").strip()
        try:
            said = base64.b64decode(answer, validate=True).decode("utf-8", "replace")
        except binascii.Error:
            raise BadCommandError("that is no base64") from None
        if mechanism == "PLAIN" and said.count("\0") == 2:
            _, user, password = said.split("\0")
            return self._log_in(user, password)
        if mechanism == "XOAUTH2" and (match := re.fullmatch("user=(.*)\1auth=Bearer (.*)\1\1", said)):
            return self._log_in(match[1], match[2])  # here, a mailbox's password is its token as well
        raise NoError("[CANNOT] use AUTHENTICATE PLAIN or XOAUTH2")

    async def _idle(self, folder: Selected) -> str:
        """Push what changes until the client says DONE (RFC 2177)."""
        is_mute = self._office.faults.take("imap.push", self.account or "").hang
        changed = asyncio.Event()
        stop_listening = self._office.listen(changed.set)
        changed.set()  # what came since the last command is told at once
        self._tell([b"+ idling\r\n"])
        reading = asyncio.ensure_future(self._reader.readline())
        self.idling = True
        try:
            while not reading.done():
                if not is_mute:
                    self._tell(folder.changes())
                changed.clear()
                waiting = asyncio.ensure_future(changed.wait())
                await asyncio.wait({reading, waiting}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
        finally:
            self.idling = False
            stop_listening()
            reading.cancel()
        said = reading.result()
        if not said:
            raise Goodbye
        if said.strip().upper() != b"DONE":
            raise BadCommandError("an IDLE ends with DONE")
        return "OK IDLE terminated"

    async def _suffer(self, fault: Fault, tag: str) -> bool:
        """Let happen what the fault says; True: the command is answered already."""
        await asyncio.sleep(fault.delay_s)
        if fault.hang:
            await self._reader.read()  # whatever the client sends, until it goes
            raise Goodbye
        if fault.drop == "before":
            self._end(fault)
        if fault.reply:
            self._tell([f"{tag} {fault.reply}\r\n".encode()])
        return bool(fault.reply)

    def _end(self, fault: Fault) -> None:
        self.cut(bye="the server goes down" if fault.bye else None)
        raise Goodbye

    def _user(self, command: Command) -> str:
        named = command.args[0] if command.name == "LOGIN" and command.args else None
        return self.account or (named if isinstance(named, str) else "")

    def _tell(self, lines: Iterable[bytes]) -> None:
        if not self._writer.is_closing():
            self._writer.writelines(lines)
