"""The forms that buttons open: a reason, a question, an answer, an edit, somebody else, a while. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, assert_never

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.port import Asked
from bot.visible import line
from channels.slack import edit_form, inputs, kit
from channels.slack.limits import OPTION_VALUE, OPTIONS, RADIOS
from channels.slack.mrkdwn import convert, pieces
from channels.slack.payloads import View
from channels.slack.wire import JsonObject, array

Purpose = Literal["reject", "say", "ask", "edit", "give", "grant"]

WORDS, INTERNAL, PRESET, TO, SECONDS = "words", "internal", "preset", "to", "seconds"  # the inputs, by their blocks
NOTHING_TO_EDIT = "Nothing of this call can be changed here: approve it, reject it, or ask the agent for another one."
NO_GRANT = "This call cannot be approved for a while: it is asked each time."

_CALLBACK = "answer:"
_REPLY = 2_000  # characters of what is told in a form
_SPANS_S = (900, 3_600, 4 * 3_600, 8 * 3_600, 86_400, 3 * 86_400, 7 * 86_400)
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


class Origin(BaseModel):
    """Which request a form is about, and where its card stands. It travels in the form and is not trusted."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    request: str
    channel: str
    thread: str | None = None
    home: bool = False  # its buttons stand in the Home tab


def form(purpose: Purpose, origin: Origin, asked: Asked, now: datetime) -> JsonObject | str:
    """Return the form to open, or why there is none."""
    match purpose:
        case "reject":
            return _modal(purpose, origin, "Reject", "Reject", _reject(asked))
        case "say":
            return _modal(purpose, origin, "Answer", "Send", [_words("Your answer")])
        case "ask":
            return _modal(purpose, origin, "Ask the agent", "Ask", _ask())
        case "edit" if edit_form.can_be_filled_in(asked.fields):
            told = "Nothing runs yet: what you make of it is asked again, and it takes somebody else to approve it."
            return _modal(purpose, origin, "Change the call", "Change", [_note(told), *edit_form.blocks(asked.fields)])
        case "edit":
            return NOTHING_TO_EDIT
        case "give":
            return _modal(purpose, origin, "Give to somebody else", "Give", _give(asked))
        case "grant" if asked.may_grant_s > 0:
            return _modal(purpose, origin, "Approve for a while", "Approve", _grant(asked, now))
        case "grant":
            return NO_GRANT
        case _:
            assert_never(purpose)


def refused(text: str, typed: str = "") -> JsonObject:
    """Return what a form turns into when the answer did not count: why not, and what was typed, to keep."""
    kept = [kit.rich(kit.paragraph(kit.run("What you wrote:", "bold")), kit.preformatted(typed))] if typed else []
    return {
        "type": "modal",
        "title": kit.plain("Not taken"),
        "close": kit.plain("Close"),
        "blocks": array([*(kit.section(piece) for piece in pieces(convert(text), _REPLY)[:1]), *kept]),
    }


def purpose_of(view: View) -> Purpose | None:
    """Return which form was sent, or None if it is none of ours (any more)."""
    match view.callback_id.removeprefix(_CALLBACK):
        case "reject" | "say" | "ask" | "edit" | "give" | "grant" as purpose:
            return purpose
        case _:
            return None


def origin_of(view: View) -> Origin | None:
    """Return which request the form says it is about."""
    try:
        return Origin.model_validate_json(view.private_metadata)
    except ValidationError:
        return None


def reason_in(view: View, asked: Asked | None) -> str:
    """Return the reason that may be quoted: the one that was picked of those on offer, and what was typed."""
    known = dict(_numbered(asked.reject_reasons)) if asked else {}
    picked = known.get(inputs.put_in(view, PRESET) or "", "")
    return ": ".join(part for part in (picked, inputs.put_in(view, WORDS) or "") if part)


def for_how_long(seconds: int) -> str:
    """Return a span in words: `1 day 4 hours`."""
    parts: list[str] = []
    for size, unit in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}{'s' if count > 1 else ''}")
    return " ".join(parts)


def _modal(purpose: Purpose, origin: Origin, title: str, submit: str, blocks: list[JsonObject]) -> JsonObject:
    return {
        "type": "modal",
        "callback_id": f"{_CALLBACK}{purpose}",
        "private_metadata": origin.model_dump_json(),
        "title": kit.plain(title),
        "submit": kit.plain(submit),
        "close": kit.plain("Cancel"),
        "blocks": array(blocks),
    }


def _words(label: str, *, hint: str = "", optional: bool = False) -> JsonObject:
    return inputs.block(inputs.words("text"), label, name=WORDS, hint=hint, optional=optional)


def _note(text: str) -> JsonObject:
    return kit.rich(kit.paragraph(kit.run(text)))


def _reject(asked: Asked) -> list[JsonObject]:
    made: list[JsonObject] = []
    if presets := dict(_numbered(asked.reject_reasons)):
        element = inputs.radio(PRESET, presets) if len(presets) <= RADIOS else inputs.select(PRESET, presets)
        made.append(inputs.block(element, "Why?", optional=True))
    if not asked.outside:
        label = "In your own words" if presets else "Why? The agent reads this."
        return [*made, _words(label, optional=True)]
    told = "The agent reads this, and may quote it to the customer."
    inside = "Neither the agent nor the customer gets to see this; those who were asked do."
    return [
        *made,
        _words("What the customer may be told", hint=told, optional=True),
        inputs.block(inputs.words(INTERNAL), "Internal, stays here", hint=inside, optional=True),
    ]


def _ask() -> list[JsonObject]:
    told = "The request stays open. The answer comes below the card; the agent may look something up for it."
    return [_words("Your question to the agent", hint=told)]


def _give(asked: Asked) -> list[JsonObject]:
    known = {one.person: one.name for one in asked.candidates if 0 < len(one.person) <= OPTION_VALUE}
    element = inputs.select(TO, known) if 0 < len(known) <= OPTIONS else inputs.user(TO)
    return [inputs.block(element, "To whom?", hint="They are asked in your place.")]


def _grant(asked: Asked, now: datetime) -> list[JsonObject]:
    spans = sorted({span for span in _SPANS_S if span < asked.may_grant_s} | {asked.may_grant_s})
    options = {
        str(span): f"{for_how_long(span)} (until {now + timedelta(seconds=span):%a %d %b %H:%M} UTC)" for span in spans
    }
    what = line(asked.title, 150) or "this call"
    told = (
        "This approves the call on the card, and lets exactly the same call run again without asking anybody, as "
        "often as the agent is asked for it, until the time that you choose. Any other argument is asked again. "
        "The command bot grants lists what may run so, and takes it back at once."
    )
    return [
        kit.rich(kit.paragraph(kit.run("Careful: ", "bold"), kit.run(told))),
        inputs.block(inputs.select(SECONDS, options), f"For how long may “{what}” run without being asked?"),
    ]


def _numbered(reasons: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Number the reasons that fit into a form; what is picked is read by its number, never as a text."""
    return [(str(place), reason) for place, reason in enumerate([*reasons][:OPTIONS]) if reason.strip()]
