"""The port between the core and a channel, about turns: stopping one, rating its answer, and how to begin one."""

from typing import Literal, Protocol, runtime_checkable

from bot.bodies import Record
from bot.identity import Identity


class Rating(Record):
    """What somebody thinks of an answer; thread and call as the channel got them back, so not trusted."""

    thread: str
    call: str
    value: Literal["up", "down"]
    identity: Identity
    text: str = ""  # what was wrong with it


class Stopping(Record):
    """Somebody pressed Stop in a conversation."""

    root: tuple[str, ...]  # what the thread's id is made from
    identity: Identity


class Stopped(Record):
    """What became of that, in words; `thread` if it is paused now, `is_running` if it goes on."""

    text: str
    thread: str | None = None
    is_running: bool = False


class Suggestion(Record):
    """Something that one may ask, as a channel offers it."""

    title: str  # a few words
    message: str  # what is said then


SessionStatus = Literal["processing", "active", "suspended", "closed"]
"""What a conversation is at: at work, waiting for whoever wrote, waiting for somebody else, over for good."""


@runtime_checkable
class Sessions(Protocol):
    """A channel that shows people what their conversation is at, besides what is said in it."""

    def shows(self, address: str, thread: str | None, status: SessionStatus, title: str) -> None:
        """Show it soon; the latest counts. Nothing depends on it, so it neither waits nor fails."""
        ...


class Turns(Protocol):
    """What channels call about turns. All of it raises redis errors."""

    async def rate(self, rating: Rating) -> bool:
        """Record what somebody thinks of an answer; False: there is no such answer."""
        ...

    async def stop(self, stopping: Stopping) -> Stopped:
        """Pause the thread, if this person may."""
        ...

    def suggestions(self, identity: Identity) -> tuple[Suggestion, ...]:
        """Say what this person may ask of the agents that listen to them."""
        ...
