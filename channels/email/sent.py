"""What is kept of a mail that was sent, as one string: its Message-ID, and what those that follow it need."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail of ours; of a card, also its request and its subject, since a mail below it is to carry both.

    `root` is the mail that began its conversation, if that was another one of ours.
    """

    message_id: str
    request: str = ""
    subject: str = ""
    root: str = ""

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `str` made; a Message-ID alone is one, too."""
        ids, _, more = text.partition(" ")
        message_id, _, root = ids.partition(",")
        request, _, subject = more.partition(" ")
        return cls(message_id, request, subject, root)

    def __str__(self) -> str:
        ids = ",".join(part for part in (self.message_id, self.root) if part)
        return " ".join(part for part in (ids, self.request, self.subject) if part)
