"""What is written together by one script: a thread's entries, all that goes with them, and what others hear of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.places import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Also:
    """What the same change brings to another thread of the shard: an input, or with `birth` its beginning."""

    thread: str
    entries: Sequence[bytes]
    head: Mapping[str, str] = field(default_factory=dict[str, str])
    birth: bool = False

    def options(self) -> dict[str, object]:
        """The JSON that the scripts read."""
        parts: dict[str, object] = {"thread": self.thread, "entries": [entry.decode() for entry in self.entries]}
        return parts | ({"head": dict(self.head)} if self.head else {}) | ({"birth": True} if self.birth else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is written together in one commit, all of it or nothing."""

    entries: Sequence[bytes] = ()
    head: Mapping[str, str] = field(default_factory=dict[str, str])
    opened: Mapping[str, str] = field(default_factory=dict[str, str])  # request -> `digest:expires_at`
    closed: Sequence[str] = ()
    close_all: bool = False
    stop: bool = False  # tell the worker that has the thread to give up what it is doing
    out: Sequence[Delivery] = ()
    also: Sequence[Also] = ()  # other threads of the same shard

    def options(self) -> dict[str, object]:
        """The JSON that the scripts read; empty parts are left out, since Lua cannot tell {} from []."""
        parts: dict[str, object] = {
            "head": dict(self.head),
            "opened": dict(self.opened),
            "closed": list(self.closed),
            "close_all": self.close_all,
            "stop": self.stop,
            "out": [delivery.model_dump_json(exclude_none=True) for delivery in self.out],
            "also": [other.options() for other in self.also],
        }
        return {name: part for name, part in parts.items() if part}
