"""`bot email`: watch the mailbox, or read mails from files, to see what the bot makes of them."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

import typer
from pydantic import JsonValue

email = typer.Typer()

_Files = Annotated[list[str], typer.Argument(metavar="FILE...", help="Files; - is the standard input.")]


@email.callback(invoke_without_command=True)
def listen(
    ctx: typer.Context,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
    since: Annotated[
        str | None, typer.Option(metavar="AGE", help="Take what arrived in the last 12h, 2d (3d at most) as well.")
    ] = None,
) -> None:
    """Watch the mailboxes (workers send); `bot email read` shows how a mail is understood."""
    if ctx.invoked_subcommand is None:
        from bot.cli.running import run_roles

        run_roles("email", verbose=verbose, since=since)


@email.command()
def read(files: _Files) -> None:
    """Show how mails are understood: each file one mail as it was sent, one JSON object a line. It takes nothing in.

    MAIL_AUTH says what proves a sender, as it does when the mailbox is watched; `dkim` looks keys up in the DNS.
    """
    from bot import app_email
    from bot.settings import Settings

    mail_auth = Settings.load().mail_auth
    _each(files, lambda raw: app_email.read_email(raw, mail_auth))


@email.command()
def reply(files: _Files) -> None:
    """Show which part of plain-text mail bodies is new: each file one body without header, one JSON object a line."""
    from bot import app_email

    _each(files, app_email.read_reply)


@email.command()
def old(as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False) -> None:
    """List unread mail that was not taken: what was there before the first contact, what is too old or broken.

    It is never run. `bot email --since 2d` takes what arrived in the last two days.
    """
    from bot.cli.old import list_old

    list_old(as_json=as_json)


def _each(files: Sequence[str], understood: Callable[[bytes], Mapping[str, JsonValue]]) -> None:
    """Print a line for each file. One that cannot be read is named, the others are read all the same; then exit 2."""
    from bot.cli.output import one_line, print_json

    failed = False
    for name in files:
        try:
            raw = _bytes(name)
        except (OSError, ValueError) as error:
            failed = True
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            typer.echo(f"bot: {one_line(name)} cannot be read: {one_line(why)}", err=True)
        else:
            print_json(understood(raw))
    if failed:
        raise typer.Exit(2)


def _bytes(name: str) -> bytes:
    """Read a file as far as a mail may go, and a byte more."""
    from bot import app_email

    most = app_email.biggest_email() + 1
    if name == "-":
        return sys.stdin.buffer.read(most)
    with open(name, "rb") as file:  # noqa: PTH123  # a name with a NUL in it is an error of open's as well
        return file.read(most)
