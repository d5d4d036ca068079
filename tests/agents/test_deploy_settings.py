"""The section `[agents.deploy]`: what is refused, and in which words."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from agents.backends.deploy import DeployBackend
from bot.errors import SettingsError

COMMAND: JsonValue = ["deploy", "{service}", "{environment}", "{commit}"]


async def problem(tmp_path: Path, **settings: JsonValue) -> str:
    """Open a backend with these settings; return the message of the error."""
    with pytest.raises(SettingsError) as refused:
        async with DeployBackend.open({"repository": str(tmp_path), "command": COMMAND, **settings}, tmp_path / "data"):
            pass
    return str(refused.value)


async def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        async with DeployBackend.open({}, tmp_path):
            pass

    assert str(refused.value) == (
        "[agents.deploy] repository: is missing; add it to bot.toml; "
        "[agents.deploy] command: is missing; add it to bot.toml"
    )


@pytest.mark.parametrize(
    "repository", ["ext::sh -c id", "http://shop.test/x.git", "git://shop.test/x", "--upload-pack=id", "", "fd::7/x"]
)
async def test_a_repository_by_another_protocol_is_refused(tmp_path: Path, repository: str) -> None:
    said = await problem(tmp_path, repository=repository)

    assert "[agents.deploy] repository: give a local path, or a URL that begins with https://" in said


@pytest.mark.parametrize(
    "repository",
    ["https://shop.test/x.git", "ssh://git@shop.test/x.git", "git@shop.test:x.git", "file:///srv/x.git", "."],
)
async def test_a_repository_by_path_https_ssh_or_file_is_taken(tmp_path: Path, repository: str) -> None:
    async with DeployBackend.open({"repository": repository, "command": COMMAND}, tmp_path / "data"):
        pass


async def test_a_folder_that_is_not_there_is_refused_at_once(tmp_path: Path) -> None:
    assert "repository: there is no such folder" in await problem(tmp_path, repository="/no/such/folder")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("deploy {commit}", "command: write a list of words"),
        ([], "command: name a program"),
        (["./deploy", "{service}", "{environment}", "{commit}"], "command: give the program's full path"),
        (["{service}", "{environment}", "{commit}"], "command: the program itself cannot be a placeholder"),
        (["deploy", "{service}", "{environment}", "{tag}"], "command: {commit} must be among the arguments"),
        (["deploy", "{commit}"], "command: {environment}, {service} must be among the arguments"),
        (["deploy", "{service}", "{environment}", "{commit}", "{user}"], "command: {user} is not known here"),
    ],
)
async def test_a_command_that_cannot_be_meant_is_refused(tmp_path: Path, command: JsonValue, said: str) -> None:
    assert f"[agents.deploy] {said}" in await problem(tmp_path, command=command)


async def test_a_placeholder_is_not_needed_where_there_is_but_one(tmp_path: Path) -> None:
    one: dict[str, JsonValue] = {"services": ["shop"], "environments": ["production"], "unattended": []}
    section: dict[str, JsonValue] = {"repository": str(tmp_path), "command": ["deploy", "{commit}"], **one}
    async with DeployBackend.open(section, tmp_path / "data"):
        pass


async def test_an_unattended_environment_must_exist(tmp_path: Path) -> None:
    assert "[agents.deploy] unattended: 'stagin' is not among" in await problem(tmp_path, unattended=["stagin"])


@pytest.mark.parametrize("name", ["--all", "a b", "../up", "", "a/b"])
async def test_services_and_environments_have_plain_names(tmp_path: Path, name: str) -> None:
    assert "[agents.deploy] services: " in await problem(tmp_path, services=[name])


async def test_an_unknown_setting_is_refused_with_those_that_exist(tmp_path: Path) -> None:
    said = await problem(tmp_path, repo="x")

    assert said.startswith("[agents.deploy] repo: is not a setting; there are repository, command,")


async def test_no_value_is_in_the_message(tmp_path: Path) -> None:
    assert "hunter2" not in await problem(tmp_path, repository="http://robin:hunter2@shop.test/", env=["hunter2"])
