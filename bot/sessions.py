"""What a thread's conversation is shown to be at: at work as long as a worker moves it, else what its status says."""

from typing import Final

from bot.port_turns import SessionStatus
from bot.runtime import Runtime
from bot.thread import Status, Thread

_AT_REST: Final[dict[Status, SessionStatus]] = {
    "ready": "processing",  # it waits for the model, or for another worker
    "waiting": "suspended",
    "done": "active",
    "paused": "suspended",
    "parked": "suspended",
    "cancelled": "closed",
    "unreadable": "suspended",
}


def show(runtime: Runtime, thread: Thread, *, works: bool) -> None:
    """Show it where the thread began. A delegate has no conversation of its own."""
    if thread.birth is None or thread.birth.parent is not None:
        return
    sessions = runtime.sessions.get(thread.origin.channel)
    if sessions is not None:
        status = "processing" if works else _AT_REST[thread.status]
        sessions.shows(thread.origin.address, thread.origin.thread, status, thread.title)
