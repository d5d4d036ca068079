"""What the adapter asks the rest of the program beside its intake: what the log knows, and how channels behave."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.config import ChannelEntry
from bot.port import TextIntake
from channels.slack.around import Heard, Unheard


@dataclass(frozen=True, kw_only=True)
class Remembered:
    """Without it nothing is remembered, nobody is told of edits, and every channel has the default rules."""

    heard: Heard = field(default_factory=Unheard)
    tells: TextIntake | None = None
    rules: Callable[[str], ChannelEntry] = lambda _channel: ChannelEntry()
