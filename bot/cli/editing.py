"""`bot edit`: change fields of a call before it runs, by words or by questions; somebody else approves it then."""

from collections.abc import Sequence

import typer

from bot.cli.answering import Given, send
from bot.cli.finding import look, print_request
from bot.cli.form import ask_fields, changed_lines, parse, typed_lines, yes
from bot.cli.opened import RefusedError
from bot.cli.output import on_terminal, one_line


def edit(request: str, words: Sequence[str], *, reason: str, sure: bool) -> None:
    """Change fields of a call; it is asked again as it is then, and somebody else approves it.

    Raises:
        RefusedError: a field cannot be changed, or its value does not fit; nothing was changed.

    """
    typed = parse(words)
    found = look(request)
    fields = found.shown.card.fields
    here = on_terminal() and found.undecided
    if found.undecided and not fields:
        raise RefusedError("nothing of this can be changed: approve or reject it")
    if not typed and not here:
        names = ", ".join(one_line(name.name) for name in fields)
        raise RefusedError(f"say what to change as field=value; what can be changed: {names}")
    if here:
        print_request(found.shown)
        typer.echo()
        typed = typed or ask_fields(fields, {})
    while True:
        if not typed:
            raise RefusedError("nothing was changed: it stays as it is")
        if here:
            typer.echo("\n".join(["Your changes:", *typed_lines(fields, typed)]))
        if here and not sure and not yes("Ask again with these?"):
            raise RefusedError("nothing was changed")
        answered, thread = send(found, Given(how="edit", text=reason, edits=dict(typed)))
        if answered.accepted:
            break
        wrong = [one for one in fields if one.name in answered.problems]
        if not here or not wrong:
            raise RefusedError(answered.text)
        typer.echo(one_line(answered.text))
        kept = {name: value for name, value in typed.items() if name not in answered.problems}
        typed = kept | ask_fields(wrong, typed)
    typer.echo(answered.text)
    closed_by = thread.requests[found.request].closed_by
    for line in changed_lines(closed_by.body.changes if closed_by and closed_by.body else {}):
        typer.echo(line)
