"""Requests as Block Kit: what is asked, by whom, the whole call, the agent's own words apart, and the buttons."""

import re
from collections.abc import Sequence
from typing import Literal

from bot.ids import display_id
from bot.places import Card, Decision
from bot.visible import line, readable
from channels.slack import buttons, kit
from channels.slack.call_view import CallView, call_view
from channels.slack.limits import BUTTON, MENTIONS, WHOLE, weight
from channels.slack.wire import JsonObject

Below = Literal["nothing", "coming", "there"]  # the file with a call that is too long for its card

_NEVER = 2100  # the year from which an expiry only says that there is none
_ACCOUNT = re.compile(r"[A-Z0-9]+/([UW][A-Z0-9]+)")
_NEEDED = {"approval": "Approval needed", "question": "Question", "doubt": "Did this happen?", "stuck": "Help needed"}
_OUTCOMES = {
    "approved": "Approved",
    "rejected": "Rejected",
    "answered": "Answered",
    "edited": "Changed",
    "given": "Given on",
    "expired": "Expired. Nothing was run",
    "withdrawn": "Withdrawn",
}
_ROOM_FOR_NOTE = 500  # that the call is too long
_ROOM_FOR_OUTCOME = 1_500  # the outcome takes the buttons' place, and must not push out what was decided
_LONGEST_TEXT = 3_000
_LONGEST_ASIDE = 1_200
_LONGEST_REASON = 600


def card_title(card: Card) -> str:
    """Return what is asked in one line, without arguments: what a notification says."""
    urgent = "Urgent: " if card.urgency == "high" else ""
    asked_by = f" (asked by {line(card.asked_by, 150)})" if card.asked_by else ""
    return f"{urgent}{_NEEDED[card.request_kind]}: {line(card.bare_title, 150)}{asked_by}"


def decision_title(decision: Decision) -> str:
    """Return what became of it in one line."""
    by = f" by {line(decision.by, 60)}" if decision.by else ""
    return f"{line(decision.card.bare_title, 150)}: {_OUTCOMES[decision.outcome].lower()}{by}"


def called(card: Card) -> list[str]:
    """Return the users whom the card notifies: only if it is urgent, and only those that the core names."""
    return users_of(card.mention) if card.urgency == "high" else []


def users_of(accounts: Sequence[str]) -> list[str]:
    """Return the users of these accounts (`T0ACME/U0ROB`), each once, without whatever is no account."""
    found = [match[1] for account in accounts if (match := _ACCOUNT.fullmatch(account))]
    return list(dict.fromkeys(found))[:MENTIONS]


def card_blocks(card: Card, below: Below = "nothing") -> list[JsonObject]:
    """Return the card with its buttons.

    A call that Slack cannot show whole cannot be approved, nor run again, in Slack, unless a file with all of it
    stands below the card: nobody approves what they have not seen.
    """
    top, bottom, view = _top(card), _small_print(card), _view(card)
    rows = buttons.rows(card, whole=not view.missing or below == "there")
    return [*top, *view.blocks, *_whole_of_it(card, view.missing, below), *_listed(card), *rows, *bottom]


def needs_file(card: Card) -> bool:
    """Whether the call is too long for a card, so that it has to be put below it before anybody may let it run."""
    return buttons.can_run(card) and _view(card).missing > 0


def file_name(card: Card) -> str:
    """Return what the file with the whole call is called: by the request, and by what was decided upon."""
    return f"call-{display_id(card.request) or 'request'}-{card.digest8 or 'whole'}.txt"


def decision_blocks(decision: Decision) -> list[JsonObject]:
    """Return the same card with what became of it instead of the buttons."""
    card = decision.card
    by = f" by {line(decision.by, 80)}" if decision.by else ""
    outcome = [kit.rich(kit.paragraph(kit.run(f"{_OUTCOMES[decision.outcome]}{by}", "bold")), *_reason(decision))]
    top, bottom = [kit.header(card.title), *outcome, *_intro(card)], [kit.context(kit.small(kit.date(decision.at)))]
    bottom += _small_print(card, waiting=False)
    view = call_view(card, WHOLE - weight([*top, *bottom]) - _ROOM_FOR_NOTE)
    return [*top, *view.blocks, *_not_shown(card, view.missing), *bottom]


def _view(card: Card) -> CallView:
    taken = [*_top(card), *buttons.rows(card, whole=True), *_small_print(card), *_listed(card)]
    return call_view(card, WHOLE - weight(taken) - _ROOM_FOR_OUTCOME)


def _top(card: Card) -> list[JsonObject]:
    users = called(card)
    return [kit.header(card.title), *([kit.people(users, "Urgent:")] if users else []), *_intro(card)]


def _reason(decision: Decision) -> list[JsonObject]:
    return [kit.quote(_cut(decision.reason, _LONGEST_REASON))] if decision.reason.strip() else []


def _intro(card: Card) -> list[JsonObject]:
    facts = ["Urgent"] if card.urgency == "high" else []
    if card.asked_by:
        facts.append(f"Asked by {line(card.asked_by, 400)}")
    if card.outside:
        facts.append("For someone from outside")
    if card.edited_by:
        facts.append(f"Changed by {line(card.edited_by, 80)}")
    if card.undoing:
        facts.append(card.undoing)
    facts.append(f"Agent: {line(card.agent, 80)}")
    blocks = [kit.context(kit.plain(" · ".join(facts)))]
    parts: list[JsonObject] = []
    if card.warning.strip():
        parts.append(kit.paragraph(kit.run(_cut(card.warning, _LONGEST_ASIDE), "bold")))
    if card.text.strip():
        parts.append(kit.paragraph(kit.run(_cut(card.text, _LONGEST_TEXT))))
    if card.context.strip():
        parts.append(kit.paragraph(kit.run(_cut(card.context, _LONGEST_ASIDE), "italic")))
    if card.why.strip():
        parts += [kit.paragraph(kit.run("The agent's words:", "bold")), kit.quote(_cut(card.why, _LONGEST_ASIDE))]
    return [*blocks, kit.rich(*parts)] if parts else blocks


def _small_print(card: Card, *, waiting: bool = True) -> list[JsonObject]:
    about = [f"Request {display_id(card.request) or card.request[:4]}"]
    if card.digest8:
        about.append(f"digest {card.digest8}")
    if card.approvers:
        names = line(", ".join(card.approvers), 300)
        about.append(f"for {names}" if card.quorum == 1 else f"for {card.quorum} of {names}")
    small = [kit.plain(line(" · ".join(about), 600))]
    if waiting and card.expires_at.year < _NEVER:
        small.append(kit.small(f"Expires {kit.date(card.expires_at)}"))
    return [kit.context(*small)]


def _listed(card: Card) -> list[JsonObject]:
    """Spell out what the buttons cannot: options longer than a label, and how to answer in words."""
    if card.request_kind != "question":
        return []
    if card.format == "free_text":
        return [kit.context(kit.plain("Answer in this thread, or by the button."))]
    if all(len(readable(option)) <= BUTTON for option in card.options):
        return []
    told = [
        f"{number}. {_cut(option, 400)}{'' if buttons.fits(option) else ' (too long for a button)'}"
        for number, option in enumerate(dict.fromkeys(card.options), 1)
    ]
    return [kit.rich(kit.paragraph(kit.run("\n".join(told))))]


def _whole_of_it(card: Card, missing: int, below: Below) -> list[JsonObject]:
    """Say where all of a call is that the card cannot show, and what that means for whoever decides."""
    if not missing:
        return []
    about = f"This is the beginning only: {missing:,} characters are not shown here. "
    match below:
        case "nothing":
            told = "Nobody should approve what they cannot see, so that is not offered here."
            return [*_not_shown(card, missing), kit.context(kit.plain(told))]
        case "coming":
            told = "The whole call comes as a file below this message. Approving it is offered then."
            return [kit.rich(kit.paragraph(kit.run(f"{about}{told}", "bold")))]
        case "there":
            told = f"{about}Read all of it before you decide, in the file below this message: "
            return [kit.rich(kit.paragraph(kit.run(told, "bold"), kit.run(file_name(card), "code")))]


def _not_shown(card: Card, missing: int) -> list[JsonObject]:
    if not missing:
        return []
    told = f"This is too long for Slack: {missing:,} characters are not shown here. The whole of it: "
    return [kit.rich(kit.paragraph(kit.run(told, "bold"), kit.run(f"bot show {line(card.thread, 80)}", "code")))]


def _cut(text: str, most: int) -> str:
    shown = readable(text).strip()
    return shown if len(shown) <= most else f"{shown[:most]}… ({len(shown) - most:,} more characters)"
