"""Threads that cannot go on: parked after too many attempts, or stopped by what cannot be read; and who hears of it."""

import logging
from collections.abc import Sequence

from bot.bodies import TextBody
from bot.config import OPERATORS
from bot.delegating import told
from bot.events import Parked
from bot.ids import fresh_id
from bot.people import Directory
from bot.places import Delivery, Place, StatusLine
from bot.progress import set_aside
from bot.runtime import Runtime
from bot.store import log, scripts
from bot.store.changes import Also
from bot.store.scripts import Change, Lease, Release, Terms
from bot.thread import Thread

_log = logging.getLogger(__name__)
_WRONG = "Something is wrong here; the operators have to look at it."


async def park(runtime: Runtime, lease: Lease) -> None:
    """Set a thread aside without folding it, since folding it may be what fails."""
    reason = f"It was taken up {lease.attempts - 1} times without coming forward."
    change = Change(
        entries=[runtime.sealer.entry(lease.thread, Parked(by="bot", body=TextBody(text=reason)))],
        head={"paused": "1", "parked": "1", "status": "parked"},
        out=[
            *await _progress(runtime, lease.thread),
            *await _tell(runtime, lease.thread, f"Thread {lease.thread} was set aside: {reason}"),
        ],
        also=await _parent(runtime, lease.thread, reason),
    )
    if (await scripts.commit(runtime.client, lease, change, _terms(runtime, lease.version))).ok:
        _log.error("%s: parked: %s", lease.thread, reason)


async def stop(runtime: Runtime, lease: Lease, thread: Thread) -> None:
    """Give back a thread that holds an entry which this program cannot read; tell people the first time."""
    head = await log.head(runtime.client, thread.id)
    out: list[Delivery] = []
    also: Sequence[Also] = ()
    if head is None or head.status != "unreadable":
        out = await _progress(runtime, thread.id)
        out += await _tell(runtime, thread.id, f"Thread {thread.id} stopped: {thread.unreadable}")
        also = await _parent(runtime, thread.id, "Its log cannot be read.")
        _log.error("%s: stopped: %s", thread.id, thread.unreadable)
    change = Change(head={"status": "unreadable"}, out=out, also=also)
    await scripts.commit(runtime.client, lease, change, _terms(runtime, thread.version))


async def _parent(runtime: Runtime, thread: str, reason: str) -> list[Also]:
    """What the thread hears that waits for this one."""
    head = await log.head(runtime.client, thread)
    text = f"It was set aside, and people have to look at it: {reason}"
    return told(runtime.sealer, thread, head.parent if head is not None else None, "parked", text)


def _terms(runtime: Runtime, basis: int) -> Terms:
    return Terms(seq=1, basis=basis, lease_us=runtime.lease_us, progress=True, release=Release())


async def _progress(runtime: Runtime, thread: str) -> list[Delivery]:
    """Nobody is left waiting for a turn that does not go on."""
    head = await log.head(runtime.client, thread)
    if head is None or not head.origin or head.parent:
        return []
    origin = Place.model_validate_json(head.origin)
    return set_aside(thread, origin, await log.load(runtime.client, thread), _WRONG)


async def _tell(runtime: Runtime, thread: str, text: str) -> list[Delivery]:
    """Whoever waits hears that something is wrong; the operators hear what."""
    head = await log.head(runtime.client, thread)
    origin = Place.model_validate_json(head.origin) if head and head.origin else None
    out = [_line(thread, origin, _WRONG)] if origin is not None and origin.channel != "console" else []
    return out + [_line(thread, place, text) for place in _operators(runtime.directory())]


def _operators(directory: Directory) -> list[Place]:
    """Their channel, else each of them."""
    channel = directory.place_of_role(OPERATORS)
    if channel is not None:
        return [channel]
    found = (directory.identities(person.id) for person in directory.with_role(OPERATORS))
    return [identities[0].place for identities in found if identities]


def _line(thread: str, place: Place, text: str) -> Delivery:
    return Delivery(id=fresh_id(), thread=thread, place=place, content=StatusLine(markdown=text))
