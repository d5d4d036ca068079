"""Called into a thread that was already talking: it is read once, who said what is marked, and later only the rest."""

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.bodies import Earlier, Remark
from bot.config import ChannelEntry
from bot.playground.slack import SlackPeer, Timing, User
from bot.playground.slack.defaults import DEFAULT_USERS
from channels.slack import around
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.around import LATE, MOST_CHARACTERS, MOST_REMARKS, REFUSED, within
from channels.slack.http import PATH, serve_http
from channels.slack.remembered import Remembered
from tests.channels.slack.remembering import KnownInMemory, ThreadsIntake
from tests.helpers import wait_until

GUS = User(id="U0GUS", name="gus", real_name="Gus Ray", is_restricted=True)
PAT = User(id="U0PAT", name="pat", real_name="Pat Moss", team_id="T0NORTH", is_stranger=True)


@pytest.fixture
async def peer() -> AsyncIterator[SlackPeer]:
    """A peer with a guest and somebody of another company in every channel."""
    async with SlackPeer(users=[*DEFAULT_USERS, GUS, PAT], timing=Timing().retries_scaled(0)) as running:
        workspace = running.workspace
        workspace.channels = {
            name: channel.model_copy(update={"members": (*channel.members, "U0GUS", "U0PAT")})
            for name, channel in workspace.channels.items()
        }
        yield running


@pytest.fixture
def intake() -> ThreadsIntake:
    """Where messages end up."""
    return ThreadsIntake()


@pytest.fixture
async def slack(peer: SlackPeer, settings: SlackSettings, intake: ThreadsIntake) -> AsyncIterator[SlackApp]:
    """The adapter, which remembers what the intake took."""
    app = build(settings, intake, core=Remembered(heard=KnownInMemory(intake)))
    async with serve_http(app, host="127.0.0.1", port=0) as port:
        peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
        yield app


async def idle(peer: SlackPeer) -> None:
    await wait_until(lambda: peer.idle, what="every event delivered")


def earlier(intake: ThreadsIntake) -> Earlier:
    """What came with the last message."""
    found = intake.messages[-1].earlier
    assert found is not None
    return found


def said(intake: ThreadsIntake) -> list[str]:
    return [f"{remark.name} ({remark.who}): {remark.text}" for remark in earlier(intake).remarks]


def looks(peer: SlackPeer) -> int:
    return peer.webapi.calls.count("conversations.replies")


@pytest.mark.usefixtures("slack")
async def test_a_mention_in_a_running_thread_brings_what_was_said_and_by_whom(
    peer: SlackPeer, intake: ThreadsIntake
) -> None:
    root = peer.say("U0ANA", "deploys", "the backend is slow")
    peer.say("U0GUS", "deploys", "for me too, @rob", root)
    peer.say("U0PAT", "deploys", "and for us", root)
    peer.post_as_bot("CI", "deploys", "latency > 2 s", root)
    peer.post_as_bot("Old Hook", "deploys", "red", root, bot_id="B0HOOK", webhook=True)
    peer.say("U0ROB", "deploys", "@bot what changed?", root)
    await idle(peer)
    assert intake.texts == ["what changed?"]
    assert said(intake) == [
        "Ana Lima (person): the backend is slow",
        "Gus Ray (guest): for me too, @Rob Wills",
        "Pat Moss (outsider): and for us",
        "CI (bot): latency > 2 s",
        "Old Hook (bot): red",
    ]


@pytest.mark.usefixtures("slack")
async def test_a_thread_is_read_once_though_a_mention_comes_as_two_events(
    peer: SlackPeer, intake: ThreadsIntake
) -> None:
    root = peer.say("U0ANA", "deploys", "the backend is slow")
    peer.duplicate_next()
    peer.say("U0ROB", "deploys", "@bot look", root)
    await idle(peer)
    assert said(intake) == ["Ana Lima (person): the backend is slow"]
    assert looks(peer) == 1


@pytest.mark.usefixtures("slack")
async def test_when_it_is_mentioned_again_only_what_it_did_not_hear_is_read(
    peer: SlackPeer, intake: ThreadsIntake
) -> None:
    root = peer.say("U0ANA", "deploys", "the backend is slow")
    peer.say("U0ROB", "deploys", "@bot look", root)
    await idle(peer)
    peer.say("U0ROB", "deploys", "since noon", root)
    peer.post_as_bot("CI", "deploys", "red", root)
    await idle(peer)
    peer.say("U0ANA", "deploys", "@bot and now?", root)
    await idle(peer)
    assert intake.texts == ["look", "since noon", "and now?"]
    assert said(intake) == ["CI (bot): red"]


@pytest.mark.usefixtures("slack")
async def test_what_it_said_itself_in_its_own_thread_is_not_told_to_it_again(
    peer: SlackPeer, intake: ThreadsIntake
) -> None:
    root = peer.say("U0ANA", "deploys", "@bot look")
    await idle(peer)
    peer.post_as_bot("bot", "deploys", "I am looking.", root, bot_id=peer.workspace.app.bot_id)
    peer.say("U0ANA", "deploys", "@bot and?", root)
    await idle(peer)
    assert said(intake) == []
    assert intake.messages[0].earlier is None, "a message that begins a thread has nothing before it"


@pytest.mark.usefixtures("slack")
async def test_a_follow_up_without_a_mention_costs_no_look(peer: SlackPeer, intake: ThreadsIntake) -> None:
    root = peer.say("U0ANA", "deploys", "@bot look")
    await idle(peer)
    peer.say("U0ANA", "deploys", "at staging", root)
    await idle(peer)
    assert intake.texts == ["look", "at staging"]
    assert looks(peer) == 0


@pytest.mark.usefixtures("slack")
async def test_of_a_long_thread_the_last_remarks_are_taken_and_the_others_counted(
    peer: SlackPeer, intake: ThreadsIntake
) -> None:
    root = peer.say("U0ANA", "deploys", "0")
    for number in range(1, 130):
        peer.say("U0ROB", "deploys", str(number), root)
    peer.say("U0ROB", "deploys", "@bot look", root)
    await idle(peer)
    found = earlier(intake)
    assert [remark.text for remark in found.remarks] == [str(n) for n in range(130 - MOST_REMARKS, 130)]
    assert found.omitted == 130 - MOST_REMARKS


@pytest.mark.usefixtures("slack")
async def test_if_slack_does_not_tell_in_time_the_mention_is_taken_without_it_and_the_next_one_brings_it(
    peer: SlackPeer, intake: ThreadsIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = peer.say("U0ANA", "deploys", "the backend is slow")
    with monkeypatch.context() as hurried:
        hurried.setattr(around, "READ_S", 0)
        peer.say("U0ROB", "deploys", "@bot look", root)
        await idle(peer)
    assert earlier(intake) == Earlier(problem=LATE)
    peer.say("U0ROB", "deploys", "@bot look again", root)
    await idle(peer)
    assert said(intake) == ["Ana Lima (person): the backend is slow"]


@pytest.mark.usefixtures("slack")
async def test_if_slack_refuses_the_mention_is_taken_and_says_so(peer: SlackPeer, intake: ThreadsIntake) -> None:
    root = peer.say("U0ANA", "deploys", "the backend is slow")
    peer.fail_next("conversations.replies", error="fatal_error", times=5)
    peer.say("U0ROB", "deploys", "@bot look", root)
    await idle(peer)
    assert earlier(intake).problem == REFUSED


async def test_where_every_message_counts_a_reply_brings_the_thread_once(
    peer: SlackPeer, settings: SlackSettings, intake: ThreadsIntake
) -> None:
    workspace, announce = peer.workspace, peer.workspace.announce
    workspace.announce = lambda _event, _channel: None  # before the bot was there
    root = peer.say("U0ANA", "deploys", "old news")
    workspace.announce = announce
    rules = ChannelEntry(listen="every message")
    app = build(settings, intake, core=Remembered(heard=KnownInMemory(intake), rules=lambda _: rules))
    async with serve_http(app, host="127.0.0.1", port=0) as port:
        peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
        await idle(peer)
        peer.say("U0ROB", "deploys", "new", root)
        await idle(peer)
        peer.say("U0ROB", "deploys", "newer", root)
        await idle(peer)
    assert [len(one.earlier.remarks) if one.earlier else None for one in intake.messages][-2:] == [1, None]


async def test_where_a_mention_is_needed_a_reply_without_one_counts_as_an_answer_alone(
    peer: SlackPeer, settings: SlackSettings, intake: ThreadsIntake
) -> None:
    rules = ChannelEntry(listen="mention")
    app = build(settings, intake, core=Remembered(heard=KnownInMemory(intake), rules=lambda _: rules))
    async with serve_http(app, host="127.0.0.1", port=0) as port:
        peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
        root = peer.say("U0ANA", "deploys", "@bot deploy")
        await idle(peer)
        peer.say("U0ROB", "deploys", "lunch?", root)
        peer.say("U0ROB", "deploys", "@bot to staging", root)
        peer.say("U0ROB", "U0BOT", "hello")
        await idle(peer)
    marks = {message.text: message.answers_only for message in intake.messages}
    assert marks == {"deploy": False, "lunch?": True, "to staging": False, "hello": False}


@given(st.lists(st.text(max_size=15_000), max_size=8))
def test_what_is_kept_is_the_end_and_fits(texts: list[str]) -> None:
    remarks = [Remark(at=0, name="Rob", who="person", text=text) for text in texts]
    kept = within(remarks)
    assert list(kept) == remarks[len(remarks) - len(kept) :]
    assert sum(len(remark.text) for remark in kept) <= MOST_CHARACTERS
    if len(kept) < len(remarks):
        assert sum(len(remark.text) for remark in remarks[len(remarks) - len(kept) - 1 :]) > MOST_CHARACTERS
