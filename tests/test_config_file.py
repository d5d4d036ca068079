"""A changed bot.toml comes into force without a restart, and a wrong one does not."""

import logging
from pathlib import Path

import pytest

from bot.config import Config, ConfigError
from bot.config_agents import AgentFacts, check_agents
from bot.config_file import ConfigFile

VALID = """
[people.ana]
name = "Ana Lima"
roles = ["operators", "release"]
[roles.operators]
[roles.release]
[[routes]]
agent = "triage"
"""


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_without_a_file_it_says_where_to_start() -> None:
    with pytest.raises(ConfigError, match=r"bot.toml is missing: `bot init` writes one .* BOT_CONFIG"):
        ConfigFile(Path("bot.toml"))


def test_a_file_may_be_missing_and_come_later() -> None:
    clock, path = Clock(), Path("bot.toml")
    file = ConfigFile(path, allow_missing=True, clock=clock)
    clock.now += 1
    assert (file.current(), file.refused) == (Config(), None)
    path.write_text(VALID, encoding="utf-8")
    clock.now += 1
    assert "ana" in file.current().people


def test_a_file_that_is_not_text_is_one_line() -> None:
    Path("bot.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match=r"^bot.toml is not UTF-8"):
        ConfigFile(Path("bot.toml"))


def test_a_file_that_cannot_be_read_is_one_line() -> None:
    Path("bot.toml").mkdir()
    with pytest.raises(ConfigError, match=r"^bot.toml cannot be read \(Is a directory\)"):
        ConfigFile(Path("bot.toml"))


def test_a_change_comes_into_force_within_a_second_and_not_by_looking_more_often() -> None:
    clock, path = Clock(), Path("bot.toml")
    path.write_text(VALID, encoding="utf-8")
    file = ConfigFile(path, clock=clock)
    before = file.current()
    path.write_text(VALID.replace("Ana Lima", "Ana Paul"), encoding="utf-8")
    clock.now = 0.9
    assert file.current() is before
    clock.now = 1.0
    assert file.current().people["ana"].name == "Ana Paul"
    assert file.current() is file.current()


def test_a_file_that_an_editor_replaces_is_read_again() -> None:
    clock, path = Clock(), Path("bot.toml")
    path.write_text(VALID, encoding="utf-8")
    file = ConfigFile(path, clock=clock)
    Path("new").write_text(VALID.replace("Ana Lima", "Ana Paul"), encoding="utf-8")
    Path("new").replace(path)
    clock.now += 1
    assert file.current().people["ana"].name == "Ana Paul"


def test_an_invalid_version_is_refused_with_one_log_line_and_the_one_before_stays(
    caplog: pytest.LogCaptureFixture,
) -> None:
    clock, path = Clock(), Path("bot.toml")
    path.write_text(VALID, encoding="utf-8")
    file = ConfigFile(path, clock=clock)
    before = file.current()
    path.write_text("[people.ana]\nemial = 1", encoding="utf-8")
    for _ in range(3):
        clock.now += 1
        assert file.current() is before
    assert file.refused == "bot.toml: [people.ana] cannot have 'emial': did you mean email?"
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    path.write_text(VALID, encoding="utf-8")
    clock.now += 1
    assert file.current() is before
    assert file.refused is None


def test_a_file_that_goes_away_is_said_and_changes_nothing_until_it_is_back() -> None:
    clock, path = Clock(), Path("bot.toml")
    path.write_text(VALID, encoding="utf-8")
    file = ConfigFile(path, clock=clock)
    before = file.current()
    path.unlink()
    clock.now += 1
    assert file.current() is before
    assert file.refused == "bot.toml is gone: put it back"
    path.write_text(VALID, encoding="utf-8")
    clock.now += 1
    assert file.current() is before
    assert file.refused is None


def test_a_version_that_the_agents_do_not_fit_is_refused() -> None:
    clock, path = Clock(), Path("bot.toml")
    path.write_text(VALID, encoding="utf-8")
    file = ConfigFile(path, clock=clock, check=lambda config: check_agents(config, {"triage": AgentFacts()}))
    before = file.current()
    path.write_text(VALID.replace('agent = "triage"', 'agent = "traige"'), encoding="utf-8")
    clock.now += 1
    assert file.current() is before
    assert file.refused == "bot.toml: [[routes]] number 1 names the agent 'traige': did you mean triage?"
