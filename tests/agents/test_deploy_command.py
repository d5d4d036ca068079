"""The deploy backend's commands: real processes, what they get to see, and how they end."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from agents.backends import deploy_command
from agents.backends.deploy import CommandNotStarted, DeployFailed, DeployRefused
from bot.playground.repository import DemoRepository, commit_of
from bot.steps import NotDone
from tests.agents.deploys import PLACE, Build, deploy, gone, python
from tests.helpers import wait_until


async def test_a_deploy_gives_the_command_the_commit(build: Build, demo: DemoRepository) -> None:
    commit = commit_of(demo.repository, "v1.3.0")  # the tag named beside it points elsewhere: the commit counts

    await build().deploy(*PLACE, commit, key="key")

    assert [(run["commit"], run["key"]) for run in demo.runs()] == [(commit, "key")]


async def test_the_command_sees_nothing_of_the_bots_environment(
    build: Build, demo: DemoRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-not-for-you")
    backend = build(command=python("import json, os; print(json.dumps(dict(os.environ)))"), env={"REGION": "north"})

    seen: dict[str, str] = json.loads(await deploy(backend, demo))

    assert set(seen) - {"LC_CTYPE"} == {"PATH", "HOME", "LANG", "REGION", "DEPLOY_KEY"}  # LC_CTYPE: python's own
    assert (seen["REGION"], seen["DEPLOY_KEY"]) == ("north", "key")


async def test_a_secret_given_to_the_command_is_masked_in_its_output(build: Build, demo: DemoRepository) -> None:
    code = "import os; print('using ' + os.environ['CLOUD_TOKEN'])"
    backend = build(command=python(code), env={"CLOUD_TOKEN": "s3cr3t-value"})

    assert await deploy(backend, demo) == "using [CLOUD_TOKEN]\n"


async def test_arguments_are_filled_in_but_never_split_or_filled_twice(build: Build, demo: DemoRepository) -> None:
    code = "import sys; print(sys.argv[1:])"
    command = [sys.executable, "-c", code, "a {tag} b", "$(id)", "{commit}", "{service}{environment}"]

    shown = await deploy(build(command=command), demo)

    commit = commit_of(demo.repository, "v1.4.0")
    assert shown == f"{['a v1.4.0 b', '$(id)', commit, 'backendproduction']}\n"
    assert deploy_command.filled_in(["{a}", "{b}"], {"a": "{b}", "b": "x"}) == ("{b}", "x")


async def test_long_output_is_shortened_visibly(build: Build, demo: DemoRepository) -> None:
    shown = await deploy(build(command=python("print('first'); print('x' * 100_000); print('last')")), demo)

    assert shown.startswith("first\n")
    assert shown.endswith("last\n")
    assert "bytes left out" in shown
    assert len(shown) < 10_000


async def test_output_beyond_what_the_disk_may_hold_is_dropped_while_the_command_runs(
    build: Build, demo: DemoRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command waits until its output file was cut back, so that it must happen for this to end."""
    monkeypatch.setattr(deploy_command, "DISK_BYTES", 50_000)
    monkeypatch.setattr(deploy_command, "LOOK_EVERY_S", 0.02)
    code = (
        "import os, time; os.write(1, b'first\\n' + b'x' * 100_000)\n"
        "while os.fstat(1).st_size > 50_000: time.sleep(0.01)\n"
        "os.write(1, b'\\nlast\\n')"
    )

    shown = await deploy(build(command=python(code)), demo)

    assert shown.startswith("first\n")
    assert shown.endswith("\nlast\n")
    assert "[... 98006 bytes left out ...]" in shown


async def test_a_command_that_refused_is_surely_not_done(build: Build, demo: DemoRepository) -> None:
    backend = build(command=python("import sys; print('freeze'); sys.exit(2)"))

    with pytest.raises(DeployRefused, match="freeze") as refused:
        await deploy(backend, demo)

    assert isinstance(refused.value, NotDone)
    assert await backend.happened("key") is False
    assert await backend.current() == []


@pytest.mark.parametrize("program", ["no-such-program", "/etc/hostname"])
async def test_a_command_that_cannot_be_started_is_surely_not_done(
    build: Build, demo: DemoRepository, program: str
) -> None:
    backend = build(command=[program, "{service}", "{environment}", "{commit}"])

    with pytest.raises(CommandNotStarted) as refused:
        await deploy(backend, demo)

    assert isinstance(refused.value, NotDone)
    assert await backend.happened("key") is False


async def test_a_command_that_failed_leaves_it_in_doubt(build: Build, demo: DemoRepository) -> None:
    backend = build(command=python("import sys; print('half of it'); sys.exit(1)"))

    with pytest.raises(DeployFailed, match="half of it") as failed:
        await deploy(backend, demo)

    assert not isinstance(failed.value, NotDone)
    assert await backend.happened("key") is None


FAMILY = """
sh -c 'trap "" TERM; echo $$ > "$0.new"; mv "$0.new" "$0"; for i in $(seq 60); do sleep 1; done' "$1" &
wait
"""
"""A command with a child that ignores SIGTERM, so that only SIGKILL to the whole group ends it."""


def family(pid: Path) -> list[str]:
    """Return the command, which writes its child's process id into a file."""
    return ["sh", "-c", FAMILY, "sh", str(pid), "{service}", "{environment}", "{commit}"]


async def test_out_of_time_the_whole_family_of_processes_is_stopped(
    build: Build, demo: DemoRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy_command, "GRACE_S", 0.2)
    pid = tmp_path / "pid"
    backend = build(command=family(pid), timeout_s=2)

    with pytest.raises(DeployFailed, match="was stopped after"):
        await deploy(backend, demo)

    await wait_until(lambda: gone(int(pid.read_text())))
    assert await backend.happened("key") is None


async def test_a_cancelled_deploy_leaves_no_process_behind(
    build: Build, demo: DemoRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deploy_command, "GRACE_S", 0.2)
    pid = tmp_path / "pid"
    backend = build(command=family(pid))
    running = asyncio.create_task(deploy(backend, demo))
    await wait_until(pid.exists)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    await wait_until(lambda: gone(int(pid.read_text())))
    assert await backend.happened("key") is None
