"""`bot status`: how the installation is doing, on one screen."""

import typer

from bot.cli.opened import Opened, with_store
from bot.cli.output import ago, one_line, print_json
from bot.status import Mailbox, Status, read_status
from bot.store.presence import ProcessReport


def status(*, as_json: bool) -> None:
    """Show processes, threads, what waits to be sent, and each mailbox with what became of its mails."""

    async def work(made: Opened) -> tuple[Status, bool]:
        return await read_status(made.client), made.settings.embedded

    found, embedded = with_store(work)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    where = "embedded" if embedded else "REDIS_URL"
    threads = ", ".join(f"{number} {name}" for name, number in sorted(found.threads.items())) or "none"
    rows = [
        ("store", f"ok ({where})"),
        ("processes", ", ".join(map(_process, found.processes)) or "none is running"),
        ("threads", threads),
        ("requests", f"{found.requests} wait for a person"),
        ("outbox", _outbox(found)),
        ("given up", f"{found.dead}, see `bot dead`" if found.dead else "0"),
    ]
    refused = [process for process in found.processes if process.config]
    rows += [("bot.toml", f"{one.host}: its newest version is refused: {one_line(one.config)}") for one in refused]
    if found.counts:
        rows.append(("slack", _numbers(found.counts)))
    for box in found.mailboxes:
        rows += [(f"mailbox {box.report.name}", line) for line in _mailbox(box, found.at)]
    typer.echo("\n".join(f"{name:<10} {one_line(text)}" for name, text in _named_once(rows)))


def _named_once(rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
    shown: list[tuple[str, str]] = []
    last = ""
    for name, text in rows:
        is_box = name.startswith("mailbox ")
        if is_box and name != last:
            shown.append(("mailbox", name.removeprefix("mailbox ")))
        shown.append(("" if is_box else name, text))
        last = name
    return shown


def _process(process: ProcessReport) -> str:
    return f"{'+'.join(process.roles)} ({process.host} {process.pid}, for {ago(process.started)})"


def _outbox(found: Status) -> str:
    return f"{found.outbox} to send, the oldest for {found.outbox_lag_s} s" if found.outbox else "nothing to send"


def _mailbox(box: Mailbox, now: int) -> list[str]:
    report = box.report
    heard = f"last heard {ago(report.last_contact)} ago" if report.last_contact else "never heard"
    gone = "" if now - report.at < 60_000_000 else "; no process watches it"
    state = "connected" if report.connected and not gone else "NOT connected"
    idle = f", listened to since {ago(report.last_idle)} ago" if report.last_idle else ""
    lines = [f"{state}, {heard}{idle}{gone}"]
    if report.trouble:
        lines.append(f"trouble: {report.trouble}")
    lines.append(f"last UID {report.last_uid}, {report.waiting} waiting, lag {report.lag_ms / 1000:.1f} s")
    if box.counts:
        lines.append(_numbers(box.counts))
    return lines


def _numbers(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(counts.items()))
