"""The demo's shop: a real repository, and a command that leaves traces."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.playground.repository import (
    DemoRepository,
    commit_of,
    make_demo_repository,
    move_tag,
    record_first_deployments,
)


@pytest.fixture
def demo(tmp_path: Path) -> DemoRepository:
    return make_demo_repository(tmp_path / "demo")


def run(command: tuple[str, ...], **values: str) -> subprocess.CompletedProcess[str]:
    """Run one of the demo's commands as the deploy agent would."""
    words = [word.format(**values) for word in command]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


def test_ids_are_the_same_everywhere(tmp_path: Path, demo: DemoRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".gitconfig").write_text("[user]\n\tname = Someone Else\n[commit]\n\tgpgSign = true\n")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TZ", "Asia/Tokyo")

    other = make_demo_repository(tmp_path / "other")

    assert commit_of(other.repository, "main") == commit_of(demo.repository, "main")


def test_its_tags_go_from_1_2_0_to_1_4_0(demo: DemoRepository) -> None:
    listed = subprocess.run(("git", "-C", str(demo.repository), "tag"), capture_output=True, text=True, check=True)

    assert listed.stdout.split() == ["v1.2.0", "v1.2.1", "v1.3.0", "v1.3.1", "v1.4.0"]


def test_a_second_call_keeps_what_is_there(demo: DemoRepository) -> None:
    move_tag(demo.repository, "v1.4.0", "main")

    again = make_demo_repository(demo.folder)

    assert commit_of(again.repository, "v1.4.0") == commit_of(again.repository, "main")


def test_an_interrupted_build_leaves_no_half_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as without_git:
        without_git.setenv("PATH", str(tmp_path))
        with pytest.raises(FileNotFoundError):
            make_demo_repository(tmp_path / "demo")

    assert sorted(file.name for file in (tmp_path / "demo").iterdir()) == ["shop.py"]
    assert make_demo_repository(tmp_path / "demo").repository.exists()


def test_the_deploy_command_writes_what_it_deployed_and_how_often(demo: DemoRepository) -> None:
    place = {"service": "backend", "environment": "staging", "tag": "v1.4.0", "commit": "abc"}

    outcomes = [run(demo.command, **place).returncode for _ in range(2)]

    assert outcomes == [0, 0]
    assert [(entry["tag"], entry["commit"], entry["runs"]) for entry in demo.runs()] == [
        ("v1.4.0", "abc", 1),
        ("v1.4.0", "abc", 2),
    ]
    assert '"tag": "v1.4.0"' in (demo.deployed / "staging" / "backend.json").read_text()


def test_the_deploy_command_refuses_a_service_it_does_not_have(demo: DemoRepository) -> None:
    refused = run(demo.command, service="database", environment="staging", tag="v1.4.0", commit="abc")

    assert refused.returncode == 2
    assert demo.runs() == []


def test_health_is_bad_until_something_is_deployed(demo: DemoRepository) -> None:
    before = run(demo.health_command, service="backend", environment="production").returncode
    record_first_deployments(demo, demo.folder / "state")

    assert (before, run(demo.health_command, service="backend", environment="production").returncode) == (1, 0)


def test_the_first_deployments_are_recorded_once_only(demo: DemoRepository) -> None:
    record = demo.folder / "state" / "deployments.jsonl"
    record_first_deployments(demo, record.parent)
    with record.open("a", encoding="utf-8") as more:
        more.write("{}\n")

    record_first_deployments(demo, record.parent)

    assert record.read_text().endswith("{}\n")
    assert demo.runs() == []  # the witness counts only what the command did


def test_the_command_runs_with_this_python(demo: DemoRepository) -> None:
    assert demo.command[0] == sys.executable
