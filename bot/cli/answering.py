"""`bot answer`: the same checks as a button's, for the person who runs the command."""

import typer

from bot.bodies import AnswerKind
from bot.cli.opened import Opened, RefusedError, with_store
from bot.ids import display_id, fresh_id
from bot.port import AnswerInbound
from bot.store import log


def answer(request: str, how: AnswerKind, words: str, *, reason: str) -> None:
    """Give one answer and say what became of it.

    Raises:
        RefusedError: there is no such open request, or the answer does not count; says why.

    """
    _check(how, words, reason)

    async def work(made: Opened) -> str:
        inbound = AnswerInbound(
            source=f"console:{fresh_id()}",
            request=await find_request(made, request),
            identity=made.identity,
            proof="os",
            answer=how,
            option=words if how == "choose" else None,
            text=words if how == "say" else reason,
        )
        answered = await made.intake().answer(inbound)
        if not answered.accepted:
            raise RefusedError(answered.text)
        return answered.text

    typer.echo(with_store(work))


def _check(how: AnswerKind, words: str, reason: str) -> None:
    if how in {"choose", "say"} and not words:
        wanted = "one of the request's options" if how == "choose" else "your answer"
        raise RefusedError(f"`{how}` needs {wanted} after it")
    if how in {"approve", "reject"} and words:
        raise RefusedError(f"`{how}` takes no more words; say why with --reason")
    if how == "say" and reason:
        raise RefusedError("`say` needs no --reason: put it into the text")


async def find_request(made: Opened, text: str) -> str:
    """The full id of an open request; a short one only helps this person to name it, and proves nothing."""
    if made.ids.thread_of(text) is not None:
        return text
    pending = await log.pending(made.client)
    found = [
        (request, thread)
        for request, thread in pending
        if text and (request.startswith(text) or request.rpartition(".")[2].startswith(text))
    ]
    match found:
        case [(request, _)]:
            return request
        case []:
            raise RefusedError(f"there is no open request {text!a}; `bot requests` lists them")
        case _:
            shown = ", ".join(f"{display_id(request)} ({thread})" for request, thread in found)
            raise RefusedError(f"{text!a} could be {shown}: give the whole id, from `bot requests --json`")
