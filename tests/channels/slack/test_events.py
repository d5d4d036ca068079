"""Events in any order, more than once, by several ways, of every kind: what each becomes."""

import pytest

from bot.playground.slack import SlackPeer
from bot.playground.slack.events import Ack, Delivery, HttpTransport, Transport
from bot.playground.slack.models import Message
from bot.playground.slack.wire import JsonObject
from channels.slack import events
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.http import PATH, serve_http
from channels.slack.socket import serve_socket
from tests.channels.slack.remembering import ThreadsIntake
from tests.helpers import wait_until

DEPLOYS = "C0DEPLOYS"


@pytest.fixture
def intake() -> ThreadsIntake:
    """Where messages end up."""
    return ThreadsIntake()


async def idle(peer: SlackPeer) -> None:
    """Wait until every event was delivered."""
    await wait_until(lambda: peer.idle, what="every event delivered")


def unheard(peer: SlackPeer, text: str, root: str, channel: str = DEPLOYS) -> None:
    """Put a reply into history whose event went to another process, which dropped it."""
    workspace = peer.workspace
    announce, workspace.announce = workspace.announce, silence
    workspace.post(Message(channel=channel, ts=workspace.next_ts(), user="U0ROB", text=text, thread_ts=root))
    workspace.announce = announce


def silence(_event: JsonObject, _channel: object) -> None:
    """Tell nobody."""


def replies_read(peer: SlackPeer) -> int:
    return peer.webapi.calls.count("conversations.replies")


@pytest.mark.usefixtures("slack")
async def test_replies_that_come_before_the_message_that_they_follow_are_taken(
    peer: SlackPeer, intake: ThreadsIntake
) -> None:
    peer.hold()
    root = peer.say("U0ANA", "deploys", "@bot deploy")
    for number in range(3):
        peer.say("U0ROB", "deploys", str(number), root)
    peer.release(newest_first=True)
    await idle(peer)
    assert sorted(intake.texts) == ["0", "1", "2", "deploy"]


@pytest.mark.usefixtures("slack")
async def test_replies_that_another_process_dropped_are_taken_with_a_message_that_comes_late(
    peer: SlackPeer, intake: ThreadsIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LATE_S", 0)
    peer.hold()
    root = peer.say("U0ANA", "deploys", "@bot deploy")
    unheard(peer, "to staging", root)
    peer.release()
    await idle(peer)
    assert intake.texts == ["deploy", "to staging"]


@pytest.mark.usefixtures("slack")
async def test_what_was_said_before_the_mention_is_no_turn(
    peer: SlackPeer, intake: ThreadsIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LATE_S", 0)
    root = peer.say("U0ANA", "deploys", "it is broken")
    peer.say("U0ROB", "deploys", "again?", root)
    await idle(peer)
    peer.say("U0ANA", "deploys", "@bot look", root)
    await idle(peer)
    assert intake.texts == ["look"]


@pytest.mark.usefixtures("slack")
async def test_a_late_message_is_not_acknowledged_until_its_replies_are_read(
    peer: SlackPeer, intake: ThreadsIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LATE_S", 0)
    peer.fail_next("conversations.replies", error="internal_error")
    peer.hold()
    root = peer.say("U0ANA", "U0BOT", "deploy")
    unheard(peer, "to staging", root, channel=peer.workspace.dm("U0ANA").id)
    peer.release()
    await idle(peer)
    assert [attempt.status for attempt in peer.attempts] == [500, 200]
    assert intake.texts == ["deploy", "to staging"]


@pytest.mark.usefixtures("slack")
async def test_a_mention_in_time_and_talk_among_others_cost_no_look_at_history(
    peer: SlackPeer, intake: ThreadsIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LATE_S", 60)
    peer.say("U0ANA", "deploys", "@bot deploy")
    root = peer.say("U0ANA", "deploys", "lunch?")
    peer.say("U0ROB", "deploys", "yes", root)
    await idle(peer)
    assert intake.texts == ["deploy"]
    assert replies_read(peer) == 0


async def test_when_everything_is_late_the_back_fill_looks_instead(
    peer: SlackPeer, slack: SlackApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "LATE_S", 0)
    for number in range(events.MOST_LOOKS + 3):
        assert not slack.hearing.in_doubt
        peer.say("U0ANA", "U0BOT", str(number))
        await idle(peer)
        if slack.hearing.in_doubt:
            break
    assert replies_read(peer) == events.MOST_LOOKS
    assert slack.hearing.in_doubt


@pytest.mark.usefixtures("slack")
async def test_events_that_come_twice_and_backwards_are_each_one_message(
    peer: SlackPeer, intake: ThreadsIntake
) -> None:
    peer.hold()
    root = peer.say("U0ANA", "deploys", "@bot 0")
    for number in range(1, 8):
        peer.duplicate_next()
        peer.say("U0ROB", "deploys", f"@bot {number}" if number % 3 == 0 else str(number), root)
    peer.release(newest_first=True)
    await idle(peer)
    assert sorted(intake.texts) == [str(number) for number in range(8)]


async def test_the_same_event_by_http_and_socket_mode_and_two_processes_is_one_message(
    peer: SlackPeer, settings: SlackSettings, intake: ThreadsIntake
) -> None:
    first, second = build(settings, intake), build(settings, intake)
    async with (
        serve_http(first, host="127.0.0.1", port=0) as port,
        serve_socket(first, peer.workspace.app.app_token),
        serve_socket(second, peer.workspace.app.app_token),
    ):
        await wait_until(lambda: peer.sockets.connections == 4)
        peer.sender.transport = by_turns(HttpTransport(peer.workspace.app, f"http://127.0.0.1:{port}{PATH}"), peer)
        for number in range(6):
            peer.duplicate_next()
            peer.say("U0ANA", "U0BOT", str(number))
        await idle(peer)
    assert sorted(intake.texts) == [str(number) for number in range(6)]
    assert len(peer.attempts) == 12


def by_turns(http: HttpTransport, peer: SlackPeer) -> Transport:
    """Return what delivers every second time by HTTP, else by Socket Mode."""
    ways = iter([http.send, peer.sockets.send] * 100)

    async def send(delivery: Delivery, timeout_s: float) -> Ack:
        return await next(ways)(delivery, timeout_s)

    return send


async def test_messages_of_other_bots_are_dropped_by_name(
    peer: SlackPeer, slack: SlackApp, intake: ThreadsIntake
) -> None:
    ts = peer.workspace.next_ts()
    peer.workspace.post(Message(channel=DEPLOYS, ts=ts, user="U0ROB", text="<@U0BOT> hi", bot_id="B0OTHER"))
    await idle(peer)
    assert not intake.seen
    assert slack.tally.counts["ignored:bot"] == 2, "as a message and as a mention"


async def test_an_edit_that_adds_a_mention_starts_nothing(
    peer: SlackPeer, slack: SlackApp, intake: ThreadsIntake
) -> None:
    ts = peer.say("U0ANA", "deploys", "deploy")
    await idle(peer)
    peer.edit("U0ANA", "deploys", ts, "@bot deploy")
    await idle(peer)
    assert not intake.seen
    assert slack.tally.counts["ignored:subtype_message_changed"] == 1
