"""The HTTP end: what is refused, what is recorded and acknowledged, and that nothing crashes it."""

import io
import json
import logging
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from pydantic import JsonValue

from bot.errors import SettingsError
from bot.identity import SlackIdentity
from bot.places import Text
from bot.playground.slack import SlackPeer, sign
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.buttons import APPROVE
from channels.slack.http import MAX_BODY, PATH, routes, serve_http
from channels.slack.sender import SlackChannel
from tests.channels.slack.cards import delivery
from tests.channels.slack.intake import RecordingIntake
from tests.helpers import wait_until

JSON = "application/json"


@pytest.fixture
async def url(slack: SlackApp) -> AsyncIterator[str]:
    """A second door to the same adapter, for requests of our own making."""
    async with serve_http(slack, host="127.0.0.1", port=0) as port:
        yield f"http://127.0.0.1:{port}{PATH}"


async def post(
    url: str, body: str | bytes, *, secret: str, timestamp: str = "", signature: str = "", kind: str = JSON
) -> int:
    """Post a body, signed well unless told otherwise, and return the status."""
    when = timestamp or str(int(time.time()))
    raw = body.encode() if isinstance(body, str) else body
    headers = {
        "Content-Type": kind,
        "X-Slack-Request-Timestamp": when,
        "X-Slack-Signature": signature or sign(secret, when, raw.decode(errors="replace")),
    }
    async with aiohttp.ClientSession() as session, session.post(url, data=io.BytesIO(raw), headers=headers) as response:
        return response.status


def event(**changes: JsonValue) -> str:
    """A message in a direct conversation, with changes to its inner event."""
    inner: dict[str, JsonValue] = {
        "type": "message",
        "channel": "D0ANA",
        "channel_type": "im",
        "user": "U0ANA",
        "text": "a secret plan",
        "ts": "1760000000.000100",
    }
    return json.dumps(
        {"type": "event_callback", "event_id": "Ev1", "team_id": "T0ACME", "event": inner | changes},
    )


async def test_a_well_made_event_is_taken(url: str, settings: SlackSettings, intake: RecordingIntake) -> None:
    assert await post(url, event(), secret=settings.signing_secret) == 200
    assert intake.messages[0].text == "a secret plan"


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "7",
        '"text"',
        "null",
        '{"type": 5}',
        '{"type": "event_callback", "event": "message"}',
        '{"type": "event_callback", "event": {}}',
        '{"type": "event_callback", "team_id": "T0ACME"}',
        '{"type": "event_callback", "event": null, "authorizations": "T0ACME"}',
        '{"type": "event_callback", "authorizations": ["T0ACME"], "event": {"type": "message"}}',
        '{"type": "event_callback", "team": [], "event": {"type": "message"}}',
        event(ts="yesterday"),
        event(channel={"id": "D0ANA"}),
        event(user="ana"),
        event(text=["a secret plan"]),
        event(files="all of them"),
        '{"type": "block_actions", "user": {"id": "U0ANA"}, "actions": []}',
        '{"type": "block_actions", "user": {}, "actions": [{"action_id": "answer:approve", "block_id": "b"}]}',
        '{"type": "view_submission", "user": {"id": "U0ANA"}, "view": {"id": ["V1"], "callback_id": "answer:say"}}',
    ],
)
async def test_a_broken_payload_that_slack_signed_is_recorded_and_not_sent_again(
    url: str,
    slack: SlackApp,
    settings: SlackSettings,
    intake: RecordingIntake,
    caplog: pytest.LogCaptureFixture,
    body: str,
) -> None:
    with caplog.at_level(logging.DEBUG):
        assert await post(url, body, secret=settings.signing_secret) == 200
    assert [name for name in slack.tally.counts if name.startswith("broken:")]
    assert not intake.seen
    assert "secret plan" not in caplog.text
    assert await post(url, event(), secret=settings.signing_secret) == 200, "and the next one is taken"
    assert len(intake.messages) == 1


async def test_bytes_that_are_no_text_cannot_be_signed(url: str, settings: SlackSettings) -> None:
    assert await post(url, b"\xff\xfe{}", secret=settings.signing_secret) == 401


async def test_a_wrong_signature_is_refused(url: str, intake: RecordingIntake) -> None:
    assert await post(url, event(), secret="another secret") == 401
    assert not intake.seen


@pytest.mark.parametrize("timestamp", ["1760000000", "yesterday", "1e3"])
async def test_an_old_or_odd_timestamp_is_refused(url: str, settings: SlackSettings, timestamp: str) -> None:
    assert await post(url, event(), secret=settings.signing_secret, timestamp=timestamp) == 401


async def test_a_signature_that_is_not_ascii_is_refused(url: str, settings: SlackSettings) -> None:
    assert await post(url, event(), secret=settings.signing_secret, signature="v0=é") == 401


async def test_a_body_that_is_too_big_is_not_read(url: str, settings: SlackSettings) -> None:
    assert await post(url, "x" * (MAX_BODY + 1), secret=settings.signing_secret) == 413


def test_without_a_signing_secret_nothing_is_served(intake: RecordingIntake) -> None:
    with pytest.raises(SettingsError, match="SLACK_SIGNING_SECRET"):
        routes(build(SlackSettings(bot_token="xoxb-1"), intake))


@pytest.mark.usefixtures("slack")
async def test_the_handshake_that_slack_makes_when_the_address_is_set_is_answered(peer: SlackPeer) -> None:
    assert await peer.verify_url()


async def test_an_event_that_takes_too_long_is_not_acknowledged_in_time_and_comes_again(
    peer: SlackPeer, slack: SlackApp, intake: RecordingIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.slack.app.TAKE_S", 0.05)
    intake.hang.clear()
    peer.say("U0ANA", "U0BOT", "hello")
    await wait_until(lambda: slack.tally.counts["failed:TimeoutError"])
    intake.hang.set()
    await wait_until(lambda: peer.idle)
    assert [message.text for message in intake.messages] == ["hello"]


@pytest.mark.usefixtures("slack")
async def test_no_log_of_any_level_holds_what_people_write_or_a_token(
    peer: SlackPeer,
    settings: SlackSettings,
    intake: RecordingIntake,
    channel: SlackChannel,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Bolt and slack_sdk quote both at DEBUG, and when a listener fails."""
    with caplog.at_level(logging.DEBUG):
        intake.away = 1
        peer.say("U0ANA", "U0BOT", "a secret plan")
        await wait_until(lambda: peer.idle)
        await channel.deliver(delivery(Text(markdown="the secret plan's end")), None)
    assert intake.messages
    for hidden in ("secret plan", settings.bot_token, settings.signing_secret):
        assert hidden not in caplog.text


async def test_a_click_that_slack_places_in_another_workspace_is_an_outsiders(
    url: str, settings: SlackSettings, intake: RecordingIntake
) -> None:
    click: dict[str, JsonValue] = {
        "type": "block_actions",
        "user": {"id": "U0ANA", "team_id": "T0NORTH"},
        "container": {"type": "message", "channel_id": "C0NORTH", "message_ts": "1760000000.000100"},
        "actions": [{"type": "button", "action_id": APPROVE, "block_id": "b", "action_ts": "1.000001", "value": "r"}],
    }
    assert await post(url, json.dumps(click), secret=settings.signing_secret) == 200
    assert intake.answers[0].identity == SlackIdentity(
        account="T0ACME/U0ANA", name="Ana Lima", proven=True, is_external=True
    )
