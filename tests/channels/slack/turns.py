"""The core's end of turns, as a test has it: it keeps what it was told, and says what the test wants."""

from dataclasses import dataclass, field

from bot.identity import Identity
from bot.port_turns import Rating, Stopped, Stopping, Suggestion

THREAD = "03-abcdefghijklmnop"
PAUSED = Stopped(text="It is paused.", thread=THREAD)


@dataclass
class KeptTurns:
    """Implements `bot.port_turns.Turns`."""

    ratings: list[Rating] = field(default_factory=list[Rating])
    stops: list[Stopping] = field(default_factory=list[Stopping])
    known: bool = True
    stopped: Stopped = PAUSED
    suggested: tuple[Suggestion, ...] = (Suggestion(title="What is deployed?", message="What is deployed?"),)
    fails: list[Exception] = field(default_factory=list[Exception])

    async def rate(self, rating: Rating) -> bool:
        self.ratings.append(rating)
        return self.known

    async def stop(self, stopping: Stopping) -> Stopped:
        if self.fails:
            raise self.fails.pop(0)
        self.stops.append(stopping)
        return self.stopped

    def suggestions(self, identity: Identity) -> tuple[Suggestion, ...]:
        return self.suggested if not getattr(identity, "is_guest", False) else ()
