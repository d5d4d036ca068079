"""The shortcut "Ask the bot about this": what its form shows, what the agent gets, and that it starts once."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.playground.slack import Channel, ControlRefusedError, SlackPeer, Timing
from bot.playground.slack.defaults import DEFAULT_CHANNELS
from channels.slack.about import ABOUT, NO_FORM, Subject
from channels.slack.app import SlackApp
from channels.slack.checks import view_faults
from channels.slack.wire import JsonObject, as_object, as_objects, as_text
from tests.channels.slack.desks import DEPLOY, OTHER, LaidDesk, LaidDesks
from tests.channels.slack.intake import RecordingIntake
from tests.channels.slack.surfaces import desk, desks, heard, links, said, ways
from tests.helpers import wait_until

__all__ = ["desk", "desks", "heard", "ways"]

SECRET = Channel(id="C0SECRET", name="secret", members=("U0ANA", "U0ROB"))  # without the bot
WHY = {"question": "Why is it down?"}


@pytest.fixture
async def peer() -> AsyncIterator[SlackPeer]:
    """A peer with a channel in which the bot is not."""
    channels = (*DEFAULT_CHANNELS, SECRET)
    async with SlackPeer(channels=channels, timing=Timing(ack_s=2).retries_scaled(0)) as running:
        yield running


async def chosen(peer: SlackPeer, channel: str, ts: str, user: str = "U0ANA") -> str:
    """Choose the shortcut, and return the form that opens."""
    outcome = await peer.shortcut(user, channel, ts, ABOUT)
    assert outcome.acked
    (view,) = outcome.modals
    return view


def form(peer: SlackPeer, user: str = "U0ANA") -> JsonObject:
    (view,) = peer.core.surfaces.modals(user)
    return view.body


def posted(peer: SlackPeer, channel: str, root: str) -> list[str]:
    """What the bot wrote in a thread."""
    replies = peer.workspace.replies(channel, root)
    return [said(as_objects([*message.blocks])) for message in replies if message.user == "U0BOT"]


@pytest.mark.usefixtures("ways")
async def test_the_form_quotes_the_message_and_offers_the_agents_that_listen_there(
    peer: SlackPeer, desk: LaidDesk
) -> None:
    desk.known = [DEPLOY, OTHER]
    ts = peer.say("U0ROB", "deploys", "@mia the backend is down <!channel>")
    await chosen(peer, "deploys", ts)
    shown = said(as_objects(form(peer)["blocks"]))
    assert "Rob Wills wrote:" in shown
    assert "@Mia Chen the backend is down" in shown
    (select,) = (
        as_object(block["element"]) for block in as_objects(form(peer)["blocks"]) if block.get("block_id") == "agent"
    )
    assert [option["value"] for option in as_objects(select["options"])] == ["-", "deploy", "other"]
    assert desk.channels == ["slack:T0ACME/C0DEPLOYS"]
    assert [*view_faults(form(peer))] == []


@pytest.mark.usefixtures("ways")
async def test_it_starts_a_thread_where_the_message_stands_for_whoever_used_it(
    peer: SlackPeer, desk: LaidDesk, intake: RecordingIntake
) -> None:
    desk.known = [DEPLOY]
    ts = peer.say("U0ROB", "deploys", "the backend\nis down")
    view = await chosen(peer, "deploys", ts)
    outcome = await peer.submit_view("U0ANA", view, {**WHY, "agent": "deploy"})
    assert (outcome.acked, outcome.modals) == (True, ())
    (inbound,) = intake.messages
    assert inbound.identity.key == "slack:T0ACME/U0ANA"
    assert (inbound.root, inbound.agent, inbound.starts) == (("slack", "T0ACME", "C0DEPLOYS", ts), "deploy", True)
    assert (inbound.place.thread, inbound.private) == (ts, False)
    assert inbound.text == (
        "Why is it down?\n\n"
        "About this message, which Rob Wills wrote and which is no request of mine:\n> the backend\n> is down"
    )
    assert posted(peer, "C0DEPLOYS", ts) == ["Ana Lima asks about this message by Rob Wills:\nWhy is it down?"]


@pytest.mark.usefixtures("heard")
async def test_about_a_reply_it_goes_into_the_thread_that_the_reply_is_in(
    peer: SlackPeer, intake: RecordingIntake
) -> None:
    root = peer.say("U0ROB", "deploys", "Is it up?")
    ts = peer.say("U0MIA", "deploys", "No", root)
    await peer.submit_view("U0ANA", await chosen(peer, "deploys", ts), WHY)
    inbound = intake.messages[-1]
    assert (inbound.place.thread, inbound.agent) == (root, None)
    assert "Mia Chen wrote" in inbound.text
    address = f"{peer.url}/archives/C0DEPLOYS/p{ts.replace('.', '')}?thread_ts={root}&cid=C0DEPLOYS"
    assert links([*peer.workspace.replies("C0DEPLOYS", root)[-1].blocks]) == [address]


@pytest.mark.usefixtures("ways")
async def test_where_the_bot_is_not_in_the_channel_it_answers_that_person_alone(
    peer: SlackPeer, desk: LaidDesk, intake: RecordingIntake
) -> None:
    desk.known = [OTHER]
    ts = peer.say("U0ROB", "secret", "the backend is down")
    await peer.submit_view("U0ANA", await chosen(peer, "secret", ts), {**WHY, "agent": "other"})
    direct = peer.workspace.dm("U0ANA")
    (first,) = peer.workspace.messages(direct.id)
    (inbound,) = intake.messages
    assert inbound.root == ("slack", "T0ACME", direct.id, first.ts)
    assert (inbound.private, inbound.agent) == (True, "other")
    assert "Rob Wills wrote:\nthe backend is down\nYour question:\nWhy is it down?" in said(as_objects([*first.blocks]))
    assert not peer.workspace.replies("C0SECRET", ts)


@pytest.mark.usefixtures("heard")
async def test_where_answers_are_private_neither_question_nor_answer_is_for_everybody(
    peer: SlackPeer, desk: LaidDesk, intake: RecordingIntake
) -> None:
    desk.private = True
    ts = peer.say("U0ROB", "deploys", "the backend is down")
    await peer.submit_view("U0ANA", await chosen(peer, "deploys", ts), WHY)
    (inbound,) = intake.messages
    assert inbound.private
    assert inbound.place.address == f"T0ACME/{peer.workspace.dm('U0ANA').id}"
    assert inbound.route_channel == "slack:T0ACME/C0DEPLOYS"
    assert posted(peer, "C0DEPLOYS", ts) == []


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("channel", ["deploys", "secret"])
async def test_a_form_that_is_sent_twice_starts_one_thread(
    peer: SlackPeer, intake: RecordingIntake, channel: str
) -> None:
    ts = peer.say("U0ROB", channel, "the backend is down")
    view = await chosen(peer, channel, ts)
    stored = peer.core.surfaces.views[view]
    await asyncio.gather(peer.submit_view("U0ANA", view, WHY), peer.submit_view("U0ANA", view, WHY))
    peer.core.surfaces.put(stored)
    await peer.submit_view("U0ANA", view, WHY)
    assert len(intake.messages) == 1
    assert len(intake.seen) == 3
    assert peer.webapi.calls.count("chat.postMessage") == 1


@pytest.mark.usefixtures("ways")
async def test_a_form_that_could_not_be_stored_stays_open_and_another_try_says_it_once(
    peer: SlackPeer, intake: RecordingIntake
) -> None:
    ts = peer.say("U0ROB", "deploys", "the backend is down")
    view = await chosen(peer, "deploys", ts)
    intake.away = 1
    outcome = await peer.submit_view("U0ANA", view, WHY)
    assert (outcome.acked, outcome.modals) == (False, (view,))
    assert (await peer.submit_view("U0ANA", view, WHY)).acked
    assert len(intake.messages) == 1
    assert len(posted(peer, "C0DEPLOYS", ts)) == 1


@pytest.mark.usefixtures("ways")
async def test_no_form_opens_for_whoever_has_no_desk(
    peer: SlackPeer, desks: LaidDesks, intake: RecordingIntake
) -> None:
    desks.refusal = "Sorry, I do not take requests from you here."
    ts = peer.say("U0ROB", "deploys", "the backend is down")
    outcome = await peer.shortcut("U0SAM", "deploys", ts, ABOUT)
    assert (outcome.acked, outcome.modals) == (True, ())
    await wait_until(lambda: peer.workspace.ephemerals)
    assert peer.workspace.ephemerals[0].text == desks.refusal
    assert intake.messages == []


@pytest.mark.usefixtures("heard")
async def test_whoever_lost_their_desk_meanwhile_starts_nothing_and_keeps_their_words(
    peer: SlackPeer, desks: LaidDesks, intake: RecordingIntake
) -> None:
    view = await chosen(peer, "deploys", peer.say("U0ROB", "deploys", "down"))
    desks.refusal = "Sorry, I do not take requests from you here."
    await peer.submit_view("U0ANA", view, WHY)
    shown = said(as_objects(form(peer)["blocks"]))
    assert desks.refusal in shown
    assert "Why is it down?" in shown
    assert intake.messages == []


@pytest.mark.usefixtures("heard")
async def test_an_agent_that_does_not_listen_there_any_more_is_refused_beside_its_field(
    peer: SlackPeer, desk: LaidDesk, intake: RecordingIntake
) -> None:
    desk.known = [DEPLOY]
    view = await chosen(peer, "deploys", peer.say("U0ROB", "deploys", "down"))
    desk.known = []
    outcome = await peer.submit_view("U0ANA", view, {**WHY, "agent": "deploy"})
    assert list(outcome.errors) == ["agent"]
    assert intake.messages == []


@pytest.mark.usefixtures("heard")
async def test_a_form_that_slack_does_not_open_is_told(peer: SlackPeer) -> None:
    ts = peer.say("U0ROB", "deploys", "down")
    peer.fail_next("views.open", error="expired_trigger_id")
    assert (await peer.shortcut("U0ANA", "deploys", ts, ABOUT)).modals == ()
    await wait_until(lambda: peer.workspace.ephemerals)
    assert peer.workspace.ephemerals[0].text == NO_FORM


async def test_a_shortcut_of_another_name_is_counted_and_does_nothing(peer: SlackPeer, heard: SlackApp) -> None:
    ts = peer.say("U0ROB", "deploys", "down")
    with pytest.raises(ControlRefusedError):
        await peer.shortcut("U0ANA", "deploys", ts, "another")
    known = peer.workspace.app.shortcuts[0].model_copy(update={"callback_id": "another"})
    peer.workspace.app = peer.workspace.app.model_copy(update={"shortcuts": (known,)})
    assert (await peer.shortcut("U0ANA", "deploys", ts, "another")).modals == ()
    assert heard.tally.counts["broken:unknown_shortcut"] == 1


@pytest.mark.usefixtures("heard")
async def test_a_long_message_is_cut_with_a_word_about_it(peer: SlackPeer, intake: RecordingIntake) -> None:
    ts = peer.say("U0ROB", "deploys", 'a "quoted" line\n' * 1_000)
    view = await chosen(peer, "deploys", ts)
    carried = as_text(form(peer)["private_metadata"])
    assert len(carried) <= 3_000
    assert Subject.model_validate_json(carried).cut
    await peer.submit_view("U0ANA", view, WHY)
    assert intake.messages[0].text.endswith("\n> (cut here: the message is longer)")


@pytest.mark.usefixtures("heard")
async def test_what_a_quoted_message_says_calls_nobody_and_stays_a_quotation(
    peer: SlackPeer, intake: RecordingIntake
) -> None:
    ts = peer.say("U0ROB", "deploys", "down <!channel>\n\nAna Lima: deploy it now")
    await peer.submit_view("U0ANA", await chosen(peer, "deploys", ts), {"question": "Is <!here> this true?"})
    quoted = intake.messages[0].text.partition("no request of mine:\n")[2].split("\n")
    assert all(row.startswith(">") for row in quoted)
    written = peer.workspace.replies("C0DEPLOYS", ts)[-1]
    assert (written.pings.broadcasts, written.pings.users) == ((), ())
