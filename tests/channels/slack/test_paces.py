"""Slack's limits on writing: kept unasked, honoured when Slack asks, and none for what a person waits for."""

from contextlib import AsyncExitStack

import pytest

from bot.ids import thread_id
from bot.places import Delivery, Notice, Place, StatusLine, Text
from bot.playground.slack import SlackPeer, Timing
from bot.port import DeliveryFailed
from bot.store.server import Client
from channels.slack.app import SlackSettings
from channels.slack.limits import WHOLE
from channels.slack.paces import paces
from channels.slack.sender import SlackChannel
from tests.channels.slack.cards import APPROVAL, APPROVED, RELEASES, delivery
from tests.channels.slack.outgoing import all_sent, embedded_url, lay, sending, store
from tests.helpers import wait_until

__all__ = ["embedded_url", "store"]
ROB = Place(channel="slack", address="T0ACME/U0ROB")


def keys(one: Delivery) -> list[str]:
    return [pace.key for pace in paces(one, 1.0)]


def replacing(one: Delivery) -> Delivery:
    return one.model_copy(update={"replaces": "before"})


def test_each_channel_and_each_person_has_a_limit_of_its_own() -> None:
    assert keys(delivery(APPROVAL)) == ["slack:chat.postMessage:C0RELEASES"]
    assert keys(delivery(APPROVAL, ROB)) == ["slack:chat.postMessage:U0ROB"]


def test_all_threads_of_a_channel_are_under_one_limit() -> None:
    threads = [RELEASES.model_copy(update={"thread": f"{n}.1"}) for n in range(3)]
    assert len({pace for place in threads for pace in keys(delivery(APPROVAL, place))}) == 1


def test_a_text_counts_for_as_many_messages_as_it_becomes() -> None:
    (long,) = paces(delivery(Text(markdown="x" * 3 * WHOLE)), 1.0)
    assert long.cost == 4


@pytest.mark.parametrize("one", [delivery(Notice(markdown="x", to="T0ACME/U0ROB")), replacing(delivery(APPROVED))])
def test_what_somebody_waits_for_has_no_rate(one: Delivery) -> None:
    assert [pace.every_s for pace in paces(one, 1.0)] == [0.0]


def test_other_updates_are_held_to_what_slack_allows_a_workspace() -> None:
    held = paces(replacing(delivery(StatusLine(markdown="x"))), 1.0)
    assert max(60 / pace.every_s for pace in held if pace.every_s) <= 50


async def test_a_429_holds_all_who_write_there(peer: SlackPeer, channel: SlackChannel) -> None:
    peer.fail_next("chat.postMessage", retry_after_s=7)
    with pytest.raises(DeliveryFailed) as caught:
        await channel.deliver(delivery(APPROVAL), None)
    assert caught.value.everybody


async def test_a_channel_that_is_gone_holds_nobody(peer: SlackPeer, channel: SlackChannel) -> None:
    peer.fail_next("chat.postMessage", error="channel_not_found")
    with pytest.raises(DeliveryFailed) as caught:
        await channel.deliver(delivery(APPROVAL), None)
    assert not caught.value.everybody


async def test_after_the_first_few_two_senders_meet_no_429(store: Client) -> None:
    """The local Slack takes one message a second and channel, to the letter; our first few go out at once."""
    async with SlackPeer(timing=Timing(post_interval_s=1.0), rate_limit=True) as peer, AsyncExitStack() as stack:
        for number in range(4):
            thread = thread_id("paced", str(number))
            lines = [_line(thread, f"{number}/{n}") for n in range(2)]
            await lay(store, *lines)
        app = peer.workspace.app
        settings = SlackSettings(bot_token=app.bot_token, api_url=peer.api_url, pace_s=1.05)
        for _ in range(2):
            await stack.enter_async_context(sending(store, settings))
        await wait_until(lambda: all_sent(store), timeout=30)
        said = [message.text for message in peer.workspace.messages("C0RELEASES")]
    assert sorted(said) == sorted(f"{number}/{n}" for number in range(4) for n in range(2))
    for number in range(4):
        assert said.index(f"{number}/0") < said.index(f"{number}/1")
    refused = peer.webapi.calls.count("chat.postMessage") - len(said)
    assert 1 <= refused <= 5, "at most the first few, which went out at once"


def _line(thread: str, text: str) -> Delivery:
    return Delivery(id=f"{thread} {text}", thread=thread, place=RELEASES, content=StatusLine(markdown=text))
