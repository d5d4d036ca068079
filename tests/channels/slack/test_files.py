"""Files of a message: text is read within a cap, everything else is a name; the token goes to Slack alone."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.playground.slack import App, SlackPeer, Timing
from bot.playground.slack.defaults import COUNTERSIGN, DEFAULT_CHANNELS
from bot.playground.slack.files_http import LOGIN_PAGE
from channels.slack import files as module
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.calls import reading_client
from channels.slack.files import BINARY, FOREIGN, LATE, LOGIN, MOST_BYTES, TOO_MANY, UNREAD, Files
from channels.slack.http import PATH, serve_http
from channels.slack.payloads import File
from channels.slack.tally import Tally
from tests.channels.slack.intake import RecordingIntake
from tests.helpers import wait_until

TOKEN = COUNTERSIGN.bot_token


async def taken(peer: SlackPeer, intake: RecordingIntake) -> tuple[str, list[tuple[str, str, int]]]:
    """The text of the one message that came, and what was read of its files."""
    await wait_until(lambda: peer.idle)
    (message,) = intake.messages
    return message.text, [(file.name, file.text, file.omitted) for file in message.files]


def reader(api_url: str = "https://slack.com/api/", tally: Tally | None = None) -> Files:
    return Files(reading_client(TOKEN, api_url), TOKEN, api_url, tally or Tally())


# --- through the adapter -------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("slack")
async def test_a_text_file_is_read_and_named_in_the_message(peer: SlackPeer, intake: RecordingIntake) -> None:
    peer.share("U0ANA", "U0BOT", "a.log", b"boom\n\xc3\xa9", "why?")
    text, read = await taken(peer, intake)
    assert text == "why?\n[file: a.log, Plain Text, 7 bytes]"
    assert read == [("a.log", "boom\né", 0)]


@pytest.mark.usefixtures("slack")
async def test_a_picture_is_known_by_name_alone(peer: SlackPeer, intake: RecordingIntake) -> None:
    peer.share("U0ANA", "U0BOT", "a.png", b"\x89PNG\r\n")
    assert await taken(peer, intake) == ("[file: a.png, PNG, 6 bytes]", [])


@pytest.mark.usefixtures("slack")
async def test_of_a_long_file_the_beginning_is_read_and_the_rest_counted(
    peer: SlackPeer, intake: RecordingIntake
) -> None:
    peer.share("U0ANA", "U0BOT", "a.log", b"x" * (MOST_BYTES + 5_000))
    _, ((_, text, omitted),) = await taken(peer, intake)
    assert (len(text), omitted) == (MOST_BYTES, 5_000)


@pytest.mark.usefixtures("slack")
async def test_a_mention_in_a_channel_brings_its_file_once(peer: SlackPeer, intake: RecordingIntake) -> None:
    peer.share("U0ANA", "deploys", "a.log", b"boom", "@bot why?")
    text, read = await taken(peer, intake)
    assert text.startswith("why?\n[file: a.log")
    assert read == [("a.log", "boom", 0)]


@pytest.mark.usefixtures("slack")
async def test_no_file_of_talk_among_others_is_read(
    peer: SlackPeer, intake: RecordingIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> None:
        raise AssertionError("read")

    monkeypatch.setattr(Files, "read", never)
    root = peer.say("U0ANA", "deploys", "lunch?")
    peer.share("U0ROB", "deploys", "menu.txt", b"soup", thread_ts=root)
    await wait_until(lambda: peer.idle)
    assert [message.files for message in intake.messages] == [()], "that of a thread of others: the core ignores it"


async def test_without_the_scope_the_page_to_sign_in_is_taken_for_no_file(intake: RecordingIntake) -> None:
    app = App(scopes=COUNTERSIGN.scopes - {"files:read"})
    async with SlackPeer(app=app, timing=Timing().retries_scaled(0)) as peer:
        slack = build(
            SlackSettings(bot_token=app.bot_token, signing_secret=app.signing_secret, api_url=peer.api_url), intake
        )
        async with serve_http(slack, host="127.0.0.1", port=0) as port:
            peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
            peer.share("U0ANA", "U0BOT", "a.log", b"boom", "why?")
            assert await taken(peer, intake) == (f"why?\n[file: a.log, Plain Text, 4 bytes; not read: {LOGIN}]", [])
        assert slack.tally.counts["untold:file: page to sign in"] == 1


async def test_a_file_in_a_channel_shared_with_another_company_is_asked_for_first(intake: RecordingIntake) -> None:
    shared = [channel.model_copy(update={"is_ext_shared": True}) for channel in DEFAULT_CHANNELS]
    async with SlackPeer(channels=shared, timing=Timing().retries_scaled(0)) as peer:
        app = peer.workspace.app
        slack = build(
            SlackSettings(bot_token=app.bot_token, signing_secret=app.signing_secret, api_url=peer.api_url), intake
        )
        async with serve_http(slack, host="127.0.0.1", port=0) as port:
            peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
            peer.share("U0ANA", "deploys", "a.log", b"boom", "@bot why?")
            _, read = await taken(peer, intake)
    assert read == [("a.log", "boom", 0)]


async def test_what_cannot_be_read_in_time_is_said_and_the_message_is_taken(
    peer: SlackPeer, slack: SlackApp, intake: RecordingIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    del slack
    monkeypatch.setattr(module, "READ_S", 0)
    peer.share("U0ANA", "U0BOT", "a.log", b"boom", "why?")
    assert await taken(peer, intake) == (f"why?\n[file: a.log, Plain Text, 4 bytes; not read: {LATE}]", [])


# --- the token -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "may"),
    [
        ("https://files.slack.com/files-pri/T0ACME-F1/a.log", True),
        ("https://files.slack.com:443/a", True),
        ("http://files.slack.com/a", False),
        ("https://files.slack.com.evil.test/a", False),
        ("https://evil.test/files.slack.com/a", False),
        ("https://files.slack.com@evil.test/a", False),
        ("https://evil.test\\@files.slack.com/a", False),
        ("https://files.slack.com:8443/a", False),
        ("https://docs.google.test/document", False),
        ("//files.slack.com/a", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_the_token_goes_to_slacks_files_and_nowhere_else(url: str, may: bool) -> None:  # noqa: FBT001 - a table
    assert reader().may_have_token(url) is may


def test_on_this_machine_it_goes_to_the_small_slack_and_to_no_other_port() -> None:
    here = reader("http://127.0.0.1:8200/api/")
    assert here.may_have_token("http://127.0.0.1:8200/files-pri/a")
    assert not here.may_have_token("http://127.0.0.1:8201/files-pri/a")
    assert not here.may_have_token("https://files.slack.com/a")


@given(st.from_regex(r"https?://[a-z.@:\\/0-9\[\]]{0,40}", fullmatch=True))
def test_whatever_the_address_its_host_is_slacks_if_the_token_goes_there(url: str) -> None:
    if reader().may_have_token(url):
        assert url.partition("://")[2].split("/")[0] in {"files.slack.com", "files.slack.com:443"}


class Elsewhere:
    """A server that notes what it is asked with, and answers as a test says."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.answer: web.StreamResponse = web.Response(text="secret")
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.tokens.append(request.headers.get("Authorization", ""))
        return self.answer


@pytest.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    """One that is up."""
    server = Elsewhere()
    app = web.Application()
    app.router.add_get("/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


def file(url: str, **more: object) -> File:
    fields: dict[str, object] = {"id": "F1", "name": "a.log", "mimetype": "text/plain", "size": 4, "url_private": url}
    return File.model_validate(fields | more)


async def test_a_file_that_is_kept_elsewhere_is_never_asked_for(elsewhere: Elsewhere) -> None:
    read = await reader().read([file(f"{elsewhere.url}/a.log")])
    assert (read.texts, read.notes) == ((), {0: FOREIGN})
    assert elsewhere.tokens == []


async def test_a_redirect_is_not_followed(elsewhere: Elsewhere) -> None:
    async def lead_on(_: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(f"{elsewhere.url}/stolen")

    app = web.Application()
    app.router.add_get("/a.log", lead_on)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        read = await reader(f"{here}/api/").read([file(f"{here}/a.log")])
    finally:
        await runner.cleanup()
    assert read.notes == {0: LOGIN}
    assert elsewhere.tokens == []


# --- what comes back -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (web.Response(text=LOGIN_PAGE, content_type="text/html"), LOGIN),
        (web.Response(text=LOGIN_PAGE, content_type="text/plain"), LOGIN),
        (web.Response(body=b"\xef\xbb\xbf\n <HTML><body>Sign in", content_type="text/plain"), LOGIN),
        (web.Response(body=b"\x00\x01\x02", content_type="text/plain"), BINARY),
        (web.Response(status=404, text="no such file"), UNREAD),
        (web.Response(status=500, text="boom"), UNREAD),
    ],
)
async def test_what_is_no_file_is_not_taken_for_one(elsewhere: Elsewhere, answer: web.Response, note: str) -> None:
    elsewhere.answer = answer
    read = await reader(f"{elsewhere.url}/api/").read([file(f"{elsewhere.url}/a.log")])
    assert (read.texts, read.notes) == ((), {0: note})


async def test_only_the_first_three_are_read_and_pictures_do_not_count(peer: SlackPeer) -> None:
    names = ["a.png", *(f"{n}.txt" for n in range(5))]
    added = [peer.workspace.files.add(name, b"boom", "U0ANA") for name in names]
    shown = [File.model_validate(peer.workspace.shown_file(one.id)) for one in added]
    read = await reader(peer.api_url).read(shown)
    assert [one.name for one in read.texts] == ["0.txt", "1.txt", "2.txt"]
    assert read.notes == {4: TOO_MANY, 5: TOO_MANY}


async def test_a_server_that_never_ends_takes_no_more_than_the_cap(elsewhere: Elsewhere) -> None:
    app = web.Application()

    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await answer.prepare(request)
        while True:
            await answer.write(b"x" * 65_536)
            await asyncio.sleep(0)

    app.router.add_get("/a.log", endless)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    here = f"http://127.0.0.1:{runner.addresses[0][1]}"
    del elsewhere
    try:
        read = await reader(f"{here}/api/").read([file(f"{here}/a.log", size=None)])
    finally:
        await runner.cleanup()
    assert len(read.texts[0].text) == MOST_BYTES
