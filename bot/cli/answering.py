"""Answers by command: the same checks as a button's, for the person who runs it; on a terminal the card comes first."""

from dataclasses import dataclass, field

import typer

from bot.bodies import AnswerKind
from bot.cli.finding import Found, look, print_request
from bot.cli.form import read_line, yes
from bot.cli.opened import Opened, RefusedError, with_store
from bot.cli.output import local, on_terminal, one_line
from bot.durations import parse_duration
from bot.grants import display_id as grant_id
from bot.ids import display_id, fresh_id
from bot.port import Answered, AnswerInbound
from bot.thread import Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer as it was typed."""

    how: AnswerKind
    option: str | None = None
    text: str = ""
    internal: str = ""
    edits: dict[str, str | bool] = field(default_factory=dict[str, str | bool])
    to: str = ""
    grant_s: int = 0


def approve(request: str, *, lasting: str | None, reason: str, sure: bool) -> None:
    """Approve a call; with `lasting`, let exactly it run without asking for so long.

    Raises:
        RefusedError: there is no such open request, or the answer does not count; says why.

    """
    grant_s = _seconds(lasting) if lasting is not None else 0
    found = look(request)
    then = f"Approve it, and let exactly this run without asking for {lasting}?" if grant_s else "Approve it?"
    agreed(found, then, sure=sure)
    _tell(found, Given(how="approve", text=reason, grant_s=grant_s))


def reject(request: str, *, reason: str, internal: str, preset: int | None, sure: bool) -> None:
    """Reject a call, with a reason that may be quoted, one of the step's own, or a part that stays inside."""
    if reason and preset is not None:
        raise RefusedError("give the reason once: in your own words (--reason), or as a number (--preset)")
    found = look(request)
    if preset is not None:
        reason = _preset(found, preset)
    if on_terminal() and found.undecided and not (reason or sure):
        print_request(found.shown)
        typer.echo()
        reason = _reason(found)
        internal = internal or _internal(found)
    else:
        agreed(found, "Reject it?", sure=sure)
    _tell(found, Given(how="reject", text=reason, internal=internal))


def give(request: str, person: str) -> None:
    """Let somebody else answer in one's place."""
    _tell(look(request), Given(how="give", to=person))


def ask(request: str, question: str, *, wait: bool) -> None:
    """Ask the agent something about a request before deciding, and wait for what it says."""
    if not question.strip():
        raise RefusedError("write your question, in quotation marks")
    found = look(request)
    if found.shown.opened.format == "free_text":
        short = display_id(found.request)
        raise RefusedError(f'this is a question to you: bot answer {short} say "..." answers it')
    _tell(found, Given(how="say", text=question))
    if wait:
        with_store(lambda made: _follow(made, found))


def answer(request: str, how: AnswerKind, words: str, *, reason: str) -> None:
    """Give one answer and say what became of it."""
    _check(how, words, reason)
    if how == "approve":
        return approve(request, lasting=None, reason=reason, sure=False)
    if how == "reject":
        return reject(request, reason=reason, internal="", preset=None, sure=False)
    found = look(request)
    if how == "choose" and found.shown.opened.kind in {"doubt", "stuck"}:
        agreed(found, f"Answer {words!a}?", sure=False)
    given = Given(how=how, option=words if how == "choose" else None, text=words if how == "say" else reason)
    return _tell(found, given)


def agreed(found: Found, question: str, *, sure: bool) -> None:
    """On a terminal, show what is decided, and go on only if that is what is meant."""
    if not on_terminal() or not found.undecided:
        return
    print_request(found.shown)
    typer.echo()
    if not sure and not yes(question):
        raise RefusedError("nothing was changed")


def _tell(found: Found, given: Given) -> None:
    answered, thread = send(found, given)
    if not answered.accepted:
        raise RefusedError(answered.text)
    typer.echo(answered.text)
    for granted in thread.grants.values():
        if given.grant_s and granted.request == found.request:
            back = f"`bot grants revoke {grant_id(granted.grant)}` takes that back"
            typer.echo(f"Exactly this {granted.step} runs without asking until {local(granted.until)}; {back}.")


def send(found: Found, given: Given) -> tuple[Answered, Thread]:
    """Give the answer to the core, which checks it; and the thread as it is after it."""

    async def work(made: Opened) -> tuple[Answered, Thread]:
        inbound = AnswerInbound(
            source=f"console:{fresh_id()}",
            request=found.request,
            identity=made.identity,
            proof="os",
            answer=given.how,
            option=given.option,
            text=given.text,
            internal=given.internal,
            edits=given.edits,
            to=given.to,
            grant_s=given.grant_s,
        )
        answered = await made.intake().answer(inbound)
        return answered, await made.thread(found.shown.card.thread)

    return with_store(work, agents=given.how == "edit")


async def _follow(made: Opened, found: Found) -> None:
    from bot.cli.following import Follower

    thread = Thread(found.shown.card.thread, made.sealer)
    await Follower(made.client, thread, made.directory, since=found.version, about=found.request).run()


def _preset(found: Found, number: int) -> str:
    reasons = found.shown.card.reject_reasons
    if 1 <= number <= len(reasons):
        return reasons[number - 1]
    if not reasons:
        raise RefusedError("this step brings no reasons of its own: say why with --reason")
    listed = "; ".join(f"{at} {one_line(reason)}" for at, reason in enumerate(reasons, 1))
    raise RefusedError(f"there is no reason number {number}: {listed}")


def _reason(found: Found) -> str:
    reasons = found.shown.card.reject_reasons
    number = "a number from above, or " if reasons else ""
    quoted = ", which may be told to the customer" if found.shown.card.outside else ""
    line = read_line(
        f"Reject it: why? ({number}your own words{quoted}; Enter: no reason; Ctrl-C: leave it open) "
    ).strip()
    return _preset(found, int(line)) if reasons and line.isdecimal() else line


def _internal(found: Found) -> str:
    return read_line("And for colleagues only? (Enter: nothing) ").strip() if found.shown.card.outside else ""


def _seconds(text: str) -> int:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise RefusedError(f"--for: {error}") from None


def _check(how: AnswerKind, words: str, reason: str) -> None:
    if how in {"choose", "say"} and not words:
        wanted = "one of the request's options" if how == "choose" else "your answer"
        raise RefusedError(f"`{how}` needs {wanted} after it")
    if how in {"approve", "reject"} and words:
        raise RefusedError(f"`{how}` takes no more words; say why with --reason")
    if how == "say" and reason:
        raise RefusedError("`say` needs no --reason: put it into the text")
