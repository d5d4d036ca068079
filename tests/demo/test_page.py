"""The page's server lets in the page alone, and the page is nothing but text put in its place."""

import re
from collections.abc import AsyncGenerator

import aiohttp
import pytest

from bot.playground.mail import MailPeer
from bot.playground.page.models import About, Around, Begun, Person, ThreadView, Trouble, Worker
from bot.playground.page.server import STATIC, PageServer
from bot.playground.slack import SlackPeer

JSON = {"Content-Type": "application/json"}
KIM = Person(id="KIM", name="Kim North", role="customer", mail="kim@example.test")
LETTER = '{"person": "KIM", "to": "support@acme.test", "subject": "Hello", "text": "hello"}'
HELLO = '{"user": "U0ANA", "channel": "C0GENERAL", "text": "hello"}'


class Empty:
    """A backstage with nothing behind it."""

    about = About(live=False, banner="", rules="", examples={}, mails=(), stories=(), addresses=(), people=(KIM,))

    def __init__(self) -> None:
        self.made: list[Trouble] = []

    async def around(self) -> Around:
        worker = Worker(state="down", pid=None)
        return Around(threads=(), ran=(), refused=(), worker=worker, slow=False, moved=False, impatient=False)

    async def thread(self, thread: str) -> ThreadView | None:
        return None

    def thread_of(self, message_id: str) -> str:
        return ""

    async def make(self, trouble: Trouble) -> Begun | None:
        self.made.append(trouble)
        return None


@pytest.fixture
async def slack() -> AsyncGenerator[SlackPeer]:
    async with SlackPeer() as peer:
        yield peer


@pytest.fixture
async def mail() -> AsyncGenerator[MailPeer]:
    async with MailPeer() as peer:
        yield peer


@pytest.fixture
async def server(slack: SlackPeer, mail: MailPeer) -> AsyncGenerator[PageServer]:
    made = PageServer(slack, mail, Empty(), open_door=True)
    await made.start(0)
    yield made
    await made.stop()


@pytest.fixture
async def visitor() -> AsyncGenerator[aiohttp.ClientSession]:
    """A browser: it keeps cookies, for addresses made of numbers too."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


def said(slack: SlackPeer) -> list[str]:
    return [message.text for message in slack.workspace.messages("C0GENERAL")]


async def test_the_page_itself_may_write(server: PageServer, slack: SlackPeer, visitor: aiohttp.ClientSession) -> None:
    async with visitor.get(server.url) as page:
        assert page.status == 200
    async with visitor.post(f"{server.url}/api/say", data=HELLO, headers={**JSON, "Origin": server.url}) as answer:
        assert answer.status == 200
    assert said(slack) == ["hello"]


async def test_without_the_cookie_nothing_is_done(
    server: PageServer, slack: SlackPeer, visitor: aiohttp.ClientSession
) -> None:
    async with visitor.post(f"{server.url}/api/say", data=HELLO, headers=JSON) as answer:
        assert answer.status == 403
    assert said(slack) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.test"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.test"},
    ],
)
async def test_a_foreign_page_is_turned_away_even_with_the_cookie(
    server: PageServer, slack: SlackPeer, visitor: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    async with visitor.get(server.url):
        pass
    async with visitor.post(f"{server.url}/api/say", data=HELLO, headers=JSON | headers) as answer:
        assert answer.status == 403
    assert said(slack) == []


async def test_a_mail_is_written_as_its_person_and_not_without_the_cookie(
    server: PageServer, mail: MailPeer, visitor: aiohttp.ClientSession
) -> None:
    async with visitor.post(f"{server.url}/api/write", data=LETTER, headers=JSON) as answer:
        assert answer.status == 403
    async with visitor.get(server.url):
        pass
    async with visitor.post(f"{server.url}/api/write", data=LETTER, headers=JSON) as answer:
        assert answer.status == 200
    assert [received.from_ for received in mail.messages(mail.bot_address)] == ["Kim North <kim@example.test>"]


async def test_the_html_of_a_mail_comes_under_a_policy_that_lets_it_do_nothing(
    server: PageServer, mail: MailPeer, visitor: aiohttp.ClientSession
) -> None:
    hostile = "<script>alert(1)</script>"
    uid = mail.write("zed@evil.test", KIM.mail, "Look", "look", hostile).uids[KIM.mail]
    async with visitor.get(server.url):
        pass
    async with visitor.get(f"{server.url}/api/letter?person=KIM&folder=INBOX&uid={uid}") as letter:
        policy = letter.headers["Content-Security-Policy"]
        assert hostile in await letter.text()
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-same-origin" in policy
    assert letter.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("asked", ["person=KIM&folder=INBOX&uid=77", "person=BOB&folder=INBOX&uid=1", "uid=x"])
async def test_a_mail_that_is_not_there_is_not_found(
    server: PageServer, visitor: aiohttp.ClientSession, asked: str
) -> None:
    async with visitor.get(server.url):
        pass
    async with visitor.get(f"{server.url}/api/letter?{asked}") as letter:
        assert letter.status == 404


async def test_a_foreign_name_for_this_machine_gets_no_page(server: PageServer, visitor: aiohttp.ClientSession) -> None:
    async with visitor.get(server.url, headers={"Host": f"rebound.test:{server.port}"}) as page:
        assert page.status == 403
        assert not page.cookies


async def test_a_form_of_another_page_cannot_pass_for_json(server: PageServer, visitor: aiohttp.ClientSession) -> None:
    async with visitor.get(server.url):
        pass
    async with visitor.post(f"{server.url}/api/say", data=HELLO, headers={"Content-Type": "text/plain"}) as answer:
        assert answer.status == 415


async def test_with_a_live_model_the_page_wants_the_token_in_its_address(
    slack: SlackPeer, mail: MailPeer, visitor: aiohttp.ClientSession
) -> None:
    server = PageServer(slack, mail, Empty(), open_door=False)
    await server.start(0)
    try:
        async with visitor.get(f"http://127.0.0.1:{server.port}/") as page:
            assert page.status == 403
        async with visitor.get(server.url) as page:
            assert (page.status, page.url.query_string) == (200, "")
        async with visitor.get(f"http://127.0.0.1:{server.port}/") as page:
            assert page.status == 200
    finally:
        await server.stop()


async def test_a_port_that_is_taken_is_passed_over(server: PageServer, slack: SlackPeer, mail: MailPeer) -> None:
    second = PageServer(slack, mail, Empty(), open_door=True)
    await second.start(server.port)
    assert second.port > server.port
    await second.stop()


async def test_no_script_but_the_pages_own_can_run(server: PageServer, visitor: aiohttp.ClientSession) -> None:
    async with visitor.get(server.url) as page:
        policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self';" in policy
    assert "unsafe" not in policy


async def test_only_the_pages_files_are_served(server: PageServer, visitor: aiohttp.ClientSession) -> None:
    for name in ("..%2fserver.py", "..%2f..%2f..%2fapp.py", "nothing.js"):
        async with visitor.get(f"{server.url}/static/{name}") as answer:
            assert answer.status == 404


def test_no_data_becomes_html_and_nothing_is_fetched_from_elsewhere() -> None:
    texts = {path.name: path.read_text(encoding="utf-8") for path in STATIC.iterdir()}
    assert len(texts) > 5
    html = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|new Function|srcdoc")
    elsewhere = re.compile(r"(?:src|href|url\(|import|from)\s*[=(]?\s*[\"']?(?:https?:)?//")
    assert [name for name, text in texts.items() if html.search(text) or elsewhere.search(text)] == []
