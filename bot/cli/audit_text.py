"""One audited request as text for people: nothing is cut, and nothing that others wrote can pass for a line of ours."""

import json
from collections.abc import Iterable
from typing import Final, assert_never

from pydantic import JsonValue
from rich.cells import chop_cells
from rich.text import Text

from bot.audit.records import Answer, Audited, Other, Ran, Who
from bot.cli.output import columns, local
from bot.visible import exact, exact_value, line, readable

_LABEL = 12  # columns
_NAME = 60  # characters
_ERASED = "[erased]"
_TONES: Final = {"approved": "green", "answered": "green", "rejected": "red", "expired": "red"}
_ANSWERED: Final = {
    "approve": "approved",
    "reject": "rejected",
    "edit": "edited it",
    "give": "gave it to",
    "say": "said",
}
_HOW: Final = {"checked": ", as a check shows", "confirmed": ", as a person says"}
_OTHER: Final = {
    "request_reminded": "reminder",
    "request_escalated": "others were asked as well",
    "request_expired": "expired: nobody answered in time",
    "request_withdrawn": "withdrawn",
    "granted": "this very call may run without asking for a while",
    "grant_revoked": "the permission was taken back",
    "refused": "refused",
    "delivered": "shown",
    "delivery_failed": "could not be shown",
    "replied": "the bot answered",
}
_UNSAID = {"cards", "delivery", "final", "to"}  # of other events: it is said elsewhere, or says nothing here


def rendered(record: Audited) -> Text:
    """The whole record. What others wrote stands behind a bar, each line of it."""
    text = Text()
    title = line(record.card.title, 200) if record.card else _ERASED
    text.append(f"{record.kind} {record.display}  ", style="bold")
    text.append(title, style="bold")
    text.append(f"  {record.outcome or 'open'}\n", style=_TONES.get(record.outcome or "", "yellow"))
    _field(text, "request", record.request)
    _field(text, "thread", f"{record.thread}, entry {record.n}: {line(record.title, 80)}")
    _field(text, "agent", f"{record.agent}, for {_name(record.principal)}")
    _field(text, "asked", f"{local(record.opened_at)}  {_whom(record)}")
    until = local(record.expires_at) if record.expires_at is not None else "it is answered"
    _field(text, "open until", until)
    if record.requesters:
        _field(text, "requesters", _names(record.requesters))
    for shown in record.places:
        _field(text, "card at", line(f"{shown.place.channel} {shown.place.address}", 120))
    _card(text, record)
    _field(text, "digest", record.digest)
    for entry in record.history:
        _happened(text, record, entry)
    if record.unsound:
        _field(text, "unsound", f"read only up to here, {record.unsound}; see `bot audit verify`", "red")
    return text


def _card(text: Text, record: Audited) -> None:
    card = record.card
    if card is None:
        _field(text, "card", _ERASED)
        return
    if card.step is not None:
        _field(text, "step", line(card.step, 120))
    _values(text, "argument", card.arguments)
    _values(text, "fact", card.snapshot)
    _changes(text, card.changed)
    for label, said in (("text", card.text), ("context", card.context), ("warning", card.warning)):
        if said:
            _block(text, label, exact(said))
    if card.reversibility:
        _field(text, "effect", card.reversibility)
    if card.edited_by:
        _field(text, "edited by", line(card.edited_by, _NAME))
    if card.why:
        _block(text, "model's why", readable(card.why))


def _happened(text: Text, record: Audited, entry: Answer | Ran | Other) -> None:
    text.append(f"    {local(entry.at)}  ", style="dim")
    match entry:
        case Answer():
            _answer(text, entry)
        case Ran():
            _ran(text, record, entry)
        case Other():
            _other(text, entry)
        case _:
            assert_never(entry)


def _answer(text: Text, entry: Answer) -> None:
    what = _ANSWERED.get(entry.answer) or f"chose {line(entry.option or '', _NAME)}"
    to = f" {_names(entry.to)}" if entry.to else ""
    ended = "" if entry.outcome else "; it stayed open"
    style = "red" if entry.answer == "reject" else "green"
    text.append(f"{_name(entry.by)} {what}{to}, proven by {line(entry.proof, _NAME)}{ended}\n", style=style)
    if entry.erased:
        _field(text, "words", _ERASED)
    if entry.text:
        _block(text, "words", readable(entry.text))
    if entry.internal:
        _block(text, "internally", readable(entry.internal))
    _changes(text, entry.changes)


def _ran(text: Text, record: Audited, entry: Ran) -> None:
    style = {"step_finished": "green", "step_failed": "red", "step_in_doubt": "red"}.get(entry.type, "")
    how = (entry.how or "").replace("_", " ")
    match entry.type:
        case "step_started":
            what = f"started, attempt {entry.attempt}{_authority(record, entry)}"
        case "step_finished":
            what = f"done{_HOW.get(entry.how or '', '')}"
        case "step_failed":
            what = f"not done: {how}"
        case "step_in_doubt":
            what = f"in doubt: {how}"
        case _:
            what = f"{entry.type.replace('_', ' ')}: {how}"
    where = f" in {entry.thread}" if entry.thread != record.thread else ""
    text.append(f"{what}{where}\n", style=style)
    if entry.erased:
        _field(text, "result", _ERASED)
    if entry.result is not None:
        _block(text, "result", exact_value(entry.result))
    if entry.error:
        _block(text, "error", readable(entry.error))


def _authority(record: Audited, entry: Ran) -> str:
    """Under which permission it was started."""
    if entry.grant is not None:
        return f", under the standing permission {line(entry.grant, _NAME)}"
    if entry.digest is None:
        return ""
    same = ", as approved" if entry.digest == record.digest and record.outcome == "approved" else ""
    return f"{same} ({line(entry.digest[:8], 8)})"


def _other(text: Text, entry: Other) -> None:
    what = _OTHER.get(entry.type, entry.type.replace("_", " "))
    who = f"{_name(entry.by)}: " if entry.by else ""
    said = {name: value for name, value in entry.fields.items() if name not in _UNSAID}
    text.append(f"{who}{what}{'; text erased' if entry.erased else ''}", style="dim")
    for name, value in said.items():
        shown = local(value) if name == "until" and isinstance(value, int) else line(_json(value), 400)
        text.append(f"  {line(name, _NAME)}={shown}", style="dim")
    text.append("\n")
    for name, value in entry.body.items():
        _block(text, name, exact_value(value))


def _whom(record: Audited) -> str:
    names = _names(record.asked) or "nobody"
    whom = f"{line(record.role, _NAME)} ({names})" if record.role else names
    return f"{whom}, {record.quorum} of them" if record.quorum > 1 else whom


def _names(people: Iterable[Who]) -> str:
    return ", ".join(map(_name, people))


def _name(who: Who | None) -> str:
    """A name, and the id if that is another."""
    if who is None:
        return "the bot"
    return line(who.name if who.name == who.id else f"{who.name} ({who.id})", _NAME)


def _values(text: Text, label: str, values: dict[str, JsonValue]) -> None:
    for name, value in values.items():
        _block(text, label, f"{exact(name)} = {exact_value(value)}")


def _changes(text: Text, changes: dict[str, list[JsonValue]]) -> None:
    for name, values in changes.items():
        _block(text, "changed", f"{exact(name)}: {' -> '.join(map(exact_value, values))}")


def _field(text: Text, label: str, value: str, style: str = "") -> None:
    text.append(f"    {label:<{_LABEL}}", style="dim")
    text.append(f"{value}\n", style=style)


def _block(text: Text, label: str, value: str) -> None:
    """A bar before each line and each row that it is wrapped into, so that nothing in it looks like a line of ours."""
    room = max(columns() - _LABEL - 7, 20)
    rows = [row for part in value.split("\n") for row in chop_cells(part.expandtabs(8), room) or [""]]
    for number, row in enumerate(rows):
        text.append(f"    {label if number == 0 else '':<{_LABEL}}| ", style="dim")
        text.append(f"{row}\n")


def _json(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
