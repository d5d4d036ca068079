"""The control API over HTTP: behind a token, for this machine alone."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.playground.slack import SlackPeer
from bot.playground.slack.wire import JsonObject, as_object, parse_json
from tests.playground.slack.bolt import BUTTONS, BoltBot
from tests.playground.slack.client import dig

SAY: JsonObject = {"user": "U0ANA", "channel": "#deploys", "text": "@bot deploy"}


@pytest.fixture
async def page(peer: SlackPeer) -> AsyncIterator[aiohttp.ClientSession]:
    """A session that sends the token, as the page's server does."""
    async with aiohttp.ClientSession(peer.url, headers={"X-Control-Token": peer.control_token}) as session:
        yield session


async def post(page: aiohttp.ClientSession, act: str, body: JsonObject, **headers: str) -> tuple[int, JsonObject]:
    """Make a call of the control API and return status and answer."""
    async with page.post(f"/control/{act}", json=body, headers=headers) as answer:
        return answer.status, as_object(parse_json(await answer.text()))


async def test_a_person_writes_and_sees_it(page: aiohttp.ClientSession) -> None:
    _, said = await post(page, "say", SAY)
    async with page.get("/control/snapshot", params={"user": "U0ANA"}) as answer:
        seen = parse_json(await answer.text())
    assert dig(seen, "channels", 0, "messages", 0, "ts") == said["ts"]
    assert dig(seen, "channels", 0, "messages", 0, "text") == "<@U0BOT> deploy"


async def test_a_click_and_a_modal_over_http(bot: BoltBot, page: aiohttp.ClientSession) -> None:
    ts = await bot.call.post("C0RELEASES", "Deploy?", blocks=BUTTONS)
    click: JsonObject = {"user": "U0ROB", "channel": "C0RELEASES", "ts": ts, "action_id": "reject"}
    _, outcome = await post(page, "click", click)
    modal = dig(outcome, "modals", 0)
    _, closed = await post(page, "submit_view", {"user": "U0ROB", "view_id": modal, "values": {"text": "not today"}})
    assert (closed["acked"], closed["modals"]) == (True, [])


@pytest.mark.parametrize("method_and_path", ["POST /control/say", "GET /control/snapshot", "GET /control/stream"])
async def test_without_the_token_nothing_works(peer: SlackPeer, method_and_path: str) -> None:
    method, path = method_and_path.split()
    async with aiohttp.ClientSession(peer.url) as session, session.request(method, path) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    ("header", "value"), [("Host", "evil.test"), ("Origin", "https://evil.test"), ("Sec-Fetch-Site", "cross-site")]
)
async def test_a_foreign_page_is_refused_even_with_the_token(
    page: aiohttp.ClientSession, header: str, value: str
) -> None:
    assert (await post(page, "say", SAY, **{header: value}))[0] == 403


async def test_a_page_of_this_machine_is_let_in(page: aiohttp.ClientSession) -> None:
    assert (await post(page, "say", SAY, Origin="http://127.0.0.1:8100"))[0] == 200


async def test_what_a_person_cannot_do_is_explained(page: aiohttp.ClientSession) -> None:
    status, told = await post(page, "say", {**SAY, "user": "U0SAM", "channel": "#releases"})
    assert status == 409
    assert "not a member" in str(told["error"])


async def test_a_malformed_request_is_explained(page: aiohttp.ClientSession) -> None:
    assert (await post(page, "say", {"user": "U0ANA"}))[0] == 400


async def test_the_stream_tells_of_every_change(peer: SlackPeer, page: aiohttp.ClientSession) -> None:
    async with page.get("/control/stream") as stream:
        assert await stream.content.readuntil(b"\n\n") == b'id: 0\nevent: revision\ndata: {"revision": 0}\n\n'
        peer.say("U0ANA", "#deploys", "hello")
        assert (await stream.content.readuntil(b"\n\n")).startswith(b"id: 1\n")
