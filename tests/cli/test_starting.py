"""How the command starts and ends: quickly, and without a traceback."""

import asyncio
import signal
import subprocess
import sys

import pytest

from bot.app import Role
from bot.cli.running import roles_for, stop_at
from bot.settings import Settings
from tests.cli.conftest import Bot
from tests.helpers import wait_until

SLOW = {"redis", "anthropic", "aiohttp", "slack_bolt", "slack_sdk", "pydantic_settings"}


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["say", "--help"]], ids=" ".join)
def test_help_imports_nothing_that_is_slow_to_import(words: list[str]) -> None:
    program = """
import sys
from bot.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code
print("imported", *sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program, *words], check=True, capture_output=True, text=True)
    *shown, imported = done.stdout.splitlines()
    assert shown
    assert SLOW & set(imported.split()) == set()


async def test_what_a_role_needs_is_said_in_a_line_each(bot: Bot) -> None:
    done = await bot("web")
    assert done.code == 2
    assert done.err.startswith("bot: SLACK_BOT_TOKEN is not set: set it to")
    assert "\nSLACK_SIGNING_SECRET is not set: set it to" in done.err
    assert "Traceback" not in done.err


async def test_ctrl_c_while_following_ends_with_130_and_leaves_the_thread(running: Bot) -> None:
    process = running.start("say", "triage", "hello")
    await wait_until(lambda: process.stdout and process.stdout.readline().startswith("thread "), timeout=30)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert (process.returncode, "Traceback" in errors) == (130, False)
    (left,) = (await running("threads", "--json")).records()
    assert left["status"] == "ready"


@pytest.mark.parametrize(
    ("environment", "roles"),
    [
        ({}, {"worker"}),
        ({"SLACK_APP_TOKEN": "xapp-1"}, {"worker", "slack"}),
        ({"SLACK_SIGNING_SECRET": "x"}, {"worker", "web"}),
        ({"SLACK_APP_TOKEN": "xapp-1", "SLACK_SIGNING_SECRET": "x"}, {"worker", "web", "slack"}),
    ],
)
def test_run_does_what_there_are_credentials_for(environment: dict[str, str], roles: set[Role]) -> None:
    assert roles_for(Settings.load(environment)) == roles


async def test_the_first_signal_asks_for_an_orderly_end_and_the_second_is_the_systems_own() -> None:
    stop = asyncio.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        stop_at(stop, signal.SIGTERM, signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(stop.wait(), 10)
        assert signal.getsignal(signal.SIGTERM) == signal.getsignal(signal.SIGINT) == signal.SIG_DFL
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
