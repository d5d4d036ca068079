"""A request in full, as lines for a terminal: what is asked, the exact call, who may answer, and by which commands."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from bot.approvals import approvers, cards
from bot.cli.output import ahead, local, one_line
from bot.durations import duration
from bot.events import NEVER, RequestOpened
from bot.ids import display_id
from bot.people import Directory
from bot.places import Card, EditField
from bot.thread import RequestState, Thread
from bot.visible import exact, exact_value, readable

Style = Literal["", "bold", "dim", "red", "yellow"]
_HEADINGS = {"approval": "Approval", "question": "Question", "doubt": "In doubt", "stuck": "Stuck"}
_OUTCOMES = {
    "approved": "It was approved{by}",
    "rejected": "It was rejected{by}",
    "answered": "It was answered{by}",
    "edited": "It was changed{by} and is asked again",
    "given": "It was given to somebody else{by} and is asked again",
    "expired": "It expired: nobody decided, and that approves nothing",
    "withdrawn": "It was withdrawn",
}
_OPTIONS = {
    "doubt": {"it_did": "it happened", "run_it": "it did not happen: run it", "stop": "it did not happen: leave it"},
    "stuck": {"go_on": "let it go on", "stop": "end it"},
}
_RUNGS = {"show": "shown to more people", "remind": "reminded", "escalate": "escalated"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A request, its card, and the names of those whom it concerns now."""

    card: Card
    state: RequestState
    cancelled: bool
    able: Sequence[str]  # who may answer it
    approved: Sequence[str]  # who approved it so far
    receivers: Sequence[str]  # to whom it may be given

    @property
    def opened(self) -> RequestOpened:
        """As it was opened."""
        return self.state.opened


def shown_of(thread: Thread, state: RequestState, directory: Directory, me: str) -> Shown:
    """Collect what is to be shown of a request to this person."""
    opened = state.opened
    people = [directory.by_id(person) for person in state.approvers]
    able = [person.name for person in people if approvers.may_answer(state, person)]
    voted = [directory.by_id(person).name for person in approvers.approving(state, directory)]
    receivers = approvers.receivers(directory, opened) if opened.kind != "stuck" else ()
    return Shown(
        card=cards.card(thread, opened, directory),
        state=state,
        cancelled=thread.cancelled,
        able=able,
        approved=voted,
        receivers=[person.name for person in receivers if person.id != me],
    )


def request_lines(shown: Shown) -> Iterator[tuple[str, Style]]:
    """All that an answer depends on, in full: nothing of the call is cut, and nothing in it can hide."""
    card = shown.card
    heading, title = _HEADINGS[card.request_kind], one_line(card.title)
    yield f"{heading} {display_id(card.request)}{f': {title}' if title != heading else ''}", "bold"
    yield _facts(card), ""
    yield from _outcome(shown)
    for text in (card.warning, card.text, card.context):
        if text.strip():
            yield f"\n{readable(text).strip()}", "yellow" if text is card.warning else ""
    yield from _call(card)
    if card.why.strip():
        yield "\nThe agent's words, which nobody has checked:", "dim"
        yield _cited(readable(card.why)), ""
    yield "", ""
    yield from _people(shown)
    yield from _possible(shown)
    digest = f", digest {card.digest8}" if card.digest8 else ""
    yield f"Thread {card.thread}, request {card.request}{digest}", "dim"


def ways(opened: RequestOpened) -> list[str]:
    """The commands by which it can be answered."""
    short = display_id(opened.request)
    ask, give = f'bot ask {short} "..."', f"bot give {short} PERSON"
    if opened.kind == "approval":
        grant = f"   (or: --for {duration(opened.may_grant_us // 1_000_000)})" if opened.may_grant_us else ""
        edit = [f"bot edit {short} {one_line(opened.editable[0])}=..."] if opened.editable else []
        return [f"bot approve {short}{grant}", f'bot reject {short} --reason "..."', *edit, ask, give]
    if opened.format == "free_text":
        return [f'bot answer {short} say "..."', give]
    choose = f"bot answer {short} choose {one_line(' | '.join(opened.options))}"
    return [choose] if opened.kind == "stuck" else [choose, ask, give]


def _facts(card: Card) -> str:
    told = ["Urgent."] if card.urgency == "high" else []
    told += [f"Asked by {one_line(card.asked_by)}."] if card.asked_by else []
    told += [f"Changed by {one_line(card.edited_by)}."] if card.edited_by else []
    told += ["For somebody from outside."] if card.outside else []
    told += [f"{card.undoing}."] if card.undoing else []
    return " ".join([*told, f"Agent: {one_line(card.agent)}."])


def _outcome(shown: Shown) -> Iterator[tuple[str, Style]]:
    state = shown.state
    if state.outcome is None:
        if shown.cancelled:
            yield "Its thread was cancelled, so it needs no answer any more.", "red"
        return
    name = state.closed_by.body.name if state.closed_by and state.closed_by.body else ""
    how = _OUTCOMES[state.outcome].format(by=f" by {one_line(name)}" if name else "")
    at = f" ({local(state.closed_at)})" if state.closed_at else ""
    yield f"{how}{at}.", "red"


def _call(card: Card) -> Iterator[tuple[str, Style]]:
    if card.changed:
        yield "\nChanged since this was last asked:", "yellow"
        yield _pairs({name: " → ".join(map(exact_value, values)) for name, values in card.changed.items()}), ""
    if card.step:
        yield f"\n{'What will run' if card.request_kind == 'approval' else 'The call'}: {exact(card.step)}", "bold"
    if card.arguments:
        yield _pairs(_exactly(card.arguments)), ""
    if card.snapshot:
        yield "As it stands now:", ""
        yield _pairs(_exactly(card.snapshot)), ""


def _people(shown: Shown) -> Iterator[tuple[str, Style]]:
    card, state = shown.card, shown.state
    if state.outcome is not None or shown.cancelled:
        return
    votes = f"; it takes {card.quorum} of them" if card.quorum > 1 else ""
    role = f" ({one_line(shown.opened.role)})" if shown.opened.role else ""
    yield f"May answer: {_listed(shown.able) or 'nobody any more'}{role}{votes}", ""
    if shown.approved:
        yield f"Approved so far: {_listed(shown.approved)}", ""
    for escalation in state.escalations:
        yield f"Escalated to {one_line(escalation.role)}{f', {local(escalation.at)}' if escalation.at else ''}", ""
    yield f"Asked {local(shown.opened.at or 0)}; {deadline(state)}", ""


def deadline(state: RequestState) -> str:
    """When its ladder goes on, and when it expires."""
    following = f"{coming} {ahead(state.next_rung)}, " if (coming := rung(state)) and state.next_rung else ""
    expires = state.opened.expires_at
    return following + ("it does not expire" if expires >= NEVER else f"expires {ahead(expires)} ({local(expires)})")


def rung(state: RequestState) -> str:
    """What comes next if nobody answers."""
    rungs = state.opened.rungs
    return _RUNGS[rungs[state.climbed].do] if state.climbed < len(rungs) else ""


def _possible(shown: Shown) -> Iterator[tuple[str, Style]]:
    card = shown.card
    if shown.state.outcome is not None or shown.cancelled:
        return
    if meaning := _OPTIONS.get(card.request_kind):
        yield "\nAnswers:", ""
        for option in card.options:
            yield f"  {option:<8}{meaning.get(option, '')}", ""
    if card.fields:
        yield "\nYou may change:", ""
        for field in card.fields:
            yield f"  {described(field)}", ""
    if card.reject_reasons:
        yield "\nReasons to reject it with (--preset):", ""
        for number, reason in enumerate(card.reject_reasons, 1):
            yield f"  {number}  {one_line(reason)}", ""
    if card.may_grant_s:
        by = f"\nWhoever has the role {one_line(shown.opened.role)}" if shown.opened.role else "\nYou"
        yield f"{by} may let exactly this run without asking (--for), for {duration(card.may_grant_s)} at most.", ""
    if shown.receivers:
        yield f"\nIt may be given to: {_listed(shown.receivers)}", ""


def described(field: EditField) -> str:
    """What there is to know of a field before it is changed, but its value."""
    told = [one_line(field.description)] if field.description else []
    told += [f"one of {', '.join(map(one_line, field.choices))}"] if field.choices else []
    told += [
        {"yes_no": "yes or no", "json": "as JSON", "whole": "a whole number", "number": "a number"}.get(field.kind, "")
    ]
    told += [] if field.required else ["may be empty"]
    words = "; ".join(filter(None, told))
    return f"{one_line(field.name)}{f'  {words}' if words else ''}"


def _exactly(values: Mapping[str, JsonValue]) -> dict[str, str]:
    return {name: exact_value(value) for name, value in values.items()}


def _pairs(values: Mapping[str, str]) -> str:
    """Names and values, each in full; a value of several lines has a mark before each."""
    wide = max(len(exact(name)) for name in values)
    return "\n".join(
        f"  {exact(name):<{wide}}  {text}" if "\n" not in text else f"  {exact(name)}\n{_cited(text)}"
        for name, text in values.items()
    )


def _cited(text: str) -> str:
    return "\n".join(f"    | {part}" for part in text.strip("\n").split("\n"))


def _listed(names: Sequence[str]) -> str:
    return one_line(", ".join(names))
