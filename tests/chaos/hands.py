"""One person's hands at a form in Slack: opened, filled in, sent, and sent again if nobody heard it."""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Mapping

from bot.playground.slack import Outcome, SlackPeer
from bot.playground.slack.inputs import ControlRefusedError, elements, options
from bot.playground.slack.models import Message, View
from bot.playground.slack.wire import JsonObject, as_objects, as_text

APPROVE, REJECT, CHOOSE = "answer:approve", "answer:reject", "answer:choose:"
EDIT, ASK, GIVE, GRANT, MORE = "answer:edit", "answer:ask", "answer:give", "answer:grant", "answer:more"
_TRIES = 5
_REQUEST = re.compile(r"[0-9]{2}-[a-z2-7]{16}\.\w+\.\w+")


class Hands:
    """Everybody's; each of them has one form open at a time."""

    def __init__(self, slack: SlackPeer, taken: Counter[tuple[str, str, str]]) -> None:
        """Take where the forms are, and what counts those that were taken: by (person, request, answer)."""
        self.slack = slack
        self.taken = taken
        self._busy: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def edit(self, user: str, card: Message, request: str, label: str, hold_ms: int | None) -> None:
        """Change the label, and sometimes how long it takes."""
        held = {} if hold_ms is None else {"field-0": str(hold_ms)}
        await self._fill(user, card, request, EDIT, {"field-1": label, **held})

    async def ask(self, user: str, card: Message, request: str) -> None:
        """Ask the agent something."""
        await self._fill(user, card, request, ASK, {"text": "Who ordered this?"})

    async def reject(self, user: str, card: Message, request: str) -> None:
        """One of those who press means no: which of the two counts is decided once."""
        await self._fill(user, card, request, REJECT, {"preset": "0", "text": "not today"})

    async def give(self, user: str, card: Message, request: str, to: str) -> None:
        """Let somebody else decide."""
        await self._fill(user, card, request, GIVE, {"to": to})

    async def grant(self, user: str, card: Message, request: str) -> None:
        """Approve it for as long as one can."""
        await self._fill(user, card, request, GRANT, {})

    async def _fill(self, user: str, card: Message, request: str, action: str, values: Mapping[str, str]) -> None:
        async with self._busy[user]:
            try:
                view = await self._open(user, card, request, action)
                if view is not None:
                    await self._send(user, view, request, action, values)
            except ControlRefusedError:
                return  # there is no such button, or nobody like that in the list: people see that and leave it

    async def _open(self, user: str, card: Message, request: str, action: str) -> View | None:
        """The form that the button, or the menu, opens; None if it was not opened in time, or all is over."""
        menu = _menu(card, f"{action}|{request}")
        if menu:
            option = f"{action}|{request}"
            outcome = await self.slack.click(user, card.channel, card.ts, MORE, option, block_id=menu, stale=True)
        else:
            outcome = await self.slack.click(user, card.channel, card.ts, action, request, stale=True)
        views = [self.slack.core.surfaces.views[view] for view in outcome.modals]
        fits = (view for view in views if request in as_text(view.body.get("private_metadata")))
        return next((view for view in fits if view.body.get("callback_id") == action), None)

    async def _send(self, user: str, view: View, request: str, action: str, values: Mapping[str, str]) -> None:
        filled = dict(values) | ({"seconds": _longest(view)} if action == GRANT else {})
        for _ in range(_TRIES):
            outcome: Outcome = await self.slack.submit_view(user, view.id, filled)
            if view.id not in outcome.modals:
                self.taken[user, request, action.removeprefix("answer:")] += 1
                return
            if outcome.acked or outcome.errors:
                break
            await asyncio.sleep(0.5)
        await self.slack.close_view(user, view.id)


def _longest(view: View) -> str:
    """The last of the times on offer."""
    blocks = as_objects(view.body.get("blocks"))
    spans = [as_text(option.get("value")) for _, element in elements(blocks) for option in options(element)]
    return spans[-1]


def actions_of(message: Message, request: str) -> list[str]:
    """The buttons of a message, and its menu, that are about this request."""
    found = (element for _, element in elements(message.blocks) if request in _about(element))
    return [as_text(element.get("action_id")) for element in found]


def requests_of(message: Message) -> list[str]:
    """The requests that the buttons of a message are about."""
    values = (value for _, element in elements(message.blocks) for value in _about(element))
    return list(dict.fromkeys(value for value in values if _REQUEST.fullmatch(value)))


def _about(element: JsonObject) -> list[str]:
    """What a button stands for, or the options of a menu."""
    values = [as_text(option.get("value")).partition("|")[2] for option in options(element)]
    return [value for value in (as_text(element.get("value")), *values) if value]


def _menu(message: Message, option: str) -> str:
    """The block in which a menu has this option; empty if there is none."""
    for block, element in elements(message.blocks):
        if option in [as_text(one.get("value")) for one in options(element)]:
            return as_text(block.get("block_id"))
    return ""
