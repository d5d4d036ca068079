"""`bot approve`, `reject`, `edit`, `ask` and `give`: their names, arguments and help."""

from typing import Annotated

import typer

PANEL = "Decide"

deciding = typer.Typer()

Request = Annotated[str, typer.Argument(metavar="REQUEST", help="A request as `bot requests` lists it.")]
Reason = Annotated[str, typer.Option(help="Why, for those who asked and for the agent.")]
Sure = Annotated[bool, typer.Option("--yes", "-y", help="On a terminal: do not ask once more.")]


@deciding.command(rich_help_panel=PANEL)
def approve(
    request: Request,
    lasting: Annotated[
        str | None,
        typer.Option("--for", metavar="2h", help="Let exactly this run without asking for so long (30m, 2h, 7d)."),
    ] = None,
    reason: Reason = "",
    sure: Sure = False,
) -> None:
    """Approve a call, as the person whom bot.toml maps your user to; a terminal shows it in full first."""
    from bot.cli.answering import approve

    approve(request, lasting=lasting, reason=reason, sure=sure)


@deciding.command(rich_help_panel=PANEL)
def reject(
    request: Request,
    reason: Annotated[str, typer.Option(help="Why; it may be quoted to whoever asked.")] = "",
    internal: Annotated[str, typer.Option(help="What neither the agent nor people from outside get to read.")] = "",
    preset: Annotated[int | None, typer.Option(metavar="N", help="One of the step's own reasons, by number.")] = None,
    sure: Sure = False,
) -> None:
    """Reject a call; the agent reads the reason as you write it."""
    from bot.cli.answering import reject

    reject(request, reason=reason, internal=internal, preset=preset, sure=sure)


@deciding.command(rich_help_panel=PANEL)
def edit(
    request: Request,
    changes: Annotated[
        list[str] | None, typer.Argument(metavar="[FIELD=VALUE]...", help="Without any, a terminal asks for each.")
    ] = None,
    reason: Reason = "",
    sure: Sure = False,
) -> None:
    """Change fields of a call before it runs; it is asked again as it is then, and somebody else approves it."""
    from bot.cli.editing import edit

    edit(request, changes or (), reason=reason, sure=sure)


@deciding.command(rich_help_panel=PANEL)
def ask(
    request: Request,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In your own words.")],
    wait: Annotated[bool, typer.Option(help="Wait for what the agent says.")] = True,
) -> None:
    """Ask the agent something before you decide; the request stays open."""
    from bot.cli.answering import ask

    ask(request, question, wait=wait)


@deciding.command(rich_help_panel=PANEL)
def give(
    request: Request,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="An id of bot.toml, a name, or an address.")],
) -> None:
    """Let somebody else answer in your place."""
    from bot.cli.answering import give

    give(request, person)
