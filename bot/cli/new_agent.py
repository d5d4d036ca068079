"""`bot new agent NAME`: an agent's file, its prompt and a test, to start from."""

import keyword
import re
from importlib.resources import files
from pathlib import Path

import typer

from bot.cli.opened import RefusedError
from bot.config import OPERATORS, RESERVED

ROOT = Path(__file__).resolve().parents[2]
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TAKEN = {"backends", "agents", "bot", "channels", "prompts", "tests", OPERATORS, *RESERVED}


def new_agent(name: str, root: Path = ROOT) -> None:
    """Write the three files under the project's folder, or none of them.

    Raises:
        RefusedError: the name cannot be one, a file exists, or this is no working copy of the project.

    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise RefusedError(f"{name!a} cannot be an agent's name: use up to 40 of a-z, 0-9 and _, a letter first")
    if name in _TAKEN:
        raise RefusedError(f"{name!a} means something else here: choose another name")
    if not (root / "agents").is_dir() or not (root / "prompts").is_dir():
        raise RefusedError(f"there are no folders agents and prompts in {root}: run this in a clone of the project")
    contents = {
        root / "agents" / f"{name}.py": "agent.py.txt",
        root / "prompts" / f"{name}.md": "prompt.md.txt",
        root / "tests" / "agents" / f"test_{name}.py": "test.py.txt",
    }
    if there := [str(path.relative_to(root)) for path in contents if path.exists()]:
        raise RefusedError(f"{' and '.join(there)} exists already: choose another name, or remove it")
    for path, template in contents.items():
        text = files("bot.cli").joinpath(f"templates/{template}").read_text(encoding="utf-8")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("$name", name), encoding="utf-8")
        typer.echo(f"{path.relative_to(root)} is written")
    typer.echo(_next(name))


def _next(name: str) -> str:
    return f"""
Next:
  1. Try the test:      make test ARGS="tests/agents/test_{name}.py"
  2. Make it yours:     steps and switch in agents/{name}.py, the job in prompts/{name}.md
  3. Route to it, by lines in bot.toml such as

       [[routes]]
       word = "{name}"
       agent = "{name}"

  4. Start the bot again and say:  bot say {name} "..." """.rstrip()
