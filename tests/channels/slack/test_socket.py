"""Socket Mode: the same listeners behind several WebSockets, each renewed and closed without losing anything."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

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
def app(settings: SlackSettings, intake: RecordingIntake) -> SlackApp:
    """The adapter, without a signing secret."""
    return build(SlackSettings(bot_token=settings.bot_token, api_url=settings.api_url), intake)


@asynccontextmanager
async def serving(peer: SlackPeer, app: SlackApp, connections: int = 2) -> AsyncGenerator[None]:
    """Serve by so many connections, from when all of them are up."""
    async with serve_socket(app, peer.workspace.app.app_token, connections=connections):
        await wait_until(lambda: peer.sockets.connections == connections)
        yield


@pytest.fixture
async def connected(peer: SlackPeer, app: SlackApp) -> AsyncIterator[SlackApp]:
    """The adapter in Socket Mode."""
    async with serving(peer, app):
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


async def test_an_address_that_does_not_work_is_not_tried_again(peer: SlackPeer, app: SlackApp) -> None:
    """Each address serves once; the SDK's own client retries the same one for ever."""
    real, used = peer.webapi.connect, iter([f"ws{peer.url[4:]}/link/?ticket=used"] * 2)
    peer.webapi.connect = lambda: next(used, None) or real()
    async with serving(peer, app, 1):
        pass
    assert next(used, None) is None


@pytest.mark.usefixtures("connected")
async def test_when_slack_asks_to_reconnect_nothing_is_lost(peer: SlackPeer, intake: RecordingIntake) -> None:
    await peer.sockets.disconnect("refresh_requested")
    peer.say("U0ANA", "U0BOT", "still there?")
    await wait_until(lambda: peer.idle)
    assert [message.text for message in intake.messages] == ["still there?"]


@pytest.mark.usefixtures("connected")
async def test_a_connection_that_breaks_is_replaced_while_the_other_goes_on(
    peer: SlackPeer, intake: RecordingIntake
) -> None:
    first, second = peer.sockets.lines
    peer.sockets.cut(first)
    peer.say("U0ANA", "U0BOT", "still there?")
    await wait_until(lambda: peer.idle and peer.sockets.connections == 2)
    assert [message.text for message in intake.messages] == ["still there?"]
    assert second in peer.sockets.lines


async def test_after_a_warning_the_next_connection_opens_before_the_last_one_is_closed(
    peer: SlackPeer, app: SlackApp
) -> None:
    open_then: list[int] = []
    real = peer.webapi.connect

    def connect() -> str:
        open_then.append(peer.sockets.connections)
        return real()

    async with serving(peer, app, 1):
        peer.webapi.connect = connect
        (warned,) = peer.sockets.lines
        await peer.sockets.disconnect("warning")
        await wait_until(lambda: warned not in peer.sockets.lines and peer.sockets.connections == 1)
    assert open_then == [1]


async def test_what_came_by_a_connection_that_is_ending_is_acknowledged_by_it(
    peer: SlackPeer, app: SlackApp, intake: RecordingIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.slack.socket.STEADY_S", 0)
    async with serving(peer, app, 1):
        intake.hang.clear()
        peer.say("U0ANA", "U0BOT", "hello")
        await wait_until(lambda: peer.webapi.calls.count("users.info"))
        await peer.sockets.disconnect("warning")
        await wait_until(lambda: peer.sockets.opened == 2)
        intake.hang.set()
        await wait_until(lambda: peer.idle)
    assert [attempt.result for attempt in peer.attempts] == ["acked"]


async def test_what_came_is_acknowledged_before_the_process_ends(
    peer: SlackPeer, app: SlackApp, intake: RecordingIntake
) -> None:
    async with serving(peer, app):
        intake.hang.clear()
        peer.say("U0ANA", "U0BOT", "hello")
        await wait_until(lambda: peer.webapi.calls.count("users.info"))
        asyncio.get_running_loop().call_later(0.1, intake.hang.set)
    await wait_until(lambda: peer.idle)
    assert [attempt.result for attempt in peer.attempts] == ["acked"]


async def test_a_connection_that_answers_no_ping_is_replaced(
    peer: SlackPeer, app: SlackApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.slack.connection.HEARTBEAT_S", 0.2)
    async with serving(peer, app):
        frozen = peer.sockets.lines[0]
        frozen.frozen = True
        await wait_until(lambda: peer.sockets.opened == 3)


async def test_a_connection_that_answers_pings_and_brings_nothing_is_replaced(
    peer: SlackPeer, app: SlackApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.slack.socket.QUIET_S", 0.3)
    async with serving(peer, app, 1):
        (muted,) = peer.sockets.lines
        muted.muted = True
        await wait_until(lambda: muted not in peer.sockets.lines)
        assert app.hearing.silent, "what it should have brought is looked for"


async def test_of_ten_connections_each_can_be_replaced_although_an_eleventh_is_turned_away(
    peer: SlackPeer, app: SlackApp
) -> None:
    async with serving(peer, app, 10):
        warned = peer.sockets.lines[3]
        await peer.sockets.disconnect("warning", warned)
        await wait_until(lambda: warned not in peer.sockets.lines and peer.sockets.connections == 10)


async def test_too_many_connections_are_said_with_the_mend(
    peer: SlackPeer, app: SlackApp, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving(peer, app, 10), serve_socket(app, peer.workspace.app.app_token, connections=1):
        await wait_until(lambda: "lower SLACK_CONNECTIONS" in caplog.text)
    assert peer.sockets.opened == 10


async def test_slack_is_asked_again_only_after_the_time_that_it_names(
    peer: SlackPeer, app: SlackApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    real = asyncio.sleep

    async def sleep(delay: float) -> None:
        waits.append(delay)
        await real(0)

    async with serving(peer, app, 1):
        peer.fail_next("apps.connections.open", retry_after_s=30)
        monkeypatch.setattr("channels.slack.socket.asyncio.sleep", sleep)
        peer.sockets.cut()
        await wait_until(lambda: peer.sockets.opened == 2)
    assert any(wait >= 30 for wait in waits)


@pytest.mark.usefixtures("connected")
async def test_nothing_is_lost_or_doubled_while_connections_are_killed_and_events_come_twice(
    peer: SlackPeer, intake: RecordingIntake
) -> None:
    for number in range(60):
        if number % 5 == 0:
            peer.duplicate_next()
        if number % 15 == 7:
            peer.sockets.cut(peer.sockets.lines[0])
            await wait_until(lambda: peer.sockets.connections == 2)
        peer.say("U0ANA", "U0BOT", str(number))
    await wait_until(lambda: peer.idle)
    assert sorted(int(message.text) for message in intake.messages) == [*range(60)]
