"""Where things are said and what is said there: a place, and a delivery to it, in no channel's own terms."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bot.steps import Reversibility

_UNDOING: Mapping[Reversibility, str] = {
    "reversible": "Can be undone",
    "compensable": "Cannot be undone, only made good",
    "irreversible": "Cannot be undone",
}
ChannelName = Literal["slack", "email", "console"]


class Frozen(BaseModel):
    """A frozen value that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(Frozen):
    """One place in one channel.

    Slack: `address` is `T0ACME/C0DEPLOYS` (a channel) or `T0ACME/U0ROB` (a person, by direct message) and `thread`
    the `ts` of the root message. Email: `address` is the mail address, `thread` the root's Message-ID, `via` our own
    address in that conversation, `subject` its subject, `cc` who else was on the mail that began it, and `index` its
    Thread-Index, if it had one. Console: `address` is the person id.
    """

    channel: ChannelName
    address: str
    thread: str | None = None
    via: str | None = None
    subject: str | None = None
    cc: tuple[str, ...] = ()  # they read the answers, and nothing that is for one person
    index: str | None = None  # the first 22 bytes in Base64: by them Outlook tells conversations apart

    @property
    def alone(self) -> "Place":
        """The same place for the one person who wrote, without those who were copied."""
        return self.model_copy(update={"cc": ()}) if self.cc else self

    def lane(self) -> str:
        """What is sent in order, one after the other: one conversation in one channel."""
        return f"{self.channel}:{self.address}:{self.thread or ''}"


class EditField(Frozen):
    """One field of a call that an approver may change, as a form needs it."""

    name: str
    kind: Literal["text", "number", "whole", "yes_no", "choice", "json"]
    value: JsonValue = None  # as it is now
    choices: tuple[str, ...] = ()
    description: str = ""
    required: bool = True


class Text(Frozen):
    """Something that the bot says, in standard Markdown; written by a model or by code."""

    kind: Literal["text"] = "text"
    markdown: str
    mention: tuple[str, ...] = ()  # channel ids of people who are to be notified: `T0ACME/U0ROB`
    rate: str | None = None  # the answer's name, `<thread>/<call>`, if people may say what they think of it


class Notice(Frozen):
    """A line for one person alone: a refusal, or who has decided already."""

    kind: Literal["notice"] = "notice"
    markdown: str
    to: str  # the channel's own id of the person: `T0ACME/U0ZED`, or a mail address


class Card(Frozen):
    """A request, as those see it who are asked."""

    kind: Literal["card"] = "card"
    request: str
    request_kind: Literal["approval", "question", "doubt", "stuck"]
    title: str
    agent: str
    step: str | None = None
    arguments: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    snapshot: dict[str, JsonValue] = Field(default_factory=dict[str, JsonValue])
    changed: dict[str, list[JsonValue]] = Field(default_factory=dict[str, list[JsonValue]])
    why: str = ""
    text: str = ""
    context: str = ""
    asked_by: str = ""
    warning: str = ""  # what is wrong with this installation, and concerns whoever decides
    approvers: tuple[str, ...] = ()  # names, for reading
    quorum: int = 1
    options: tuple[str, ...] = ()
    format: Literal["free_text", "yes_no", "multiple_choice"] | None = None
    reject_reasons: tuple[str, ...] = ()
    fields: tuple[EditField, ...] = ()  # what approvers may change before it runs
    edited_by: str = ""  # whoever made the call what it is, if not the agent alone
    reversibility: Reversibility | None = None  # whether the effect can be undone; None: its author did not say
    may_grant_s: int = 0  # for how many seconds an approver may let this very call run without asking; 0: not at all
    mail_decides: bool = True  # whether a reply by mail may decide it
    outside: bool = False  # the thread is for someone from outside: a reason has a part to quote and an internal one
    mention: tuple[str, ...] = ()  # channel ids of people who are to be notified, since it is urgent: `T0ACME/U0ROB`
    urgency: Literal["low", "medium", "high"] = "medium"
    digest8: str = ""
    expires_at: datetime
    thread: str

    @property
    def undoing(self) -> str:
        """Whether the effect can be undone, in words; empty if its author did not say."""
        return _UNDOING[self.reversibility] if self.reversibility else ""

    @property
    def bare_title(self) -> str:
        """The title without arguments, for what is read on locked screens: notifications and subjects."""
        return self.title.partition(": ")[0] if self.step else self.title


class Decision(Frozen):
    """What became of a request; shown in place of its buttons."""

    kind: Literal["decision"] = "decision"
    card: Card
    outcome: Literal["approved", "rejected", "answered", "edited", "given", "expired", "withdrawn"]
    by: str = ""
    reason: str = ""
    at: datetime


class Batch(Frozen):
    """Several requests in one message, in the order of asking: those that are open, and what became of the others."""

    kind: Literal["batch"] = "batch"
    title: str
    items: tuple[Card | Decision, ...]
    latest: str | None = None  # the request for whose sake it is sent: what is new in it


class StatusLine(Frozen):
    """A line in the thread it came from that says what is being waited for, or what was decided; no arguments."""

    kind: Literal["status"] = "status"
    markdown: str


TaskState = Literal["running", "waiting", "done", "failed", "unsure"]
ProgressState = Literal["working", "waiting", "ended"]
_MARKS: dict[TaskState, str] = {"running": "▸", "waiting": "‖", "done": "✓", "failed": "✗", "unsure": "?"}


class Task(Frozen):
    """One step of a turn, by a title that code gave it."""

    name: str  # the call
    title: str
    state: TaskState


class Progress(Frozen):
    """How far a turn is: one message that is changed in place, and gives way to the answer."""

    kind: Literal["progress"] = "progress"
    state: ProgressState
    title: str  # plain text, a few words
    note: str = ""  # a sentence in Markdown
    tasks: tuple[Task, ...] = ()
    earlier: int = 0  # so many tasks before these are not shown

    @property
    def markdown(self) -> str:
        """All of it in words, for where there are no blocks for it."""
        more = [f"({self.earlier} earlier steps)"] if self.earlier else []
        tasks = [f"{_MARKS[task.state]} {task.title}" for task in self.tasks]
        return "\n\n".join([f"**{self.title}**", *more, *tasks, *([self.note] if self.note else [])])


Content = Annotated[Text | Notice | Card | Decision | Batch | StatusLine | Progress, Field(discriminator="kind")]


class Delivery(Frozen):
    """One thing to send, in the order of its lane."""

    id: str
    thread: str
    place: Place
    content: Content
    valid_while: str | None = None  # a request: not sent any more once that is closed
    replaces: str | None = None  # the delivery whose message this one takes the place of; a text stands by itself, too
    under: str | None = None  # the delivery, a card, that this one belongs under: in its thread, as a reply to its mail
