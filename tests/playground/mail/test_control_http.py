"""The control API over HTTP: behind a token, for this machine alone."""

from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest
from pydantic import JsonValue, TypeAdapter

from bot.playground.mail import MailPeer

WRITE: Mapping[str, JsonValue] = {
    "from_": "kim@example.test",
    "to": "support@acme.test",
    "subject": "Order 1042",
    "text": "I want my money back",
}
_JSON: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


@pytest.fixture
async def page(peer: MailPeer) -> AsyncIterator[aiohttp.ClientSession]:
    """A session that sends the token, as the page's server does."""
    async with aiohttp.ClientSession(peer.url, headers={"X-Control-Token": peer.control_token}) as session:
        yield session


async def post(
    page: aiohttp.ClientSession, act: str, body: Mapping[str, JsonValue], **headers: str
) -> tuple[int, dict[str, JsonValue]]:
    """Make a call of the control API and return status and answer."""
    async with page.post(f"/control/{act}", json=dict(body), headers=headers) as answer:
        text = await answer.text()
        return answer.status, _JSON.validate_json(text) if text.startswith("{") else {"error": text}


async def test_a_person_writes_and_another_answers(peer: MailPeer, page: aiohttp.ClientSession) -> None:
    status, posted = await post(page, "write", WRITE)
    assert (status, posted["uids"]) == (200, {"bot@acme.test": 1})
    await post(page, "reply", {"box": "bot@acme.test", "uid": 1, "text": "Certainly", "client": "apple"})
    await post(page, "auto_reply", {"box": "kim@example.test", "uid": 1})
    assert [seen.subject for seen in peer.messages("kim@example.test")] == ["Re: Order 1042"]
    assert [seen.subject for seen in peer.messages("bot@acme.test")][1:] == ["Automatic reply: Re: Order 1042"]


async def test_a_page_sees_mailboxes_and_messages(page: aiohttp.ClientSession) -> None:
    await post(page, "write", WRITE)
    async with page.get("/control/snapshot", params={"box": "bot@acme.test"}) as answer:
        assert '"subject":"Order 1042"' in await answer.text()
    async with page.get("/control/messages", params={"box": "kim@example.test", "folder": "Sent"}) as answer:
        assert '"subject":"Order 1042"' in await answer.text()
    async with page.get("/control/mailboxes") as answer:
        assert '"box":"kim@example.test","is_outside":true' in await answer.text()


async def test_a_page_marks_read_and_breaks_and_mends_the_servers(peer: MailPeer, page: aiohttp.ClientSession) -> None:
    await post(page, "write", WRITE)
    await post(page, "mark_seen", {"box": "bot@acme.test", "uid": 1})
    assert peer.messages("bot@acme.test")[0].flags == ("\\Seen",)
    assert (await post(page, "fail_next", {"point": "imap.login", "reply": "NO later", "times": None}))[0] == 200
    assert peer.office.faults.waiting == 1
    await post(page, "heal", {})
    assert peer.office.faults.waiting == 0
    assert (await post(page, "disconnect", {}))[1] == {"closed": 0}
    assert (await post(page, "renumber", {"box": "bot@acme.test"}))[0] == 200


@pytest.mark.parametrize(
    "method_and_path", ["POST /control/write", "GET /control/snapshot", "GET /control/messages", "GET /control/stream"]
)
async def test_without_the_token_nothing_works(peer: MailPeer, method_and_path: str) -> None:
    method, path = method_and_path.split()
    async with aiohttp.ClientSession(peer.url) as session, session.request(method, path) as answer:
        assert answer.status == 403


@pytest.mark.parametrize(
    ("header", "value"), [("Host", "evil.test"), ("Origin", "https://evil.test"), ("Sec-Fetch-Site", "cross-site")]
)
async def test_a_foreign_page_is_refused_even_with_the_token(
    page: aiohttp.ClientSession, header: str, value: str
) -> None:
    assert (await post(page, "write", WRITE, **{header: value}))[0] == 403


async def test_a_page_of_this_machine_is_let_in(page: aiohttp.ClientSession) -> None:
    assert (await post(page, "write", WRITE, Origin="http://127.0.0.1:8100"))[0] == 200


async def test_what_cannot_be_done_is_explained(page: aiohttp.ClientSession) -> None:
    status, told = await post(page, "reply", {"box": "kim@example.test", "uid": 1, "text": "hello"})
    assert status == 409
    assert "there is no INBOX of kim@example.test" in str(told["error"])


async def test_a_malformed_request_is_explained(page: aiohttp.ClientSession) -> None:
    assert (await post(page, "write", {"from_": "kim@example.test"}))[0] == 400


async def test_the_stream_tells_of_every_change(peer: MailPeer, page: aiohttp.ClientSession) -> None:
    async with page.get("/control/stream") as stream:
        assert await stream.content.readuntil(b"\n\n") == b'id: 0\nevent: revision\ndata: {"revision": 0}\n\n'
        peer.receive(b"Subject: x\r\n\r\n", "bot@acme.test")
        assert (await stream.content.readuntil(b"\n\n")).startswith(b"id: 1\n")
