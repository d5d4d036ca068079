"""Pause, resume and cancel a thread: what people may do to it from outside."""

from typing import Literal

from bot.entries import Sealer
from bot.events import Cancelled, Paused, Resumed, Unparked
from bot.store import log, scripts
from bot.store.log import Head
from bot.store.scripts import Change
from bot.store.server import Client

Order = Literal["pause", "resume", "cancel"]


async def control(client: Client, sealer: Sealer, head: Head, order: Order, by: str) -> str:
    """Carry out an order and say in one line what it did. A running action is never interrupted."""
    while True:
        what = _change(sealer, head, order, by)
        if isinstance(what, str):
            return what
        change, said = what
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
            change = Change(entries=[sealer.entry(head.thread, Cancelled(by=by))], head=now, close_all=True, stop=True)
            return change, "cancelled; whoever was asked is told"
