"""The tables of bot.toml, and what each of them may say on its own."""

from collections.abc import Mapping
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from bot.addresses import fold_address, os_user_name, slack_bot, slack_channel, slack_user_id
from bot.approvals.hours import Span, Working, parse_quiet, parse_time, parse_working
from bot.durations import parse_duration

OPERATORS = "operators"
RESERVED = ("anyone", "members", "people", "requester")
"""Words that stand where a role or a person may stand, and so can be the name of neither."""
EXPIRES_AFTER_S = 7 * 86_400  # an approval or a question that nobody answers


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _dm_or_channel(text: str) -> str:
    return text if text == "dm" else slack_channel(text)


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # not there, not a zone, or a path out of where zones are
        raise ValueError(f"{name!a} should be a time zone of the IANA list, such as Europe/Berlin") from None
    return name


def _bots(value: object) -> object:
    if value is True:
        raise ValueError('true would let every bot talk: name those that may, as in ["B0CI"]')
    return [] if value is False else _one_or_many(value)


def _word(text: str) -> str:
    if not first_word(text) or first_word(text) != text.strip().casefold():
        raise ValueError(f"{text!a} should be one word, such as deploy, without punctuation around it")
    return first_word(text)


_Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,64}$")]
_ManySlackUsers = Annotated[tuple[Annotated[str, AfterValidator(slack_user_id)], ...], BeforeValidator(_one_or_many)]
_ManyAddresses = Annotated[tuple[Annotated[str, AfterValidator(fold_address)], ...], BeforeValidator(_one_or_many)]
_Many = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
_ManyOsUsers = Annotated[tuple[Annotated[str, AfterValidator(os_user_name)], ...], BeforeValidator(_one_or_many)]
_ManyBots = Annotated[tuple[Annotated[str, AfterValidator(slack_bot)], ...], BeforeValidator(_bots)]
_Channel = Annotated[str, AfterValidator(slack_channel)]
_Duration = Annotated[int, BeforeValidator(parse_duration)]  # seconds


class Table(BaseModel):
    """A table of bot.toml: it refuses settings that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class PersonEntry(Table):
    """`[people.<id>]`: one human, by what each channel knows them, and when and where to ask them."""

    name: str = ""
    slack: _ManySlackUsers = ()
    email: _ManyAddresses = ()
    os_user: _ManyOsUsers = ()
    roles: _Many = ()
    staff: bool = True
    ask: Literal["slack", "email"] | None = None  # where they want to be asked; None: in Slack, if they have it
    timezone: Annotated[str, AfterValidator(_time_zone)] | None = None
    quiet: Annotated[Span, BeforeValidator(parse_quiet)] | None = None
    digest: Annotated[int | None, BeforeValidator(parse_time)] = None  # when what is not urgent comes, in one mail
    working: Annotated[Working, BeforeValidator(parse_working)] | None = None  # with a time zone: Mon-Fri 09:00-17:00


class RoleEntry(Table):
    """`[roles.<name>]`: where people with this role are asked, what they may do, and what if nobody answers."""

    channel: Annotated[str, AfterValidator(_dm_or_channel)] = "dm"
    mail: bool = False  # each of them by mail as well, as far as they have an address
    mail_decides: bool = True  # False: a reply by mail decides nothing; Slack and the command line do
    requesters_may_approve: bool = False
    remind_after: _Duration | None = None
    escalate_after: _Duration | None = None
    escalate_to: str | None = None  # the role that is asked as well
    expire_after: _Duration = EXPIRES_AFTER_S
    grants: _Duration | None = None  # for how long an approver may let a call run without asking; None: not at all
    delegates: _Many = ()  # people, and roles, to whom those who are asked may give it


class Route(Table):
    """`[[routes]]`: which agent answers where, who may talk to it and who approves for it.

    All of channel, address and word that are given must match; a route with none of them is the default route.
    """

    agent: str
    channel: _Channel | None = None
    address: Annotated[str, AfterValidator(fold_address)] | None = None
    word: Annotated[str, AfterValidator(_word)] | None = None
    who: str | None = None
    approvers: str = OPERATORS
    reply_all: bool = True  # answers to a mail go to those, too, who were copied on it

    def matches(self, *, channel: str | None, address: str | None, word: str | None) -> bool:
        """Whether a message from there belongs to this route; the values are compared as `Directory.route_for` does."""
        pairs = ((self.channel, channel), (self.address, address), (self.word, word))
        return all(wanted is None or wanted == found for wanted, found in pairs)


class ChannelEntry(Table):
    """`[channels."slack:T0ACME/C0DEPLOYS"]`: how the bot behaves in one Slack channel; the defaults hold in all others.

    `agent` answers whatever no route takes that names this channel, and asks `approvers`. `who` says who may talk,
    beside what the route says. A bot of `bots` may talk like somebody from outside: it has no roles.
    """

    agent: str | None = None
    approvers: str | None = None  # None: operators
    listen: Literal["mention", "thread", "every message"] = "thread"
    who: str | None = None
    bots: _ManyBots = ()
    answers: Literal["thread", "dm", "ephemeral"] = "thread"


class SlackTable(Table):
    """`[slack]`: what the bot shows in Slack besides its answers."""

    progress: bool = True  # one message a turn that says how far it is
    feedback: bool = True  # two buttons below an answer: good, or not


class Config(Table):
    """The whole of bot.toml. Made by `bot.config.parse_config`, which checks that the tables agree with each other."""

    people: Mapping[_Name, PersonEntry] = Field(default_factory=dict[str, PersonEntry])
    roles: Mapping[_Name, RoleEntry] = Field(default_factory=dict[str, RoleEntry])
    routes: tuple[Route, ...] = ()
    channels: Mapping[_Channel, ChannelEntry] = Field(default_factory=dict[str, ChannelEntry])
    slack: SlackTable = SlackTable()
    agents: Mapping[_Name, Mapping[str, object]] = Field(default_factory=dict[str, Mapping[str, object]])


def first_word(text: str) -> str:
    """The first word of a message as routes compare it: case-folded, without the punctuation around it."""
    words = text.split(maxsplit=1)
    return words[0].strip(".,:;!?\"'`*_()[]<>").casefold() if words else ""


def holders(config: Config, role: str) -> tuple[str, ...]:
    """The ids of the people who have a role, in the order of the file."""
    return tuple(person for person, entry in config.people.items() if role in entry.roles)
