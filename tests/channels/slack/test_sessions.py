"""What a conversation is at: the latest counts, nothing waits for it, and who has no sessions is not asked again."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.playground.slack import SlackPeer
from bot.playground.slack.models import Session
from bot.port_turns import Sessions
from channels.slack.app import SlackSettings
from channels.slack.calls import writing_client
from channels.slack.sender import SlackChannel
from channels.slack.sessions import SlackSessions
from tests.helpers import wait_until

SET, RENAME = "agents.sessions.setStatus", "agents.sessions.rename"
HERE = "T0ACME/C0DEPLOYS"


@pytest.fixture
async def sessions(settings: SlackSettings) -> AsyncIterator[SlackSessions]:
    made = SlackSessions(writing_client(settings.bot_token, settings.api_url))
    yield made
    await made.close()


def root(peer: SlackPeer) -> str:
    return peer.say("U0ANA", "deploys", "hello")


def seen(peer: SlackPeer, ts: str) -> tuple[str, str]:
    found = peer.workspace.sessions.get(("C0DEPLOYS", ts))
    return (found.status, found.title) if found else ("", "")


def test_the_slack_channel_shows_sessions(channel: SlackChannel) -> None:
    assert isinstance(channel, Sessions)


async def test_a_session_begins_with_its_title(peer: SlackPeer, sessions: SlackSessions) -> None:
    ts = root(peer)
    sessions.shows(HERE, ts, "processing", "deploy backend")
    await wait_until(lambda: seen(peer, ts) == ("processing", "deploy backend"))
    assert RENAME not in peer.webapi.calls


async def test_a_session_that_is_there_already_is_renamed(peer: SlackPeer, sessions: SlackSessions) -> None:
    ts = root(peer)
    peer.workspace.keep_session(Session(channel="C0DEPLOYS", thread_ts=ts, status="active", title="New conversation"))
    sessions.shows(HERE, ts, "processing", "deploy backend")
    await wait_until(lambda: seen(peer, ts) == ("processing", "deploy backend"))


async def test_of_several_the_latest_counts(peer: SlackPeer, sessions: SlackSessions) -> None:
    ts = root(peer)
    for status in ("processing", "suspended", "processing", "active"):
        sessions.shows(HERE, ts, status, "x")
    await wait_until(lambda: seen(peer, ts)[0] == "active")
    assert peer.webapi.calls.count(SET) == 1


async def test_the_same_once_more_is_not_told(peer: SlackPeer, sessions: SlackSessions) -> None:
    ts, other = root(peer), root(peer)
    sessions.shows(HERE, ts, "active", "x")
    await wait_until(lambda: seen(peer, ts)[0] == "active")
    sessions.shows(HERE, ts, "active", "x")
    sessions.shows(HERE, other, "active", "x")
    await wait_until(lambda: seen(peer, other)[0] == "active")
    assert peer.webapi.calls.count(SET) == 2


async def test_a_title_is_cut(peer: SlackPeer, sessions: SlackSessions) -> None:
    ts = root(peer)
    sessions.shows(HERE, ts, "active", "word " * 100)
    await wait_until(lambda: seen(peer, ts)[0] == "active")
    assert len(seen(peer, ts)[1]) <= 200


@pytest.mark.parametrize("code", ["unknown_method", "missing_scope"])
async def test_without_sessions_slack_is_asked_once(peer: SlackPeer, sessions: SlackSessions, code: str) -> None:
    peer.fail_next(SET, error=code)
    sessions.shows(HERE, root(peer), "processing", "x")
    await wait_until(lambda: not sessions.is_supported)
    sessions.shows(HERE, root(peer), "processing", "x")
    await asyncio.sleep(0)
    assert peer.webapi.calls.count(SET) == 1


async def test_a_thread_that_is_gone_does_not_end_it_for_others(peer: SlackPeer, sessions: SlackSessions) -> None:
    ts = root(peer)
    sessions.shows(HERE, "1.000001", "processing", "x")
    sessions.shows(HERE, ts, "processing", "x")
    await wait_until(lambda: seen(peer, ts)[0] == "processing")
    assert sessions.is_supported


async def test_whatever_the_word_five_refusals_in_a_row_end_it(peer: SlackPeer, sessions: SlackSessions) -> None:
    for number in range(5):
        sessions.shows(HERE, f"{number}.000001", "processing", "x")
    await wait_until(lambda: not sessions.is_supported)


async def test_a_call_that_may_pass_is_made_again(
    peer: SlackPeer, sessions: SlackSessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.slack.sessions._AGAIN_S", 0.01)
    ts = root(peer)
    peer.fail_next(SET, status=503)
    sessions.shows(HERE, ts, "processing", "x")
    await wait_until(lambda: seen(peer, ts)[0] == "processing")


async def test_a_person_and_a_place_without_thread_have_none(peer: SlackPeer, sessions: SlackSessions) -> None:
    sessions.shows("T0ACME/U0ANA", "1.1", "processing", "x")
    sessions.shows(HERE, None, "processing", "x")
    await sessions.close()
    assert SET not in peer.webapi.calls
