"""Messages into the intake, over HTTP: which count, what they become, and that none is lost or doubled."""

import pytest

from bot.identity import SlackIdentity
from bot.playground.slack import App, SlackPeer, Timing
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.http import PATH, serve_http
from tests.channels.slack.intake import RecordingIntake
from tests.helpers import wait_until


async def idle(peer: SlackPeer) -> None:
    """Wait until every event was delivered."""
    await wait_until(lambda: peer.idle, what="every event delivered")


@pytest.mark.usefixtures("slack")
async def test_a_mention_arrives_by_two_events_and_is_one_message_that_starts_a_thread(
    peer: SlackPeer, intake: RecordingIntake
) -> None:
    ts = peer.say("U0ANA", "deploys", "@bot deploy backend v1.4.0")
    await idle(peer)
    assert len(intake.seen) == 2
    assert {seen.starts for seen in intake.seen} == {True}, "whichever comes first is right"
    (message,) = intake.messages
    assert message.source == f"slack:T0ACME/C0DEPLOYS/{ts}"
    assert message.root == ("slack", "T0ACME", "C0DEPLOYS", ts)
    assert (message.place.address, message.place.thread) == ("T0ACME/C0DEPLOYS", ts)
    assert message.route_channel == "slack:T0ACME/C0DEPLOYS"
    assert message.text == "deploy backend v1.4.0"
    assert message.sent_at == int(ts.replace(".", ""))
    assert not message.private
    assert message.identity == SlackIdentity(account="T0ACME/U0ANA", name="Ana Lima", proven=True)


@pytest.mark.usefixtures("slack")
async def test_an_event_that_comes_twice_has_the_same_ids(peer: SlackPeer, intake: RecordingIntake) -> None:
    peer.duplicate_next()
    peer.say("U0ANA", "U0BOT", "hello")
    await idle(peer)
    first, second = intake.seen
    assert (first.source, first.also) == (second.source, second.also)


@pytest.mark.usefixtures("slack")
async def test_a_direct_message_starts_a_thread_without_a_mention(peer: SlackPeer, intake: RecordingIntake) -> None:
    ts = peer.say("U0ANA", "U0BOT", "what can you do?")
    await idle(peer)
    (message,) = intake.messages
    assert (message.starts, message.private, message.root[-1]) == (True, True, ts)


@pytest.mark.usefixtures("slack")
async def test_a_follow_up_in_a_thread_needs_no_mention_and_starts_nothing(
    peer: SlackPeer, intake: RecordingIntake
) -> None:
    root = peer.say("U0ANA", "deploys", "@bot deploy backend")
    await idle(peer)
    peer.say("U0ROB", "deploys", "to staging first, please", thread_ts=root)
    await idle(peer)
    follow_up = intake.messages[-1]
    assert (follow_up.starts, follow_up.root[-1], follow_up.text) == (False, root, "to staging first, please")


@pytest.mark.usefixtures("slack")
async def test_a_thread_reply_that_is_also_sent_to_the_channel_is_taken(
    peer: SlackPeer, intake: RecordingIntake
) -> None:
    root = peer.say("U0ANA", "deploys", "@bot deploy backend")
    peer.say("U0ANA", "deploys", "now!", thread_ts=root, broadcast=True)
    await idle(peer)
    assert intake.messages[-1].text == "now!"


async def test_talk_in_a_channel_that_does_not_mention_the_bot_is_not_passed_on(
    peer: SlackPeer, slack: SlackApp, intake: RecordingIntake
) -> None:
    peer.say("U0ANA", "deploys", "lunch?")
    await idle(peer)
    assert not intake.seen
    assert slack.tally.counts["ignored:not_for_us"] == 1


async def test_edits_deletions_and_the_bots_own_messages_are_dropped_by_name(
    peer: SlackPeer, slack: SlackApp, intake: RecordingIntake
) -> None:
    ts = peer.say("U0ANA", "deploys", "@bot deploy")
    await idle(peer)
    peer.edit("U0ANA", "deploys", ts, "@bot deploy at once")
    peer.delete("U0ANA", "deploys", ts)
    await idle(peer)
    assert len(intake.messages) == 1
    assert slack.tally.counts["ignored:subtype_message_changed"] == 1
    assert slack.tally.counts["ignored:subtype_message_deleted"] == 1


async def test_a_reaction_is_acknowledged_and_of_no_use(
    peer: SlackPeer, slack: SlackApp, intake: RecordingIntake
) -> None:
    ts = peer.say("U0ANA", "U0BOT", "hello")
    await idle(peer)
    peer.react("U0ANA", "U0BOT", ts, "eyes")
    await idle(peer)
    assert slack.tally.counts["ignored:event_of_no_use"] == 1
    assert {attempt.result for attempt in peer.attempts} == {"acked"}


async def test_what_could_not_be_stored_is_not_acknowledged_and_comes_again(
    peer: SlackPeer, slack: SlackApp, intake: RecordingIntake
) -> None:
    intake.away = 1
    peer.say("U0ANA", "U0BOT", "hello")
    await idle(peer)
    assert [attempt.result for attempt in peer.attempts] == ["http_error", "acked"]
    assert [message.text for message in intake.messages] == ["hello"]
    assert slack.tally.counts["failed:AwayError"] == 1


async def test_nothing_is_acknowledged_while_slack_cannot_say_who_the_bot_is(
    peer: SlackPeer, slack: SlackApp, intake: RecordingIntake
) -> None:
    """Bolt's own way answers 200 then, and loses the event."""
    peer.fail_next("auth.test", error="internal_error")
    peer.say("U0ANA", "U0BOT", "hello")
    await idle(peer)
    assert peer.attempts[0].status == 500
    assert [message.text for message in intake.messages] == ["hello"]
    assert slack.tally.counts["failed:SlackAwayError"] == 1


@pytest.mark.usefixtures("slack")
async def test_a_person_who_cannot_be_looked_up_right_now_is_not_taken_for_a_stranger(
    peer: SlackPeer, intake: RecordingIntake
) -> None:
    peer.fail_next("users.info", error="internal_error")
    peer.say("U0ANA", "U0BOT", "hello")
    await idle(peer)
    assert len(peer.attempts) == 2
    assert intake.messages[0].identity == SlackIdentity(account="T0ACME/U0ANA", name="Ana Lima", proven=True)


async def test_without_the_scope_to_look_people_up_everybody_counts_as_external(intake: RecordingIntake) -> None:
    app = App(scopes=App().scopes - {"users:read"})
    async with SlackPeer(app=app, timing=Timing().retries_scaled(0)) as peer:
        settings = SlackSettings(bot_token=app.bot_token, signing_secret=app.signing_secret, api_url=peer.api_url)
        async with serve_http(build(settings, intake), host="127.0.0.1", port=0) as port:
            peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
            peer.say("U0ANA", "U0BOT", "hello")
            await idle(peer)
    assert intake.messages[0].identity == SlackIdentity(account="T0ACME/U0ANA", proven=True, is_external=True)


@pytest.mark.usefixtures("slack")
async def test_a_guest_is_marked_as_one(peer: SlackPeer, intake: RecordingIntake) -> None:
    peer.say("U0SAM", "deploys", "@bot hi")
    await idle(peer)
    identity = intake.messages[0].identity
    assert isinstance(identity, SlackIdentity)
    assert (identity.is_guest, identity.is_external) == (True, False)


@pytest.mark.usefixtures("slack")
async def test_someone_of_another_workspace_is_external_and_our_own_people_beside_them_are_not(
    peer: SlackPeer, intake: RecordingIntake
) -> None:
    peer.say("U0KIM", "acme-north", "@bot hi")
    await idle(peer)
    peer.say("U0ANA", "acme-north", "@bot hi")
    await idle(peer)
    external = [message.identity.model_dump()["is_external"] for message in intake.messages]
    assert external == [True, False]


@pytest.mark.usefixtures("slack")
async def test_people_are_looked_up_once_and_then_remembered(peer: SlackPeer, intake: RecordingIntake) -> None:
    for word in ("one", "two", "three"):
        peer.say("U0ANA", "U0BOT", word)
        await idle(peer)
    assert len(intake.messages) == 3
    assert peer.webapi.calls.count("users.info") == 1


@pytest.mark.usefixtures("slack")
async def test_others_who_are_mentioned_appear_by_name(peer: SlackPeer, intake: RecordingIntake) -> None:
    peer.say("U0ANA", "deploys", "hey @bot, ask @rob about #releases & <prod>")
    await idle(peer)
    assert intake.messages[0].text == "hey, ask @Rob Wills about #releases & <prod>"


@pytest.mark.usefixtures("slack")
async def test_a_message_longer_than_any_slack_shows_is_passed_on_whole(
    peer: SlackPeer, intake: RecordingIntake
) -> None:
    said = "deploy " * 14_285 + "later"
    peer.say("U0ANA", "U0BOT", said)
    await idle(peer)
    assert intake.messages[0].text == said
