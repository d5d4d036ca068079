"""`bot grants` and `bot grants revoke`: their names, arguments and help."""

from typing import Annotated

import typer

grants = typer.Typer(invoke_without_command=True)


@grants.callback()
def standing(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False
) -> None:
    """List what may run without asking, for how long, and by whose leave."""
    if context.invoked_subcommand is None:
        from bot.cli.grants_list import list_grants

        list_grants(as_json=as_json)
    elif as_json:
        from bot.cli.opened import RefusedError

        raise RefusedError(f"`bot grants {context.invoked_subcommand}` has no --json: leave it out")


@grants.command()
def revoke(
    grant: Annotated[str, typer.Argument(metavar="ID", help="A permission as `bot grants` lists it.")],
) -> None:
    """Take a permission back at once, as the person whom bot.toml maps your user to."""
    from bot.cli.grants_list import revoke_grant

    revoke_grant(grant)
