"""`bot init` and `bot whoami`: the first files, and as whom the command line knows its user."""

import json
from importlib.resources import files
from pathlib import Path

import typer

from bot.cli.opened import RefusedError, os_identity
from bot.config_file import ConfigFile
from bot.people import Directory
from bot.settings import Settings

_EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"


def init() -> None:
    """Write bot.toml and .env where they are not there yet.

    Raises:
        RefusedError: a file cannot be written.

    """
    user = json.dumps(os_identity().user, ensure_ascii=False)
    config = files("bot.cli").joinpath("templates/bot.toml").read_text(encoding="utf-8")
    _put(Settings.load().bot_config, config.replace('os_user = "ana"', f"os_user = {user}", 1))
    _put(Path(".env"), _EXAMPLE.read_text(encoding="utf-8"), private=True)
    typer.echo("Next: put your people, roles and routes into bot.toml and your keys into .env, then run `bot doctor`.")


def whoami() -> None:
    """Show the user of the operating system, the person that bot.toml makes of them, and lines for the admin."""
    identity = os_identity()
    settings = Settings.load()
    directory = Directory(ConfigFile(settings.bot_config, allow_missing=True).current())
    person = directory.person(identity)
    typer.echo(f"user    {identity.user}")
    typer.echo(f"person  {person.id if person.listed else 'not listed'}")
    typer.echo(f"roles   {', '.join(sorted(person.roles)) or 'none'}")
    if not person.listed:
        typer.echo(f"\nTo be listed, send these lines to the admin, who adds them to {settings.bot_config}:\n")
        typer.echo(directory.whoami(identity).strip())


def _put(path: Path, text: str, *, private: bool = False) -> None:
    if path.exists():
        typer.echo(f"{path} is there already and stays as it is")
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            if private:
                path.chmod(0o600)  # it will hold credentials
            file.write(text)
    except OSError as error:
        raise RefusedError(f"{path} cannot be written ({error.strerror})") from None
    typer.echo(f"{path} is written")
