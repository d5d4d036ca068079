"""Why a mail was not taken: every reason has a name, one clear text, and how often a sender is told it."""

from dataclasses import dataclass
from enum import StrEnum


class Refused(StrEnum):
    """The name of a reason, by which it is counted and listed."""

    NO_FROM = "no_from"
    SEVERAL_FROM = "several_from"
    BAD_FROM = "bad_from"
    MALFORMED = "malformed"
    TOO_BIG = "too_big"
    TOO_OLD = "too_old"
    UNREADABLE = "unreadable"
    OWN = "own"
    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    LIST = "list"
    NO_SUCH_AGENT = "no_such_agent"
    CALENDAR = "calendar"
    ENCRYPTED = "encrypted"
    UNPROVEN = "unproven"
    WRONG_SENDER = "wrong_sender"
    NOT_A_DECISION = "not_a_decision"
    UNCLEAR = "unclear"
    NOT_COUNTED = "not_counted"
    COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class Telling:
    """What the sender hears. Without a text: nothing, because they cannot be told, or must not be."""

    text: str = ""
    a_day: int = 1  # at most so often to one sender


TELLINGS = {
    Refused.NO_FROM: Telling(),
    Refused.SEVERAL_FROM: Telling(),
    Refused.BAD_FROM: Telling(),
    Refused.MALFORMED: Telling(),
    Refused.TOO_BIG: Telling(),
    Refused.TOO_OLD: Telling(),
    Refused.UNREADABLE: Telling(),
    # An answer to a program is answered by a program.
    Refused.OWN: Telling(),
    Refused.AUTO_REPLY: Telling(),
    Refused.BOUNCE: Telling(),
    Refused.LIST: Telling(),
    Refused.NO_SUCH_AGENT: Telling("Nobody reads this address here. You can write to: {addresses}"),
    Refused.CALENDAR: Telling("I cannot read invitations, so nothing was done. Please write what you need as text."),
    Refused.ENCRYPTED: Telling("I cannot read encrypted mail, so nothing was done. Please send it as plain text."),
    Refused.UNPROVEN: Telling(
        "Nothing was decided: this mail asked me to decide something in your name, and nothing proves that it came "
        "from you. Please decide in Slack or with `bot approve`, and tell an operator that mail from your address "
        "arrives without proof (SPF, DKIM, DMARC)."
    ),
    Refused.WRONG_SENDER: Telling(
        "Nothing was decided: this reply address was made for one request and one person, and your mail came from "
        "another address. Please reply from the address to which the request was sent."
    ),
    Refused.NOT_A_DECISION: Telling("Nothing was decided. I passed your words on to the agent. {how}", a_day=20),
    Refused.UNCLEAR: Telling("Nothing was decided. {why} {how}", a_day=20),
    Refused.NOT_COUNTED: Telling("{answer}", a_day=50),
    Refused.COUNTED: Telling("{answer}", a_day=50),
}
