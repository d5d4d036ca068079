"""Pause, resume and cancel a thread: what people may do to it from outside."""

from typing import Literal

from bot.entries import encode
from bot.events import Cancelled, Paused, Resumed, Unparked
from bot.store import scripts
from bot.store.log import Head
from bot.store.scripts import Change
from bot.store.server import Client

Order = Literal["pause", "resume", "cancel"]


async def control(client: Client, head: Head, order: Order, by: str) -> str:
    """Carry out an order and say in one line what it did. A running action is never interrupted."""
    if head.cancelled:
        return "this thread was cancelled before; start a new one to ask again"
    match order:
        case "pause" if head.paused:
            return "it is paused already"
        case "pause":
            change = Change(entries=[encode(Paused(by=by))], head={"paused": "1", "status": "paused"}, stop=True)
            said = "paused; approvals are still taken, and nothing runs until it is resumed"
        case "resume" if not head.paused:
            return "it is not paused"
        case "resume":
            event = Unparked(by=by) if head.status == "parked" else Resumed(by=by)
            change = Change(entries=[encode(event)], head={"paused": "0", "status": "ready"})
            said = "resumed"
        case "cancel":
            head_now = {"cancelled": "1", "paused": "0", "status": "cancelled"}
            change = Change(entries=[encode(Cancelled(by=by))], head=head_now, close_all=True, stop=True)
            said = "cancelled; whoever was asked is told"
    await scripts.ingest(client, head.thread, change)
    return said
