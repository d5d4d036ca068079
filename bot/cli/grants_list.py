"""`bot grants`: what may run without asking, shown in full; and how one of them is taken back."""

import json
from collections.abc import Mapping

import typer
from pydantic import JsonValue
from rich.padding import Padding
from rich.text import Text

from bot.cli.opened import Opened, RefusedError, with_store
from bot.cli.output import ago, console, local, one_line, print_json
from bot.grants import Standing, display_id, find, listed, may_revoke, revoke, spread
from bot.store import scripts
from bot.store.keys import ThreadKeys
from bot.visible import exact

_ERASED = "[erased]"
_INDENT = 8  # columns


def list_grants(*, as_json: bool) -> None:
    """List the permissions that still stand, and copy them to shards that have none yet."""

    async def work(made: Opened) -> list[tuple[Standing, str]]:
        found = await listed(made.client, made.sealer)
        for one in found:
            await spread(made.client, one.granted)
        return [(one, made.directory.by_id(one.granted.by or "").name) for one in found]

    found = with_store(work)
    if as_json:
        for one, name in found:
            print_json(_record(one, name))
    elif found:
        _print(found)
    else:
        typer.echo("Nothing may run without asking by somebody's leave.")


def revoke_grant(text: str) -> None:
    """Take back the permission that is meant, and say so."""

    async def work(made: Opened) -> str:
        found, me = await _meant(made, text), made.me
        event, short = found.granted, display_id(found.granted.grant)
        if not may_revoke(me, event):
            raise RefusedError(
                f"only who gave it, people with the role {event.role}, and operators can take {short} back; "
                f"you are {me.name} here (`bot whoami`)"
            )
        if event.until <= await scripts.clock(made.client, ThreadKeys(found.thread.id).shard):
            return f"{short}: its time was over at {local(event.until)}; it is asked again since"
        await revoke(made.client, made.sealer, event.grant, me.id)
        return f"{short}: taken back; this call is asked again from now on"

    typer.echo(with_store(work))


async def _meant(made: Opened, text: str) -> Standing:
    """Find a permission by its id, or by the beginning of what the list shows."""
    if found := await find(made.client, made.sealer, text):
        return found
    standing = await listed(made.client, made.sealer)
    matching = [one for one in standing if text and one.granted.grant.partition(".")[2].startswith(text)]
    if len(matching) > 1:
        names = ", ".join(one.granted.grant for one in matching)
        raise RefusedError(f"{text!a} is the beginning of {len(matching)} permissions: {names}")
    if not matching:
        raise RefusedError(f"there is no standing permission {text!a}; `bot grants` lists them")
    return matching[0]


def _print(found: list[tuple[Standing, str]]) -> None:
    """A line each, and below it, set in, every argument and fact that it is bound to; nothing is cut."""
    out = console()
    for one, name in found:
        event, body = one.granted, one.opened.body
        what = f"{event.agent}: {event.step}"
        until = f"until {local(event.until)} (in {ago(event.until)})"
        out.print(Text(one_line(f"{display_id(event.grant)}  {what}, by {name}, {until}, given in {one.thread.id}")))
        exactly = [_ERASED] if body is None else [*_lines(body.arguments), *_lines(body.snapshot, "fact ")]
        for text in exactly:
            out.print(Padding(Text(text, overflow="fold"), (0, 0, 0, _INDENT)))


def _lines(values: Mapping[str, JsonValue], before: str = "") -> list[str]:
    """One line a value, so that none can pass for another."""
    return [exact(f"{before}{name} = {json.dumps(value, ensure_ascii=False)}") for name, value in values.items()]


def _record(one: Standing, name: str) -> dict[str, JsonValue]:
    event, body = one.granted, one.opened.body
    return {
        "grant": event.grant,
        "display": display_id(event.grant),
        "agent": event.agent,
        "step": event.step,
        "arguments": body.arguments if body else None,
        "facts": body.snapshot if body else None,
        "role": event.role,
        "by": event.by,
        "name": name,
        "given_at": event.at,
        "until": event.until,
        "thread": one.thread.id,
        "request": event.request,
        "place": one.thread.origin.model_dump(mode="json", exclude_none=True),
    }
