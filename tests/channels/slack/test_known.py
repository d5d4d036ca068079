"""The back-fill over the real intake and a real store: what is remembered, and that each message is in the log once."""

import time
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest

from bot.config import parse_config
from bot.entries import Sealer
from bot.events import MessageReceived
from bot.fold import fold
from bot.ids import RequestIds, thread_id
from bot.intake import CoreIntake
from bot.people import Directory
from bot.playground.slack import SlackPeer, Timing
from bot.store import log
from bot.store.cursors import heard_key
from bot.store.server import Client
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.backfill import Backfill
from channels.slack.http import PATH, serve_http
from channels.slack.known import Stored
from channels.slack.past import us_of
from tests.helpers import wait_until

DEPLOYS = "C0DEPLOYS"
SECRET = b"a secret of the tests"
CONFIG = """
[people.ana]
slack = "T0ACME/U0ANA"
[people.rob]
slack = "T0ACME/U0ROB"
roles = ["operators"]
[roles.operators]
[[routes]]
agent = "deploy"
"""


@pytest.fixture
async def peer() -> AsyncIterator[SlackPeer]:
    """A peer that gives an event up at once, so that an outage loses it."""
    async with SlackPeer(timing=Timing(retry_s=())) as running:
        yield running


@pytest.fixture
def app(settings: SlackSettings, store: Client) -> SlackApp:
    """The adapter over the real intake."""
    directory = Directory(parse_config(CONFIG))
    return build(settings, CoreIntake(store, Sealer(SECRET), RequestIds(SECRET), lambda: directory, dict[str, str]))


async def said(store: Client, root: str) -> list[str]:
    """What is in the log of the thread with this root, in this order."""
    name = thread_id("slack", "T0ACME", DEPLOYS, root)
    events = fold(name, await log.load(store, name), Sealer(SECRET)).events
    return [event.body.text for event in events if isinstance(event, MessageReceived) and event.body]


async def test_what_was_missed_is_in_the_log_once_and_in_order(peer: SlackPeer, app: SlackApp, store: Client) -> None:
    known = Stored(store)
    async with serve_http(app, host="127.0.0.1", port=0) as port:
        peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
        first = peer.say("U0ANA", "deploys", "look at this")
        peer.say("U0ROB", "deploys", "I do", first)
        await wait_until(lambda: peer.idle)
        peer.say("U0ANA", "deploys", "@bot deploy", first)
        await wait_until(lambda: peer.idle)
        await known.hear("T0ACME", time.time_ns() // 1000)
    peer.deliver_to("http://127.0.0.1:9/nobody")
    peer.say("U0ROB", "deploys", "to staging", first)
    second = peer.say("U0ANA", "deploys", "@bot health")
    peer.say("U0ANA", "deploys", "of all", second)
    await wait_until(lambda: peer.idle)
    for _ in range(2):
        await Backfill(app, known).catch_up()
    assert await said(store, first) == ["deploy", "to staging"]
    assert await said(store, second) == ["health", "of all"]


async def test_the_moment_up_to_which_slack_was_heard_is_kept_for_longer_than_messages_are_taken(store: Client) -> None:
    known = Stored(store)
    assert await known.heard("T0ACME") is None
    await known.hear("T0ACME", 1_760_000_000_000_100)
    assert await known.heard("T0ACME") == 1_760_000_000_000_100
    assert await cast("Any", store).ttl(heard_key("slack:T0ACME")) > 30 * 86_400


async def test_a_thread_is_ours_since_the_message_that_began_it(peer: SlackPeer, app: SlackApp, store: Client) -> None:
    known = Stored(store)
    await known.hear("T0ACME", time.time_ns() // 1000)
    root = peer.say("U0ANA", "deploys", "lunch?")
    mention = peer.say("U0ROB", "deploys", "@bot book a table", root)
    await Backfill(app, known).catch_up()
    assert await known.threads("T0ACME") == [(DEPLOYS, root)]
    assert await known.born("T0ACME", DEPLOYS, root) == us_of(mention)
    assert await known.born("T0ACME", DEPLOYS, mention) is None
    assert await known.threads("T0OTHER") == []
