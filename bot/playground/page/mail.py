"""The mailboxes of those whom one can act as: what is in them, as the page shows it, and their owners' hands."""

from collections.abc import Callable, Sequence
from email.utils import formataddr
from typing import Literal

from bot.playground.mail.control import SENT, Control
from bot.playground.mail.models import MailRefusedError, Posted, ShownMessage
from bot.playground.mail.office import INBOX
from bot.playground.page.models import Person
from bot.playground.slack.models import Frozen

FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-same-origin"
)
"""For a mail's own HTML: styles and nothing else; no script runs. The page may look into the frame, for its height."""
_TOKEN = "+r."  # noqa: S105 - what marks a reply address that was made for one request
_FOLDERS = (INBOX, SENT)
Asks = Literal["", "approval", "answer"]


class Write(Frozen):
    """POST /api/write."""

    person: str
    to: str
    cc: str = ""  # addresses, with commas between
    subject: str
    text: str


class Reply(Frozen):
    """POST /api/reply."""

    person: str
    uid: int
    text: str


class Seen(Frozen):
    """POST /api/seen."""

    person: str
    uids: tuple[int, ...]


class Letter(Frozen):
    """One mail of a mailbox. `root` is the same for all mails of a conversation."""

    id: str  # Message-ID
    uid: int
    folder: str
    root: str
    thread: str  # the bot's thread, where the mail itself tells
    seen: bool
    answered: bool
    at: float  # Unix seconds
    from_: str
    to: str
    cc: str
    subject: str
    text: str
    has_html: bool
    asks: Asks  # whether it wants a decision or another answer
    headers: dict[str, str]


class Letters(Frozen):
    """A mailbox at one revision, oldest mail first."""

    person: str
    revision: int
    letters: tuple[Letter, ...]


class MailDesk:
    """Reads and writes in the name of these people. `thread_of` tells which thread a Message-ID belongs to."""

    def __init__(self, mail: Control, people: Sequence[Person], thread_of: Callable[[str], str]) -> None:
        """Open a mailbox for each."""
        self._mail = mail
        self._people = {person.id: person for person in people if person.mail}
        self._thread_of = thread_of
        for person in self._people.values():
            mail.office.open(person.mail)

    @property
    def revision(self) -> int:
        """It grows with every change in any mailbox."""
        return self._mail.office.revision

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call the listener after every change; what is returned ends that."""
        return self._mail.office.listen(listener)

    def unseen(self) -> dict[str, int]:
        """How many mails each person has not read."""
        boxes = {mailbox.box: mailbox.unseen for mailbox in self._mail.mailboxes()}
        return {person.id: boxes.get(self._mail.office.home(person.mail), 0) for person in self._people.values()}

    def letters(self, person: str) -> Letters:
        """Return what somebody received and sent. Raises MailRefusedError."""
        found = [message for folder in _FOLDERS for message in self._messages(person, folder)]
        found.sort(key=lambda message: (message.arrived, message.uid))
        shown = tuple(self._letter(message) for message in found)
        return Letters(person=person, revision=self.revision, letters=shown)

    def html(self, person: str, folder: str, uid: int) -> str:
        """Return a mail's HTML as it came. Raises MailRefusedError."""
        for message in self._messages(person, folder):
            if message.uid == uid:
                return message.html
        raise MailRefusedError

    def write(self, asked: Write) -> Posted:
        """Send a mail as somebody. Raises MailRefusedError."""
        headers = {"Cc": asked.cc} if asked.cc.strip() else {}
        return self._mail.write(self._from(asked.person), asked.to, asked.subject, asked.text, headers=headers)

    def reply(self, asked: Reply) -> Posted:
        """Answer a mail of somebody's INBOX, quoting it as mail programs do. Raises MailRefusedError."""
        return self._mail.reply(self._person(asked.person).mail, asked.uid, asked.text, from_=self._from(asked.person))

    def seen(self, asked: Seen) -> None:
        """Mark mails as read. Raises MailRefusedError."""
        for uid in asked.uids:
            self._mail.mark_seen(self._person(asked.person).mail, uid)

    def _person(self, person: str) -> Person:
        if person not in self._people:
            raise MailRefusedError(f"there is nobody with a mailbox by the id {person!r}")
        return self._people[person]

    def _from(self, person: str) -> str:
        found = self._person(person)
        return formataddr((found.name, found.mail))

    def _messages(self, person: str, folder: str) -> list[ShownMessage]:
        box = self._person(person).mail
        there = folder in _FOLDERS and folder in self._mail.office.store.folders(self._mail.office.home(box))
        return self._mail.messages(box, folder) if there else []

    def _letter(self, message: ShownMessage) -> Letter:
        asks: Asks = ""
        if _TOKEN in message.reply_to:
            asks = "approval" if '"approve"' in message.text else "answer"
        named = {
            "From": message.from_,
            "To": message.to,
            "Cc": message.cc,
            "Reply-To": message.reply_to,
            "Date": message.date,
        }
        named |= {"Message-ID": message.message_id, "In-Reply-To": message.in_reply_to}
        named |= {name.title(): text for name, text in message.headers.items()}
        return Letter(
            id=message.message_id,
            uid=message.uid,
            folder=message.folder,
            root=(*message.references, message.message_id)[0],
            thread=self._thread_of(message.message_id),
            seen="\\Seen" in message.flags,
            answered="\\Answered" in message.flags,
            at=message.arrived,
            from_=message.from_,
            to=message.to,
            cc=message.cc,
            subject=message.subject,
            text=message.text,
            has_html=message.has_html,
            asks=asks,
            headers={name: text for name, text in named.items() if text},
        )
