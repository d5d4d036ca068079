"""A small Slack over the real protocols: Web API, Events API, Socket Mode and interactivity, on loopback."""

from bot.playground.slack.control import Outcome
from bot.playground.slack.core import Timing
from bot.playground.slack.events import Attempt, sign
from bot.playground.slack.inputs import ControlRefusedError
from bot.playground.slack.models import App, Channel, Message, Pings, Team, User
from bot.playground.slack.server import SlackPeer, serve
from bot.playground.slack.snapshot import Snapshot
from bot.playground.slack.wire import ApiRefusedError

__all__ = [
    "ApiRefusedError",
    "App",
    "Attempt",
    "Channel",
    "ControlRefusedError",
    "Message",
    "Outcome",
    "Pings",
    "SlackPeer",
    "Snapshot",
    "Team",
    "Timing",
    "User",
    "serve",
    "sign",
]
