"""What goes below a card: answers to those who asked, and the whole of a call that is too long for the card."""

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.places import Delivery, Place, Text
from bot.playground.slack import App, SlackPeer
from bot.playground.slack.models import Message
from bot.port import DeliveryFailed
from channels.slack.app import SlackSettings
from channels.slack.buttons import APPROVE
from channels.slack.call_view import call_text
from channels.slack.sender import SlackChannel
from tests.channels.slack.cards import APPROVAL, APPROVED, RELEASES, delivery
from tests.channels.slack.strategies import buttons

LONG = APPROVAL.model_copy(update={"arguments": {"sql": "select 1;\n" * 3_000, "last": "DROP TABLE \u202eorders"}})
COMPLETE = "files.completeUploadExternal"
ROOM = "C0RELEASES"


def below(text: str = "It is the hotfix.", place: Place = RELEASES) -> Delivery:
    """An answer that belongs under the card of delivery d1."""
    return delivery(Text(markdown=text), place, "d2").model_copy(update={"under": "d1"})


def in_thread(peer: SlackPeer, place: Place = RELEASES) -> Place:
    """A place in a thread of that channel."""
    return place.model_copy(update={"thread": peer.say("U0ANA", "releases", "hello")})


def card_of(peer: SlackPeer, provider_id: str) -> Message:
    """The card as it stands there."""
    return peer.workspace.message(ROOM, provider_id.partition("/")[2])


def offers(message: Message) -> bool:
    """Whether a message offers to approve."""
    return APPROVE in buttons([*message.blocks])


def roots(peer: SlackPeer) -> list[Message]:
    """The messages that are in no thread."""
    return [message for message in peer.workspace.messages(ROOM) if not message.is_reply]


def files(peer: SlackPeer) -> list[Message]:
    """The messages that show files."""
    return [message for message in peer.workspace.messages(ROOM) if message.files]


async def test_an_answer_stands_in_the_thread_that_the_card_begins(peer: SlackPeer, channel: SlackChannel) -> None:
    card = await channel.deliver(delivery(APPROVAL), None)
    sent = await channel.deliver(below(), card)
    assert card_of(peer, sent).thread_ts == card.partition("/")[2]


async def test_below_a_card_in_a_thread_is_in_that_thread(peer: SlackPeer, channel: SlackChannel) -> None:
    place = in_thread(peer)
    card = await channel.deliver(delivery(APPROVAL, place), None)
    sent = await channel.deliver(below(place=place), card)
    assert card_of(peer, sent).thread_ts == place.thread


async def test_below_a_card_in_direct_messages_is_in_these(peer: SlackPeer, channel: SlackChannel) -> None:
    place = Place(channel="slack", address="T0ACME/U0ROB")
    card = await channel.deliver(delivery(APPROVAL, place), None)
    room, _, ts = (await channel.deliver(below(place=place), card)).partition("/")
    assert room == peer.workspace.dm("U0ROB").id
    assert peer.workspace.message(room, ts).thread_ts == card.partition("/")[2]


async def test_an_answer_whose_reply_was_lost_is_found_below_its_card_even_once_that_is_decided(
    peer: SlackPeer, channel: SlackChannel
) -> None:
    card = await channel.deliver(delivery(APPROVAL), None)
    peer.fail_next("chat.postMessage", drop_reply=True)
    with pytest.raises(aiohttp.ClientError):
        await channel.deliver(below(), card)
    await channel.deliver(delivery(APPROVED, delivery_id="d3").model_copy(update={"replaces": "d1"}), card)
    (answer,) = peer.workspace.replies(ROOM, card.partition("/")[2])
    assert await channel.find(below()) == f"{ROOM}/{answer.ts}"


async def test_an_answer_that_was_never_sent_is_not_found(channel: SlackChannel) -> None:
    await channel.deliver(delivery(APPROVAL), None)
    assert await channel.find(below()) is None


async def test_a_long_answer_below_a_card_is_in_one_place(peer: SlackPeer, channel: SlackChannel) -> None:
    card = await channel.deliver(delivery(APPROVAL), None)
    await channel.deliver(below("word " * 6_000), card)
    assert len(roots(peer)) == 1
    assert len(peer.workspace.replies(ROOM, card.partition("/")[2])) > 1


@pytest.mark.parametrize("threaded", [False, True])
async def test_a_call_too_long_for_its_card_stands_whole_in_a_file_below_it(
    peer: SlackPeer, channel: SlackChannel, *, threaded: bool
) -> None:
    place = in_thread(peer) if threaded else RELEASES
    card = card_of(peer, await channel.deliver(delivery(LONG, place), None))
    (shared,) = files(peer)
    assert shared.thread_ts == (place.thread or card.ts)
    text = peer.workspace.files.content(shared.files[0]).decode()
    assert text == call_text(LONG)
    assert "DROP TABLE ⟨U+202E⟩orders" in text
    assert "0123abcd" in text
    assert offers(card)
    assert "call-qrst-0123abcd.txt" in str(card.blocks)


async def test_the_file_is_there_before_the_card_offers_to_approve(peer: SlackPeer, channel: SlackChannel) -> None:
    card = card_of(peer, await channel.deliver(delivery(LONG), None))
    (before,) = peer.workspace.earlier(ROOM, card.ts)
    assert not offers(before)
    assert peer.webapi.calls[-3:] == ["chat.postMessage", COMPLETE, "chat.update"]


async def test_without_the_scope_for_files_such_a_call_is_not_offered_for_approval() -> None:
    app = App(scopes=App().scopes - {"files:write"})
    async with SlackPeer(app=app) as peer:
        channel = SlackChannel(SlackSettings(bot_token=app.bot_token, api_url=peer.api_url))
        card = card_of(peer, await channel.deliver(delivery(LONG), None))
        assert await channel.find(delivery(LONG)) == f"{ROOM}/{card.ts}"
        assert not files(peer)
    assert not offers(card)
    assert f"bot show {LONG.thread}" in str(card.blocks)


async def test_bytes_that_slack_does_not_take_leave_the_card_without_the_offer(
    peer: SlackPeer, channel: SlackChannel
) -> None:
    peer.fail_next("upload", status=500)
    assert not offers(card_of(peer, await channel.deliver(delivery(LONG), None)))


async def test_a_file_that_may_not_be_shared_there_leaves_the_card_without_the_offer(
    peer: SlackPeer, channel: SlackChannel
) -> None:
    peer.fail_next(COMPLETE, error="posting_to_channel_denied")
    card = card_of(peer, await channel.deliver(delivery(LONG), None))
    assert not offers(card)
    assert f"bot show {LONG.thread}" in str(card.blocks)


async def test_a_rate_limit_on_files_is_waited_for_and_nothing_is_posted_meanwhile(
    peer: SlackPeer, channel: SlackChannel
) -> None:
    peer.fail_next("files.getUploadURLExternal", retry_after_s=0, times=2)
    with pytest.raises(DeliveryFailed) as caught:
        await channel.deliver(delivery(LONG), None)
    assert not caught.value.permanent
    assert not peer.workspace.messages(ROOM)


@pytest.mark.parametrize("method", ["chat.postMessage", COMPLETE, "chat.update"])
async def test_wherever_a_reply_is_lost_there_is_one_card_with_one_file_in_the_end(
    peer: SlackPeer, channel: SlackChannel, method: str
) -> None:
    peer.fail_next(method, drop_reply=True)
    with pytest.raises(aiohttp.ClientError):
        await channel.deliver(delivery(LONG), None)
    found = await channel.find(delivery(LONG))
    (card,) = roots(peer)
    assert found == f"{ROOM}/{card.ts}"
    assert offers(card)
    assert len(files(peer)) == 1


@pytest.mark.parametrize("method", [COMPLETE, "chat.update"])
async def test_what_was_not_done_after_the_card_was_posted_is_done_when_it_is_looked_for(
    peer: SlackPeer, channel: SlackChannel, method: str
) -> None:
    peer.fail_next(method, status=503, times=2)
    with pytest.raises(SlackApiError):
        await channel.deliver(delivery(LONG), None)
    assert not offers(roots(peer)[0])
    with pytest.raises(SlackApiError):
        await channel.find(delivery(LONG))
    assert await channel.find(delivery(LONG)) == f"{ROOM}/{roots(peer)[0].ts}"
    assert offers(roots(peer)[0])
    assert len(files(peer)) == 1


async def test_a_file_of_that_name_by_somebody_else_is_not_taken_for_ours(
    peer: SlackPeer, channel: SlackChannel
) -> None:
    peer.fail_next(COMPLETE, status=503)
    with pytest.raises(SlackApiError):
        await channel.deliver(delivery(LONG), None)
    (card,) = roots(peer)
    forged = peer.workspace.files.reserve("call-qrst-0123abcd.txt", 4, "U0ZED")
    peer.workspace.files.complete(peer.workspace.files.upload(forged.ticket, b"fine"), "")
    peer.workspace.post(
        Message(channel=ROOM, ts=peer.workspace.next_ts(), user="U0ZED", thread_ts=card.ts, files=(forged.id,), text="")
    )
    await channel.find(delivery(LONG))
    assert [message.user for message in files(peer)] == ["U0ZED", "U0BOT"]


async def test_a_decision_takes_the_place_of_a_card_with_a_file(peer: SlackPeer, channel: SlackChannel) -> None:
    card = await channel.deliver(delivery(LONG), None)
    decided = APPROVED.model_copy(update={"card": LONG})
    await channel.deliver(delivery(decided, delivery_id="d2").model_copy(update={"replaces": "d1"}), card)
    assert "Approved by Rob Wills" in str(card_of(peer, card).blocks)
    assert not buttons([*card_of(peer, card).blocks])
