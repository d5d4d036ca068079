"""What the app hears when people write, and how often."""

import asyncio

from bot.playground.slack import App, SlackPeer, Timing
from bot.playground.slack.events import Ack, Delivery
from bot.playground.slack.models import ALL_SCOPES
from bot.playground.slack.wire import as_object
from tests.helpers import wait_until
from tests.playground.slack.bolt import BoltBot
from tests.playground.slack.client import Call, dig


async def test_a_mention_in_a_channel_arrives_as_two_events_with_one_ts(peer: SlackPeer, bot: BoltBot) -> None:
    ts = peer.say("U0ANA", "#deploys", "@bot deploy backend")
    await wait_until(lambda: peer.idle)
    assert sorted(bot.types()) == ["app_mention", "message"]
    assert {str(event["ts"]) for event in bot.heard} == {ts}
    assert len({str(body["event_id"]) for body in bot.bodies}) == 2
    assert all(event["text"] == "<@U0BOT> deploy backend" for event in bot.heard)


async def test_a_direct_message_is_one_event_of_channel_type_im(peer: SlackPeer, bot: BoltBot) -> None:
    peer.say("U0ANA", "U0BOT", "@bot hello")
    await wait_until(lambda: peer.idle)
    assert [(event["type"], event["channel_type"]) for event in bot.heard] == [("message", "im")]


async def test_the_envelope_names_the_app_as_authorized(peer: SlackPeer, bot: BoltBot) -> None:
    peer.say("U0ANA", "#general", "hello")
    await wait_until(lambda: bot.bodies)
    assert dig(bot.bodies[0], "authorizations", 0, "user_id") == "U0BOT"
    assert dig(bot.bodies[0], "authorizations", 0, "is_bot") is True
    assert bot.bodies[0]["is_ext_shared_channel"] is False


async def test_an_outsider_writes_from_their_own_team_in_a_shared_channel(peer: SlackPeer, bot: BoltBot) -> None:
    peer.say("U0KIM", "#acme-north", "hello")
    await wait_until(lambda: bot.bodies)
    assert bot.bodies[0]["is_ext_shared_channel"] is True
    assert bot.heard[0]["user_team"] == "T0NORTH"


async def test_bolt_refuses_a_signature_made_with_another_secret(peer: SlackPeer) -> None:
    async with BoltBot(peer, secret="another") as bot:
        peer.say("U0ANA", "#deploys", "hello")
        await wait_until(lambda: peer.idle)
        assert bot.heard == []
        assert peer.attempts[0].status == 401


async def test_the_address_is_verified_by_a_challenge(peer: SlackPeer, bot: BoltBot) -> None:
    assert await peer.verify_url()


async def test_an_error_is_followed_by_a_retry_that_says_so(peer: SlackPeer, bot: BoltBot) -> None:
    bot.fail_http = 1
    peer.say("U0ANA", "#deploys", "hello")
    await wait_until(lambda: peer.idle)
    assert [(attempt.retry_num, attempt.result) for attempt in peer.attempts] == [(0, "http_error"), (1, "acked")]
    assert len({attempt.id for attempt in peer.attempts}) == 1
    assert bot.headers[1]["X-Slack-Retry-Num"] == "1"
    assert bot.headers[1]["X-Slack-Retry-Reason"] == "http_error"


async def test_an_answer_that_comes_too_late_is_followed_by_a_retry() -> None:
    async with SlackPeer(timing=Timing(ack_s=0.05, retry_s=(0, 0, 0))) as peer, BoltBot(peer) as bot:
        bot.hang.clear()
        peer.say("U0ANA", "#deploys", "hello")
        await wait_until(lambda: len(bot.headers) > 1)
        assert peer.attempts[0].result == "http_timeout"
        assert bot.headers[1]["X-Slack-Retry-Reason"] == "http_timeout"


async def test_after_three_retries_the_event_is_given_up(peer: SlackPeer, bot: BoltBot) -> None:
    bot.fail_http = 10
    peer.say("U0ANA", "#deploys", "hello")
    await wait_until(lambda: peer.idle)
    assert [attempt.retry_num for attempt in peer.attempts] == [0, 1, 2, 3]


async def test_an_event_can_be_delivered_twice_under_one_id(peer: SlackPeer, bot: BoltBot) -> None:
    peer.duplicate_next()
    peer.say("U0ANA", "#deploys", "hello")
    await wait_until(lambda: peer.idle)
    assert len(bot.bodies) == 2
    assert bot.bodies[0]["event_id"] == bot.bodies[1]["event_id"]


async def test_held_events_arrive_when_released(peer: SlackPeer, bot: BoltBot) -> None:
    peer.hold()
    peer.say("U0ANA", "#deploys", "one")
    peer.say("U0ANA", "#deploys", "two")
    await asyncio.sleep(0)
    assert peer.attempts == []
    assert peer.release(newest_first=True) == 2
    await wait_until(lambda: peer.idle)
    assert {str(event["text"]) for event in bot.heard} == {"one", "two"}


async def test_held_events_can_be_started_newest_first(peer: SlackPeer) -> None:
    """An app that answers at once leaves the attempts in the order in which they were started."""

    async def answer_at_once(_delivery: Delivery, _timeout_s: float) -> Ack:
        return Ack(result="acked")

    peer.sender.transport = answer_at_once
    peer.hold()
    first, second = peer.say("U0ANA", "#deploys", "one"), peer.say("U0ANA", "#deploys", "two")
    peer.release(newest_first=True)
    await wait_until(lambda: peer.idle)
    assert [dig(attempt.payload, "event", "ts") for attempt in peer.attempts] == [second, first]


async def test_edits_deletions_and_broadcasts_are_told_as_such(peer: SlackPeer, bot: BoltBot) -> None:
    root = peer.say("U0ANA", "#deploys", "one")
    await wait_until(lambda: peer.idle)
    peer.edit("U0ANA", "#deploys", root, "won")
    await wait_until(lambda: peer.idle)
    reply = peer.say("U0ANA", "#deploys", "two", root, broadcast=True)
    await wait_until(lambda: peer.idle)
    peer.delete("U0ANA", "#deploys", reply)
    await wait_until(lambda: peer.idle)
    assert bot.types() == ["message", "message_changed", "thread_broadcast", "message_deleted"]
    assert dig(bot.heard[1], "message", "text") == "won"
    assert bot.heard[2]["thread_ts"] == root
    assert bot.heard[3]["deleted_ts"] == reply


async def test_the_bot_hears_its_own_messages_with_its_bot_id(peer: SlackPeer, call: Call) -> None:
    """Bolt drops them, so this looks at what was sent."""
    peer.deliver_to("http://127.0.0.1:9/slack/events")
    await call.post("C0DEPLOYS", "hello")
    await wait_until(lambda: peer.attempts)
    event = as_object(peer.attempts[0].payload["event"])
    assert (event["user"], event["bot_id"]) == ("U0BOT", "B0COUNTERSIGN")


async def test_a_reply_tells_its_thread_and_who_opened_it(peer: SlackPeer, bot: BoltBot) -> None:
    root = peer.say("U0ANA", "#deploys", "one")
    peer.say("U0ROB", "#deploys", "@bot two", root)
    await wait_until(lambda: peer.idle)
    replies = [event for event in bot.heard if event["user"] == "U0ROB"]
    assert len(replies) == 2
    assert {(str(event["thread_ts"]), str(event["parent_user_id"])) for event in replies} == {(root, "U0ANA")}


async def test_opening_the_bots_messages_is_told(peer: SlackPeer, bot: BoltBot) -> None:
    channel = peer.open_app("U0ANA")
    await wait_until(lambda: bot.heard)
    assert (bot.heard[0]["tab"], bot.heard[0]["channel"]) == ("messages", channel)


async def test_without_the_history_scope_only_mentions_arrive() -> None:
    app = App(scopes=ALL_SCOPES - {"channels:history"})
    async with SlackPeer(app=app) as peer, BoltBot(peer) as bot:
        peer.say("U0ANA", "#deploys", "@bot deploy")
        await wait_until(lambda: peer.idle)
        assert bot.types() == ["app_mention"]
