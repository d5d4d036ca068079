"""What holds for the project's files: short modules, and nothing of the machine they were written on."""

import os
import re
import shutil
import subprocess
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from bot.settings import Settings
from tests.helpers import ROOT

LONGEST = 300  # lines
HOSTS = [
    ".".join(parts)
    for parts in [("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com")]
]
SOMEONES_FOLDER = re.compile(r"(?<![\w.~:/])/(?:home|root|Users|work|workspace|builds)/[\w.]")
PINNED = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?: ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def project_files(*patterns: str) -> list[Path]:
    """The files that git knows or would take, without those it ignores."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted({path for name in listed.split("\0") if name and (path := ROOT / name).is_file()})


def text(path: Path) -> str:
    """A file's text; of a picture, what happens to be text in it."""
    return path.read_text(encoding="utf-8", errors="replace")


def test_every_python_file_is_short() -> None:
    lengths = {path.relative_to(ROOT): text(path).count("\n") for path in project_files("*.py")}
    assert lengths
    assert {str(path): lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_no_file_names_a_package_registry() -> None:
    found = [(path.name, host) for path in project_files() for host in HOSTS if host in text(path)]
    assert found == []


def test_no_file_names_a_folder_of_someones_machine() -> None:
    found = [(path.name, match[0]) for path in project_files() for match in SOMEONES_FOLDER.finditer(text(path))]
    assert found == []


@pytest.mark.parametrize("path", ["see /ho" + "me/kim/bot", '"/ro' + 'ot/.cache"', "cd /wor" + "k/main"])
def test_a_folder_of_someones_machine_is_recognised(path: str) -> None:
    assert SOMEONES_FOLDER.search(path)


def test_the_lock_holds_names_versions_and_hashes_only() -> None:
    lines = text(ROOT / "requirements.lock").splitlines()
    assert [line for line in lines if not (PINNED.fullmatch(line) or HASH.fullmatch(line))] == []


def test_the_lock_meets_every_requirement_of_the_project() -> None:
    project = tomllib.loads(text(ROOT / "pyproject.toml"))
    wanted = map(Requirement, [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]])
    pins = PINNED.finditer(text(ROOT / "requirements.lock"))
    locked = {pin["name"]: Version(pin["version"]) for pin in pins}
    assert [str(need) for need in wanted if need.name not in locked or locked[need.name] not in need.specifier] == []


def test_the_example_environment_names_every_setting_and_says_what_it_is() -> None:
    lines = text(ROOT / ".env.example").splitlines()
    named = [line.partition("=")[0].lower() for line in lines if line and not line.startswith("#")]
    assert sorted(named) == sorted(Settings.model_fields)
    assert [line for before, line in pairwise(lines) if "=" in line and line[0].isupper() and before[:2] != "# "] == []


def test_the_example_environment_is_valid_as_it_stands(tmp_path: Path) -> None:
    shutil.copy(ROOT / ".env.example", tmp_path / ".env")
    assert Settings.load() == Settings.load({})


@pytest.mark.skipif(not shutil.which("make"), reason="without make there is no Makefile to try")
def test_a_machine_without_a_new_enough_python_gets_one_clear_line(tmp_path: Path) -> None:
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    clean = {name: value for name, value in os.environ.items() if "MAKE" not in name}  # as `make test` runs this itself
    command = ["make", "test", "PYTHON=python2.7"]
    made = subprocess.run(command, cwd=tmp_path, env=clean, check=False, capture_output=True, text=True)
    assert made.returncode == 2
    assert made.stderr.splitlines()[0].startswith("No Python 3.11 or newer found: install one, or name it")
    assert made.stdout == ""
