"""`bot show`: a thread's log, as a timeline or as JSON, once or as it grows; or one request in full."""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from typing import Final, cast

import typer
from pydantic import JsonValue
from rich.text import Text

from bot.cli.finding import find_request, print_request, read
from bot.cli.opened import Opened, find_thread, with_store
from bot.cli.output import columns, console, local, one_line, print_json
from bot.cli.request_text import ways
from bot.cli.timeline import Line, Timeline
from bot.entries import Unreadable, decode
from bot.people import Directory
from bot.store import log

LOOK_S = 0.2  # between two looks at a log that grows
_INDENT = 31
_REQUEST = re.compile(r"[a-z2-7]{4}|.+\..+")  # as lists have them: four characters, or the whole id
_STYLES: Final = {"plain": "", "good": "green", "bad": "red", "ask": "yellow", "dim": "dim"}


def show(named: str, *, as_json: bool, follow: bool) -> None:
    """Print a thread's log, or a request in full."""
    if _REQUEST.fullmatch(named) and not follow:
        with_store(lambda made: _show_request(made, named, as_json=as_json))
    else:
        with_store(lambda made: _show(made, named, as_json=as_json, follow=follow))


async def _show_request(made: Opened, text: str, *, as_json: bool) -> None:
    shown = (await read(made, await find_request(made, text))).shown
    if as_json:
        return print_json({**shown.card.model_dump(mode="json"), "outcome": shown.state.outcome})
    print_request(shown)
    for way in ways(shown.opened) if shown.state.outcome is None and not shown.cancelled else ():
        typer.echo(f"  {way}")
    return None


async def _show(made: Opened, text: str, *, as_json: bool, follow: bool) -> None:
    head = await find_thread(made.client, text)
    entries = await log.load(made.client, head.thread)
    timeline = Timeline(naming(made.directory))
    if not as_json:
        await _print_heading(made, head)
    shown = 0
    while True:
        if as_json:
            for number, entry in enumerate(entries, start=shown):
                print_json(as_record(number, entry))
        else:
            print_lines(timeline, entries)
        shown += len(entries)
        if not follow:
            return
        await asyncio.sleep(LOOK_S)
        entries = await log.load(made.client, head.thread, shown)


async def _print_heading(made: Opened, head: log.Head) -> None:
    thread = await made.thread(head.thread)
    screen = console()
    name = thread.principal.name if thread.principal else "somebody"
    screen.print(Text(one_line(thread.title or head.title), style="bold"))
    about = f"{head.thread}  {thread.status}  with {thread.agent or head.agent}, for {name}"
    screen.print(Text(one_line(about), style="dim"))
    if thread.unreadable:
        said = f"It stands still, because it cannot be read: {thread.unreadable}"
        screen.print(Text(one_line(said), style="red"))
    screen.print()


def naming(directory: Directory) -> Callable[[str], str]:
    """A function that names people by their ids."""
    return lambda person: directory.by_id(person).name


def print_lines(timeline: Timeline, entries: Sequence[bytes]) -> None:
    """Print more entries of a log."""
    screen = console()
    for line in timeline.lines(entries):
        screen.print(_rendered(line), soft_wrap=True)


def _rendered(line: Line) -> Text:
    style = _STYLES[line.tone]
    at = local(line.at, "%m-%d %H:%M:%S") if line.at else " " * 14
    text = Text()
    text.append(f"{at}  ", style="dim")
    text.append(f"{line.glyph} ", style=style)
    text.append(f"{one_line(line.who, 12):<12} ", style="bold" if line.who else "")
    text.append(line.what, style=style)
    for more in filter(None, line.more.split("\n")):
        text.append(f"\n{' ' * _INDENT}{one_line(more, max(columns() - _INDENT, 40))}", style="dim")
    return text


def as_record(number: int, entry: bytes) -> dict[str, JsonValue]:
    """One stored entry as it is: envelope and body apart; one that cannot be read, with the reason."""
    envelope, _, body = entry.partition(b"\n")
    read = decode(entry)
    record: dict[str, JsonValue] = {"n": number, "envelope": _json(envelope), "body": _json(body) if body else None}
    return record | ({"unreadable": read.reason} if isinstance(read, Unreadable) else {})


def _json(raw: bytes) -> JsonValue:
    try:
        return cast("JsonValue", json.loads(raw))
    except ValueError:
        return raw.decode(errors="replace")
