"""`bot new agent NAME`: what it writes passes its own test and the project's checks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli.new_agent import new_agent
from bot.cli.opened import RefusedError
from tests.helpers import ROOT


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The parts of the project that an agent stands on, in a folder of their own."""
    root = tmp_path / "clone"
    root.mkdir()
    for name in ("bot", "agents", "channels", "prompts"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / "tests" / "agents").mkdir(parents=True)
    for folder in ("tests", "tests/agents"):
        (root / folder / "__init__.py").write_text('"""Tests."""\n')
    return root


def run(clone: Path, *words: str) -> None:
    """Run one of the environment's programs in the clone; what it complains about is shown."""
    pyright = {"PYRIGHT_PYTHON_GLOBAL_NODE": "0", "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}  # as the Makefile has it
    environment = {**os.environ, "PYTHONPATH": str(clone), **pyright}
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=clone, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_new_agents_own_test_passes(clone: Path) -> None:
    new_agent("notebook", clone)
    run(clone, "pytest", "-q", "-p", "no:cacheprovider", "tests/agents/test_notebook.py")


def test_the_new_files_pass_the_linter_and_the_type_checker(clone: Path) -> None:
    new_agent("notebook", clone)
    written = ["agents/notebook.py", "tests/agents/test_notebook.py"]
    run(clone, "ruff", "format", "--no-cache", "--check", *written)
    run(clone, "ruff", "check", "--no-cache", *written)
    run(clone, "pyright", "--pythonpath", sys.executable, *written)


def test_the_new_agent_is_found_and_loaded_with_its_prompt(clone: Path) -> None:
    new_agent("notebook", clone)
    program = "import agents; from bot.agent import find; assert 'notebook' in find(agents), find(agents)"
    subprocess.run([sys.executable, "-c", program], cwd=clone, check=True, env={**os.environ, "PYTHONPATH": str(clone)})


BAD = ["", "Notes", "1st", "a-b", "class", "match", "../up", "operators", "backends", "x" * 41]


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_a_name_is_refused(clone: Path, name: str) -> None:
    with pytest.raises(RefusedError, match=r"choose another|cannot be an agent's name"):
        new_agent(name, clone)


def test_nothing_is_written_over_or_halfway(clone: Path) -> None:
    (clone / "prompts" / "notebook.md").write_text("mine")
    with pytest.raises(RefusedError, match=r"prompts/notebook\.md exists already"):
        new_agent("notebook", clone)
    assert (clone / "prompts" / "notebook.md").read_text() == "mine"
    assert not (clone / "agents" / "notebook.py").exists()


def test_outside_a_clone_it_says_where_to_go(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="run this in a clone of the project"):
        new_agent("notebook", tmp_path)
