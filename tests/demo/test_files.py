"""Where the demo keeps its things."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.app import core
from bot.cli.demo_files import DemoFiles, DemoRunningError, ForeignFolderError
from bot.settings import Settings


async def test_the_configuration_it_makes_is_one_that_the_bot_takes(tmp_path: Path) -> None:
    files = DemoFiles(tmp_path / "demo")
    files.prepare()
    async with core(Settings.load(files.environment({}))) as made:
        assert {"deploy", "triage"} <= set(made.agents)


def test_preparing_again_keeps_what_was_deployed(tmp_path: Path) -> None:
    files = DemoFiles(tmp_path / "demo")
    files.prepare()
    record = files.folder / "deploys" / "deployments.jsonl"
    record.write_text("kept", encoding="utf-8")
    files.prepare()
    assert record.read_text(encoding="utf-8") == "kept"


def test_what_runs_for_real_loads_nothing_of_the_playground() -> None:
    look = "import sys, bot.cli.running, bot.app; print([name for name in sys.modules if 'playground' in name])"
    loaded = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True)
    assert loaded.stdout.strip() == "[]"


async def test_a_folder_of_somebody_else_is_neither_used_nor_deleted(tmp_path: Path) -> None:
    precious = tmp_path / "demo" / "precious.txt"
    precious.parent.mkdir()
    precious.touch()
    files = DemoFiles(tmp_path / "demo")
    with pytest.raises(ForeignFolderError):
        files.prepare()
    with pytest.raises(ForeignFolderError):
        await files.forget()
    assert precious.exists()


def test_only_one_demo_at_a_time_has_the_folder(tmp_path: Path) -> None:
    files = DemoFiles(tmp_path / "demo")
    with files.alone(), pytest.raises(DemoRunningError), files.alone():
        pass
    with files.alone():
        pass
