"""Files, through the real client: uploaded in three calls, shared in a channel or thread, and read again."""

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from slack_sdk.errors import SlackRequestError
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import App, Channel, SlackPeer
from bot.playground.slack.defaults import DEFAULT_CHANNELS
from bot.playground.slack.files import FILE_MAX, UPLOAD_S
from bot.playground.slack.models import ALL_SCOPES
from bot.playground.slack.wire import JsonObject, as_object
from tests.helpers import wait_until
from tests.playground.slack.bolt import BoltBot
from tests.playground.slack.client import Call, CallRefusedError, dig, each

TEXT = "first line\nsecond line\n<not> & markup\n"
RELEASES = "C0RELEASES"


@pytest.fixture
async def peer() -> AsyncIterator[SlackPeer]:
    """A peer with a channel that the bot is not in."""
    elsewhere = Channel(id="C0ELSEWHERE", name="elsewhere", members=("U0ANA",))
    async with SlackPeer(channels=(*DEFAULT_CHANNELS, elsewhere), events_url="http://127.0.0.1:9/") as running:
        yield running


async def upload(call: Call, **more: object) -> JsonObject:
    """Upload a text and return the file."""
    answer = await call("files.upload_v2", filename="arguments.txt", content=TEXT, **more)
    return as_object(answer["file"])


async def address(call: Call, length: int = len(TEXT)) -> tuple[str, str]:
    """Begin an upload, and return the address for the bytes and the file's id."""
    answer = await call("files.getUploadURLExternal", filename="arguments.txt", length=length)
    return str(answer["upload_url"]), str(answer["file_id"])


async def send(url: str, content: bytes | aiohttp.FormData) -> int:
    """Send the bytes, and return the status."""
    async with aiohttp.ClientSession() as session, session.post(url, data=content) as answer:
        return answer.status


async def refusal(call: Call, method: str, body: JsonObject) -> str:
    """Make a call that is refused, and return Slack's word for it."""
    with pytest.raises(CallRefusedError) as refused:
        await call.raw(method, body)
    return refused.value.code


def shown(peer: SlackPeer, channel: str = RELEASES) -> JsonObject:
    """Return the newest message of a channel as Slack shows it."""
    return peer.workspace.shown(peer.workspace.messages(channel)[-1])


async def test_a_file_appears_as_a_message_with_its_comment(peer: SlackPeer, call: Call) -> None:
    await upload(call, channel=RELEASES, initial_comment="All arguments", title="Arguments")
    message = shown(peer)
    assert (message["subtype"], message["text"]) == ("file_share", "All arguments")
    assert dig(message, "files", 0, "name") == "arguments.txt"
    assert dig(message, "files", 0, "title") == "Arguments"
    assert dig(message, "files", 0, "size") == len(TEXT)
    assert dig(message, "files", 0, "mode") == "snippet"


async def test_a_file_can_be_a_reply_in_a_thread(peer: SlackPeer, call: Call) -> None:
    card = await call.post(RELEASES, "Deploy?")
    await upload(call, channel=RELEASES, thread_ts=card)
    assert [reply.files != () for reply in peer.workspace.replies(RELEASES, card)] == [True]


async def test_several_files_are_one_message(peer: SlackPeer, call: Call) -> None:
    uploads = [{"filename": name, "content": TEXT} for name in ("one.txt", "two.json")]
    await call("files.upload_v2", file_uploads=uploads, channel=RELEASES)
    assert each(shown(peer)["files"], "filetype") == ["text", "json"]


async def test_the_answer_does_not_tell_where_the_file_stands_but_files_info_does(peer: SlackPeer, call: Call) -> None:
    file = await upload(call, channel=RELEASES)
    assert (file["shares"], file["channels"]) == ({}, [])
    told = await call("files.info", file=file["id"])
    assert dig(told, "file", "shares", "public", RELEASES, 0, "ts") == shown(peer)["ts"]


async def test_without_a_channel_nobody_sees_the_file(peer: SlackPeer, call: Call) -> None:
    await upload(call)
    assert peer.workspace.messages(RELEASES) == ()


async def test_the_event_of_a_shared_file_carries_it() -> None:
    async with SlackPeer() as peer, BoltBot(peer) as bot:
        await upload(bot.call, channel=RELEASES)
        await wait_until(lambda: peer.attempts)
        event = as_object(peer.attempts[0].payload["event"])
    assert (event["type"], event["subtype"]) == ("message", "file_share")
    assert dig(event, "files", 0, "size") == len(TEXT)


async def test_a_person_gets_a_file_by_their_id_among_several_channels(peer: SlackPeer, call: Call) -> None:
    await upload(call, channels=["U0ROB", RELEASES])
    assert len(peer.workspace.messages(peer.workspace.dm("U0ROB").id)) == 1
    assert len(peer.workspace.messages(RELEASES)) == 1


async def test_the_bytes_may_come_as_a_form(call: Call) -> None:
    url, file_id = await address(call)
    form = aiohttp.FormData()
    form.add_field("filename", TEXT.encode(), filename="arguments.txt")
    assert await send(url, form) == 200
    await call("files.completeUploadExternal", files=[{"id": file_id}])


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"length": 5}, "invalid_arguments"),
        ({"filename": "a.txt"}, "missing_argument"),
        ({"filename": "a.txt", "length": 0}, "missing_argument"),
        ({"filename": "a.txt", "length": "many"}, "invalid_arguments"),
        ({"filename": "a.txt", "length": FILE_MAX + 1}, "file_upload_size_restricted"),
        ({"filename": "a.txt", "length": 1_048_577, "snippet_type": "text"}, "snippet_too_large"),
        ({"filename": "a.png", "length": 5, "alt_txt": "x" * 1_001}, "alt_txt_too_large"),
    ],
)
async def test_an_upload_is_not_begun_with(call: Call, body: JsonObject, error: str) -> None:
    assert await refusal(call, "files.getUploadURLExternal", body) == error


@pytest.mark.parametrize(
    ("where", "error"),
    [
        ({"channel_id": "#releases"}, "invalid_arguments"),
        ({"channel_id": "U0ROB"}, "invalid_arguments"),
        ({"channel_id": "C0NOWHERE"}, "channel_not_found"),
        ({"channel_id": "C0ELSEWHERE"}, "not_in_channel"),
        ({"channels": "C0NOWHERE"}, "invalid_channel"),
        ({"channels": ",".join(f"C{number}" for number in range(101))}, "channels_limit_exceeded"),
        ({"channel_id": RELEASES, "thread_ts": "1.000000"}, "thread_not_found"),
        ({"channel_id": RELEASES, "blocks": [{"type": "hologram"}]}, "invalid_blocks"),
        ({"channel_id": RELEASES, "blocks": [{"type": "markdown", "text": "x"}]}, "internal_error"),
    ],
)
async def test_a_refused_share_leaves_the_upload_open(call: Call, where: JsonObject, error: str) -> None:
    url, file_id = await address(call)
    await send(url, TEXT.encode())
    assert await refusal(call, "files.completeUploadExternal", {"files": [{"id": file_id}], **where}) == error
    await call("files.completeUploadExternal", files=[{"id": file_id}], channel_id=RELEASES)


async def test_an_upload_is_completed_once(call: Call) -> None:
    file = await upload(call, channel=RELEASES)
    again: JsonObject = {"files": [{"id": file["id"]}], "channel_id": RELEASES}
    assert await refusal(call, "files.completeUploadExternal", again) == "file_not_found"


@pytest.mark.parametrize("files", [[{"id": "F0NOWHERE"}], [{"title": "no id"}]])
async def test_an_unknown_file_is_not_found(call: Call, files: list[JsonObject]) -> None:
    assert await refusal(call, "files.completeUploadExternal", {"files": [*files]}) == "file_not_found"


async def test_a_file_without_its_bytes_is_not_found(call: Call) -> None:
    _, file_id = await address(call)
    assert await refusal(call, "files.completeUploadExternal", {"files": [{"id": file_id}]}) == "file_not_found"


async def test_other_than_the_announced_number_of_bytes_fails(call: Call) -> None:
    url, _ = await address(call, length=5)
    assert await send(url, b"four") == 400


async def test_an_address_that_was_never_given_fails(peer: SlackPeer) -> None:
    assert await send(f"{peer.url}/upload/v1/made-up", b"x") == 404


async def test_an_upload_may_be_repeated_until_it_is_completed(call: Call) -> None:
    url, file_id = await address(call)
    assert [await send(url, TEXT.encode()) for _ in range(2)] == [200, 200]
    await call("files.completeUploadExternal", files=[{"id": file_id}])
    assert await send(url, TEXT.encode()) == 404


async def test_an_upload_expires(peer: SlackPeer, call: Call) -> None:
    url, _ = await address(call)
    late = peer.workspace.clock() + UPLOAD_S + 1
    peer.workspace.files.clock = lambda: late
    assert await send(url, TEXT.encode()) == 404


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "files.completeUploadExternal"])
async def test_both_calls_need_the_scope(method: str) -> None:
    async with SlackPeer(app=App(scopes=ALL_SCOPES - {"files:write"})) as peer:
        call = Call(AsyncWebClient(token=peer.workspace.app.bot_token, base_url=peer.api_url))
        body: JsonObject = {"filename": "a.txt", "length": 1, "files": [{"id": "F0NOWHERE"}]}
        assert await refusal(call, method, body) == "missing_scope"


async def test_an_injected_failure_of_the_upload_reaches_the_client(peer: SlackPeer, call: Call) -> None:
    peer.fail_next("upload", status=500)
    with pytest.raises(SlackRequestError, match="status: 500"):
        await upload(call, channel=RELEASES)
    assert peer.workspace.messages(RELEASES) == ()


async def fetch(url: str, token: str = "") -> tuple[int, str, str]:
    """Return status, content type and text of an address."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return answer.status, answer.content_type, await answer.text()


@pytest.mark.parametrize("field", ["url_private", "url_private_download"])
async def test_a_file_is_read_with_the_token(call: Call, field: str) -> None:
    file = await upload(call, channel=RELEASES)
    assert await fetch(str(file[field]), "xoxb-playground") == (200, "text/plain", TEXT)


@pytest.mark.parametrize("token", ["", "xoxb-other"])
async def test_without_the_token_a_page_to_sign_in_at_comes_instead(call: Call, token: str) -> None:
    file = await upload(call, channel=RELEASES)
    status, kind, text = await fetch(str(file["url_private"]), token)
    assert (status, kind) == (200, "text/html")
    assert TEXT not in text


async def test_without_the_scope_a_page_to_sign_in_at_comes_instead() -> None:
    async with SlackPeer(app=App(scopes=ALL_SCOPES - {"files:read"})) as peer:
        call = Call(AsyncWebClient(token=peer.workspace.app.bot_token, base_url=peer.api_url))
        file = await upload(call, channel=RELEASES)
        assert (await fetch(str(file["url_private"]), "xoxb-playground"))[1] == "text/html"


async def test_a_file_survives_a_restart(tmp_path: Path) -> None:
    async with SlackPeer(data=tmp_path / "slack.db", events_url="http://127.0.0.1:9/") as peer:
        call = Call(AsyncWebClient(token=peer.workspace.app.bot_token, base_url=peer.api_url))
        await upload(call, channel=RELEASES)
    async with SlackPeer(data=tmp_path / "slack.db", events_url="http://127.0.0.1:9/") as peer:
        url = str(dig(shown(peer), "files", 0, "url_private"))
        assert (await fetch(url, "xoxb-playground"))[2] == TEXT


async def test_a_persons_file_reaches_the_app_with_their_words() -> None:
    async with SlackPeer() as peer, BoltBot(peer) as bot:
        ts = peer.share("U0ANA", "#deploys", "notes.txt", TEXT.encode(), "@bot read this")
        await wait_until(lambda: len(bot.heard) == 2)
    event = next(event for event in bot.heard if event["type"] == "message")
    assert (event["subtype"], event["user"], event["ts"]) == ("file_share", "U0ANA", ts)
    assert (event["text"], dig(event, "files", 0, "name")) == ("<@U0BOT> read this", "notes.txt")
