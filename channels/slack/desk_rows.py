"""What waits, threads, agents and permissions as lines of rich text, for answers and the Home tab alike. Pure."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from bot.ids import display_id
from bot.port_desk import AgentLine, Condition, Permission, ThreadLine, Waiting
from bot.visible import exact, line
from channels.slack import kit
from channels.slack.links import link_to, link_to_card
from channels.slack.wire import JsonObject

NOTHING_WAITS = "Nothing waits for you."
NO_THREADS = "You have no threads yet. Mention the bot, or write to it directly, and tell it what you need."
NO_AGENTS = "No agent listens to you. Ask whoever looks after this bot."
_TITLE = 90
_SHORT = 9  # characters of a thread's id: the shard and six more
_STATUS = {
    "ready": "at work",
    "waiting": "waits for somebody",
    "done": "done",
    "paused": "paused",
    "parked": "set aside",
    "cancelled": "cancelled",
    "unreadable": "cannot go on",
}
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def waiting_rows(waiting: Sequence[Waiting], home: str, account: str, now: int) -> list[JsonObject]:
    """Return a line for each request, which leads to its card."""
    rows: list[JsonObject] = []
    for one in waiting:
        card = one.card
        said = [display_id(card.request), f"since {ago(now - one.since)}"]
        if card.asked_by:
            said.append(f"asked by {line(card.asked_by, 80)}")
        link = link_to_card(home, account, one.at)
        rows.append(_row(card.bare_title, link, [*said, *([] if link else ["see its mail, or bot show"])]))
    return rows


def thread_rows(threads: Iterable[ThreadLine], home: str, now: int) -> list[JsonObject]:
    """Return a line for each thread, which leads there if it is in Slack."""
    return [
        _row(
            one.title or "(no title)",
            link_to(home, one.place),
            [_STATUS.get(one.status, one.status), one.agent, f"{ago(now - one.at)} ago", one.thread[:_SHORT]],
        )
        for one in threads
    ]


def agent_rows(agents: Iterable[AgentLine]) -> list[JsonObject]:
    """Return a line for each agent: what it does, and where it listens."""
    rows: list[JsonObject] = []
    for one in agents:
        runs = [kit.run(one.name, "bold"), kit.run(f": {line(one.description, 300)}")]
        for number, place in enumerate(one.where):
            runs += [kit.run(", " if number else " · in "), _place(place)]
        rows.append(kit.paragraph(*runs))
    return rows


def permission_lines(one: Permission) -> list[JsonObject]:
    """Return a permission in full: every argument and fact that it is bound to, and until when."""
    until = datetime.fromtimestamp(one.until / 1_000_000, UTC)
    values = {**(one.arguments or {}), **{f"fact {name}": value for name, value in (one.facts or {}).items()}}
    bound = [exact(f"{name} = {json.dumps(value, ensure_ascii=False)}") for name, value in values.items()]
    shown = "\n".join(bound) if one.arguments is not None else "[erased]"
    head = kit.paragraph(
        kit.run(f"{line(one.agent, 60)}: {line(one.step, 80)}", "bold"), kit.run(" · until "), kit.when(until)
    )
    return [head, *([kit.preformatted(_cut(shown))] if shown else [])]


def status_rows(condition: Condition) -> list[JsonObject]:
    """Return how the installation is, a fact a line; what is not there is left out."""
    found = condition.figures
    synced = (
        "every write is synced" if condition.durable else "writes are NOT synced: a crash could run an action twice"
    )
    processes = [f"{'+'.join(one.roles)} (for {ago(found.at - one.started)})" for one in found.processes]
    unsent = f", the oldest for {found.outbox_lag_s} s" if found.outbox else ""
    facts = {
        "Countersign": condition.version,
        "Store": f"{condition.store}; {synced}",
        "Processes": ", ".join(processes) or "none is running",
        "Threads": ", ".join(f"{number} {name}" for name, number in sorted(found.threads.items())) or "none",
        "Waiting for people": f"{found.requests} requests",
        "Sending": f"{found.outbox} to be sent{unsent}",
        "Given up": f"{found.dead}{': see bot dead' if found.dead else ''}",
        "Agents": ", ".join(f"{name} {version[:8]}" for name, version in sorted(condition.agents.items())) or "none",
    }
    refused = [f"{one.host}: {line(one.config, 200)}" for one in found.processes if one.config]
    facts |= {"bot.toml": f"its newest version is refused: {'; '.join(refused)}"} if refused else {}
    for box in found.mailboxes:
        said = "connected" if box.report.connected else "NOT connected"
        facts[f"Mailbox {line(box.report.name, 80)}"] = f"{said}, heard {ago(box.silent_s(found.at) * 1_000_000)} ago"
    return [kit.paragraph(kit.run(f"{name}: ", "bold"), kit.run(told)) for name, told in facts.items()]


def ago(us: int) -> str:
    """Return a span (us) in one unit: `3 h`."""
    seconds = max(0, us // 1_000_000)
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def _row(title: str, link: str, said: Sequence[str]) -> JsonObject:
    shown = line(title, _TITLE)
    named = kit.link(link, shown) if link else kit.run(shown, "bold")
    return kit.paragraph(named, kit.run(f" · {' · '.join(said)}"))


def _place(place: str) -> JsonObject:
    channel = place.rpartition("/")[2]
    if place.startswith("slack:") and channel[:1] in "CG":
        return {"type": "channel", "channel_id": channel}
    return kit.run("direct messages" if place.startswith("slack:") else place)


def _cut(text: str, most: int = 1_200) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text) - most:,} more characters: bot grants has them)"
