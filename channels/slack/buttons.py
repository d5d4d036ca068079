"""The buttons of a request: what payloads call them, which of them a card has, and in what order."""

from typing import NamedTuple, assert_never

from bot.places import Card
from channels.slack import kit
from channels.slack.limits import ACTION_ID, BUTTONS
from channels.slack.wire import JsonObject

APPROVE = "answer:approve"
REJECT = "answer:reject"  # opens a form, as do all that follow
EDIT = "answer:edit"
ASK = "answer:ask"
SAY = "answer:say"
GIVE = "answer:give"
GRANT = "answer:grant"
MORE = "answer:more"  # a menu of those less used; its options are `<action id>|<request>`
CHOOSE = "answer:choose:"  # the option itself follows; it is an answer

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
_RUNS = frozenset({"run_it"})  # options after which the call is run


class Pick(NamedTuple):
    """What was pressed, and for which request: as the payload says it, so not trusted."""

    action: str
    request: str


def rows(card: Card, *, whole: bool) -> list[JsonObject]:
    """Return the rows of buttons; `whole`: the call is shown to its end, so that it may be made to run from here."""
    found = _choices(card, whole=whole)
    return [kit.actions(found[start : start + BUTTONS]) for start in range(0, len(found), BUTTONS)]


def can_run(card: Card) -> bool:
    """Whether one of its buttons would make a call run."""
    match card.request_kind:
        case "approval":
            return True
        case "question" | "doubt" | "stuck":
            return any(option in _RUNS for option in card.options)
        case _:
            assert_never(card.request_kind)


def fits(option: str) -> bool:
    """Whether this option can have a button of its own."""
    return len(CHOOSE + option) <= ACTION_ID


def picked(action_id: str, value: str, selected: str) -> Pick:
    """Read a press: of a button with its value, or in the menu with the value of the option that was selected."""
    if action_id != MORE:
        return Pick(action_id, value)
    action, _, request = selected.partition("|")
    return Pick(action if action in {GIVE, GRANT} else "", request)


def _choices(card: Card, *, whole: bool) -> list[JsonObject]:
    match card.request_kind:
        case "approval":
            return _of_approval(card, whole=whole)
        case "question" if card.format == "free_text":
            return [kit.button("Answer", SAY, card.request), *_more(card)]
        case "question" | "doubt":
            return [*_options(card, whole=whole), kit.button("Ask", ASK, card.request), *_more(card)]
        case "stuck":
            return _options(card, whole=whole)
        case _:
            assert_never(card.request_kind)


def _of_approval(card: Card, *, whole: bool) -> list[JsonObject]:
    approve = [kit.button("Approve", APPROVE, card.request, "primary")] if whole else []
    edit = [kit.button("Edit", EDIT, card.request)] if card.fields else []
    return [
        *approve,
        kit.button("Reject", REJECT, card.request, "danger"),
        *edit,
        kit.button("Ask", ASK, card.request),
        *_more(card, grant=whole and card.may_grant_s > 0),
    ]


def _options(card: Card, *, whole: bool) -> list[JsonObject]:
    labels = _LABELS[card.request_kind]
    return [
        kit.button(labels.get(option, option), f"{CHOOSE}{option}", card.request)
        for option in dict.fromkeys(card.options)
        if fits(option) and (whole or option not in _RUNS)
    ]


def _more(card: Card, *, grant: bool = False) -> list[JsonObject]:
    """Return a button for the one thing that there is besides, or a menu for two."""
    if not grant:
        return [kit.button("Give to…", GIVE, card.request)]
    offered = {GIVE: "Give to…", GRANT: "Approve for a while…"}
    options = [kit.option(label, f"{action}|{card.request}") for action, label in offered.items()]
    return [kit.overflow(MORE, options)]
