"""The few Block Kit shapes that we use, made so that foreign text in them is never read as markup."""

from collections.abc import Sequence
from datetime import datetime

from bot.visible import line
from channels.slack.limits import BUTTON, HEADER, OPTION
from channels.slack.wire import JsonObject, array


def plain(text: str) -> JsonObject:
    """Return a text object that Slack shows as it is: no mentions, no links, no `:emoji:`."""
    return {"type": "plain_text", "text": text, "emoji": False}


def header(text: str) -> JsonObject:
    """Return a heading, cut to one line."""
    return {"type": "header", "text": plain(line(text, HEADER) or "(no title)")}


def section(mrkdwn: str) -> JsonObject:
    """Return a paragraph of text that is mrkdwn already; `verbatim`: Slack makes no links or mentions out of it."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn, "verbatim": True}}


def context(*elements: JsonObject) -> JsonObject:
    """Return a line of small print."""
    return {"type": "context", "elements": array(elements)}


def small(text: str) -> JsonObject:
    """Return mrkdwn as a part of a context."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def date(moment: datetime) -> str:
    """Return mrkdwn that shows a moment in each reader's own time zone."""
    fallback = f"{moment:%Y-%m-%d %H:%M} UTC"
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} at {{time}}|{fallback}>"


def rich(*parts: JsonObject) -> JsonObject:
    """Return a block of rich text: structure instead of markup, so nothing in a text can leave its place."""
    return {"type": "rich_text", "elements": array(parts)}


def paragraph(*runs: JsonObject) -> JsonObject:
    """Return a line of a rich text."""
    return {"type": "rich_text_section", "elements": array(runs)}


def preformatted(text: str) -> JsonObject:
    """Return a code block of a rich text."""
    return {"type": "rich_text_preformatted", "elements": [run(text)]}


def quote(text: str) -> JsonObject:
    """Return a quotation in a rich text."""
    return {"type": "rich_text_quote", "elements": [run(text)]}


def run(text: str, style: str = "") -> JsonObject:
    """Return characters of a rich text, a space for none; `style` is empty, bold, italic, strike or code."""
    plain_run: JsonObject = {"type": "text", "text": text or " "}  # Slack refuses an empty one
    return {**plain_run, "style": {style: True}} if style else plain_run


def link(url: str, label: str) -> JsonObject:
    """Return a link in a rich text. Only code names its address; the label is a text like any other."""
    return {"type": "link", "url": url, "text": line(label, OPTION * 2) or url}


def when(moment: datetime) -> JsonObject:
    """Return a moment in a rich text, in each reader's own time zone."""
    fallback = f"{moment:%Y-%m-%d %H:%M} UTC"
    form = "{date_short_pretty} at {time}"
    return {"type": "date", "timestamp": int(moment.timestamp()), "format": form, "fallback": fallback}


def bullets(rows: Sequence[JsonObject]) -> JsonObject:
    """Return paragraphs as a list in a rich text."""
    return {"type": "rich_text_list", "style": "bullet", "elements": array(rows)}


def confirm(title: str, text: str, yes: str, no: str) -> JsonObject:
    """Return the question that is asked before a button does something."""
    return {"title": plain(title), "text": plain(text), "confirm": plain(yes), "deny": plain(no)}


def button(label: str, action_id: str, value: str, style: str = "") -> JsonObject:
    """Return a button; `style` is empty, primary or danger."""
    made: JsonObject = {
        "type": "button",
        "text": plain(line(label, BUTTON) or "?"),
        "action_id": action_id,
        "value": value,
    }
    return {**made, "style": style} if style else made


def actions(buttons: list[JsonObject]) -> JsonObject:
    """Return a row of buttons."""
    return {"type": "actions", "elements": array(buttons)}


def option(label: str, value: str) -> JsonObject:
    """Return one option of a menu."""
    return {"text": plain(line(label, OPTION) or "?"), "value": value}


def overflow(action_id: str, options: list[JsonObject]) -> JsonObject:
    """Return the `⋯` menu for what is less used."""
    return {"type": "overflow", "action_id": action_id, "options": array(options)}


def people(users: Sequence[str], lead: str = "") -> JsonObject:
    """Return a line that notifies these users; the one place where somebody is called, and never by a text."""
    runs = [run(lead, "bold")] if lead else []
    for user in users:
        named: JsonObject = {"type": "user", "user_id": user}
        runs += [run(" "), named] if runs else [named]
    return rich(paragraph(*runs))
