"""The port between the core and a channel: what comes in, what goes out, and what each side promises."""

from collections.abc import Sequence
from typing import Literal, Protocol

from pydantic import Field

from bot.approvals.answers import Reason
from bot.bodies import AnswerKind, Earlier, FileText, Record, RequestKind
from bot.errors import CountersignError
from bot.identity import Identity
from bot.places import ChannelName, Delivery, EditField, Place


class Inbound(Record):
    """A message from a channel, authenticated and normalised."""

    source: str  # what makes it this message: `slack:T0ACME/C0DEPLOYS/1760000000.000100`
    also: tuple[str, ...] = ()  # other ids of the same input: an event id
    identity: Identity
    root: tuple[str, ...]  # what the thread id is made from: ("slack", team, channel, root ts)
    thread: str | None = None  # the thread it continues, if the channel could prove that by an id of ours (bot.ids)
    place: Place  # where the conversation is
    route_channel: str | None = None  # `slack:T0ACME/C0DEPLOYS`, for routes
    route_address: str | None = None  # the mail address it was written to, for routes
    agent: str | None = None  # for an agent by its name, whatever the routes' rules say; who may talk still counts
    text: str  # without the mention of the bot
    starts: bool  # whether it may start a thread: a mention, a direct message, a mail to us
    sent_at: int  # us
    title: str | None = None  # such as a mail's subject; else the text's beginning
    private: bool = False  # a direct conversation with this one person
    answers_only: bool = False  # not addressed to us: it counts only as the answer to a question put to its author
    earlier: Earlier | None = None  # what others said in this conversation meanwhile; it makes nobody a requester
    files: tuple[FileText, ...] = ()  # what stands in the files that came with it; untrusted like all of the text
    beside: tuple[tuple[str, ...], ...] = ()  # what threads of others would be made from, of which this may be a part:
    # it is, if they had the sender copied


Verdict = Literal["taken", "answered", "duplicate", "ignored", "refused", "too_old", "told"]


class RefusalRecord(Record):
    """What is kept of an input that was not taken: who, where and why; never the text."""

    reason: str
    who: str
    source: str
    at: int  # us


class AnswerInbound(Record):
    """A press of a button, or a mail that decides."""

    source: str  # what makes it this answer: the trigger or message id
    request: str  # as the channel got it back: not trusted
    identity: Identity
    proof: str  # how the person was authenticated: slack, email:dkim, os
    answer: AnswerKind
    option: str | None = None
    text: str = ""  # a reason that may be quoted, or an answer's words
    internal: str = ""  # the part of a reason that stays among those who decide
    edits: dict[str, str | bool] = Field(default_factory=dict[str, str | bool])  # field -> as it was typed
    to: str = ""  # to whom it is given: a person's id, name or address, or a Slack account `T0ACME/U0BO`
    grant_s: int = 0  # with an approval: let this very call run without asking for so many seconds


class Answered(Record):
    """What to tell the person who answered; a refusal is shown to that person only."""

    accepted: bool
    reason: Reason | None = None  # why not
    text: str
    pending: bool = False  # it counts, and the request needs others' answers too
    problems: dict[str, str] = Field(default_factory=dict[str, str])  # of an edit that was refused: by field


class Intake(Protocol):
    """What a channel calls. When it returns, the input is stored durably: only then is it acknowledged."""

    async def message(self, inbound: Inbound) -> Verdict:
        """Take a message once. Raises redis errors when it could not be stored: then do not acknowledge."""
        ...

    async def answer(self, inbound: AnswerInbound) -> Answered:
        """Take an answer once. Raises redis errors when it could not be stored: then do not acknowledge."""
        ...

    async def asked(self, request: str) -> "Asked | None":
        """Say what a request asks for; None if there is none of that id. Raises redis errors."""
        ...


class Candidate(Record):
    """Somebody to whom a request may be given."""

    person: str
    name: str


class Asked(Record):
    """What a request asks for, as far as a channel needs it to make a form, or to understand an answer in words."""

    thread: str
    kind: RequestKind
    format: Literal["free_text", "yes_no", "multiple_choice"] | None = None
    options: tuple[str, ...] = ()
    is_open: bool
    title: str = ""  # without arguments
    reject_reasons: tuple[str, ...] = ()
    fields: tuple[EditField, ...] = ()  # what may be edited, with what it is now
    may_grant_s: int = 0
    mail_decides: bool = True  # whether a reply by mail may decide it
    outside: bool = False  # a reason has a part to quote and an internal one
    candidates: tuple[Candidate, ...] = ()  # to whom it may be given


class Telling(Record):
    """Something to say to one person that needs neither agent nor thread, and a refusal to keep if it is one."""

    reason: str  # its name, by which it is counted and listed
    source: str  # what makes it this input
    who: str  # whom it is about: an identity's key, or where it came from
    place: Place | None = None  # where to say it; None: it is kept, and nobody is told
    thread: str | None = None  # the thread it belongs to, if there is one
    text: str = ""
    to: str = ""  # the channel's own id of the one person who is to see it there; empty: all
    a_day: int = 1  # at most so often to one `who`, for one `reason`


class Returned(Record):
    """A report that a delivery of ours did not arrive. All in it but the ids is what somebody's server says."""

    thread: str
    delivery: str
    channel: ChannelName
    recipient: str = ""  # as the report names it
    status: str = ""  # RFC 3463, such as 5.1.1
    for_good: bool = False


class TextIntake(Intake, Protocol):
    """What a channel calls besides, where people answer in words and there are no buttons."""

    async def tell(self, telling: Telling) -> Verdict:
        """Keep it and say it, once for each source: `told`, `refused` (kept only) or `duplicate`. Raises redis errors.

        Its own source is apart from that of the message or answer that it is about.
        """
        ...

    async def returned(self, report: Returned) -> Verdict:
        """Take a report that a delivery came back; whoever was asked by it is asked elsewhere. Raises redis errors.

        `told`, `refused` (kept only), `duplicate`, or `ignored`: there is no such thread.
        """
        ...


class DeliveryFailed(CountersignError):
    """The channel did not take the delivery."""

    def __init__(
        self, detail: str, *, permanent: bool, retry_after_s: float | None = None, everybody: bool = False
    ) -> None:
        """Say what the provider said; `permanent`: another try will not help.

        `everybody`: the provider asks for that time before anything more like it: all paces of the delivery are held.
        """
        super().__init__(detail)
        self.permanent = permanent
        self.retry_after_s = retry_after_s
        self.everybody = everybody


class Pace(Record):
    """How often something may be sent, over all processes: `burst` at once, and then one each `every_s`.

    In any time t, up to `burst` + t / `every_s` are sent: choose both so that this stays below the provider's limit.
    """

    key: str  # what is limited: `slack:chat.postMessage:C0DEPLOYS`
    every_s: float = 0.0  # 0: as often as one likes, as long as the provider asks nobody to wait
    burst: int = 1
    cost: int = 1  # for how many it counts


class Channel(Protocol):
    """What a channel offers to the sender."""

    name: ChannelName

    def paces(self, delivery: Delivery) -> Sequence[Pace]:
        """Return the limits under which it is sent: it waits, with all of its lane, until each of them has room."""
        ...

    async def deliver(self, delivery: Delivery, previous: str | None) -> str:
        """Send it; return the provider's id.

        `previous` is the provider's id of the message that it `replaces`, or of the card that it goes `under`.

        The id is whatever this channel needs to find the message again, as one string.

        Raises:
            DeliveryFailed: it was surely not sent. Anything else means that nobody knows.

        """
        ...

    async def find(self, delivery: Delivery) -> str | None:
        """Look up the provider's id of a delivery whose sending had an unknown outcome; None: it was not sent."""
        ...
