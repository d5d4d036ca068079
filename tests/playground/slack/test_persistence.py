"""What survives a restart: messages, direct messages, open modals, undelivered events."""

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import SlackPeer, Timing
from tests.helpers import ROOT, wait_until
from tests.playground.slack.bolt import BUTTONS, BoltBot
from tests.playground.slack.client import Call, each

NOWHERE = "http://127.0.0.1:9/slack/events"


async def test_a_card_can_be_clicked_after_a_restart(tmp_path: Path) -> None:
    async with SlackPeer(data=tmp_path / "slack.db") as peer, BoltBot(peer) as bot:
        ts = await bot.call.post("U0ROB", "Deploy?", blocks=BUTTONS)
    async with SlackPeer(data=tmp_path / "slack.db") as peer, BoltBot(peer):
        assert (await peer.click("U0ROB", "U0BOT", ts, "approve")).acked


async def test_an_open_modal_survives_a_restart(tmp_path: Path) -> None:
    async with SlackPeer(data=tmp_path / "slack.db") as peer, BoltBot(peer) as bot:
        ts = await bot.call.post("C0RELEASES", "Deploy?", blocks=BUTTONS)
        opened = await peer.click("U0ROB", "#releases", ts, "reject")
    async with SlackPeer(data=tmp_path / "slack.db") as peer, BoltBot(peer):
        assert (await peer.submit_view("U0ROB", opened.modals[0], {"text": "too late"})).modals == ()


async def test_an_undelivered_event_is_delivered_after_a_restart(tmp_path: Path) -> None:
    async with SlackPeer(data=tmp_path / "slack.db", events_url=NOWHERE) as peer:
        ts = peer.say("U0ANA", "#deploys", "hello")
        await wait_until(lambda: len(peer.attempts) > 1)
    again = SlackPeer(data=tmp_path / "slack.db", timing=Timing().retries_scaled(0))
    async with BoltBot(again) as bot, again:
        bot.client.base_url = again.api_url  # known only now: the bot listened first
        await wait_until(lambda: bot.heard)
        assert bot.heard[0]["ts"] == ts
        assert int(bot.headers[0]["X-Slack-Retry-Num"]) > 0


async def test_new_messages_come_after_the_old_ones(tmp_path: Path) -> None:
    async with SlackPeer(data=tmp_path / "slack.db") as peer:
        old = peer.say("U0ANA", "#deploys", "old")
    async with SlackPeer(data=tmp_path / "slack.db") as peer:
        assert peer.say("U0ANA", "#deploys", "new") > old
        assert [message.text for message in peer.workspace.messages("C0DEPLOYS")] == ["old", "new"]


async def start(data: Path) -> tuple[Process, dict[str, str]]:
    """Run the peer as its own process, and return the settings that it prints."""
    command = (sys.executable, "-m", "bot.playground.slack", "--data", str(data))
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=PIPE)
    assert process.stdout is not None
    lines = [(await process.stdout.readline()).decode().strip() for _ in range(5)]
    return process, dict(line.split("=", 1) for line in lines)


async def stop(process: Process, by: signal.Signals) -> int:
    """Stop the process and return its exit code."""
    process.send_signal(by)
    await process.communicate()
    return process.returncode or 0


def client_of(settings: dict[str, str]) -> Call:
    """Return a client by the settings that the process printed."""
    return Call(AsyncWebClient(token=settings["SLACK_BOT_TOKEN"], base_url=settings["SLACK_API_URL"]))


async def test_kill_9_loses_no_message(tmp_path: Path) -> None:
    process, settings = await start(tmp_path / "slack.db")
    await client_of(settings).post("C0DEPLOYS", "kept")
    await stop(process, signal.SIGKILL)
    process, settings = await start(tmp_path / "slack.db")
    history = await client_of(settings)("conversations.history", channel="C0DEPLOYS")
    assert await stop(process, signal.SIGINT) == 0
    assert each(history["messages"], "text") == ["kept"]
