"""What the Web API answers, through the real client."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
import pytest
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import App, Channel, SlackPeer, Timing, User
from bot.playground.slack.defaults import DEFAULT_CHANNELS, DEFAULT_USERS
from bot.playground.slack.models import ALL_SCOPES
from bot.playground.slack.wire import JsonObject, as_object
from tests.playground.slack.client import Call, CallRefusedError, dig

DEPLOYS = "C0DEPLOYS"

REFUSED: list[tuple[str, JsonObject, str]] = [
    ("no.suchMethod", {}, "unknown_method"),
    ("apps.connections.open", {}, "not_allowed_token_type"),
    ("bots.info", {"bot": "B0OTHER"}, "bot_not_found"),
    ("chat.delete", {"channel": DEPLOYS, "ts": "1.000000"}, "message_not_found"),
    ("chat.postEphemeral", {"channel": "C0RELEASES", "user": "U0SAM", "text": "x"}, "user_not_in_channel"),
    ("chat.postMessage", {"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
    ("chat.postMessage", {"channel": "C0ELSEWHERE", "text": "x"}, "not_in_channel"),
    ("chat.postMessage", {"channel": DEPLOYS}, "no_text"),
    ("chat.postMessage", {"channel": DEPLOYS, "text": "x", "thread_ts": "1.000000"}, "thread_not_found"),
    ("chat.postMessage", {"text": "x"}, "invalid_arguments"),
    ("chat.update", {"channel": DEPLOYS, "ts": "1.000000", "text": "x"}, "message_not_found"),
    ("conversations.history", {"channel": "C0ELSEWHERE"}, "not_in_channel"),
    ("conversations.info", {"channel": "deploys"}, "channel_not_found"),
    ("conversations.list", {"cursor": "nonsense"}, "invalid_cursor"),
    ("conversations.open", {"users": "U0NOBODY"}, "user_not_found"),
    ("conversations.replies", {"channel": DEPLOYS, "ts": "1.000000"}, "thread_not_found"),
    ("users.info", {"user": "U0NOBODY"}, "user_not_found"),
    ("users.lookupByEmail", {"email": "kim@north.test"}, "users_not_found"),
    ("views.open", {"trigger_id": "made.up", "view": {}}, "invalid_arguments"),
]


@pytest.fixture
async def peer() -> AsyncIterator[SlackPeer]:
    """A peer with a channel that the bot is not in; nobody listens to its events."""
    elsewhere = Channel(id="C0ELSEWHERE", name="elsewhere", members=("U0ANA",))
    async with SlackPeer(channels=(*DEFAULT_CHANNELS, elsewhere), events_url="http://127.0.0.1:9/") as running:
        yield running


async def refusal(call: Call, method: str, body: JsonObject) -> JsonObject:
    """Make a call that is refused, and return the answer."""
    with pytest.raises(CallRefusedError) as refused:
        await call.raw(method, body)
    return refused.value.answer


def caller(peer: SlackPeer, token: str | None = "xoxb-playground") -> Call:
    """Return a client for a peer other than the fixture's, or with another token."""
    return Call(AsyncWebClient(token=token, base_url=peer.api_url))


@pytest.mark.parametrize(("method", "body", "error"), REFUSED)
async def test_a_wrong_call_is_refused_by_slacks_word(call: Call, method: str, body: JsonObject, error: str) -> None:
    assert (await refusal(call, method, body))["error"] == error


async def test_a_wrong_token_is_refused(peer: SlackPeer) -> None:
    assert (await refusal(caller(peer, "xoxb-other"), "auth.test", {}))["error"] == "invalid_auth"


async def test_no_token_is_refused(peer: SlackPeer) -> None:
    assert (await refusal(caller(peer, None), "auth.test", {}))["error"] == "not_authed"


async def test_a_missing_scope_is_named() -> None:
    app = App(scopes=ALL_SCOPES - {"chat:write"})
    async with SlackPeer(app=app) as peer:
        answer = await refusal(caller(peer), "chat.postMessage", {"channel": DEPLOYS, "text": "x"})
    assert (answer["error"], answer["needed"]) == ("missing_scope", "chat:write")


async def test_an_email_is_told_only_with_its_scope() -> None:
    app = App(scopes=ALL_SCOPES - {"users:read.email"})
    async with SlackPeer(app=app) as peer:
        user = await caller(peer)("users.info", user="U0ANA")
    assert "email" not in as_object(dig(user, "user", "profile"))


async def test_answers_name_the_granted_scopes(call: Call) -> None:
    await call("auth.test")
    assert "chat:write" in call.scopes.split(",")


async def test_who_is_who(call: Call) -> None:
    assert (await call("auth.test"))["user_id"] == "U0BOT"
    assert dig(await call("users.lookupByEmail", email="Rob@acme.test"), "user", "id") == "U0ROB"
    assert dig(await call("users.info", user="U0SAM"), "user", "is_restricted") is True
    assert dig(await call("users.info", user="U0KIM"), "user", "is_stranger") is True
    assert dig(await call("bots.info", bot="B0COUNTERSIGN"), "bot", "user_id") == "U0BOT"
    assert dig(await call("team.info"), "team", "id") == "T0ACME"


@pytest.mark.parametrize(("month", "offset"), [(1, -18_000), (7, -14_400)])
async def test_a_persons_time_zone_knows_summer_time(month: int, offset: int) -> None:
    bo = User(id="U0BO", name="bo", real_name="Bo Ek", email="bo@acme.test", tz="America/New_York")
    async with SlackPeer(users=(*DEFAULT_USERS, bo)) as peer:
        peer.workspace.clock = datetime(2026, month, 15, tzinfo=UTC).timestamp
        found = await caller(peer)("users.lookupByEmail", email="bo@acme.test")
        known = await caller(peer)("users.info", user="U0BO")
    assert found["user"] == known["user"]
    assert (dig(known, "user", "tz"), dig(known, "user", "tz_offset")) == ("America/New_York", offset)


async def test_who_has_no_other_time_zone_lives_by_utc(call: Call) -> None:
    known = await call("users.info", user="U0ANA")
    assert (dig(known, "user", "tz"), dig(known, "user", "tz_offset")) == ("Etc/UTC", 0)


async def test_an_update_above_4000_characters_is_refused(call: Call) -> None:
    ts = await call.post(DEPLOYS, "x")
    answer = await refusal(call, "chat.update", {"channel": DEPLOYS, "ts": ts, "text": "x" * 4_001})
    assert answer["error"] == "msg_too_long"


async def test_the_rate_limit_says_when_to_come_back() -> None:
    async with SlackPeer(rate_limit=True) as peer:
        call = caller(peer)
        await call.post(DEPLOYS, "one")
        with pytest.raises(CallRefusedError) as refused:
            await call.post(DEPLOYS, "two")
        await call.post("C0GENERAL", "elsewhere")
    assert (refused.value.status, refused.value.code) == (429, "ratelimited")
    assert refused.value.headers["Retry-After"] == "1"


async def test_with_the_rate_limit_conversations_are_read_so_often_a_minute() -> None:
    async with SlackPeer(rate_limit=True, timing=Timing(reads_a_minute=2)) as peer:
        call = caller(peer)
        for _ in range(2):
            await call("conversations.history", channel=DEPLOYS)
        with pytest.raises(CallRefusedError) as refused:
            await call("conversations.history", channel=DEPLOYS)
        await call("users.conversations")
    assert refused.value.code == "ratelimited"
    assert int(refused.value.headers["Retry-After"]) > 30


async def test_the_clients_rate_limit_handler_copes_with_a_429(peer: SlackPeer, call: Call) -> None:
    call.client.retry_handlers.append(AsyncRateLimitErrorRetryHandler())
    peer.fail_next("chat.postMessage", retry_after_s=0)
    await call("chat.postMessage", channel=DEPLOYS, text="x")
    assert peer.webapi.calls == ["chat.postMessage"] * 2
    assert len(peer.workspace.messages(DEPLOYS)) == 1


async def test_an_injected_error_serves_once(peer: SlackPeer, call: Call) -> None:
    peer.fail_next("chat.postMessage", error="internal_error")
    answer = await refusal(call, "chat.postMessage", {"channel": DEPLOYS, "text": "x"})
    assert answer["error"] == "internal_error"
    assert peer.workspace.messages(DEPLOYS) == ()
    await call("chat.postMessage", channel=DEPLOYS, text="x")


async def test_an_injected_status_is_answered_without_json(peer: SlackPeer, call: Call) -> None:
    peer.fail_next("chat.postMessage", status=503)
    with pytest.raises(CallRefusedError) as refused:
        await call.post(DEPLOYS, "x")
    assert refused.value.status == 503
    assert peer.workspace.messages(DEPLOYS) == ()


async def test_a_dropped_reply_leaves_the_message_posted(peer: SlackPeer, call: Call) -> None:
    call.client.retry_handlers.clear()
    peer.fail_next("chat.postMessage", drop_reply=True)
    with pytest.raises(aiohttp.ClientError):
        await call("chat.postMessage", channel=DEPLOYS, text="x")
    assert [message.text for message in peer.workspace.messages(DEPLOYS)] == ["x"]


async def test_the_clients_own_retry_doubles_a_message_whose_reply_was_dropped(peer: SlackPeer, call: Call) -> None:
    """The hazard that an adapter has to guard against: slack_sdk repeats a call after a lost connection."""
    peer.fail_next("chat.postMessage", drop_reply=True)
    await call("chat.postMessage", channel=DEPLOYS, text="x")
    assert len(peer.workspace.messages(DEPLOYS)) == 2
