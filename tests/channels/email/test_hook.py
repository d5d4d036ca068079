"""Mail by HTTP: only with the secret, never more than a mail may have, and acknowledged only when it is stored."""

import io
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web

from channels.email.hook import PATH, Hook
from channels.email.parse import BIGGEST
from channels.email.receive import Receiver
from channels.email.settings import EmailSettings
from tests.channels.email.intake import RecordingIntake
from tests.channels.email.mails import mail
from tests.channels.email.watching import Watching

SECRET = "a secret of the provider's, long enough"
KNOWN = {"Authorization": f"Bearer {SECRET}", "Content-Type": "message/rfc822"}


class Door:
    """Where mail is posted to."""

    def __init__(self, url: str, session: ClientSession, receiver: Receiver) -> None:
        self.url = url
        self.session = session
        self.receiver = receiver

    async def post(self, body: object, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str]]:
        async with self.session.post(self.url, data=body, headers=KNOWN if headers is None else headers) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def serving(receiver: Receiver) -> AsyncGenerator[Door]:
    app = web.Application()
    app.add_routes(Hook(receiver, SECRET).routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession() as session:
        yield Door(f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}", session, receiver)
    await runner.cleanup()


@pytest.fixture
async def door(settings: EmailSettings, recording: RecordingIntake) -> AsyncIterator[Door]:
    """A listening hook."""
    async with serving(Receiver(settings, recording)) as made:
        yield made


async def test_a_posted_mail_becomes_a_message(door: Door, recording: RecordingIntake) -> None:
    assert await door.post(mail(b"My money back!")) == (200, {"became": "taken"})
    assert [found.text for found in recording.messages] == ["My money back!"]


async def test_octets_and_the_other_header_do_as_well(door: Door) -> None:
    headers = {"X-Hook-Secret": SECRET, "Content-Type": "application/octet-stream"}
    assert (await door.post(mail(b"Hello"), headers))[0] == 200


@pytest.mark.parametrize(
    "given", ["", "Bearer ", "Bearer wrong", f"Basic {SECRET}", f"Bearer {SECRET}x", "Bearer \xff"]
)
async def test_without_the_secret_nothing_is_taken(door: Door, recording: RecordingIntake, given: str) -> None:
    status, _ = await door.post(mail(b"Hello"), {"Authorization": given, "Content-Type": "message/rfc822"})
    assert (status, recording.messages, recording.told) == (401, [], [])


async def test_what_is_no_raw_mail_is_refused(door: Door) -> None:
    assert (await door.post(b"{}", {**KNOWN, "Content-Type": "application/json"}))[0] == 415


async def test_a_mail_beyond_the_limit_is_refused_before_it_is_read(door: Door, recording: RecordingIntake) -> None:
    async def endless() -> AsyncGenerator[bytes]:
        while True:  # it ends only because the other side hangs up
            yield b"x" * 1_000_000

    try:
        status, _ = await door.post(endless())
    except OSError:
        status = 413  # the connection was closed under the body that was still being sent
    assert status == 413
    assert recording.reasons() == ["too_big"]


async def test_a_length_beyond_the_limit_is_refused_without_reading(door: Door, recording: RecordingIntake) -> None:
    try:
        status, _ = await door.post(io.BytesIO(b"x" * (BIGGEST + 1)))
    except OSError:
        status = 413
    assert (status, recording.reasons()) == (413, ["too_big"])


async def test_while_the_store_is_away_the_provider_has_to_come_again(door: Door, recording: RecordingIntake) -> None:
    recording.away = 1
    assert [(await door.post(mail(b"Hello")))[0] for _ in range(2)] == [503, 200]
    assert len(recording.messages) == 1


async def test_a_mail_that_comes_both_ways_is_taken_once(door: Door, watching: Watching) -> None:
    async with serving(Receiver(watching.settings, watching.intake)) as both, watching():
        watching.write("both ways")
        await watching.heard("both ways")
        (raw,) = [found.raw for found in watching.peer.messages("bot@acme.test")]
        assert await both.post(raw) == (200, {"became": "duplicate"})
    assert len(watching.intake.messages) == 1
