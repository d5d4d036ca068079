"""`bot email old`: what lies in the mailboxes and was not taken."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from bot import app_email
from bot.cli.opened import Opened, with_store
from bot.cli.output import ago, print_json, print_table

if TYPE_CHECKING:
    from bot.app_email import Left


def list_old(*, as_json: bool) -> None:
    """List it, the newest first."""

    async def work(made: Opened) -> "list[Left]":
        return await app_email.old_email(made.settings, made.directory.config, made.client)

    found = with_store(work)
    if as_json:
        for left in found:
            print_json(asdict(left))
    elif found:
        rows = [
            (str(one.uid), f"{ago(one.arrived)} ago", "could not be taken" if one.kept else "", one.sender, one.subject)
            for one in found
        ]
        print_table(("uid", "arrived", "", "from", "about"), rows)
    else:
        typer.echo("There is no unread mail that was left out.")
