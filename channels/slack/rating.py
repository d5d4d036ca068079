"""What people think of an answer: two buttons below it, and the form in which they may say what was wrong."""

import re
from typing import Literal, NamedTuple

from channels.slack import inputs, kit
from channels.slack.payloads import View
from channels.slack.wire import JsonObject, array

RATE = "rate"  # the action
FORM = "rate:words"  # the form
WORDS = "words"
_VALUE = re.compile(r"(up|down) ([0-9]{2}-[a-z2-7]{16})/(c[0-9]{1,9})")
_ANSWER = re.compile(r"([0-9]{2}-[a-z2-7]{16})/(c[0-9]{1,9})")


class Rated(NamedTuple):
    """What somebody thinks of which answer: as the payload says it, so not trusted."""

    value: Literal["up", "down"]
    thread: str
    call: str


def buttons(answer: str) -> JsonObject:
    """Return the two buttons for an answer, by its thread and call: `03-…/c7`."""
    return {
        "type": "context_actions",
        "elements": array(
            [
                {
                    "type": "feedback_buttons",
                    "action_id": RATE,
                    "positive_button": _button("Good answer", f"up {answer}"),
                    "negative_button": _button("Bad answer", f"down {answer}"),
                }
            ]
        ),
    }


def rated(value: str) -> Rated | None:
    """Read a press; None if it is none of ours."""
    match = _VALUE.fullmatch(value)
    return Rated("up" if match[1] == "up" else "down", match[2], match[3]) if match else None


def form(rated: Rated) -> JsonObject:
    """Return the form in which to say what was wrong; it need not be filled in."""
    hint = "Whoever looks after this bot reads it. The agent does not."
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": f"{rated.thread}/{rated.call}",
        "title": kit.plain("What was wrong?"),
        "submit": kit.plain("Send"),
        "close": kit.plain("No, thanks"),
        "blocks": array(
            [inputs.block(inputs.words("text"), "In your own words", name=WORDS, hint=hint, optional=True)]
        ),
    }


def sent(view: View) -> tuple[Rated, str] | None:
    """Read a form: the answer it is about, and the words; None if it is none of ours."""
    match = _ANSWER.fullmatch(view.private_metadata)
    if view.callback_id != FORM or match is None:
        return None
    return Rated("down", match[1], match[2]), (inputs.put_in(view, WORDS) or "").strip()


def _button(label: str, value: str) -> JsonObject:
    return {"text": kit.plain(label), "accessibility_label": label, "value": value}
