"""`bot threads`, `requests` and `dead`: what there is, over all threads."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, cast

import typer
from pydantic import JsonValue, ValidationError

from bot.approvals import approvers
from bot.cli.opened import Opened, with_store
from bot.cli.output import ago, ahead, columns, local, one_line, print_json, print_table
from bot.cli.request_text import rung
from bot.events import NEVER
from bot.ids import display_id
from bot.people import Person
from bot.places import Delivery
from bot.port import RefusalRecord
from bot.store import log
from bot.store.keys import ALL_SHARDS, ShardKeys
from bot.thread import RequestState

_MANY = 10_000  # threads that are looked through for a status
_WIDE_ENOUGH = 120  # columns, to list a request's thread and ladder as well
_REFUSALS = 50  # of each shard, the newest


def list_threads(*, limit: int, status: str | None, as_json: bool) -> None:
    """List the threads that changed last, newest first."""

    async def work(made: Opened) -> list[log.Head]:
        heads = await log.recent(made.client, limit if status is None else _MANY)
        return [head for head in heads if status in {None, head.status}][:limit]

    heads = with_store(work)
    if as_json:
        for head in heads:
            print_json(asdict(head))
    elif heads:
        rows = [(head.thread, head.status, head.agent, f"{ago(head.at)} ago", head.title) for head in heads]
        print_table(("thread", "status", "agent", "changed", "about"), rows)
    else:
        typer.echo(
            'There are no threads yet: `bot say triage "what can you do?"` starts one.' if not status else "None."
        )


def list_requests(*, mine: bool, as_json: bool) -> None:
    """List what waits for a person, oldest first; `mine`: only what whoever runs this may answer."""

    async def work(made: Opened) -> tuple[Person, list[dict[str, JsonValue]]]:
        threads = sorted({thread for _, thread in await log.pending(made.client)})
        folded = await asyncio.gather(*map(made.thread, threads))
        found = [(thread, request) for thread in folded for request in thread.open.values()]
        found.sort(key=lambda pair: pair[1].opened.at or 0)
        return made.me, [_request(made, thread.id, request) for thread, request in found]

    me, records = with_store(work)
    listed = [record for record in records if record["mine"] or not mine]
    if as_json:
        for record in listed:
            print_json(record)
    elif listed:
        _print_requests(listed)
    else:
        typer.echo(_nothing(me, len(records)) if mine else "Nobody is asked anything.")


def _nothing(me: Person, others: int) -> str:
    if not me.listed:
        return "Nothing waits for you: bot.toml does not know you (`bot whoami`)."
    rest = f"; what waits for others: `bot requests` ({others})" if others else ""
    return f"Nothing waits for you, {one_line(me.name)}{rest}."


def _print_requests(records: Sequence[dict[str, JsonValue]]) -> None:
    wide = columns() >= _WIDE_ENOUGH
    rows = [
        (
            str(record["display"]),
            str(record["kind"]),
            "" if record["urgency"] == "medium" else str(record["urgency"]),
            f"{ago(cast('int', record['since']))} ago",
            *([str(record["next"])] if wide else []),
            _until(cast("int", record["expires_at"])),
            _for(record),
            *([str(record["thread"])] if wide else []),
            str(record["about"]),
        )
        for record in records
    ]
    following, thread = (["next"], ["thread"]) if wide else ([], [])
    print_table(("request", "kind", "urgency", "asked", *following, "expires", "for", *thread, "about"), rows)


def _for(record: dict[str, JsonValue]) -> str:
    names = ", ".join(cast("list[str]", record["names"])) or "nobody"
    votes = cast("int", record["votes"])
    return f"{names} ({votes} of {record['quorum']})" if record["quorum"] != 1 else names


def list_dead(*, as_json: bool) -> None:
    """List what was given up, and who was refused."""

    async def work(made: Opened) -> tuple[list[tuple[str, str]], list[RefusalRecord]]:
        return await log.dead(made.client), await _refusals(made)

    given_up, refused = with_store(work)
    if as_json:
        for reason, what in given_up:
            print_json({"kind": "given_up", "reason": reason, "what": _loaded(what)})
        for record in refused:
            print_json({"kind": "refused", **record.model_dump(mode="json")})
        return
    if not given_up and not refused:
        typer.echo("Nothing was given up, and nobody was refused.")
        return
    rows = [("given up", *_given_up(what), reason) for reason, what in given_up]
    rows += [("refused", local(record.at), record.who, record.reason) for record in refused]
    print_table(("what", "when or where", "which or who", "why"), rows)


def about(request: RequestState) -> str:
    """What is asked, in one line: the step with its arguments, or the question."""
    body = request.opened.body
    if body is None:
        return "[erased]"
    given = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in body.arguments.items())
    return one_line(
        f"{body.step}({given})" if body.step and request.opened.kind == "approval" else body.text or body.title
    )


def _request(made: Opened, thread: str, request: RequestState) -> dict[str, JsonValue]:
    opened, following = request.opened, request.next_rung
    able = [person for person in request.approvers if approvers.may_answer(request, made.directory.by_id(person))]
    return {
        "request": opened.request,
        "display": display_id(opened.request),
        "thread": thread,
        "kind": opened.kind,
        "about": about(request),
        "role": opened.role,
        "urgency": opened.urgency,
        "approvers": list(request.approvers),
        "names": [made.directory.by_id(person).name for person in able],
        "mine": made.me.id in able,
        "quorum": opened.quorum,
        "votes": len(approvers.approving(request, made.directory)),
        "options": list(opened.options),
        "since": opened.at or 0,
        "next": f"{rung(request)} {ahead(following)}" if following is not None else "",
        "next_at": following,
        "expires_at": opened.expires_at,
    }


def _until(us: int) -> str:
    return "never" if us >= NEVER else ahead(us)


async def _refusals(made: Opened) -> list[RefusalRecord]:
    async def of(shard: ShardKeys) -> Sequence[tuple[bytes, dict[bytes, bytes]]]:
        return await cast("Any", made.client).xrevrange(shard.refused, count=_REFUSALS)

    parts = await asyncio.gather(*map(of, ALL_SHARDS))
    records: list[RefusalRecord] = []
    for _, fields in (entry for part in parts for entry in part):
        try:
            records.append(RefusalRecord.model_validate_json(fields[b"d"]))
        except (KeyError, ValidationError):
            records.append(RefusalRecord(reason="unreadable record", who="", source="", at=0))
    return sorted(records, key=lambda record: record.at, reverse=True)


def _loaded(text: str) -> JsonValue:
    try:
        return cast("JsonValue", json.loads(text))
    except ValueError:
        return text


def _given_up(what: str) -> tuple[str, str]:
    try:
        delivery = Delivery.model_validate_json(what)
    except ValidationError:
        return "", one_line(what, 60)
    return f"{delivery.place.channel} {delivery.place.address}", f"{delivery.thread} {delivery.content.kind}"
