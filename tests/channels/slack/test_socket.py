"""Socket Mode: the same listeners behind a WebSocket, which is renewed and closed without losing anything."""

from collections.abc import AsyncIterator

import pytest

from bot.errors import SettingsError
from bot.playground.slack import SlackPeer, Timing
from channels.slack import buttons
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.sender import SlackChannel
from channels.slack.socket import serve_socket
from tests.channels.slack.cards import APPROVAL, delivery
from tests.channels.slack.intake import RecordingIntake
from tests.helpers import wait_until


@pytest.fixture
async def peer() -> AsyncIterator[SlackPeer]:
    """A peer that waits less long for an acknowledgement: by WebSocket there is no saying no."""
    async with SlackPeer(timing=Timing(ack_s=1, retry_s=(0, 0, 0))) as running:
        yield running


@pytest.fixture
async def connected(peer: SlackPeer, settings: SlackSettings, intake: RecordingIntake) -> AsyncIterator[SlackApp]:
    """The adapter in Socket Mode."""
    app = build(SlackSettings(bot_token=settings.bot_token, api_url=settings.api_url), intake)
    async with serve_socket(app, peer.workspace.app.app_token):
        await wait_until(lambda: peer.sockets.connections == 1)
        yield app


@pytest.mark.usefixtures("connected")
async def test_a_mention_is_one_message_as_by_http(peer: SlackPeer, intake: RecordingIntake) -> None:
    peer.say("U0ANA", "deploys", "@bot deploy")
    await wait_until(lambda: peer.idle)
    assert (len(intake.seen), len(intake.messages), intake.messages[0].text) == (2, 1, "deploy")


@pytest.mark.usefixtures("connected")
async def test_what_could_not_be_stored_is_not_acknowledged_and_comes_again(
    peer: SlackPeer, intake: RecordingIntake
) -> None:
    intake.away = 1
    peer.say("U0ANA", "U0BOT", "hello")
    await wait_until(lambda: peer.idle)
    assert [attempt.result for attempt in peer.attempts] == ["http_timeout", "acked"]
    assert [message.text for message in intake.messages] == ["hello"]


@pytest.mark.usefixtures("connected")
async def test_clicks_and_forms_are_answers(peer: SlackPeer, channel: SlackChannel, intake: RecordingIntake) -> None:
    ts = (await channel.deliver(delivery(APPROVAL), None)).partition("/")[2]
    outcome = await peer.click("U0ROB", "releases", ts, buttons.REJECT)
    await peer.submit_view("U0ROB", outcome.modals[0], {"text": "no"})
    await peer.click("U0ROB", "releases", ts, buttons.APPROVE)
    assert [answer.answer for answer in intake.answers] == ["reject", "approve"]


@pytest.mark.usefixtures("connected")
async def test_when_slack_asks_to_reconnect_nothing_is_lost(peer: SlackPeer, intake: RecordingIntake) -> None:
    await peer.sockets.disconnect("refresh_requested")
    peer.say("U0ANA", "U0BOT", "still there?")
    await wait_until(lambda: intake.messages, timeout=20)
    await wait_until(lambda: peer.idle)
    assert len(intake.messages) == 1


async def test_a_broken_payload_is_recorded_and_acknowledged(peer: SlackPeer, connected: SlackApp) -> None:
    peer.sender.send({"type": "event_callback", "event_id": "Ev1", "event": "message"})
    peer.sender.send({"type": "event_callback", "event_id": "Ev2", "authorizations": ["T"], "event": {"type": "x"}})
    await wait_until(lambda: peer.idle)
    assert {attempt.result for attempt in peer.attempts} == {"acked"}
    assert sum(count for name, count in connected.tally.counts.items() if name.startswith("broken:")) == 2


async def test_a_refused_app_token_is_said_at_once(settings: SlackSettings, intake: RecordingIntake) -> None:
    with pytest.raises(SettingsError, match=r"SLACK_APP_TOKEN \(invalid_auth\)"):
        async with serve_socket(build(settings, intake), "xapp-wrong"):
            pass


async def test_a_dead_client_is_replaced(
    peer: SlackPeer, settings: SlackSettings, intake: RecordingIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The SDK's client retries one address for ever, although each serves once."""
    monkeypatch.setattr("channels.slack.socket.WATCH_S", 0.05)
    monkeypatch.setattr("channels.slack.socket.DEAD_S", 0.2)
    real, first = peer.webapi.connect, iter([f"ws{peer.url[4:]}/link/?ticket=used"] * 2)
    peer.webapi.connect = lambda: next(first, None) or real()
    async with serve_socket(build(settings, intake), peer.workspace.app.app_token):
        peer.say("U0ANA", "U0BOT", "hello")
        await wait_until(lambda: intake.messages)
