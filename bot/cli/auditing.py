"""`bot audit`, `bot audit heads` and `bot audit verify`: their names, arguments and help."""

from pathlib import Path
from typing import Annotated

import typer

audit = typer.Typer(invoke_without_command=True)


@audit.callback()
def requests(
    context: typer.Context,
    since: Annotated[
        str | None, typer.Option(metavar="7d|2026-11-01", help="Only what was asked, or went on, since then.")
    ] = None,
    thread: Annotated[str | None, typer.Option(metavar="THREAD", help="Only this thread's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a request.")] = False,
) -> None:
    """Show every request: who was asked what, who answered and how that was proven, and what ran."""
    if context.invoked_subcommand is None:
        from bot.cli.audit_list import list_audit

        list_audit(since=since, thread=thread, as_json=as_json)
    elif since or thread or as_json:
        from bot.cli.opened import RefusedError

        raise RefusedError(f"`bot audit {context.invoked_subcommand}` looks at everything: leave these options out")


@audit.command()
def heads(
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="A new file; else standard output.")] = None,
) -> None:
    """Export how far each thread has come, to be kept where those who can write to Redis cannot."""
    from bot.cli.audit_verify import export_heads

    raise typer.Exit(export_heads(out))


@audit.command()
def verify(
    heads: Annotated[Path | None, typer.Option(metavar="FILE", help="An earlier export.")] = None,
) -> None:
    """Check that every log is what this program wrote; exit code 1 if one is not, and says what is not proven."""
    from bot.cli.audit_verify import verify_all

    raise typer.Exit(verify_all(heads))
