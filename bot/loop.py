"""The core loop: ask the reducer for the next move, perform it, commit what came of it."""

from typing import assert_never

from bot import asking, climbing, deciding, performing, sessions
from bot import moves as m
from bot.approvals import cards, replies
from bot.bodies import ErrorBody, TextBody
from bot.control import recall
from bot.delegating import ended
from bot.events import Replied, RequestExpired, RequestWithdrawn, StepInDoubt
from bot.held import Held, LeaseLost
from bot.interrupt import Interrupted


async def advance(held: Held) -> None:
    """Move one claimed thread as far as it goes now, then give it back.

    Raises:
        bot.held.LeaseLost: another worker has it.

    """
    while True:
        if held.runtime.draining.is_set():
            return await held.hand_over()
        move = m.next_move(held.thread, held.now())
        match move:
            case m.Wait(until=until):
                return await held.release(timer=until)
            case m.Rest():
                return await held.release()
            case _:
                sessions.show(held.runtime, held.thread, works=True)
                try:
                    await perform(held, move)
                except Interrupted:
                    if held.lost:
                        raise LeaseLost from None
                    held.interrupt.clear()
                    await held.refresh()


async def perform(held: Held, move: m.Move) -> None:
    """Perform one move and commit what came of it. A commit that was overtaken by input leaves the thread as it was."""
    match move:
        case m.Decide(mode=mode):
            await deciding.decide(held, mode)
        case m.Perform(call=call):
            await performing.perform(held, call)
        case m.Check(call=call):
            await performing.check(held, call)
        case m.Doubt(call=call):
            lost = ErrorBody(error="The worker that ran this was lost before it could say what came of it.")
            await held.commit(StepInDoubt(call=call, how="worker_lost", body=lost), decides=False, progress=True)
        case m.Ask():
            await asking.ask(held, move)
        case m.Close(request=request, why=why):
            await close(held, request, why)
        case m.Climb(request=request, rung=rung):
            await climbing.climb(held, request, rung)
        case m.Say(what=what):
            await say(held, what)
        case m.Recall():
            await recall(held.runtime.client, held.thread)
            await held.refresh()
        case m.Wait() | m.Rest():
            pass
        case _:
            assert_never(move)


async def close(held: Held, request_id: str, why: str) -> None:
    """Close a request that nobody answered, and show that wherever it was asked."""
    thread, opened = held.thread, held.thread.requests[request_id].opened
    if why == "expired":
        event, outcome = RequestExpired(request=request_id), "expired"
    else:
        reason = "cancelled" if why == "cancelled" else "resolved"
        event, outcome = RequestWithdrawn(request=request_id, reason=reason), "withdrawn"
    end = cards.Closing(outcome=outcome, reason="" if why == "expired" else f"The thread was {why}.", at=held.now())
    out = cards.closing(thread, opened, end, held.runtime.directory())
    await held.commit(event, out=out, closed=[request_id], decides=why == "expired")


async def say(held: Held, what: str) -> None:
    """Say something that needs no model."""
    final = what == "stopped"
    text = "An operator looked at this and ended it here." if final else "I am still waiting for the open decision."
    told = replies.reply(held.thread, held.runtime.directory(), text)
    also = ended(held.thread, "stopped", text) if final else []
    await held.commit(Replied(final=final, to=told.to, body=TextBody(text=text)), out=told.out, also=also)
