"""Ratings, the Stop button and suggested prompts, over the real protocol: what is pressed, and what comes of it."""

from collections.abc import AsyncIterator

import pytest
from redis.exceptions import ConnectionError as RedisAway

from bot.places import Place, Text
from bot.playground.slack import SlackPeer
from bot.playground.slack.models import Session
from bot.port_turns import Stopped
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.http import PATH, serve_http
from channels.slack.rating import RATE, rated
from channels.slack.sender import SlackChannel
from channels.slack.turning import NO_ANSWER, THANKS
from tests.channels.slack.cards import delivery
from tests.channels.slack.intake import RecordingIntake
from tests.channels.slack.test_sender import LONG
from tests.channels.slack.turns import THREAD, KeptTurns
from tests.helpers import wait_until


@pytest.fixture
def turns() -> KeptTurns:
    return KeptTurns()


@pytest.fixture
async def heard(
    peer: SlackPeer, settings: SlackSettings, intake: RecordingIntake, turns: KeptTurns
) -> AsyncIterator[SlackApp]:
    """The adapter, by HTTP."""
    app = build(settings, intake, turns=turns)
    async with serve_http(app, host="127.0.0.1", port=0) as port:
        peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
        yield app


async def answered(peer: SlackPeer, channel: SlackChannel, text: str = "Here it is.") -> tuple[str, str]:
    """An answer that can be rated: the root of its thread, and the ts of its last message."""
    root = peer.say("U0ANA", "deploys", "hello")
    place = Place(channel="slack", address="T0ACME/C0DEPLOYS", thread=root)
    await channel.deliver(delivery(Text(markdown=text, rate=f"{THREAD}/c7"), place), None)
    return root, peer.workspace.replies("C0DEPLOYS", root)[-1].ts


def at_work(peer: SlackPeer) -> str:
    """A thread whose session is at work."""
    root = peer.say("U0ANA", "deploys", "hello")
    peer.workspace.keep_session(Session(channel="C0DEPLOYS", thread_ts=root, status="processing"))
    return root


def status(peer: SlackPeer, root: str) -> str:
    return peer.workspace.sessions["C0DEPLOYS", root].status


def told(peer: SlackPeer) -> list[str]:
    return [message.text for message in peer.workspace.ephemerals]


async def test_two_buttons_stand_below_an_answer_alone(peer: SlackPeer, channel: SlackChannel) -> None:
    _, ts = await answered(peer, channel)
    await channel.deliver(delivery(Text(markdown="not the last word"), delivery_id="d2"), None)
    assert [block["type"] for block in peer.workspace.message("C0DEPLOYS", ts).blocks][-1] == "context_actions"
    assert "feedback" not in str(peer.workspace.messages("C0RELEASES")[-1].blocks)


async def test_a_long_answer_has_them_once_at_its_end(peer: SlackPeer, channel: SlackChannel) -> None:
    root, _ = await answered(peer, channel, LONG)
    replies = peer.workspace.replies("C0DEPLOYS", root)
    assert [("feedback_buttons" in str(one.blocks)) for one in replies] == [False] * (len(replies) - 1) + [True]


@pytest.mark.usefixtures("heard")
async def test_a_good_answer_is_noted_and_thanked_for(peer: SlackPeer, channel: SlackChannel, turns: KeptTurns) -> None:
    _, ts = await answered(peer, channel)
    assert (await peer.click("U0ANA", "C0DEPLOYS", ts, RATE, f"up {THREAD}/c7")).acked
    (rating,) = turns.ratings
    assert (rating.thread, rating.call, rating.value) == (THREAD, "c7", "up")
    assert rating.identity.key == "slack:T0ACME/U0ANA"
    await wait_until(lambda: told(peer) == [THANKS])


@pytest.mark.usefixtures("heard")
async def test_a_bad_answer_is_noted_at_once_and_what_was_wrong_may_be_said(
    peer: SlackPeer, channel: SlackChannel, turns: KeptTurns
) -> None:
    _, ts = await answered(peer, channel)
    done = await peer.click("U0ANA", "C0DEPLOYS", ts, RATE, f"down {THREAD}/c7")
    assert [one.value for one in turns.ratings] == ["down"]
    sent = await peer.submit_view("U0ANA", done.modals[0], {"words": "the wrong order"})
    assert (sent.acked, sent.modals) == (True, ())
    assert [(one.value, one.text) for one in turns.ratings] == [("down", ""), ("down", "the wrong order")]


@pytest.mark.usefixtures("heard")
async def test_a_form_that_was_left_empty_adds_nothing(
    peer: SlackPeer, channel: SlackChannel, turns: KeptTurns
) -> None:
    _, ts = await answered(peer, channel)
    done = await peer.click("U0ANA", "C0DEPLOYS", ts, RATE, f"down {THREAD}/c7")
    assert (await peer.submit_view("U0ANA", done.modals[0], {})).acked
    assert len(turns.ratings) == 1


@pytest.mark.usefixtures("heard")
async def test_whoever_rates_what_is_not_known_is_told(
    peer: SlackPeer, channel: SlackChannel, turns: KeptTurns
) -> None:
    turns.known = False
    _, ts = await answered(peer, channel)
    done = await peer.click("U0ANA", "C0DEPLOYS", ts, RATE, f"down {THREAD}/c7")
    assert done.modals == ()
    await wait_until(lambda: told(peer) == [NO_ANSWER])


@pytest.mark.usefixtures("heard")
async def test_stop_pauses_the_thread_and_its_session_leaves_work(peer: SlackPeer, turns: KeptTurns) -> None:
    root = at_work(peer)
    peer.press_stop("U0ANA", "C0DEPLOYS", root)
    await wait_until(lambda: status(peer, root) == "suspended")
    (stopping,) = turns.stops
    assert stopping.root == ("slack", "T0ACME", "C0DEPLOYS", root)
    assert stopping.identity.key == "slack:T0ACME/U0ANA"


@pytest.mark.usefixtures("heard")
async def test_whoever_may_not_stop_it_is_told_alone_and_it_goes_on(peer: SlackPeer, turns: KeptTurns) -> None:
    turns.stopped = Stopped(text="Not you.", is_running=True)
    root = at_work(peer)
    peer.press_stop("U0ANA", "C0DEPLOYS", root)
    await wait_until(lambda: told(peer) == ["Not you."])
    assert status(peer, root) == "processing"


@pytest.mark.usefixtures("heard")
async def test_where_nothing_runs_the_button_goes_away(peer: SlackPeer, turns: KeptTurns) -> None:
    turns.stopped = Stopped(text="Nothing of mine is running here.")
    root = at_work(peer)
    peer.press_stop("U0ANA", "C0DEPLOYS", root)
    await wait_until(lambda: status(peer, root) == "active")


@pytest.mark.usefixtures("heard")
async def test_a_stop_that_could_not_be_stored_is_sent_again(peer: SlackPeer, turns: KeptTurns) -> None:
    turns.fails = [RedisAway()]
    peer.press_stop("U0ANA", "C0DEPLOYS", at_work(peer))
    await wait_until(lambda: len(turns.stops) == 1)


@pytest.mark.usefixtures("heard")
async def test_who_opens_the_conversation_is_offered_prompts(peer: SlackPeer) -> None:
    channel = peer.open_app("U0ANA", "messages")
    await wait_until(lambda: channel in peer.workspace.suggested)
    (prompt,) = peer.workspace.suggested[channel].prompts
    assert prompt.message == "What is deployed?"


@pytest.mark.usefixtures("heard")
async def test_where_prompts_cannot_be_offered_it_is_tried_once(peer: SlackPeer) -> None:
    method = "assistant.threads.setSuggestedPrompts"
    peer.fail_next(method, error="unknown_method")
    for user in ("U0ANA", "U0ROB", "U0ANA"):
        peer.open_app(user, "messages")
        await wait_until(lambda: method in peer.webapi.calls)
    await wait_until(lambda: peer.sender.idle)
    assert peer.webapi.calls.count(method) == 1


@pytest.mark.parametrize("value", ["", "up", "up x/c7", f"sideways {THREAD}/c7", f"up {THREAD}/c7 and more"])
def test_a_value_that_we_did_not_make_is_none(value: str) -> None:
    assert rated(value) is None
