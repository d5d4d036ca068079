"""What the page shows beside Slack, and what it may ask of whoever runs the demo."""

from typing import Literal, Protocol

from bot.playground.slack.models import Frozen
from bot.playground.slack.wire import JsonObject

Tone = Literal["plain", "ask", "good", "bad", "note"]
Trouble = Literal["kill_worker", "move_tag", "slow"]


class About(Frozen):
    """What holds for the whole run."""

    live: bool  # a real model chooses; else the rehearsal's rules do
    banner: str
    rules: str  # the rehearsal's rules as they stand in their file; empty with a real model
    examples: tuple[str, ...]
    people: dict[str, str]  # Slack user id -> what they are here, for those whom one can act as


class ThreadLine(Frozen):
    """One thread in the list; `channel` and `ts` are its first message in Slack."""

    id: str
    title: str
    status: str
    agent: str
    version: int
    channel: str
    ts: str


class Decider(Frozen):
    """Somebody who may answer a request."""

    user: str  # Slack user id
    name: str


class OpenRequest(Frozen):
    """A request that waits; `channel` is where its card is (a user id: the direct message of that person)."""

    id: str
    kind: str
    title: str
    deciders: tuple[Decider, ...]
    channel: str


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


class Run(Frozen):
    """One time that the deploy command ran to its end, as it wrote itself."""

    service: str
    environment: str
    tag: str
    commit: str
    at: str


class Worker(Frozen):
    """The process that does the work."""

    state: Literal["starting", "running", "down"]
    pid: int | None


class Around(Frozen):
    """What happens outside Slack; sent to the page whenever it changes."""

    threads: tuple[ThreadLine, ...]
    runs: tuple[Run, ...]
    worker: Worker
    slow: bool
    moved: bool  # the tag v1.4.0 points elsewhere


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

    async def make(self, trouble: Trouble) -> None:
        """Make trouble, or end it; raise CountersignError if that cannot be done now."""
        ...
