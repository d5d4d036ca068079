"""When history is looked at: after an outage of any kind, and when it has been quiet for long."""

import time
from collections.abc import AsyncIterator

import pytest

from bot.playground.slack import SlackPeer, Timing
from channels.slack import backfill as module
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.backfill import keep_up
from channels.slack.http import PATH, serve_http
from channels.slack.socket import serve_socket
from tests.channels.slack.remembering import KnownInMemory, ThreadsIntake
from tests.helpers import wait_until


@pytest.fixture
async def peer() -> AsyncIterator[SlackPeer]:
    """A peer that gives an event up at once, so that an outage loses it."""
    async with SlackPeer(timing=Timing(ack_s=1, retry_s=())) as running:
        yield running


@pytest.fixture
def intake() -> ThreadsIntake:
    """Where messages end up."""
    return ThreadsIntake()


@pytest.fixture
def known(intake: ThreadsIntake) -> KnownInMemory:
    """What is remembered."""
    return KnownInMemory(intake)


@pytest.fixture
def app(settings: SlackSettings, intake: ThreadsIntake) -> SlackApp:
    """The adapter; nothing reaches it but by history, unless a test serves it."""
    return build(settings, intake)


async def test_what_was_said_while_every_connection_was_down_is_taken_when_one_is_up(
    peer: SlackPeer, app: SlackApp, intake: ThreadsIntake, known: KnownInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.05)
    async with serve_socket(app, peer.workspace.app.app_token), keep_up(app, known, at_once=False):
        await wait_until(lambda: known.moments)
        real = peer.webapi.connect
        peer.webapi.connect = lambda: f"ws{peer.url[4:]}/link/?ticket=used"
        peer.sockets.cut()
        await wait_until(lambda: peer.sockets.connections == 0)
        peer.say("U0ANA", "deploys", "@bot deploy")
        await wait_until(lambda: peer.idle)
        assert not intake.seen, "Slack has given it up"
        peer.webapi.connect = real
        await wait_until(lambda: intake.texts == ["deploy"], timeout=20)


async def test_what_was_said_while_the_process_was_not_running_is_taken_at_its_start_by_http(
    peer: SlackPeer, app: SlackApp, intake: ThreadsIntake, known: KnownInMemory
) -> None:
    known.moments["T0ACME"] = time.time_ns() // 1000
    peer.deliver_to("http://127.0.0.1:9/nobody")
    peer.say("U0ANA", "deploys", "@bot deploy")
    await wait_until(lambda: peer.idle)
    async with serve_http(app, host="127.0.0.1", port=0), keep_up(app, known, at_once=True):
        await wait_until(lambda: intake.texts == ["deploy"])


async def test_what_the_store_could_not_take_while_slack_tried_is_taken_later(
    peer: SlackPeer, app: SlackApp, intake: ThreadsIntake, known: KnownInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(module, "TICK_S", 0.05)
    async with serve_http(app, host="127.0.0.1", port=0) as port, keep_up(app, known, at_once=True):
        await wait_until(lambda: known.moments)
        peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
        known.is_away, intake.away = True, 2
        peer.say("U0ANA", "deploys", "@bot deploy")
        await wait_until(lambda: peer.idle)
        assert not intake.seen, "Slack has given it up"
        known.is_away = False
        await wait_until(lambda: intake.texts == ["deploy"])


async def test_the_moment_moves_on_with_what_is_heard(
    peer: SlackPeer, app: SlackApp, known: KnownInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(module, "TICK_S", 0.05)
    async with serve_http(app, host="127.0.0.1", port=0) as port, keep_up(app, known, at_once=True):
        await wait_until(lambda: known.moments)
        peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
        ts = peer.say("U0ANA", "deploys", "@bot deploy")
        await wait_until(lambda: known.moments["T0ACME"] > int(ts.replace(".", "")))


async def test_a_quiet_time_is_a_reason_to_look(
    peer: SlackPeer, app: SlackApp, intake: ThreadsIntake, known: KnownInMemory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests may go to nobody although everything here is well: a load balancer, a connection that brings nothing."""
    for name in ("FIRST_PAUSE_S", "TICK_S", "QUIET_S"):
        monkeypatch.setattr(module, name, 0.05)
    peer.deliver_to("http://127.0.0.1:9/nobody")
    async with keep_up(app, known, at_once=True):
        await wait_until(lambda: known.moments)
        peer.say("U0ANA", "deploys", "@bot deploy")
        await wait_until(lambda: intake.texts == ["deploy"])
