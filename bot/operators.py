"""Telling the operators what they have to look at: in Slack, and by mail, whichever works."""

from collections.abc import Collection

from bot.config import OPERATORS
from bot.identity import EmailIdentity, SlackIdentity
from bot.people import Directory
from bot.places import ChannelName, Place
from bot.port import Telling, TextIntake

_A_DAY = 20  # of one reason, to one place


async def tell_operators(
    intake: TextIntake, directory: Directory, channels: Collection[ChannelName], told: Telling, subject: str = ""
) -> int:
    """Tell it at each place once, whoever else tells it and however often; return at how many it was new.

    `told` says what, and which source makes it this and nothing else; whom it is about is added here. Raises redis
    errors: then it may have been told at some of the places, and telling it again is right.
    """
    new = 0
    for place in places(directory, channels, subject):
        who = f"{place.channel}:{place.address}"
        one = told.model_copy(update={"source": f"{told.source}/{who}", "who": who, "place": place, "a_day": _A_DAY})
        new += await intake.tell(one) == "told"
    return new


def places(directory: Directory, channels: Collection[ChannelName], subject: str = "") -> list[Place]:
    """Where operators are told: their channel in Slack or else each of them there, and each of them by mail."""
    channel = directory.place_of_role(OPERATORS)
    found: list[Place] = [channel] if channel is not None and "slack" in channels else []
    for person in directory.with_role(OPERATORS):
        known = directory.identities(person.id)
        accounts = [one for one in known if isinstance(one, SlackIdentity)]
        mails = [one for one in known if isinstance(one, EmailIdentity)]
        if accounts and channel is None and "slack" in channels:
            found.append(accounts[0].place)
        if mails and "email" in channels:
            found.append(mails[0].place.model_copy(update={"subject": subject or None}))
    return found
