"""Behind a load balancer: connections are kept, slow and endless bodies are cut off, and a stop loses nothing."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack

import aiohttp
import pytest
from aiohttp import web

from bot.playground.slack import SlackPeer, sign
from channels.slack import http
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.http import MAX_BODY, PATH, serve_http
from tests.channels.slack.intake import RecordingIntake
from tests.channels.slack.test_http import event
from tests.helpers import wait_until


@pytest.fixture
def app(settings: SlackSettings, intake: RecordingIntake) -> SlackApp:
    """The adapter, served as each test says."""
    return build(settings, intake)


def signed(settings: SlackSettings, body: str) -> dict[str, str]:
    """The headers by which Slack vouches for a body."""
    when = str(int(time.time()))
    return {
        "Content-Type": "application/json",
        "X-Slack-Request-Timestamp": when,
        "X-Slack-Signature": sign(settings.signing_secret, when, body),
    }


async def test_what_is_being_taken_when_the_process_stops_is_answered_and_nothing_new_is_accepted(
    peer: SlackPeer, app: SlackApp, settings: SlackSettings, intake: RecordingIntake
) -> None:
    intake.hang.clear()
    async with AsyncExitStack() as stack, aiohttp.ClientSession() as session:
        port = await stack.enter_async_context(serve_http(app, host="127.0.0.1", port=0))
        url = f"http://127.0.0.1:{port}{PATH}"
        under_way = asyncio.create_task(_status(session, url, event(), signed(settings, event())))
        await wait_until(lambda: "users.info" in peer.webapi.calls)
        stopping = asyncio.create_task(stack.aclose())
        await wait_until(lambda: _refuses(port))
        assert not under_way.done()
        intake.hang.set()
        assert await under_way == 200
        await stopping
    assert [message.text for message in intake.messages] == ["a secret plan"]


async def test_a_connection_is_kept_for_the_next_request(app: SlackApp) -> None:
    async with serve_http(app, host="127.0.0.1", port=0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(f"POST {PATH} HTTP/1.1\r\nHost: bot\r\nContent-Length: 2\r\n\r\n{{}}".encode())
            answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
            assert answer.startswith(b"HTTP/1.1 401 ")
        await _close(writer)


async def test_a_body_that_comes_too_slowly_is_cut_off(
    app: SlackApp, intake: RecordingIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "BODY_S", 0.1)
    async with serve_http(app, host="127.0.0.1", port=0) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"POST {PATH} HTTP/1.1\r\nHost: bot\r\nContent-Length: 100\r\n\r\n{{".encode())
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        await _close(writer)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert not intake.seen


async def test_a_body_without_a_length_is_read_up_to_the_limit_alone(app: SlackApp, intake: RecordingIntake) -> None:
    async def endless() -> AsyncGenerator[bytes]:
        for _ in range(MAX_BODY // 65_536 + 2):
            yield b"x" * 65_536

    async with (
        serve_http(app, host="127.0.0.1", port=0) as port,
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}{PATH}", data=endless()) as answer,
    ):
        assert answer.status == 413
    assert not intake.seen


async def test_headers_of_a_proxy_vouch_for_nothing(
    app: SlackApp, settings: SlackSettings, intake: RecordingIntake
) -> None:
    claims = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https", "Forwarded": "for=127.0.0.1"}
    async with serve_http(app, host="127.0.0.1", port=0) as port, aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}{PATH}"
        assert await _status(session, url, event(), claims | {"Content-Type": "application/json"}) == 401
        assert not intake.seen
        assert await _status(session, url, event(), claims | signed(settings, event())) == 200


async def test_other_routes_are_served_beside_it(app: SlackApp) -> None:
    async def well(_: web.Request) -> web.Response:
        return web.Response(text="well")

    more = [web.get("/healthz", well)]
    async with (
        serve_http(app, host="127.0.0.1", port=0, more=more) as port,
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/healthz") as answer,
    ):
        assert (answer.status, await answer.text()) == (200, "well")


async def _status(session: aiohttp.ClientSession, url: str, body: str, headers: dict[str, str]) -> int:
    async with session.post(url, data=body, headers=headers) as answer:
        return answer.status


async def _refuses(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return True
    await _close(writer)
    return False


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
