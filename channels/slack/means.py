"""What everything is made with that the bot shows one person alone: the Home tab, answers to commands, forms."""

from dataclasses import dataclass

from slack_sdk.web.async_client import AsyncWebClient

from bot.port_desk import Desks
from channels.slack.later import Later
from channels.slack.people import Installation, People
from channels.slack.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Who knows the people and what they may see, and the clients to read and to show by."""

    desks: Desks
    people: People
    installation: Installation
    reader: AsyncWebClient
    writer: AsyncWebClient
    tally: Tally
    later: Later
