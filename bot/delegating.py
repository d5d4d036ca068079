"""Give a part of a task to another agent, in a thread of its own; and tell the parent what came of it.

A child lies in its parent's shard and begins in the commit of the parent's choice. Its end is an input of the parent,
written in the very call that ends it: no parent waits for a child that is over. The child acts for the same principal,
its requesters are the parent's, and it speaks to people where the parent does; its last word is for the parent alone.
"""

from bot import steps as s
from bot.bodies import Birth, Ending, MessageBody, TextBody
from bot.entries import Sealer
from bot.events import Delegated, DelegateFinished, MessageReceived
from bot.held import Held
from bot.ids import child_id
from bot.store.changes import Also
from bot.thread import Thread

_TITLE = 80  # characters of the task that lists show


def delegated(held: Held, step: s.Delegate, call: str) -> tuple[Delegated, Also]:
    """What the parent notes, and the beginning of the child."""
    thread, name = held.thread, child_id(held.thread.id, call)
    birth, principal = thread.birth, thread.principal
    if birth is None or principal is None:
        msg = f"thread {thread.id} has no beginning"
        raise ValueError(msg)
    title = " ".join(step.task.split())[:_TITLE]
    first = MessageReceived(
        by="bot",
        source=f"delegate:{thread.id}/{call}",
        trust=birth.trust,
        place=thread.origin,
        birth=Birth(
            agent=step.agent,
            principal=birth.principal,
            trust=birth.trust,
            approvers=held.runtime.approvers_for(step.agent, thread) or thread.approvers,
            origin=thread.origin,
            parent=thread.id,
            requesters=thread.requesters(thread.version),
            depth=birth.depth + 1,
            rejected=thread.banned,
        ),
        body=MessageBody(text=step.task, name=principal.name, title=title),
    )
    origin = thread.origin.model_dump_json(exclude_none=True)
    head = {"status": "ready", "agent": step.agent, "title": title, "origin": origin, "parent": thread.id}
    child = Also(thread=name, entries=[thread.sealer.entry(name, first)], head=head, birth=True)
    return Delegated(child=name, agent=step.agent, call=call), child


def ended(thread: Thread, outcome: Ending, text: str) -> list[Also]:
    """What the parent hears of this thread's end; nothing if it has none."""
    parent = thread.birth.parent if thread.birth is not None else None
    return told(thread.sealer, thread.id, parent, outcome, text, rejected=thread.banned)


def told(
    sealer: Sealer, child: str, parent: str | None, outcome: Ending, text: str, *, rejected: tuple[str, ...] = ()
) -> list[Also]:
    """The same for a thread that cannot be folded, by what its head says."""
    if not parent:
        return []
    event = DelegateFinished(by="bot", child=child, outcome=outcome, rejected=rejected, body=TextBody(text=text))
    return [Also(thread=parent, entries=[sealer.entry(parent, event)])]
