"""Socket Mode, with Bolt's own handler."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

from bot.playground.slack import SlackPeer, Timing
from bot.playground.slack.wire import as_object
from tests.helpers import wait_until
from tests.playground.slack.bolt import BUTTONS, BoltBot


@pytest.fixture
async def bot(peer: SlackPeer) -> AsyncIterator[BoltBot]:
    """A Bolt app connected through Socket Mode."""
    running = BoltBot(peer)
    handler = AsyncSocketModeHandler(running.bolt, peer.workspace.app.app_token)
    await handler.connect_async()
    await wait_until(lambda: peer.sockets.connections == 1)
    yield running
    await handler.close_async()


async def raw_socket(peer: SlackPeer, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    """Open a connection by hand, past its hello."""
    socket = await session.ws_connect(peer.sockets.new_url())
    hello = await socket.receive_json()
    assert hello["type"] == "hello"
    return socket


async def test_a_mention_arrives_through_the_socket(peer: SlackPeer, bot: BoltBot) -> None:
    peer.say("U0ANA", "#deploys", "@bot deploy")
    await wait_until(lambda: peer.idle)
    assert sorted(bot.types()) == ["app_mention", "message"]
    assert {attempt.result for attempt in peer.attempts} == {"acked"}


async def test_a_click_and_a_modal_work_through_the_socket(peer: SlackPeer, bot: BoltBot) -> None:
    ts = await bot.call.post("C0RELEASES", "Deploy?", blocks=BUTTONS)
    opened = await peer.click("U0ROB", "#releases", ts, "reject")
    outcome = await peer.submit_view("U0ROB", opened.modals[0], {"text": "no"})
    assert outcome.errors == {"reason": "Say more"}


async def test_the_client_reconnects_when_asked_to(peer: SlackPeer, bot: BoltBot) -> None:
    await peer.sockets.disconnect()
    await wait_until(lambda: peer.sockets.opened >= 2 and peer.sockets.connections)
    peer.say("U0ANA", "#deploys", "hello")
    await wait_until(lambda: bot.heard)


async def test_what_is_not_acknowledged_comes_again_with_its_count() -> None:
    async with SlackPeer(timing=Timing(ack_s=0.05, retry_s=(0, 0, 0))) as peer, aiohttp.ClientSession() as session:
        socket = await raw_socket(peer, session)
        peer.say("U0ANA", "#deploys", "hello")
        first, second = await socket.receive_json(), await socket.receive_json()
        assert (first["retry_attempt"], second["retry_attempt"]) == (0, 1)
        assert second["retry_reason"] == "timeout"
        assert first["payload"]["event_id"] == second["payload"]["event_id"]
        assert first["envelope_id"] != second["envelope_id"]


async def test_a_muted_connection_stays_up_and_silent() -> None:
    async with SlackPeer(timing=Timing(ack_s=0.01, retry_s=(0,))) as peer, aiohttp.ClientSession() as session:
        socket = await raw_socket(peer, session)
        peer.sockets.muted = True
        peer.say("U0ANA", "#deploys", "hello")
        await wait_until(lambda: peer.idle)
        assert [attempt.result for attempt in peer.attempts] == ["http_timeout"] * 2
        assert not socket.closed


async def test_of_several_connections_one_can_be_muted_and_its_events_come_again_by_another() -> None:
    async with SlackPeer(timing=Timing(ack_s=0.05, retry_s=(0,) * 30)) as peer, aiohttp.ClientSession() as session:
        muted, other = await raw_socket(peer, session), await raw_socket(peer, session)
        peer.sockets.lines[0].muted = True
        peer.say("U0ANA", "#deploys", "hello")
        envelope = await other.receive_json(timeout=5)
        assert envelope["payload"]["event"]["text"] == "hello"
        with pytest.raises(TimeoutError):
            await muted.receive(timeout=0.1)


async def test_a_frozen_connection_answers_no_ping(peer: SlackPeer) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await session.ws_connect(peer.sockets.new_url(), autoping=False)
        await socket.receive_json()
        await socket.ping(b"1")
        assert (await socket.receive()).type is aiohttp.WSMsgType.PONG
        peer.sockets.lines[0].frozen = True
        await socket.ping(b"2")
        with pytest.raises(TimeoutError):
            await socket.receive(timeout=0.2)


async def test_after_a_warning_a_connection_brings_events_until_it_is_closed() -> None:
    async with SlackPeer(timing=Timing(warning_s=0.3)) as peer, aiohttp.ClientSession() as session:
        socket = await raw_socket(peer, session)
        await peer.sockets.disconnect("warning")
        assert as_object(await socket.receive_json())["reason"] == "warning"
        peer.say("U0ANA", "#deploys", "hello")
        envelope = await socket.receive_json()
        await socket.send_json({"envelope_id": envelope["envelope_id"]})
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        await wait_until(lambda: peer.idle)


async def test_a_connection_that_is_cut_ends_without_a_word(peer: SlackPeer) -> None:
    async with aiohttp.ClientSession() as session:
        socket = await raw_socket(peer, session)
        peer.sockets.cut()
        assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
        await wait_until(lambda: peer.sockets.connections == 0)


async def test_the_eleventh_connection_is_turned_away(peer: SlackPeer) -> None:
    async with aiohttp.ClientSession() as session:
        kept = [await raw_socket(peer, session) for _ in range(10)]
        eleventh = await session.ws_connect(peer.sockets.new_url())
        assert as_object(await eleventh.receive_json())["reason"] == "too_many_websockets"
        assert len(kept) == peer.sockets.connections


async def test_a_ticket_opens_one_connection(peer: SlackPeer) -> None:
    url = peer.sockets.new_url()
    async with aiohttp.ClientSession() as session:
        await session.ws_connect(url)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(url)


async def test_an_event_waits_for_the_first_connection(peer: SlackPeer) -> None:
    peer.say("U0ANA", "#deploys", "hello")
    async with aiohttp.ClientSession() as session:
        envelope = await (await raw_socket(peer, session)).receive_json()
    assert envelope["payload"]["event"]["text"] == "hello"
