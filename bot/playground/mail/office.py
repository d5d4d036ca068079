"""The post office: whose mailbox an address leads to, what is delivered there, who listens for it."""

import hmac
import secrets
import time
from collections.abc import Callable, Iterable, Mapping

from bot.playground.mail import bounces, stamps
from bot.playground.mail.faults import Faults
from bot.playground.mail.models import Authentic, Fault, MailRefusedError, Quirks
from bot.playground.mail.store import Store

PASSWORD = "playground"  # noqa: S105 - opens any mailbox of this peer that was given no password of its own
INBOX = "INBOX"


class PostOffice:
    """Mailboxes of one domain, and of everybody outside. Every change counts up `revision` and calls the listeners."""

    def __init__(
        self,
        domain: str,
        accounts: Mapping[str, str],
        aliases: Mapping[str, str],
        store: Store,
        faults: Faults,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take passwords by address and, by further addresses, the one whose mailbox they lead to."""
        self.domain = domain.lower()
        self.store = store
        self.faults = faults
        self.clock = clock
        self.quirks = Quirks()
        self.revision = 0
        self._passwords = {address.lower(): password for address, password in accounts.items()}
        self._aliases = {alias.lower(): address.lower() for alias, address in aliases.items()}
        self._listeners: list[Callable[[], None]] = []
        for address in self._passwords:
            self.open(address)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call the listener after every change; what is returned ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def touch(self) -> None:
        """Count a change and tell the listeners."""
        self.revision += 1
        for listener in [*self._listeners]:
            listener()

    def is_own(self, address: str) -> bool:
        """Tell whether an address is of the peer's own domain."""
        return domain_of(address) == self.domain

    def authserv_id(self, address: str) -> str:
        """Return the name of the server that receives for this address, as in its Authentication-Results."""
        return f"mx.{domain_of(address)}"

    def home(self, address: str) -> str:
        """Return the mailbox that an address leads to: without its +part, and through the aliases."""
        local, at, domain = address.strip().strip("<>").lower().rpartition("@")
        if not at or not local or not domain:
            raise MailRefusedError(f"{address!r} is no address: write it as name@{self.domain}")
        base = f"{local.partition('+')[0] or local}@{domain}"
        return self._aliases.get(base, base)

    def open(self, address: str) -> str:
        """Return the mailbox of an address, and make it if there is none yet."""
        account = self.home(address)
        if self.store.folder(account, INBOX) is None:
            self.store.make_folder(account, INBOX, int(self.clock()))
        return account

    def log_in(self, user: str, password: str) -> str | None:
        """Return the mailbox, or None if the password is wrong; a user without a domain is of our own."""
        account = self.home(user if "@" in user else f"{user}@{self.domain}") if user else ""
        right = self._passwords.get(account, PASSWORD)
        if not account or not hmac.compare_digest(password.encode("utf-8", "replace"), right.encode()):
            return None
        return self.open(account)

    def accept(
        self, raw: bytes, *, sender: str, recipients: Iterable[str], authentic: Authentic, helo: str
    ) -> dict[str, int]:
        """Deliver a mail to everyone, or bounce it; return the UID in INBOX by mailbox."""
        raw = stamps.with_crlf(raw)
        homes = {recipient: self.home(recipient) for recipient in recipients}  # refuses before anything is delivered
        uids: dict[str, int] = {}
        for recipient, home in homes.items():
            fault = self.faults.take("smtp.delivery", recipient)
            if self.quirks.plus == "bounced" and "+" in recipient:
                fault = Fault(reply="550 5.1.1 no such user")
            if fault.reply:
                self._bounce(raw, sender, recipient, fault)
            if not (fault.reply or "4").startswith("5"):
                uids[home] = self._deliver(raw, sender, recipient, authentic, helo)
        return uids

    def _deliver(self, raw: bytes, sender: str, recipient: str, authentic: Authentic | None, helo: str) -> int:
        account = self.open(recipient)
        raw = stamps.changed(raw, self.quirks)
        if self.quirks.plus == "dropped":
            raw, recipient = raw.replace(recipient.encode(), account.encode()), account
        now = self.clock()
        envelope = stamps.Envelope(
            sender=sender,
            recipient=recipient,
            helo=helo,
            authserv_id=self.authserv_id(recipient),
            authentic=authentic if self.quirks.stamps else None,
            now=now,
        )
        stamped = stamps.received(raw, envelope, secrets.token_hex(6).upper())
        uid = self.store.append(account, INBOX, stamped, (), now)
        self.touch()
        return uid

    def _bounce(self, raw: bytes, sender: str, recipient: str, fault: Fault) -> None:
        if not sender:
            return  # nobody is told of a bounce that bounced (RFC 5321, section 4.5.5)
        host = self.authserv_id(recipient)
        report = bounces.report(raw, sender=sender, recipient=recipient, reply=fault.reply or "", host=host)
        self._deliver(report, "", sender, None, host)


def domain_of(address: str) -> str:
    """Return an address's domain in lower case."""
    return address.strip().strip("<>").lower().rpartition("@")[2]
