"""Requests as Block Kit: what is asked, by whom, the whole call, the agent's own words apart, and the buttons."""

from typing import assert_never

from bot.ids import display_id
from bot.places import Card, Decision
from bot.visible import line, readable
from channels.slack import kit
from channels.slack.call_view import call_view
from channels.slack.limits import ACTION_ID, BUTTON, BUTTONS, WHOLE, weight
from channels.slack.wire import JsonObject

_NEVER = 2100  # the year from which an expiry only says that there is none
APPROVE = "answer:approve"
REJECT = "answer:reject"  # opens a form for the reason
SAY = "answer:say"  # opens a form for the answer
CHOOSE = "answer:choose:"  # the option itself follows

_LABELS = {
    "doubt": {
        "it_did": "It happened",
        "run_it": "It did not: run it",
        "stop": "It did not: stop",
    },
    "stuck": {"go_on": "Go on", "stop": "Stop"},
    "question": {"yes": "Yes", "no": "No"},
    "approval": {},
}
_RUNS = {"run_it"}  # options after which the call is run
_NEEDED = {"approval": "Approval needed", "question": "Question", "doubt": "Did this happen?", "stuck": "Help needed"}
_OUTCOMES = {
    "approved": "Approved",
    "rejected": "Rejected",
    "answered": "Answered",
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
    asked_by = f" (asked by {line(card.asked_by, 60)})" if card.asked_by else ""
    return f"{_NEEDED[card.request_kind]}: {line(card.bare_title, 150)}{asked_by}"


def decision_title(decision: Decision) -> str:
    """Return what became of it in one line."""
    by = f" by {line(decision.by, 60)}" if decision.by else ""
    return f"{line(decision.card.bare_title, 150)}: {_OUTCOMES[decision.outcome].lower()}{by}"


def card_blocks(card: Card) -> list[JsonObject]:
    """Return the card with its buttons.

    A call that Slack cannot show whole cannot be approved, nor run again, in Slack: nobody approves what they have
    not seen.
    """
    top, bottom = [kit.header(card.title), *_intro(card)], _small_print(card)
    choices = _choices(card)
    rows = [kit.actions(choices[start : start + BUTTONS]) for start in range(0, len(choices), BUTTONS)]
    view = call_view(card, WHOLE - weight([*top, *rows, *bottom, *_listed(card)]) - _ROOM_FOR_OUTCOME)
    note = _not_shown(card, view.missing)
    if view.missing:
        kept = [choice for choice in choices if not _would_run(choice)]
        rows = [kit.actions(kept)] if kept else []
        note.append(kit.context(kit.plain("Nobody should approve what they cannot see, so that is not offered here.")))
    return [*top, *view.blocks, *note, *_listed(card), *rows, *bottom]


def decision_blocks(decision: Decision) -> list[JsonObject]:
    """Return the same card with what became of it instead of the buttons."""
    card = decision.card
    by = f" by {line(decision.by, 80)}" if decision.by else ""
    outcome = [kit.rich(kit.paragraph(kit.run(f"{_OUTCOMES[decision.outcome]}{by}", "bold")), *_reason(decision))]
    top, bottom = [kit.header(card.title), *outcome, *_intro(card)], [kit.context(kit.small(kit.date(decision.at)))]
    bottom += _small_print(card, waiting=False)
    view = call_view(card, WHOLE - weight([*top, *bottom]) - _ROOM_FOR_NOTE)
    return [*top, *view.blocks, *_not_shown(card, view.missing), *bottom]


def _reason(decision: Decision) -> list[JsonObject]:
    return [kit.quote(_cut(decision.reason, _LONGEST_REASON))] if decision.reason.strip() else []


def _intro(card: Card) -> list[JsonObject]:
    facts = [f"Asked by {line(card.asked_by, 80)}"] if card.asked_by else []
    facts.append(f"Agent: {line(card.agent, 80)}")
    if card.urgency == "high":
        facts.insert(0, "Urgent")
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


def _choices(card: Card) -> list[JsonObject]:
    match card.request_kind:
        case "approval":
            return [
                kit.button("Approve", APPROVE, card.request, "primary"),
                kit.button("Reject", REJECT, card.request, "danger"),
            ]
        case "question" if card.format == "free_text":
            return [kit.button("Answer", SAY, card.request)]
        case "question" | "doubt" | "stuck":
            labels = _LABELS[card.request_kind]
            return [
                kit.button(labels.get(option, option), f"{CHOOSE}{option}", card.request)
                for option in dict.fromkeys(card.options)
                if _fits_a_button(option)
            ]
        case _:
            assert_never(card.request_kind)


def _listed(card: Card) -> list[JsonObject]:
    """Spell out what the buttons cannot: options longer than a label, and how to answer in words."""
    if card.request_kind != "question":
        return []
    if card.format == "free_text":
        return [kit.context(kit.plain("Answer in this thread, or by the button."))]
    if all(len(readable(option)) <= BUTTON for option in card.options):
        return []
    told = [
        f"{number}. {_cut(option, 400)}{'' if _fits_a_button(option) else ' (too long for a button)'}"
        for number, option in enumerate(dict.fromkeys(card.options), 1)
    ]
    return [kit.rich(kit.paragraph(kit.run("\n".join(told))))]


def _not_shown(card: Card, missing: int) -> list[JsonObject]:
    if not missing:
        return []
    told = f"This is too long for Slack: {missing:,} characters are not shown here. The whole of it: "
    return [kit.rich(kit.paragraph(kit.run(told, "bold"), kit.run(f"bot show {line(card.thread, 80)}", "code")))]


def _would_run(choice: JsonObject) -> bool:
    action = str(choice.get("action_id"))
    return action == APPROVE or action.removeprefix(CHOOSE) in _RUNS


def _fits_a_button(option: str) -> bool:
    return len(CHOOSE + option) <= ACTION_ID


def _cut(text: str, most: int) -> str:
    shown = readable(text).strip()
    return shown if len(shown) <= most else f"{shown[:most]}… ({len(shown) - most:,} more characters)"
