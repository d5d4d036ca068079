"""The first files, and who the command line takes its user for."""

import getpass
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.config import parse_config
from bot.settings import Settings
from tests.cli.conftest import Bot, Said
from tests.cli.people import STRANGER

Call = Callable[..., Said]


def test_init_writes_files_that_can_be_used_as_they_are(here: Call, tmp_path: Path) -> None:
    (tmp_path / "bot.toml").unlink()
    done = here("init")
    assert (done.code, "bot.toml is written" in done.out, ".env is written" in done.out) == (0, True, True)
    assert parse_config((tmp_path / "bot.toml").read_text()).people["ana"].os_user == (getpass.getuser(),)
    assert Settings.load() == Settings.load({})
    assert (tmp_path / ".env").stat().st_mode & 0o077 == 0
    assert "person  ana" in here("whoami").out


def test_init_overwrites_nothing(here: Call, tmp_path: Path) -> None:
    before = (tmp_path / "bot.toml").read_text()
    assert "bot.toml is there already and stays as it is" in here("init").out
    assert (tmp_path / "bot.toml").read_text() == before


def test_whoami_prints_lines_that_list_a_stranger(here: Call, bot: Bot, tmp_path: Path) -> None:
    bot.configure(STRANGER)
    shown = here("whoami").out
    assert "person  not listed" in shown
    lines = shown[shown.index("[people.") :]
    (tmp_path / "bot.toml").write_text(f"{(tmp_path / 'bot.toml').read_text()}\n{lines}")
    assert "person  not listed" not in here("whoami").out


def test_what_cannot_be_written_is_said_in_a_line(here: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("BOT_CONFIG", "file/bot.toml")
    done = here("init")
    assert done.code == 2
    assert done.err.startswith("bot: file/bot.toml cannot be written (")
