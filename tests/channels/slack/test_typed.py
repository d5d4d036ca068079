"""Decisions typed as messages: they decide nothing, and whoever may decide gets the buttons, alone."""

from collections.abc import AsyncIterator

import pytest

from bot.identity import SlackIdentity
from bot.places import Card, Place
from bot.playground.slack import SlackPeer
from bot.playground.slack.models import Message
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.buttons import APPROVE
from channels.slack.http import PATH, serve_http
from channels.slack.typed import TOLD, is_decision
from tests.channels.slack.cards import APPROVAL, REQUEST
from tests.channels.slack.intake import AwayError, RecordingIntake
from tests.channels.slack.strategies import buttons
from tests.helpers import wait_until


class Waiting:
    """Knows one approval that waits for Rob."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Place, bool]] = []
        self.away = 0

    async def open_cards(self, identity: SlackIdentity, place: Place, *, private: bool) -> tuple[Card, ...]:
        if self.away:
            self.away -= 1
            raise AwayError
        self.asked.append((identity.account, place, private))
        return (APPROVAL,) if identity.account == "T0ACME/U0ROB" else ()


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
async def slack(
    peer: SlackPeer, settings: SlackSettings, intake: RecordingIntake, waiting: Waiting
) -> AsyncIterator[SlackApp]:
    app = build(settings, intake, waiting)
    async with serve_http(app, host="127.0.0.1", port=0) as port:
        peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
        yield app


async def said(peer: SlackPeer, user: str, text: str, channel: str = "deploys", thread: str | None = None) -> str:
    """Say something and wait until every event was delivered."""
    ts = peer.say(user, channel, text, thread_ts=thread)
    await wait_until(lambda: peer.idle, what="every event delivered")
    return ts


def alone(peer: SlackPeer, user: str) -> list[Message]:
    """What this person alone sees."""
    return [message for message in peer.workspace.ephemerals if message.ephemeral_to == user]


async def test_approve_in_the_thread_shows_its_author_alone_the_buttons_and_decides_nothing(
    peer: SlackPeer, slack: SlackApp, intake: RecordingIntake, waiting: Waiting
) -> None:
    root = await said(peer, "U0ANA", "@bot deploy")
    await said(peer, "U0ROB", "Approve!", thread=root)
    (shown,) = alone(peer, "U0ROB")
    assert (shown.thread_ts, buttons([*shown.blocks])[0]) == (root, APPROVE)
    assert TOLD in str(shown.blocks)
    assert not intake.answers
    assert [message.text for message in intake.messages] == ["deploy"]
    assert waiting.asked == [
        ("T0ACME/U0ROB", Place(channel="slack", address="T0ACME/C0DEPLOYS", thread=root), False),
    ]
    assert slack.tally.counts["ignored:typed_decision"] == 1


@pytest.mark.usefixtures("slack")
async def test_the_buttons_that_were_brought_work_and_are_gone_afterwards(
    peer: SlackPeer, intake: RecordingIntake
) -> None:
    root = await said(peer, "U0ANA", "@bot deploy")
    await said(peer, "U0ROB", "approve", thread=root)
    await peer.click("U0ROB", "deploys", alone(peer, "U0ROB")[0].ts, APPROVE)
    assert [(answer.request, answer.answer) for answer in intake.answers] == [(REQUEST, "approve")]
    await wait_until(lambda: not any(message.blocks for message in alone(peer, "U0ROB")))


@pytest.mark.usefixtures("slack")
async def test_a_message_that_comes_twice_brings_the_buttons_once(peer: SlackPeer, waiting: Waiting) -> None:
    root = await said(peer, "U0ANA", "@bot deploy")
    peer.duplicate_next()
    await said(peer, "U0ROB", "@bot approve", thread=root)
    assert len(waiting.asked) > 1
    assert len(alone(peer, "U0ROB")) == 1


@pytest.mark.usefixtures("slack")
async def test_from_anybody_else_it_is_a_message_like_any_other(peer: SlackPeer, intake: RecordingIntake) -> None:
    root = await said(peer, "U0ANA", "@bot deploy")
    await said(peer, "U0ZED", "approve", thread=root)
    assert not alone(peer, "U0ZED")
    assert intake.messages[-1].text == "approve"


@pytest.mark.usefixtures("slack")
async def test_in_direct_messages_it_works_without_a_thread(peer: SlackPeer, waiting: Waiting) -> None:
    await said(peer, "U0ROB", "approve", "U0BOT")
    assert waiting.asked[0][2]
    assert len(alone(peer, "U0ROB")) == 1


@pytest.mark.usefixtures("slack")
async def test_while_the_store_is_away_it_is_not_acknowledged_and_comes_again(
    peer: SlackPeer, waiting: Waiting
) -> None:
    root = await said(peer, "U0ANA", "@bot deploy")
    waiting.away = 1
    await said(peer, "U0ROB", "approve", thread=root)
    assert [attempt.result for attempt in peer.attempts][-2:] == ["http_error", "acked"]
    assert len(alone(peer, "U0ROB")) == 1


@pytest.mark.usefixtures("slack")
async def test_if_slack_does_not_show_the_buttons_the_message_comes_again(peer: SlackPeer) -> None:
    root = await said(peer, "U0ANA", "@bot deploy")
    peer.fail_next("chat.postEphemeral", error="internal_error")
    await said(peer, "U0ROB", "approve", thread=root)
    assert len(alone(peer, "U0ROB")) == 1


@pytest.mark.parametrize("text", ["approve", "Approved.", "*approve*", "I reject this", "LGTM", ":+1:", " deny "])
def test_a_word_that_would_decide_is_known(text: str) -> None:
    assert is_decision(text)


@pytest.mark.parametrize("text", ["", "yes", "approve the other one", "who can approve?", "I approve of Mondays"])
def test_what_may_mean_something_else_is_left_to_the_agent(text: str) -> None:
    assert not is_decision(text)
