"""Pause, resume and cancel a thread, and what it delegated: what people may do to it from outside."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from bot.bodies import TextBody
from bot.config import OPERATORS
from bot.delegating import told
from bot.entries import Sealer
from bot.events import Cancelled, DelegateFinished, Paused, Resumed, Unparked
from bot.fold import fold
from bot.people import Person
from bot.progress import along
from bot.store import log, scripts
from bot.store.log import Head
from bot.store.scripts import Change
from bot.store.server import Client
from bot.thread import Thread

Order = Literal["pause", "resume", "cancel"]
_EVENTS: Mapping[Order, type[Paused | Resumed | Cancelled]] = {"pause": Paused, "resume": Resumed, "cancel": Cancelled}


def may_order(person: Person, thread: Thread) -> bool:
    """Whether they may give this thread orders: operators, its principal, and those who asked for something in it."""
    if person.staff and OPERATORS in person.roles:
        return True
    return person.id in {thread.principal_id, *thread.requesters(thread.version)}


async def control(client: Client, sealer: Sealer, head: Head, order: Order, by: str) -> str:
    """Carry out an order and say in one line what it did. A running action is never interrupted.

    Its children follow, and theirs: after the thread itself, which delegates nothing more from then on.
    """
    said = await _one(client, sealer, head, order, by)
    thread = fold(head.thread, await log.load(client, head.thread), sealer)
    for name, child in thread.children.items():
        if child.live or (order == "cancel" and not child.over):  # what was set aside goes on by an order of its own
            found = await log.head(client, name)
            if found is not None:
                await control(client, sealer, found, order, by)
    return said


async def recall(client: Client, thread: Thread) -> None:
    """Cancel the children of a thread that was ended; each tells it so in the call that cancels it.

    What is not there, or was cancelled and did not tell, is noted as gone: it must not be waited for.
    """
    for child in thread.live_children:
        name, mine = child.delegated.child, await log.head(client, thread.id)
        head = await log.head(client, name)
        if head is not None and not head.cancelled:
            await control(client, thread.sealer, head, "cancel", "bot")
        elif mine is not None and mine.input_version <= thread.version:  # nothing came that this fold has not seen
            event = DelegateFinished(by="bot", child=name, outcome="cancelled", body=TextBody(text="It is gone."))
            gone = Change(entries=[thread.sealer.entry(thread.id, event)])
            await scripts.ingest(client, thread.id, gone, expect=mine.input_version)


async def _one(client: Client, sealer: Sealer, head: Head, order: Order, by: str) -> str:
    while True:
        what = _change(sealer, head, order, by)
        if isinstance(what, str):
            return what
        change, said = what
        thread = fold(head.thread, await log.load(client, head.thread), sealer)
        change = replace(change, out=along(thread, [_EVENTS[order](by=by)], ()))
        done = await scripts.ingest(client, head.thread, change, expect=head.input_version)
        newer = await log.head(client, head.thread) if done.verdict == "newer" else None
        if newer is None:
            return said
        head = newer  # somebody wrote or ordered something meanwhile: look again


def _change(sealer: Sealer, head: Head, order: Order, by: str) -> tuple[Change, str] | str:
    """What to write and to say; only something to say if there is nothing to do."""
    if head.cancelled:
        return "this thread was cancelled before; start a new one to ask again"
    match order:
        case "pause" if head.paused:
            return "it is paused already"
        case "pause":
            now = {"paused": "1", "status": "paused"}
            change = Change(entries=[sealer.entry(head.thread, Paused(by=by))], head=now, stop=True)
            return change, "paused; approvals are still taken, and nothing runs until it is resumed"
        case "resume" if not head.paused:
            return "it is not paused"
        case "resume":
            event = Unparked(by=by) if head.parked else Resumed(by=by)
            now = {"paused": "0", "parked": "0", "status": "ready"}
            return Change(entries=[sealer.entry(head.thread, event)], head=now), "resumed"
        case "cancel":
            now = {"cancelled": "1", "paused": "0", "parked": "0", "status": "cancelled"}
            change = Change(
                entries=[sealer.entry(head.thread, Cancelled(by=by))],
                head=now,
                close_all=True,
                stop=True,
                also=told(sealer, head.thread, head.parent, "cancelled", "It was cancelled before it was done."),
            )
            return change, "cancelled; whoever was asked is told"
