"""Blocks as plain words, for when Slack does not take them: what they say, and nothing to press. Pure."""

from collections.abc import Iterator, Sequence

from channels.slack.limits import TEXT
from channels.slack.visible import escape
from channels.slack.wire import JsonObject, as_object, as_objects, as_text

_PRESSED = frozenset({"actions", "input"})
_ROOM = 300  # characters for what is said besides


def spoken(text: str, blocks: Sequence[JsonObject], *, thread: str = "", most: int = TEXT) -> str:
    """Return a message as text alone, of at most `most` characters, with the id of the thread that it is about.

    What had something to press on it says only what its notification says: nobody decides here, where they might not
    see all of it, and a decision's arguments are not for locked screens. The thread says where the whole is.
    """
    look = f" `bot show {escape(thread)}` has all of it (thread {escape(thread)})." if thread else ""
    if any(block.get("type") in _PRESSED or block.get("accessory") for block in blocks):
        return f"{text[: most - _ROOM]}\nSlack did not take the buttons, so it cannot be answered here.{look}"
    said = "\n".join(words for block in blocks if (words := _words(block))) or text
    if len(said) <= most - _ROOM:
        return f"{said}\n_Slack did not take this as it was meant to look.{look}_"
    return f"{_cut(said, most - _ROOM)}…\nThis is the beginning only: Slack did not take the rest.{look}"


def brief(blocks: Sequence[JsonObject], most: int) -> str:
    """Return how a message begins, on one line of at most `most` characters: for its notification."""
    said = " ".join(" ".join(map(_words, blocks[:3])).split())
    return said if len(said) <= most else f"{_cut(said, most - 1)}…"


def _words(block: JsonObject) -> str:
    match block.get("type"):
        case "header":
            return f"*{escape(as_text(as_object(block.get('text')).get('text')))}*"
        case "section":
            return "\n".join(_object(one) for one in [as_object(block.get("text")), *as_objects(block.get("fields"))])
        case "context":
            return " · ".join(_object(one) for one in as_objects(block.get("elements")))
        case "markdown":
            return escape(as_text(block.get("text")))
        case "rich_text":
            return "\n".join(_rich(as_objects(block.get("elements"))))
        case "table":
            rows = block.get("rows")
            return "\n".join(" | ".join(map(_cell, as_objects(row))) for row in rows) if isinstance(rows, list) else ""
        case _:
            return ""


def _object(text: JsonObject) -> str:
    said = as_text(text.get("text"))
    return said if text.get("type") == "mrkdwn" else escape(said)  # mrkdwn of ours is neutral already


def _rich(parts: list[JsonObject]) -> Iterator[str]:
    for part in parts:
        inside = as_objects(part.get("elements"))
        match part.get("type"):
            case "rich_text_list":
                yield from (f"• {_runs(as_objects(line.get('elements')))}" for line in inside)
            case "rich_text_preformatted":
                yield f"```\n{_runs(inside).replace('```', chr(39) * 3)}\n```"
            case _:
                yield _runs(inside)


def _runs(runs: list[JsonObject]) -> str:
    return "".join(map(_run, runs))


def _run(run: JsonObject) -> str:
    if run.get("type") == "user":  # kit.people alone makes these: whom the core wants to be notified
        return f"<@{as_text(run.get('user_id'))}>"
    said = escape(as_text(run.get("text")) or as_text(run.get("url")))
    is_code = as_object(run.get("style")).get("code") is True and "`" not in said
    return f"`{said}`" if is_code else said


def _cell(cell: JsonObject) -> str:
    if cell.get("type") == "raw_text":
        return escape(as_text(cell.get("text")))
    return " ".join(_rich(as_objects(cell.get("elements"))))


def _cut(text: str, most: int) -> str:
    """Cut before a markup or an escaped character rather than in it."""
    kept = text[:most]
    for opening, closing in (("<", ">"), ("&", ";")):
        at = kept.rfind(opening)
        if at > kept.rfind(closing) and at >= most - 600:
            kept = kept[:at]
    return kept
