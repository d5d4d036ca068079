"""`bot slack`: take Slack's events by Socket Mode, or print the manifest from which the Slack app is made."""

from typing import Annotated

import typer

slack = typer.Typer()


@slack.callback(invoke_without_command=True)
def listen(
    ctx: typer.Context,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
) -> None:
    """Take Slack's events by Socket Mode; `bot slack manifest` prints what the Slack app is made from."""
    if ctx.invoked_subcommand is None:
        from bot.cli.running import run_roles

        run_roles("slack", verbose=verbose)


@slack.command()
def manifest(
    http: Annotated[
        str | None, typer.Option(metavar="URL", help="For `bot web`, reached at https://your.host by Slack.")
    ] = None,
    socket: Annotated[
        bool, typer.Option("--socket", help="For `bot slack`, reached from nowhere; the default.")
    ] = False,
    command: Annotated[
        str | None, typer.Option(metavar="/NAME", help="What people type, if /bot is another app's already.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of YAML.")] = False,
) -> None:
    """Print the app manifest to paste at api.slack.com/apps, with what each scope and event is for."""
    from bot import app

    if socket and http is not None:
        raise typer.BadParameter("an app takes its events by one way: give --http or --socket, not both")
    typer.echo(app.slack_manifest(http, command, as_json=as_json))
