"""Deliveries into Slack: where they end up, how they are replaced and found, and what each failure means."""

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.places import Notice, Place, StatusLine, Text
from bot.playground.slack import Pings, SlackPeer
from bot.playground.slack.models import Message
from bot.port import Channel, DeliveryFailed
from channels.slack.app import SlackSettings
from channels.slack.sender import SlackChannel
from tests.channels.slack.cards import APPROVAL, APPROVED, RELEASES, delivery

LONG = "\n".join(f"{number}: {'word ' * 30}" for number in range(150))  # about 25,000 characters


def message(peer: SlackPeer, provider_id: str) -> Message:
    """The message with this id."""
    channel, _, ts = provider_id.partition("/")
    return peer.workspace.message(channel, ts)


def test_it_is_a_channel(channel: SlackChannel) -> None:
    port: Channel = channel
    assert port.name == "slack"


async def test_a_card_is_posted_once_without_unfurls_and_pings_nobody(peer: SlackPeer, channel: SlackChannel) -> None:
    found = message(peer, await channel.deliver(delivery(APPROVAL), None))
    assert (found.channel, found.unfurl_links, found.unfurl_media) == ("C0RELEASES", False, False)
    assert found.text == "Approval needed: Deploy service (asked by Ana Lima)"
    assert found.pings == Pings()


async def test_a_decision_takes_the_place_of_its_card(peer: SlackPeer, channel: SlackChannel) -> None:
    card = await channel.deliver(delivery(APPROVAL), None)
    assert await channel.deliver(delivery(APPROVED, delivery_id="d2"), card) == card
    found = message(peer, card)
    assert found.text == "Deploy service: approved by Rob Wills"
    assert "actions" not in [block["type"] for block in found.blocks]
    assert len(peer.workspace.messages("C0RELEASES")) == 1


async def test_a_text_is_said_in_its_thread(peer: SlackPeer, channel: SlackChannel) -> None:
    root = peer.say("U0ANA", "deploys", "hello")
    place = Place(channel="slack", address="T0ACME/C0DEPLOYS", thread=root)
    found = message(peer, await channel.deliver(delivery(Text(markdown="**Done.**"), place), None))
    assert found.thread_ts == root
    assert "'text': 'Done.', 'style': {'bold': True}" in str(found.blocks)


async def test_a_person_is_written_to_directly_and_the_conversation_opened_once(
    peer: SlackPeer, channel: SlackChannel
) -> None:
    place = Place(channel="slack", address="T0ACME/U0ROB")
    found = message(peer, await channel.deliver(delivery(APPROVAL, place), None))
    await channel.deliver(delivery(StatusLine(markdown="Waiting."), place, "d2"), None)
    assert found.channel == peer.workspace.dm("U0ROB").id
    assert peer.webapi.calls.count("conversations.open") == 1


async def test_a_notice_is_seen_by_one_person_alone(peer: SlackPeer, channel: SlackChannel) -> None:
    await channel.deliver(delivery(Notice(markdown="Not you.", to="T0ACME/U0ZED")), None)
    (found,) = peer.workspace.ephemerals
    assert (found.channel, found.ephemeral_to, found.text) == ("C0RELEASES", "U0ZED", "Not you.")
    assert not peer.workspace.messages("C0RELEASES")


async def test_a_notice_to_someone_who_left_the_channel_goes_to_them_directly(
    peer: SlackPeer, channel: SlackChannel
) -> None:
    sent = await channel.deliver(delivery(Notice(markdown="Not you.", to="T0ACME/U0SAM")), None)
    assert message(peer, sent).channel == peer.workspace.dm("U0SAM").id


async def test_a_long_text_becomes_several_messages_and_is_known_by_the_first(
    peer: SlackPeer, channel: SlackChannel
) -> None:
    first = await channel.deliver(delivery(Text(markdown=LONG)), None)
    posted = peer.workspace.messages("C0RELEASES")
    assert len(posted) > 1
    assert first == f"C0RELEASES/{posted[0].ts}"
    shown = "".join(str(message.blocks) for message in posted)
    assert all(f"{number}: word" in shown for number in range(150)), "nothing is left out"


async def test_a_second_try_of_a_long_text_posts_only_what_is_missing(peer: SlackPeer, channel: SlackChannel) -> None:
    await channel.deliver(delivery(Text(markdown=LONG)), None)
    first, *rest = peer.workspace.messages("C0RELEASES")
    peer.workspace.delete(rest[-1])
    assert await channel.find(delivery(Text(markdown=LONG))) is None
    assert await channel.deliver(delivery(Text(markdown=LONG)), None) == f"C0RELEASES/{first.ts}"
    assert len(peer.workspace.messages("C0RELEASES")) == 1 + len(rest)


@pytest.mark.parametrize("threaded", [False, True])
async def test_a_lost_reply_leaves_one_message_that_is_found_again(
    peer: SlackPeer, channel: SlackChannel, *, threaded: bool
) -> None:
    """By default slack_sdk sends once more when a connection breaks, and the card would stand there twice."""
    root = peer.say("U0ANA", "releases", "hello")
    place = RELEASES.model_copy(update={"thread": root if threaded else None})
    peer.fail_next("chat.postMessage", drop_reply=True)
    with pytest.raises(aiohttp.ClientError):
        await channel.deliver(delivery(APPROVAL, place), None)
    (_, card) = peer.workspace.messages("C0RELEASES")
    assert await channel.find(delivery(APPROVAL, place)) == f"C0RELEASES/{card.ts}"


async def test_what_was_never_sent_is_not_found(channel: SlackChannel) -> None:
    assert await channel.find(delivery(APPROVAL)) is None


async def test_a_rate_limit_is_a_failure_with_a_time_to_wait(peer: SlackPeer, channel: SlackChannel) -> None:
    peer.fail_next("chat.postMessage", retry_after_s=7)
    with pytest.raises(DeliveryFailed) as caught:
        await channel.deliver(delivery(APPROVAL), None)
    assert (caught.value.permanent, caught.value.retry_after_s) == (False, 7)


@pytest.mark.parametrize("code", ["channel_not_found", "is_archived", "restricted_action"])
async def test_what_slack_will_never_take_is_permanent(peer: SlackPeer, channel: SlackChannel, code: str) -> None:
    peer.fail_next("chat.postMessage", error=code)
    with pytest.raises(DeliveryFailed, match=code) as caught:
        await channel.deliver(delivery(APPROVAL), None)
    assert caught.value.permanent


async def test_a_revoked_token_is_worth_another_try_later(peer: SlackPeer, channel: SlackChannel) -> None:
    peer.fail_next("chat.postMessage", error="token_revoked")
    with pytest.raises(DeliveryFailed, match="bot doctor") as caught:
        await channel.deliver(delivery(APPROVAL), None)
    assert not caught.value.permanent


async def test_after_an_error_in_slacks_own_house_nobody_knows(peer: SlackPeer, channel: SlackChannel) -> None:
    peer.fail_next("chat.postMessage", status=503)
    peer.fail_next("chat.postMessage", error="fatal_error")
    for _ in range(2):
        with pytest.raises(SlackApiError):
            await channel.deliver(delivery(APPROVAL), None)


async def test_a_card_that_is_gone_cannot_be_replaced(channel: SlackChannel) -> None:
    with pytest.raises(DeliveryFailed, match="message_not_found") as caught:
        await channel.deliver(delivery(APPROVED), "C0RELEASES/1760000000.000100")
    assert caught.value.permanent


async def test_a_slack_that_cannot_be_reached_was_surely_not_sent_to(unused_tcp_port: int) -> None:
    channel = SlackChannel(SlackSettings(bot_token="xoxb-1", api_url=f"http://127.0.0.1:{unused_tcp_port}/api/"))
    with pytest.raises(DeliveryFailed) as caught:
        await channel.deliver(delivery(APPROVAL), None)
    assert not caught.value.permanent


async def test_a_direct_message_that_cannot_be_opened_was_not_sent(peer: SlackPeer, channel: SlackChannel) -> None:
    peer.fail_next("conversations.open", drop_reply=True)
    with pytest.raises(DeliveryFailed) as caught:
        await channel.deliver(delivery(APPROVAL, Place(channel="slack", address="T0ACME/U0ROB")), None)
    assert not caught.value.permanent


async def test_a_slack_on_this_machine_is_not_called_through_a_proxy(
    settings: SlackSettings, peer: SlackPeer, monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_tcp_port}")
    await SlackChannel(settings).deliver(delivery(APPROVAL), None)
    assert peer.workspace.messages("C0RELEASES")
