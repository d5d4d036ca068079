"""What the mail peer tells and takes: stored mail, faults, and what a page shows of a mailbox."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.errors import CountersignError

Authentic = Literal["pass", "fail", "none"]  # what the receiving server finds out about the sender
Client = Literal["gmail", "outlook", "apple", "plain"]

FaultPoint = Literal[
    "smtp.connect",
    "smtp.auth",
    "smtp.mail",
    "smtp.rcpt",
    "smtp.data",
    "smtp.delivery",
    "imap.connect",
    "imap.capability",
    "imap.login",
    "imap.authenticate",
    "imap.select",
    "imap.examine",
    "imap.list",
    "imap.create",
    "imap.status",
    "imap.append",
    "imap.search",
    "imap.fetch",
    "imap.store",
    "imap.copy",
    "imap.move",
    "imap.expunge",
    "imap.noop",
    "imap.idle",
    "imap.push",
    "imap.logout",
]


class MailRefusedError(CountersignError):
    """That cannot be done in this mail peer: look at the snapshot for the mailboxes and messages that there are."""


class Frozen(BaseModel):
    """A value: never changed in place, and without unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Fault(Frozen):
    """What goes wrong. Without any field set, all goes well."""

    reply: str | None = None  # said instead of doing it: `451 4.7.1 later` (SMTP), `NO [UNAVAILABLE] later` (IMAP)
    delay_s: float = 0.0  # before anything else
    drop: Literal["before", "after"] | None = None  # close without an answer; after: it was done all the same
    bye: bool = False  # with drop: say goodbye first, as a server does that shuts down (IMAP)
    hang: bool = False  # never answer


class Quirks(Frozen):
    """In what these servers differ from those that do as they should."""

    plus: Literal["delivered", "refused", "bounced", "dropped"] = "delivered"  # what becomes of name+anything@
    keeps_message_ids: bool = True  # some relays write their own, as SES does
    keeps_references: bool = True
    keeps_reply_to: bool = True
    stamps: bool = True  # Authentication-Results


class Stored(Frozen):
    """One message in a folder. `date` is when it arrived, in Unix seconds."""

    uid: int
    flags: frozenset[str]
    date: float
    raw: bytes


class Folder(Frozen):
    """One folder of an account, by the numbers that IMAP clients remember."""

    name: str
    uidvalidity: int
    uidnext: int


class Attachment(Frozen):
    """A file to send, or the sight of one that came: then without its content."""

    name: str
    type: str = "application/octet-stream"
    size: int = 0  # bytes
    content_base64: str = ""


class Posted(Frozen):
    """A mail on its way: its Message-ID, and the UID it got in each INBOX, by mailbox."""

    message_id: str
    uids: dict[str, int]


class ShownMessage(Frozen):
    """A mail as a page shows it. `html` is as it came: show it in a sandboxed frame or not at all."""

    box: str
    folder: str
    uid: int
    flags: tuple[str, ...]
    arrived: float  # Unix seconds
    from_: str
    to: str
    cc: str
    reply_to: str
    subject: str
    date: str
    message_id: str
    in_reply_to: str
    references: tuple[str, ...]
    text: str
    html: str
    has_html: bool
    attachments: tuple[Attachment, ...]
    headers: dict[str, str]  # those that tell who sent it, and whether a machine did
    size: int  # bytes
    raw: str  # the first 200,000 characters


class ShownMailbox(Frozen):
    """A mailbox to look into. `is_outside`: it belongs to another domain than the peer's own."""

    box: str
    is_outside: bool
    folders: tuple[str, ...]
    messages: int  # in INBOX
    unseen: int


class Snapshot(Frozen):
    """All mailboxes at one revision, and the messages of one of them, if one was asked for."""

    revision: int
    domain: str
    authserv_id: str
    mailboxes: tuple[ShownMailbox, ...]
    messages: tuple[ShownMessage, ...]
