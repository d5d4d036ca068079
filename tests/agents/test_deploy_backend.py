"""The deploy backend as a whole: what it refuses, what it records, and what it says after a crash."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from agents.backends.deploy import DeployRefused, NoSuchCommit, StillRunning
from bot.playground.repository import DemoRepository, commit_of, record_first_deployments
from bot.steps import NotDone
from tests.agents.deploys import PLACE, Build, deploy, gone, python
from tests.helpers import ROOT, wait_until


@pytest.mark.parametrize(
    ("service", "environment"), [("database", "production"), ("backend", "moon"), ("--help", "staging"), ("", "")]
)
async def test_only_services_and_environments_of_the_settings_exist(
    build: Build, demo: DemoRepository, service: str, environment: str
) -> None:
    backend, commit = build(health_command=["true", "{service}", "{environment}"]), commit_of(demo.repository, "v1.4.0")

    with pytest.raises(DeployRefused, match="there are"):
        await backend.deploy(service, environment, "v1.4.0", commit, key="key")
    with pytest.raises(DeployRefused, match="there are"):
        await backend.health(service, environment)
    assert demo.runs() == []


@pytest.mark.parametrize("commit", ["f" * 40, "main", "--help", ""])
async def test_only_the_full_id_of_a_commit_that_exists_is_deployed(build: Build, commit: str) -> None:
    with pytest.raises(NoSuchCommit):
        await build().deploy(*PLACE, commit, key="key")
    with pytest.raises(NoSuchCommit):
        await build().roll_back(*PLACE, commit, key="key")


async def test_health_is_the_exit_code_and_shows_what_the_command_said(build: Build, demo: DemoRepository) -> None:
    backend = build(health_command=demo.health_command)
    before = await backend.health("backend", "production")
    await deploy(backend, demo)

    after = await backend.health("backend", "production")

    assert (before.healthy, after.healthy) == (False, True)
    assert "v1.4.0 answers" in after.output


async def test_a_health_command_that_does_not_end_counts_as_unhealthy(build: Build) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(600)", "{service}", "{environment}"]

    health = await build(health_command=command, health_timeout_s=0.3).health("backend", "staging")

    assert not health.healthy
    assert "no answer within 0.3 seconds" in health.output


async def test_a_finished_deploy_is_what_is_deployed(build: Build, demo: DemoRepository) -> None:
    await deploy(build(), demo)

    [current] = await build().current()

    assert (current.service, current.environment, current.tag, current.key) == (*PLACE, "key")
    assert await build().happened("key") is True


async def test_a_key_that_finished_is_not_run_again(build: Build, demo: DemoRepository) -> None:
    first = await build().deploy(*PLACE, commit_of(demo.repository, "v1.4.0"), key="key")
    demo.repository.rename(demo.repository.with_name("away"))  # nor does it need the repository

    second = await build(repository="file:///nowhere").deploy(*PLACE, first.commit, key="key")

    assert second == first
    assert len(demo.runs()) == 1


async def test_a_key_used_twice_at_once_runs_once(build: Build, demo: DemoRepository) -> None:
    outcomes = await asyncio.gather(*(deploy(build(), demo) for _ in range(3)), return_exceptions=True)

    assert any(isinstance(outcome, str) for outcome in outcomes)
    assert all(isinstance(outcome, str | StillRunning | DeployRefused) for outcome in outcomes)
    assert len(demo.runs()) == 1


async def test_a_key_serves_one_deploy_alone(build: Build, demo: DemoRepository) -> None:
    await deploy(build(), demo)

    with pytest.raises(DeployRefused, match="something else"):
        await build().deploy("frontend", "production", "v1.4.0", commit_of(demo.repository, "v1.4.0"), key="key")


async def test_a_key_that_nobody_started_did_not_happen_if_the_record_is_everybodys(build: Build) -> None:
    assert await build().happened("unheard of") is False


async def test_without_a_shared_record_an_unknown_key_cannot_be_told(build: Build) -> None:
    assert await build(state=None).happened("unheard of") is None


async def test_a_line_torn_by_a_crash_costs_only_itself(build: Build, demo: DemoRepository, tmp_path: Path) -> None:
    await deploy(build(), demo, key="before")
    with (tmp_path / "state" / "deployments.jsonl").open("a", encoding="utf-8") as record:
        record.write('{"key":"torn","event":"star')

    await deploy(build(), demo, key="after")

    assert [await build().happened(key) for key in ("before", "torn", "after")] == [True, None, True]
    assert len((tmp_path / "state" / "deployments.jsonl").read_text().splitlines()) == 2 + 1 + 2


async def test_a_roll_back_deploys_what_was_there_before_and_a_second_one_goes_further_back(
    build: Build, demo: DemoRepository, tmp_path: Path
) -> None:
    backend = build()
    for tag in ("v1.2.0", "v1.3.0", "v1.4.0"):
        await backend.deploy("backend", "staging", tag, commit_of(demo.repository, tag), key=tag)

    went_to: list[str] = []
    for key in ("first", "second"):
        back = await backend.previous("backend", "staging")
        went_to.append((await backend.roll_back("backend", "staging", back.tag, back.commit, key=key)).tag)

    assert went_to == ["v1.3.0", "v1.2.0"]
    assert [run["tag"] for run in demo.runs()] == ["v1.2.0", "v1.3.0", "v1.4.0", "v1.3.0", "v1.2.0"]
    with pytest.raises(DeployRefused, match="on record"):
        await backend.previous("backend", "staging")


async def test_a_roll_back_may_have_a_command_of_its_own(build: Build, demo: DemoRepository) -> None:
    backend = build(rollback_command=python("print('back we go')"))

    back = await backend.roll_back(*PLACE, commit_of(demo.repository, "v1.4.0"), key="key")

    assert back.output == "back we go\n"


async def test_the_demo_begins_with_something_deployed(build: Build, demo: DemoRepository, tmp_path: Path) -> None:
    record_first_deployments(demo, tmp_path / "state")

    current = {(it.environment, it.service): it.tag for it in await build().current()}

    assert current[("production", "backend")] == "v1.3.1"
    assert (await build().previous("backend", "production")).tag == "v1.3.0"
    assert len(current) == 4


WORKER = """
import asyncio, json, pathlib, sys
from agents.backends.deploy import DeployBackend
settings, data, commit = json.loads(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
async def main():
    async with DeployBackend.open(settings, data) as backend:
        await backend.deploy("backend", "production", "v1.4.0", commit, key="key")
asyncio.run(main())
"""

HOLDS = """
import os, pathlib, sys, time
place = pathlib.Path(sys.argv[5])
place.with_suffix(".new").write_text(str(os.getpid())); place.with_suffix(".new").rename(place)
for _ in range(3000):
    if place.with_name("go").exists(): break
    time.sleep(0.02)
print("on it goes", flush=True)
place.with_name("through").touch()
"""


async def test_a_worker_killed_in_the_middle_leaves_a_doubt_and_not_a_second_run(
    build: Build, demo: DemoRepository, tmp_path: Path
) -> None:
    """The command outlives its worker; while it does, nothing else is deployed there; then the key may run again."""
    pid, commit = tmp_path / "pid", commit_of(demo.repository, "v1.4.0")
    command = [*python(HOLDS), str(pid)]
    settings = {"repository": str(demo.repository), "command": command, "state": str(tmp_path / "state")}
    words = (sys.executable, "-c", WORKER, json.dumps(settings), str(tmp_path / "data"), commit)
    worker = await asyncio.create_subprocess_exec(*words, env={**os.environ, "PYTHONPATH": str(ROOT)})
    await wait_until(pid.exists)
    try:
        worker.kill()
        await worker.wait()
        backend = build(command=command)

        assert await backend.happened("key") is None
        with pytest.raises(StillRunning) as running:
            await deploy(backend, demo)
        assert not isinstance(running.value, NotDone)
        with pytest.raises(DeployRefused, match="still running"):
            await deploy(backend, demo, key="another")

        (tmp_path / "go").touch()
        await wait_until((tmp_path / "through").exists)  # its worker's death did not break it
        await wait_until(lambda: gone(int(pid.read_text())))
        assert await backend.happened("key") is None
        assert await deploy(backend, demo) == "on it goes\n"  # a person said: it did not happen, run it
        assert await backend.happened("key") is True
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid.read_text()), signal.SIGKILL)


async def test_what_a_finished_command_left_in_the_background_does_not_block_the_next(
    build: Build, demo: DemoRepository, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    code = (
        "import pathlib, subprocess, sys; daemon = subprocess.Popen(['sleep', '600'], close_fds=False)\n"
        "pathlib.Path(sys.argv[5]).write_text(str(daemon.pid))"
    )
    await deploy(build(command=[*python(code), str(pid)]), demo)
    try:
        assert not gone(int(pid.read_text()))

        await deploy(build(), demo, key="next")
    finally:
        os.kill(int(pid.read_text()), signal.SIGKILL)
