"""An answer too long for a chat: its beginning, a file with all of it, and a line that says so; nothing is cut."""

import pytest

from bot.places import Delivery, Place, Text
from bot.playground.slack import App, SlackPeer
from bot.playground.slack.models import Message
from bot.port import DeliveryFailed
from channels.slack.app import SlackSettings
from channels.slack.render import MOST_MESSAGES, long_answer, render
from channels.slack.sender import SlackChannel
from tests.channels.slack.cards import RELEASES, delivery

TEXT = Text(markdown="\n\n".join(f"{number}: {'word ' * 100}<!channel>" for number in range(150)))  # 75,000 characters
COMPLETE = "files.completeUploadExternal"


@pytest.fixture
async def place(peer: SlackPeer) -> Place:
    """A thread in which it is asked for; the peer tells of it, which takes a running loop."""
    return RELEASES.model_copy(update={"thread": peer.say("U0ANA", "releases", "hello")})


def said(peer: SlackPeer) -> list[Message]:
    """What the bot has said."""
    return [message for message in peer.workspace.messages("C0RELEASES") if message.user == "U0BOT"]


async def test_its_beginning_is_followed_by_a_file_and_a_word_about_it(
    peer: SlackPeer, channel: SlackChannel, place: Place
) -> None:
    sent = await channel.deliver(delivery(TEXT, place), None)
    *first, file, closing = said(peer)
    assert sent == f"C0RELEASES/{first[0].ts}"
    assert len(first) == MOST_MESSAGES - 1
    (shared,) = file.files
    assert peer.workspace.files.content(shared).decode() == TEXT.markdown
    assert peer.workspace.files.file(shared).name in str(closing.blocks)
    assert {message.thread_ts for message in said(peer)} == {place.thread}
    assert await channel.find(delivery(TEXT, place)) == sent


@pytest.mark.parametrize("where", ["chat.postMessage", COMPLETE])
async def test_a_second_try_goes_on_where_the_first_one_ended(
    peer: SlackPeer, channel: SlackChannel, place: Place, where: str
) -> None:
    if where == COMPLETE:
        peer.fail_next(where, error="internal_error")
        with pytest.raises(Exception, match="internal_error"):
            await channel.deliver(delivery(TEXT, place), None)
    else:
        await channel.deliver(delivery(TEXT, place), None)
        peer.workspace.delete(said(peer)[-1])
    assert await channel.find(delivery(TEXT, place)) is None
    await channel.deliver(delivery(TEXT, place), None)
    assert len(said(peer)) == MOST_MESSAGES + 1
    assert sum(bool(message.files) for message in said(peer)) == 1


async def test_in_a_channel_the_file_goes_into_the_thread_of_the_first_message(
    peer: SlackPeer, channel: SlackChannel
) -> None:
    first = await channel.deliver(delivery(TEXT), None)
    (file,) = [message for message in said(peer) if message.files]
    assert file.thread_ts == first.partition("/")[2]
    assert await channel.find(delivery(TEXT)) == first


async def test_without_the_right_to_share_files_all_of_it_is_said() -> None:
    async with SlackPeer(app=App(scopes=App().scopes - {"files:write"})) as peer:
        app = peer.workspace.app
        channel = SlackChannel(SlackSettings(bot_token=app.bot_token, api_url=peer.api_url))
        first = await channel.deliver(delivery(TEXT), None)
        shown = "".join(str(message.blocks) for message in said(peer))
        assert all(f"{number}: word" in shown for number in range(150))
        assert await channel.find(delivery(TEXT)) == first
        peer.workspace.delete(said(peer)[-1])
        await channel.deliver(delivery(TEXT), None)
        assert len(said(peer)) == len(render(TEXT)), "only what was missing came again"


def test_what_is_only_long_is_said() -> None:
    text = Text(markdown="word " * 8_000)
    assert long_answer(text, messages := render(text)) is None
    assert 1 < len(messages) <= MOST_MESSAGES


async def test_while_slack_is_busy_it_is_tried_later(peer: SlackPeer, channel: SlackChannel, place: Place) -> None:
    peer.fail_next("files.getUploadURLExternal", retry_after_s=7, times=9)
    late: Delivery = delivery(TEXT, place)
    with pytest.raises(DeliveryFailed) as caught:
        await channel.deliver(late, None)
    assert not caught.value.permanent
