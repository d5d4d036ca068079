"""`bot audit verify` and `bot audit heads`: one thread after the other, what is wrong, and what is not proven."""

import sys
import time
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from bot.audit import heads, threads
from bot.audit.verify import Examined, Finding, examine
from bot.cli.audit_unproven import Sum, unproven
from bot.cli.opened import Opened, RefusedError, with_store
from bot.cli.output import console, local
from bot.visible import line

_LONGEST = 2_000  # characters of a finding; it may quote what was stored
_REPLACED = "one of its keys is not of the kind that it must be: something replaced it"
_STRAY = "no thread of this program has this key"


def verify_all(file: Path | None) -> int:
    """Check every log there is, against an exported heads file too if there is one; returns the exit code.

    Raises:
        RefusedError: the file cannot be read.
        bot.audit.heads.HeadsError: it is not what was exported.

    """
    return with_store(lambda made: _verify(made, file))


async def _verify(made: Opened, file: Path | None) -> int:
    known = heads.read(_content(file), made.sealer.secret) if file is not None else None
    heads_of = known.threads if known is not None else {}
    found = await threads.find(made.client)
    total = Sum()
    for key in found.strays:
        _tell(total, Finding(key, _STRAY))
    async for name, examined in _examined(made, found.threads, heads_of):
        for finding in examined.findings if examined is not None else [Finding(name, _REPLACED)]:
            _tell(total, finding)
        if examined is not None:
            total.add(examined, newer=known is not None and name not in heads_of)
    for name in sorted(heads_of.keys() - found.threads):
        head = heads_of[name]
        _tell(total, Finding(name, f"it is gone: it had {head.version} entries when exported, {local(head.at)}"))
    _conclude(total, known)
    return 1 if total.findings else 0


def export_heads(file: Path | None) -> int:
    """Write the heads file, to a new file or to standard output; returns the exit code: 1 if some log is wrong.

    Raises:
        RefusedError: the file exists already, or cannot be written.

    """
    if file is None:
        return with_store(lambda made: _export(made, sys.stdout.write))
    try:
        out = file.open("x", encoding="utf-8", newline="\n")
    except FileExistsError:
        raise RefusedError(f"{file} exists: older exports are worth keeping, so choose another name") from None
    except OSError as error:
        raise RefusedError(f"{file} cannot be written ({error.strerror}): choose another place") from None
    try:
        with out:
            return with_store(lambda made: _export(made, out.write))
    except BaseException:
        file.unlink(missing_ok=True)  # it would lack its end
        raise


async def _export(made: Opened, write: Callable[[str], object]) -> int:
    export, wrong = heads.Export(made.sealer.secret), 0
    found = await threads.find(made.client)
    async for name, examined in _examined(made, found.threads, {}):
        wrong += examined is None or bool(examined.findings)
        if examined is not None and examined.version:
            write(export.line(heads.Head(thread=name, version=examined.version, seal=examined.seal, at=_now())))
    write(export.last(_now()))
    if wrong:
        said = f"bot: {wrong} of these threads are not as this program wrote them; see `bot audit verify`\n"
        sys.stderr.write(said)
    return 1 if wrong else 0


async def _examined(
    made: Opened, names: list[str], heads_of: dict[str, heads.Head]
) -> AsyncGenerator[tuple[str, Examined | None]]:
    """One thread after the other, so that only one is in memory; a bar for those who wait at a terminal."""
    screen = Console(stderr=True)
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as progress:
        for name in progress.track(names, description="threads"):
            stored = await threads.stored(made.client, name)
            yield name, examine(stored, made.sealer, heads_of.get(name)) if stored is not None else None


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise RefusedError(f"{file} cannot be read ({error.strerror}): name an export of `bot audit heads`") from None


def _tell(total: Sum, finding: Finding) -> None:
    total.findings += 1
    where = "" if finding.entry is None else f", entry {finding.entry}"
    console().print(f"{line(finding.thread, 200)}{where}: {line(finding.what, _LONGEST)}", style="red", soft_wrap=True)
    total.wrong.add(finding.thread)


def _conclude(total: Sum, known: heads.Heads | None) -> None:
    screen = console()
    if total.findings:
        screen.print(f"\n{len(total.wrong):,} of {total.threads:,} threads are not as this program wrote them.")
    else:
        screen.print(f"All {total.threads:,} threads are as this program wrote them: {total.entries:,} entries.")
    if known is not None:
        screen.print(f"Compared with {len(known.threads):,} threads as exported at {local(known.at)}.")
    screen.print("\nThis does not prove:")
    for one in unproven(total, known):
        screen.print(f"- {one}", soft_wrap=True)


def _now() -> int:
    return time.time_ns() // 1000
