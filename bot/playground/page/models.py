"""What the page shows beside Slack and the mails, and what it may ask of whoever runs the demo."""

from typing import Literal, Protocol

from bot.playground.slack.models import Frozen
from bot.playground.slack.wire import JsonObject

Tone = Literal["plain", "ask", "good", "bad", "note"]
Trouble = Literal["kill_worker", "move_tag", "slow", "impatient", "forge_request", "forge_approval"]
Pane = Literal["slack", "mail"]


class Person(Frozen):
    """Somebody whom one can act as."""

    id: str
    name: str
    role: str  # what they are here
    slack: str = ""  # their user id; empty: they are not in Slack
    mail: str = ""  # their address


class Example(Frozen):
    """A mail that can be sent by one click."""

    to: str
    subject: str
    text: str
    colleagues: bool = False  # something that colleagues would ask; else, that customers would


class Said(Frozen):
    """Something that somebody says before a story begins."""

    person: str  # their user id in Slack
    text: str


class Attached(Frozen):
    """A text file that somebody shares."""

    name: str
    text: str


class Story(Frozen):
    """Something to see for oneself: what begins it, and what to do then."""

    title: str
    then: tuple[str, ...]  # one thing to do, or to see, after the other
    person: str  # who begins it ...
    text: str  # ... by writing this ...
    channel: str = ""  # ... in this channel of Slack, or else as a mail:
    to: str = ""
    subject: str = ""
    before: tuple[Said, ...] = ()  # what others say first in that channel: a thread, in which it is then written
    file: Attached | None = None  # what is shared with it there
    first: Trouble | None = None  # a switch that has to be on before


class About(Frozen):
    """What holds for the whole run."""

    live: bool  # a real model chooses; else the rehearsal's rules do
    banner: str
    rules: str  # the rehearsal's rules as they stand in their file; empty with a real model
    examples: dict[str, tuple[str, ...]]  # for Slack, by the channel's name; without a name, for direct messages
    mails: tuple[Example, ...]
    stories: tuple[Story, ...]
    addresses: tuple[str, ...]  # the bot's
    people: tuple[Person, ...]


class ThreadLine(Frozen):
    """One thread in the list; `channel` and `ts` are its first message: in Slack, or an address and a Message-ID."""

    id: str
    title: str
    status: str
    agent: str
    version: int
    pane: Pane
    channel: str
    ts: str


class Begun(Frozen):
    """A message that may begin a thread, by what a ThreadLine will have."""

    channel: str
    ts: str


class Way(Frozen):
    """How somebody may answer a request: as whom, and where its card is."""

    person: str
    name: str
    pane: Pane
    at: str  # a channel, a Slack user (their direct messages), or the card's Message-ID


class OpenRequest(Frozen):
    """A request that waits."""

    id: str
    kind: str
    title: str
    names: tuple[str, ...]  # of those who may answer, and have not
    needs: int  # so many of them
    ways: tuple[Way, ...]


class Row(Frozen):
    """One event in plain words; `details` is the stored event."""

    index: int
    type: str
    glyph: str
    words: str
    more: str = ""  # somebody's own words: a message, a reason, the agent's why
    who: str
    at: float  # Unix seconds
    tone: Tone = "plain"
    details: JsonObject


class ThreadView(Frozen):
    """One thread's log."""

    line: ThreadLine
    open: tuple[OpenRequest, ...]
    rows: tuple[Row, ...]


class Ran(Frozen):
    """Something that happened in the world, as the deploy command or the shop wrote it down itself."""

    what: str
    more: str
    mark: str  # a commit, or the shop's reference
    at: float  # Unix seconds


class Refusal(Frozen):
    """Somebody who was not listened to, and why."""

    who: str
    why: str
    at: float  # Unix seconds


class Worker(Frozen):
    """The process that does the work."""

    state: Literal["starting", "running", "down"]
    pid: int | None


class Around(Frozen):
    """What happens outside Slack and the mailboxes; sent to the page whenever it changes."""

    threads: tuple[ThreadLine, ...]
    ran: tuple[Ran, ...]  # oldest first
    refused: tuple[Refusal, ...]  # oldest first
    worker: Worker
    slow: bool
    moved: bool  # the tag v1.4.0 points elsewhere
    impatient: bool  # whoever is asked next has seconds to answer


class Backstage(Protocol):
    """What whoever runs the demo lets the page see and do."""

    @property
    def about(self) -> About:
        """What holds for the whole run."""
        ...

    async def around(self) -> Around:
        """Return what is so at this moment."""
        ...

    async def thread(self, thread: str) -> ThreadView | None:
        """Return a thread's log; None if there is no such thread."""
        ...

    def thread_of(self, message_id: str) -> str:
        """Return the thread that a mail of the bot's belongs to; empty if it is not the bot's."""
        ...

    async def make(self, trouble: Trouble) -> Begun | None:
        """Make trouble, or end it, and return a message that came of it; raise CountersignError if that cannot be."""
        ...
