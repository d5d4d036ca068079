"""What is kept of a mail that was sent, as one string: its Message-ID, and of a card what answers below it need."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail of ours; of a card, also its request and its subject, since a mail below it is to carry both."""

    message_id: str
    request: str = ""
    subject: str = ""

    @classmethod
    def read(cls, text: str) -> Self:
        """Read what `str` made; a Message-ID alone is one, too."""
        message_id, _, more = text.partition(" ")
        request, _, subject = more.partition(" ")
        return cls(message_id, request, subject)

    def __str__(self) -> str:
        return " ".join(part for part in (self.message_id, self.request, self.subject) if part)
