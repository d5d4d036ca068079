"""Edits and deletions: nothing starts or is read again by them, and whoever changed what was read hears so, once."""

from collections.abc import AsyncIterator

import pytest

from bot.places import Notice
from bot.playground.slack import SlackPeer
from bot.store.server import Client
from channels.slack.app import SlackApp, SlackSettings
from channels.slack.edits import GONE, READ, UNHEARD
from channels.slack.http import PATH, serve_http
from tests.channels.slack.stored import outgoing, process, texts
from tests.helpers import wait_until

DEPLOYS = "C0DEPLOYS"


@pytest.fixture
async def slack(peer: SlackPeer, settings: SlackSettings, store: Client) -> AsyncIterator[SlackApp]:
    """The adapter over the real intake."""
    app = process(settings, store)
    async with serve_http(app, host="127.0.0.1", port=0) as port:
        peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
        yield app


async def idle(peer: SlackPeer) -> None:
    await wait_until(lambda: peer.idle, what="every event delivered")


async def told(store: Client) -> list[tuple[str, str, str | None]]:
    """What was said to one person alone: to whom, what, and in which thread."""
    return [
        (one.content.to, one.content.markdown, one.place.thread)
        for one in await outgoing(store)
        if isinstance(one.content, Notice)
    ]


@pytest.mark.usefixtures("slack")
async def test_an_edit_of_what_was_read_changes_nothing_and_its_author_hears_so_once(
    peer: SlackPeer, store: Client
) -> None:
    ts = peer.say("U0ANA", "deploys", "@bot deploy 1.4")
    await idle(peer)
    for text in ("@bot deploy 1.5", "@bot deploy 1.6"):
        peer.duplicate_next()
        peer.edit("U0ANA", "deploys", ts, text)
        await idle(peer)
    assert await texts(store, DEPLOYS, ts) == ["deploy 1.4"]
    assert await told(store) == [("T0ACME/U0ANA", READ, ts)]


@pytest.mark.usefixtures("slack")
async def test_so_does_whoever_edits_a_reply(peer: SlackPeer, store: Client) -> None:
    root = peer.say("U0ANA", "deploys", "@bot deploy")
    ts = peer.say("U0ROB", "deploys", "to staging", root)
    await idle(peer)
    peer.edit("U0ROB", "deploys", ts, "to production")
    await idle(peer)
    assert await texts(store, DEPLOYS, root) == ["deploy", "to staging"]
    assert await told(store) == [("T0ACME/U0ROB", READ, root)]


@pytest.mark.usefixtures("slack")
async def test_a_deleted_message_still_counts_and_its_author_hears_so(peer: SlackPeer, store: Client) -> None:
    root = peer.say("U0ANA", "deploys", "@bot deploy")
    ts = peer.say("U0ROB", "deploys", "to staging", root)
    await idle(peer)
    peer.delete("U0ROB", "deploys", ts)
    await idle(peer)
    assert await texts(store, DEPLOYS, root) == ["deploy", "to staging"]
    assert await told(store) == [("T0ACME/U0ROB", GONE, root)]


@pytest.mark.usefixtures("slack")
async def test_the_first_message_of_a_thread_leaves_a_tombstone_which_is_a_deletion(
    peer: SlackPeer, store: Client
) -> None:
    root = peer.say("U0ANA", "deploys", "@bot deploy")
    peer.say("U0ROB", "deploys", "to staging", root)
    await idle(peer)
    peer.delete("U0ANA", "deploys", root)
    await idle(peer)
    assert await told(store) == [("T0ACME/U0ANA", GONE, root)]


@pytest.mark.usefixtures("slack")
async def test_an_edit_that_adds_a_mention_starts_nothing_and_says_how_to(peer: SlackPeer, store: Client) -> None:
    ts = peer.say("U0ANA", "deploys", "deploy")
    await idle(peer)
    peer.edit("U0ANA", "deploys", ts, "@bot deploy")
    await idle(peer)
    assert await texts(store, DEPLOYS, ts) == []
    assert await told(store) == [("T0ACME/U0ANA", UNHEARD, ts)]


async def test_edits_and_deletions_of_talk_among_others_are_dropped_silently(
    peer: SlackPeer, slack: SlackApp, store: Client
) -> None:
    ts = peer.say("U0ANA", "deploys", "lunch?")
    peer.edit("U0ANA", "deploys", ts, "lunch!")
    peer.delete("U0ANA", "deploys", ts)
    await idle(peer)
    assert await told(store) == []
    assert slack.tally.counts["ignored:subtype_message_changed"] == 1
    assert slack.tally.counts["ignored:subtype_message_deleted"] == 1


@pytest.mark.usefixtures("slack")
async def test_a_change_that_leaves_the_words_as_they_are_is_none(peer: SlackPeer, store: Client) -> None:
    """Slack tells of a link's preview, and of a reply shown in the channel too, as of a changed message."""
    ts = peer.say("U0ANA", "deploys", "@bot deploy")
    await idle(peer)
    workspace = peer.workspace
    workspace.edit(workspace.message(DEPLOYS, ts), by="U0ANA")
    await idle(peer)
    assert await told(store) == []


@pytest.mark.usefixtures("slack")
async def test_the_bots_own_changes_and_deletions_are_none_of_its_business(peer: SlackPeer, store: Client) -> None:
    root = peer.say("U0ANA", "deploys", "@bot deploy")
    ts = peer.post_as_bot("bot", "deploys", "working", root, bot_id=peer.workspace.app.bot_id)
    await idle(peer)
    message = peer.workspace.message(DEPLOYS, ts)
    peer.workspace.edit(message.model_copy(update={"text": "done"}), by="U0BOT")
    peer.workspace.delete(message)
    await idle(peer)
    assert await told(store) == []


@pytest.mark.usefixtures("slack")
async def test_a_message_that_was_refused_was_not_read(peer: SlackPeer, store: Client) -> None:
    root = peer.say("U0ANA", "deploys", "@bot deploy")
    ts = peer.post_as_bot("CI", "deploys", "red", root)
    await idle(peer)
    message = peer.workspace.message(DEPLOYS, ts)
    peer.workspace.edit(message.model_copy(update={"text": "green"}), by="B0CI")
    await idle(peer)
    assert await told(store) == []
