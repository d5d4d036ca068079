"""The end of our access to Slack: who is told, how often, and what is not taken for it."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from bot.config import Config
from bot.entries import Sealer
from bot.ids import RequestIds
from bot.people import Directory
from bot.places import Delivery
from bot.playground.mail import MailPeer
from bot.playground.slack import SlackPeer
from bot.reception import Reception
from bot.sender import Sender
from bot.store.server import Client, connect
from bot.wake import Wakes
from channels.email.settings import EmailSettings
from channels.email.smtp import EmailChannel
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.http import PATH, serve_http
from channels.slack.socket import serve_socket
from channels.slack.uninstalled import SUBJECT, listen
from tests.channels.slack.intake import RecordingIntake
from tests.channels.slack.test_http import post
from tests.helpers import wait_until
from tests.store.servers import embedded, empty

SECRET = b"a secret of the tests"


@dataclass
class Office:
    """An installation whose operators are these, over a real store."""

    client: Client
    operators: list[str] = field(default_factory=lambda: ["rob@acme.test", "mia@acme.test"])

    def reception(self) -> Reception:
        directory = Directory(Config())
        return Reception(self.client, Sealer(SECRET), RequestIds(SECRET), lambda: directory, dict[str, str])

    async def outbox(self) -> list[Delivery]:
        """What is to be sent, in no order."""
        client = cast("Any", self.client)
        streams = [key async for key in client.scan_iter("*:out")]
        entries = [entry for key in streams for _, entry in await client.xrange(key)]
        return [Delivery.model_validate_json(entry[b"d"]) for entry in entries]

    async def told(self) -> list[str]:
        """To whom."""
        return sorted(delivery.place.address for delivery in await self.outbox())


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an embedded server."""
    with embedded(tmp_path_factory.mktemp("server")) as url:
        yield url


@pytest.fixture
async def office(server_url: str) -> AsyncIterator[Office]:
    """Nobody was told anything yet."""
    client = await connect(server_url)
    await empty(client)
    yield Office(client)
    await client.aclose()


@pytest.fixture
def app(slack: SlackApp, office: Office) -> SlackApp:
    """The adapter, to which the peer delivers over HTTP, and which tells the operators."""
    listen(slack, office.reception(), lambda: office.operators)
    return slack


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What was logged loudly."""
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.usefixtures("app")
async def test_a_revoked_token_is_told_to_each_operator_by_mail(peer: SlackPeer, office: Office) -> None:
    peer.revoke_token()
    await wait_until(lambda: peer.idle)
    assert [(attempt.type, attempt.status) for attempt in peer.attempts] == [("tokens_revoked", 200)]
    assert await office.told() == ["mia@acme.test", "rob@acme.test"]
    (first, _) = await office.outbox()
    assert "T0ACME" in str(first.content)
    assert "SLACK_BOT_TOKEN" in str(first.content)


@pytest.mark.usefixtures("app")
async def test_uninstalling_sends_two_events_and_each_operator_one_mail(
    peer: SlackPeer, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    peer.uninstall()
    await wait_until(lambda: peer.idle)
    assert {(attempt.type, attempt.status) for attempt in peer.attempts} == {
        ("app_uninstalled", 200),
        ("tokens_revoked", 200),
    }
    assert await office.told() == ["mia@acme.test", "rob@acme.test"]
    assert len(complaints(caplog)) == 1


@pytest.mark.usefixtures("app")
async def test_the_same_event_again_tells_and_logs_nothing_more(
    peer: SlackPeer, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    peer.duplicate_next()
    peer.revoke_token()
    await wait_until(lambda: peer.idle)
    assert len(peer.attempts) == 2
    assert await office.told() == ["mia@acme.test", "rob@acme.test"]
    assert len(complaints(caplog)) == 1


@pytest.mark.usefixtures("app")
async def test_without_anybody_to_mail_it_is_said_loudly_in_the_log(
    peer: SlackPeer, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.operators = []
    peer.revoke_token()
    await wait_until(lambda: peer.idle)
    (line,) = complaints(caplog)
    assert "T0ACME" in line
    assert "account_inactive" in line
    assert "there is nobody to tell by mail" in line
    assert await office.told() == []


async def test_a_process_that_never_asked_who_it_is_tells_it_as_well(
    peer: SlackPeer, app: SlackApp, office: Office
) -> None:
    """It was started after the token died, and so cannot find out any more in which workspace it is."""
    peer.workspace.is_revoked = True
    peer.uninstall()
    await wait_until(lambda: peer.idle)
    assert len(await office.told()) == 2
    assert not app.tally.counts


@pytest.mark.usefixtures("app")
async def test_an_event_while_our_token_works_tells_nobody(
    peer: SlackPeer, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """It is about another workspace's installation, or about somebody's own token."""
    peer.revoke_token()
    peer.workspace.is_revoked = False
    await wait_until(lambda: peer.idle)
    assert [attempt.status for attempt in peer.attempts] == [200]
    assert await office.told() == []
    assert not complaints(caplog)


@pytest.mark.usefixtures("app")
async def test_while_slack_cannot_be_asked_the_event_comes_again(peer: SlackPeer, office: Office) -> None:
    peer.fail_next("auth.test", status=503)
    peer.revoke_token()
    await wait_until(lambda: peer.idle)
    assert [attempt.status for attempt in peer.attempts] == [500, 200]
    assert len(await office.told()) == 2


async def test_an_event_that_slack_did_not_sign_tells_nobody(
    peer: SlackPeer, app: SlackApp, settings: SlackSettings, office: Office
) -> None:
    peer.workspace.is_revoked = True
    body = json.dumps({"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_uninstalled"}})
    async with serve_http(app, host="127.0.0.1", port=0) as port:
        url = f"http://127.0.0.1:{port}{PATH}"
        assert await post(url, body, secret="another secret") == 401
        assert await office.told() == []
        assert await post(url, body, secret=settings.signing_secret) == 200
        assert len(await office.told()) == 2, "and with Slack's signature it does"


async def test_an_event_that_cannot_be_read_is_counted_and_not_sent_again(
    app: SlackApp, settings: SlackSettings, office: Office
) -> None:
    body = json.dumps({"type": "event_callback", "event": {"type": "app_uninstalled"}})
    async with serve_http(app, host="127.0.0.1", port=0) as port:
        assert await post(f"http://127.0.0.1:{port}{PATH}", body, secret=settings.signing_secret) == 200
    assert app.tally.counts["broken:end_of_access"] == 1
    assert await office.told() == []


@pytest.mark.usefixtures("app")
async def test_other_events_go_where_they_went(peer: SlackPeer, intake: RecordingIntake) -> None:
    peer.say("U0ANA", "U0BOT", "hello")
    await wait_until(lambda: intake.messages)
    assert intake.messages[0].text == "hello"


async def test_it_is_told_by_socket_mode_too(peer: SlackPeer, settings: SlackSettings, office: Office) -> None:
    app = build(settings, RecordingIntake())
    listen(app, office.reception(), lambda: office.operators)
    async with serve_socket(app, peer.workspace.app.app_token):
        peer.revoke_token()
        await wait_until(lambda: peer.idle)
    assert await office.told() == ["mia@acme.test", "rob@acme.test"]


@pytest.mark.usefixtures("app")
async def test_the_mail_arrives(peer: SlackPeer, office: Office) -> None:
    peer.uninstall()
    await wait_until(lambda: peer.idle)
    async with MailPeer() as post_office:
        settings = EmailSettings(addresses=("bot@acme.test",), smtp_url=post_office.smtp_url, secret=SECRET)
        channel, stop, wakes = EmailChannel(settings), asyncio.Event(), Wakes(office.client)
        sending = asyncio.create_task(Sender(office.client, {"email": channel}, wakes).run(stop))
        await wait_until(lambda: post_office.messages("rob@acme.test") and post_office.messages("mia@acme.test"))
        stop.set()
        wakes.nudge()
        await sending
        await channel.close()
        (mail,) = post_office.messages("rob@acme.test")
    assert SUBJECT in mail.subject
    assert "install the app again" in mail.text
