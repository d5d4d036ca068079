"""What people do with their mail: write, answer, be away; and what a test does to the servers."""

from collections.abc import Iterable, Mapping, Sequence
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Literal

from bot.playground.mail import compose, stamps
from bot.playground.mail.imap import ImapServer
from bot.playground.mail.models import (
    Attachment,
    Authentic,
    Client,
    Fault,
    FaultPoint,
    MailRefusedError,
    Posted,
    ShownMailbox,
    ShownMessage,
    Snapshot,
    Stored,
)
from bot.playground.mail.office import INBOX, PostOffice
from bot.playground.mail.reading import Mail, shown

STRANGER = "stranger@elsewhere.test"  # who really sends a forged mail
SENT = "Sent"


class Control:
    """The hands of everybody with a mailbox, and the fingers in the servers' works."""

    def __init__(self, office: PostOffice, imap: ImapServer) -> None:
        """Take the mailboxes to act on, and the connections to cut."""
        self.office = office
        self.imap = imap

    def write(  # noqa: PLR0913 - a mail has that many parts, each by name
        self,
        from_: str,
        to: str | Sequence[str],
        subject: str,
        text: str,
        html: str | None = None,
        *,
        in_reply_to: str | None = None,
        references: Sequence[str] = (),
        headers: Mapping[str, str] | None = None,
        attachments: Sequence[Attachment] = (),
        authentic: bool | Literal["none"] = True,
    ) -> Posted:
        """Send a mail as somebody; with `authentic=False` as a stranger who only claims to be that somebody.

        `authentic="none"` is a sender whose domain proves nothing either way. What really was sent by a person lies in
        that person's folder Sent.
        """
        threading = {"In-Reply-To": in_reply_to or "", "References": " ".join(references)}
        message = compose.new(
            from_=from_,
            to=[to] if isinstance(to, str) else to,
            subject=subject,
            text=text,
            now=self.office.clock(),
            html=html,
            headers={name: value for name, value in threading.items() if value} | dict(headers or {}),
            attachments=attachments,
        )
        return self._send(message, from_, authentic)

    def reply(
        self,
        box: str,
        uid: int,
        text: str,
        *,
        quote: bool = True,
        client: Client = "gmail",
        from_: str | None = None,
        headers: Mapping[str, str] | None = None,
        authentic: bool | Literal["none"] = True,
    ) -> Posted:
        """Answer a mail in somebody's INBOX, as that person's mail program does it (`from_`: as another person)."""
        original = self._stored(box, uid)
        sender = from_ or self._own_name(box, original)
        message = compose.reply(
            Mail(original.raw),
            from_=sender,
            text=text,
            now=self.office.clock(),
            client=client,
            quote=quote,
            headers=headers,
        )
        posted = self._send(message, sender, authentic)
        self._mark(box, uid, original.flags | {"\\Answered", "\\Seen"})
        return posted

    def auto_reply(self, box: str, uid: int, text: str = "I am away until Monday.") -> Posted:
        """Let somebody's mailbox answer a mail by itself: out of office, to the Reply-To address as many do."""
        original = self._stored(box, uid)
        sender = self._own_name(box, original)
        message = compose.auto_reply(Mail(original.raw), from_=sender, now=self.office.clock(), text=text)
        return self._send(message, sender, authentic=True, envelope_sender="")

    def receive(
        self,
        raw: bytes,
        recipients: str | Iterable[str],
        *,
        sender: str | None = None,
        authentic: bool | Literal["none"] = True,
    ) -> Posted:
        """Let a mail arrive from outside, byte for byte as it is.

        `sender` is the envelope's (left out: the address in From, or a stranger's if the mail is forged).
        """
        mail = Mail(stamps.with_crlf(raw))
        if sender is None:
            sender = STRANGER if authentic is False else parseaddr(mail.header("from"))[1] or STRANGER
        to = [recipients] if isinstance(recipients, str) else [*recipients]
        helo = f"mail.{sender.rpartition('@')[2] or 'unknown.test'}"
        uids = self.office.accept(raw, sender=sender, recipients=to, authentic=_found(authentic), helo=helo)
        return Posted(message_id=mail.header("message-id"), uids=uids)

    def mark_seen(self, box: str, uid: int) -> None:
        """Mark a mail in somebody's INBOX as read."""
        self._mark(box, uid, self._stored(box, uid).flags | {"\\Seen"})

    def mailboxes(self) -> list[ShownMailbox]:
        """Return every mailbox, the peer's own domain first."""
        found = [self._mailbox(account) for account in self.office.store.accounts()]
        return sorted(found, key=lambda mailbox: (mailbox.is_outside, mailbox.box))

    def messages(self, box: str, folder: str = INBOX) -> list[ShownMessage]:
        """Return the mails in a folder, oldest first."""
        account = self._account(box, folder)
        uids = self.office.store.flags(account, folder)
        found = (self.office.store.read(account, folder, uid) for uid in uids)
        return [shown(account, folder, stored) for stored in found if stored]

    def snapshot(self, box: str | None = None, folder: str = INBOX) -> Snapshot:
        """Return all mailboxes, and the mails of one of them."""
        return Snapshot(
            revision=self.office.revision,
            domain=self.office.domain,
            authserv_id=self.office.authserv_id(f"@{self.office.domain}"),
            mailboxes=tuple(self.mailboxes()),
            messages=tuple(self.messages(box, folder)) if box else (),
        )

    def fail_next(
        self,
        point: FaultPoint,
        *,
        about: str | None = None,
        reply: str | None = None,
        delay_s: float = 0.0,
        drop: Literal["before", "after"] | None = None,
        bye: bool = False,
        hang: bool = False,
        times: int | None = 1,
    ) -> None:
        """Let a step of a protocol fail: once, `times` times, or (None) until `heal`; see Fault.

        `about` limits it to a recipient (`smtp.*`) or to the user of a connection (`imap.*`). A 5xx at
        `smtp.delivery` bounces the mail after it was taken, a 4xx reports it late. `imap.push` with `hang` is an IDLE
        that tells of nothing.
        """
        fault = Fault(reply=reply, delay_s=delay_s, drop=drop, bye=bye, hang=hang)
        self.office.faults.add(point, fault, about=about, times=times)

    def heal(self) -> None:
        """Forget all faults."""
        self.office.faults.heal()

    def disconnect(self, box: str | None = None, *, idling_only: bool = False, bye: str | None = None) -> int:
        """Close IMAP connections, with BYE and a reason or without a word; return how many."""
        account = self.office.home(box) if box else None
        return self.imap.cut(box=account, idling_only=idling_only, bye=bye)

    def renumber(self, box: str, folder: str = INBOX) -> None:
        """Change a folder's UIDVALIDITY and number its mails anew; who has it open is disconnected."""
        account = self._account(box, folder)
        self.office.store.renumber(account, folder)
        self.imap.cut(box=account, bye="the folder was rebuilt")
        self.office.touch()

    def _send(
        self,
        message: EmailMessage,
        from_: str,
        authentic: bool | Literal["none"],  # noqa: FBT001 - handed on as it was given by name
        envelope_sender: str | None = None,
    ) -> Posted:
        to = _recipients(message)
        del message["Bcc"]
        raw = message.as_bytes()
        address = parseaddr(from_)[1]
        account = self.office.open(address) if authentic is True else None  # refuses before anything is sent
        sender = STRANGER if authentic is False else address if envelope_sender is None else envelope_sender
        posted = self.receive(raw, to, sender=sender, authentic=authentic)
        if account:
            self.office.store.make_folder(account, SENT, int(self.office.clock()))
            self.office.store.append(account, SENT, stamps.with_crlf(raw), ("\\Seen",), self.office.clock())
            self.office.touch()
        return posted

    def _stored(self, box: str, uid: int) -> Stored:
        account = self._account(box, INBOX)
        if stored := self.office.store.read(account, INBOX, uid):
            return stored
        uids = ", ".join(map(str, self.office.store.flags(account, INBOX)))
        raise MailRefusedError(f"{account} has no message {uid}; it has: {uids or 'none'}")

    def _mark(self, box: str, uid: int, flags: frozenset[str]) -> None:
        self.office.store.set_flags(self._account(box, INBOX), INBOX, uid, flags)
        self.office.touch()

    def _account(self, box: str, folder: str) -> str:
        account = self.office.home(box)
        if self.office.store.folder(account, folder) is None:
            known = ", ".join(self.office.store.accounts())
            raise MailRefusedError(f"there is no {folder} of {account}; mailboxes: {known}")
        return account

    def _own_name(self, box: str, original: Stored) -> str:
        """Return the address that the mail was written to, as its owner answers from it."""
        mail = Mail(original.raw)
        delivered = mail.header("delivered-to")
        for entry in mail.mailboxes("to"):
            if parseaddr(entry)[1].lower() == delivered.lower():
                return entry
        return delivered or self.office.home(box)

    def _mailbox(self, account: str) -> ShownMailbox:
        flags = self.office.store.flags(account, INBOX).values()
        return ShownMailbox(
            box=account,
            is_outside=not self.office.is_own(account),
            folders=tuple(self.office.store.folders(account)),
            messages=len(flags),
            unseen=sum("\\Seen" not in each for each in flags),
        )


def _recipients(message: EmailMessage) -> list[str]:
    mail = Mail(message.as_bytes())
    return [parseaddr(entry)[1] for name in ("to", "cc", "bcc") for entry in mail.mailboxes(name)]


def _found(authentic: bool | Literal["none"]) -> Authentic:  # noqa: FBT001 - handed on as it was given by name
    if authentic == "none":
        return "none"
    return "pass" if authentic else "fail"
