"""Find the request that somebody names, and read and print all about it."""

import asyncio
from dataclasses import dataclass

from rich.text import Text

from bot.cli.opened import Opened, RefusedError, with_store
from bot.cli.output import console
from bot.cli.request_text import Shown, request_lines, shown_of
from bot.ids import display_id
from bot.store import log

_LATELY = 100  # threads that are looked through for a request that is closed


@dataclass(frozen=True, slots=True)
class Found:
    """A request that was named, and the version of its thread that was read."""

    request: str
    version: int
    shown: Shown

    @property
    def undecided(self) -> bool:
        """Whether it still waits for an answer, as far as this command saw."""
        return self.shown.state.outcome is None and not self.shown.cancelled


def look(request: str) -> Found:
    """Find a request and read all about it.

    Raises:
        RefusedError: there is none of this id, or several begin like this.

    """

    async def work(made: Opened) -> Found:
        return await read(made, await find_request(made, request))

    return with_store(work)


async def read(made: Opened, request: str) -> Found:
    """Read all about a request."""
    thread = await made.thread(made.ids.thread_of(request) or "")
    state = thread.requests.get(request)
    if state is None:
        raise RefusedError(f"there is no request {request!a}; `bot requests` lists those that are open")
    return Found(request, thread.version, shown_of(thread, state, made.directory, made.me.id))


async def find_request(made: Opened, text: str) -> str:
    """The full id of a request; a short one only helps this person to name it, and proves nothing.

    An open one comes first; a short id of one that was closed lately is for being told what became of it.
    """
    if made.ids.thread_of(text) is not None:
        return text
    pending = [request for request, _ in await log.pending(made.client) if _begins(request, text)]
    found = pending or await _closed(made, text)
    match found:
        case [request]:
            return request
        case []:
            raise RefusedError(f"there is no open request {text!a}; `bot requests` lists them")
        case _:
            shown = ", ".join(f"{display_id(request)} ({request.partition('.')[0]})" for request in found)
            raise RefusedError(f"{text!a} could be {shown}: give the whole id, from `bot requests --json`")


def _begins(request: str, text: str) -> bool:
    return bool(text) and (request.startswith(text) or request.rpartition(".")[2].startswith(text))


async def _closed(made: Opened, text: str) -> list[str]:
    """Those of the threads that changed last which show this very id."""
    threads = await asyncio.gather(*(made.thread(head.thread) for head in await log.recent(made.client, _LATELY)))
    return [request for thread in threads for request in thread.requests if display_id(request) == text]


def print_request(shown: Shown) -> None:
    """Print a request in full."""
    screen = console()
    for text, style in request_lines(shown):
        screen.print(Text(text, style=style), soft_wrap=True)
