"""The rules by which an event is dropped, and what is kept of people."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import ChannelEntry
from bot.playground.slack import SlackPeer, User
from bot.playground.slack.defaults import DEFAULT_USERS
from channels.slack.calls import reading_client
from channels.slack.events import rule_against, text_of
from channels.slack.payloads import File, MessageEvent
from channels.slack.people import Installation, People, Workspace
from channels.slack.tally import Tally

HERE = Workspace(team="T0ACME", bot_user="U0BOT", bot_id="B0BOT")
SAID = MessageEvent(
    type="message",
    channel="C0DEPLOYS",
    channel_type="channel",
    user="U0ANA",
    ts="1760000000.000100",
    text="<@U0BOT> hi",
)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({}, None),
        ({"type": "app_mention", "text": "hi"}, None),
        ({"subtype": "thread_broadcast"}, None),
        ({"subtype": "file_share"}, None),
        ({"channel_type": "mpim"}, None),
        ({"text": "hi"}, "not_for_us"),
        ({"text": "hi", "channel_type": "mpim"}, "not_for_us"),
        ({"text": "hi", "channel_type": "im"}, None),
        ({"text": "hi", "thread_ts": "1760000000.000001"}, None),
        ({"subtype": "channel_join"}, "subtype_channel_join"),
        ({"subtype": "bot_message", "user": None, "bot_id": "B0OTHER"}, "subtype_bot_message"),
        ({"bot_id": "B0OTHER"}, "bot"),
        ({"bot_id": "B0BOT"}, "own"),
        ({"user": "U0BOT"}, "own"),
        ({"user": "USLACKBOT"}, "bot"),
        ({"user": None}, "bot"),
        ({"type": "app_mention", "edited": {"ts": "1"}}, "edited"),
    ],
)
def test_the_rule(changes: dict[str, object], rule: str | None) -> None:
    assert rule_against(SAID.model_copy(update=changes), HERE, "T0ACME", ChannelEntry()) == rule


def test_an_event_of_another_workspace_is_dropped() -> None:
    assert rule_against(SAID, HERE, "T0OTHER", ChannelEntry()) == "another_workspace"


def test_files_are_appended_to_what_was_said() -> None:
    event = SAID.model_copy(update={"subtype": "file_share", "files": (File(name="a.txt", size=5),)})
    assert text_of(event, HERE, {}) == "hi\n[file: a.txt, type unknown, 5 bytes]"


async def test_a_profile_is_asked_for_again_after_five_minutes(peer: SlackPeer, client: AsyncWebClient) -> None:
    now = [0.0]
    people = People(client, Installation(client), clock=lambda: now[0])
    for moment in (0.0, 299.0, 301.0):
        now[0] = moment
        await people.profile("U0ANA")
    assert peer.webapi.calls.count("users.info") == 2


async def test_only_so_many_profiles_are_kept(
    peer: SlackPeer, client: AsyncWebClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.slack.people.KEPT", 2)
    people = People(client, Installation(client))
    for user in ("U0ANA", "U0ROB", "U0MIA", "U0ROB", "U0ANA"):
        await people.profile(user)
    assert peer.webapi.calls.count("users.info") == 4, "of three the first had to go, and is asked for again"


async def test_someone_whom_slack_does_not_know_is_external(client: AsyncWebClient) -> None:
    people = People(client, Installation(client))
    assert (await people.identity("U0NOBODY")).is_external


async def test_someone_of_another_workspace_is_external_even_if_slack_does_not_say_stranger() -> None:
    pat = User(id="U0PAT", name="pat", real_name="Pat Moss", team_id="T0NORTH")
    async with SlackPeer(users=[*DEFAULT_USERS, pat]) as peer:
        client = reading_client(peer.workspace.app.bot_token, peer.api_url)
        people = People(client, Installation(client))
        assert (await people.identity("U0PAT")).is_external
        assert not (await people.identity("U0ANA")).is_external


async def test_someone_whom_the_event_places_elsewhere_is_external(client: AsyncWebClient) -> None:
    people = People(client, Installation(client))
    assert (await people.identity("U0ANA", home_team="T0NORTH")).is_external


def test_the_same_trouble_is_logged_once_a_minute_and_counted_each_time(caplog: pytest.LogCaptureFixture) -> None:
    now = [100.0]
    tally = Tally(clock=lambda: now[0])
    for moment in (100.0, 130.0, 161.0):
        now[0] = moment
        tally.failed(TimeoutError("a secret plan"))
    assert tally.counts["failed:TimeoutError"] == 3
    assert ["(1 since" in record.getMessage() for record in caplog.records] == [True, False]
    assert "secret" not in caplog.text
