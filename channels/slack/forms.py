"""The two forms: why a request is rejected, and the answer to a question. Pure."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from channels.slack import kit
from channels.slack.limits import INPUT
from channels.slack.mrkdwn import convert, pieces
from channels.slack.payloads import View
from channels.slack.wire import JsonObject, array, as_object, as_text

_CALLBACK = "answer:"
_BLOCK = "words"
_INPUT = "text"
_REPLY = 2_000  # characters of what is told in a form

Purpose = Literal["reject", "say"]


class Origin(BaseModel):
    """Which request a form is about, and where its card stands. It travels in the form and is not trusted."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    request: str
    channel: str
    thread: str | None = None


def form(purpose: Purpose, origin: Origin) -> JsonObject:
    """Return the form to open; a reason may be left out, an answer may not."""
    reject = purpose == "reject"
    return {
        "type": "modal",
        "callback_id": f"{_CALLBACK}{purpose}",
        "private_metadata": origin.model_dump_json(),
        "title": kit.plain("Reject" if reject else "Answer"),
        "submit": kit.plain("Reject" if reject else "Send"),
        "close": kit.plain("Cancel"),
        "blocks": [
            {
                "type": "input",
                "block_id": _BLOCK,
                "optional": reject,
                "label": kit.plain("Why? The agent reads this." if reject else "Your answer"),
                "element": {
                    "type": "plain_text_input",
                    "action_id": _INPUT,
                    "multiline": True,
                    "max_length": INPUT,
                },
            }
        ],
    }


def refused(text: str) -> JsonObject:
    """Return what a form turns into when the answer did not count: why not."""
    return {
        "type": "modal",
        "title": kit.plain("Not taken"),
        "close": kit.plain("Close"),
        "blocks": array([kit.section(piece) for piece in pieces(convert(text), _REPLY)[:1]]),
    }


def purpose_of(view: View) -> Purpose | None:
    """Return which form was sent, or None if it is none of ours (any more)."""
    match view.callback_id.removeprefix(_CALLBACK):
        case "reject":
            return "reject"
        case "say":
            return "say"
        case _:
            return None


def words_in(view: View) -> str:
    """Return what was typed."""
    values = as_object(view.state.get("values"))
    return as_text(as_object(as_object(values.get(_BLOCK)).get(_INPUT)).get("value"))
