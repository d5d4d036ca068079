"""A mail as it was understood: frozen, and there for whatever bytes."""

from typing import Literal

from bot.bodies import Record
from channels.email.refusals import Refused

Kind = Literal["human", "auto_reply", "bounce", "list", "own", "calendar", "encrypted"]
Shape = Literal["top", "bottom", "inline", "plain"]
"""Where the new text stands: above the quoted text, below it, among it, or without any."""


class Sender(Record):
    """The one mailbox of the one From header."""

    address: str  # folded
    name: str = ""


class Attachment(Record):
    """What is told about an attachment; its content is not read."""

    name: str
    type: str
    size: int  # bytes, about


class Failed(Record):
    """What a delivery report says about one recipient."""

    recipient: str = ""
    status: str = ""  # RFC 3463: 4.x.x may pass, 5.x.x will not

    @property
    def for_good(self) -> bool:
        """Whether another try will not help."""
        return self.status.startswith("5")


class Bounced(Record):
    """What a delivery report says about a mail of ours: of the first recipient, and of all."""

    status: str = ""  # RFC 3463: 4.x.x may pass, 5.x.x will not
    recipient: str = ""
    message_id: str | None = None  # of the mail that did not arrive
    failed: tuple[Failed, ...] = ()

    @property
    def for_good(self) -> bool:
        """Whether another try will not help."""
        return self.status.startswith("5")


class Proof(Record):
    """Whether somebody vouches for the sender, and who or why not."""

    ok: bool
    how: str = ""  # email:authserv, email:microsoft, email:dkim
    why: str


class Said(Record):
    """The text of a mail, taken apart."""

    new_text: str = ""
    quoted: str = ""
    forwarded: str = ""
    signature: str = ""
    shape: Shape = "plain"


class Mail(Record):
    """One mail. Everything in it but `proof` is what its sender says."""

    message_id: str | None = None
    digest: str  # SHA-256 over what no relay changes: From, Date, Subject and body; hexadecimal
    sender: Sender | None = None
    refusal: Refused | None = None
    subject: str = ""
    kind: Kind = "human"
    recipients: tuple[str, ...] = ()  # folded; the envelope's first, as far as headers tell
    copied: tuple[str, ...] = ()  # folded; those in To and Cc, as everybody who got it can see
    index: str = ""  # the conversation's Thread-Index, of Outlook
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    sent_at: int | None = None  # us, by the Date header
    said: Said = Said()
    attachments: tuple[Attachment, ...] = ()
    proof: Proof = Proof(ok=False, why="nobody was asked")
    bounced: Bounced | None = None

    @property
    def whole(self) -> str:
        """What the agent reads: the new text, what was forwarded, and which files came along."""
        files = "\n".join(f"[file: {file.name}, {file.type}, {file.size} bytes]" for file in self.attachments)
        return "\n\n".join(part for part in (self.said.new_text, self.said.forwarded, files) if part)

    @property
    def source(self) -> str:
        """What makes it this mail.

        The digest and the proof stand beside the Message-ID, so that a forged mail with a real one's id, or its
        very text, does not keep the real one out.
        """
        vouched = "proven" if self.proof.ok else "unproven"
        return f"email:{self.message_id or ''}:{self.digest[:32]}:{vouched}"
