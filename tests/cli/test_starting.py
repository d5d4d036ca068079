"""How the command starts and ends: quickly, and without a traceback."""

import signal
import subprocess
import sys

import pytest

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
