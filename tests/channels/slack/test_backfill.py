"""After an outage, what was said meanwhile is taken from history: all of it, once, within bounds."""

import time
from collections.abc import AsyncIterator

import pytest
from slack_sdk.errors import SlackApiError

from bot.playground.slack import App, SlackPeer, Timing
from bot.playground.slack.models import Message
from channels.slack import backfill as module
from channels.slack.app import SlackApp, SlackSettings, build
from channels.slack.backfill import Backfill, UnfinishedError
from channels.slack.past import as_event
from channels.slack.payloads import Envelope
from tests.channels.slack.intake import AwayError
from tests.channels.slack.remembering import KnownInMemory, ThreadsIntake

DEPLOYS = "C0DEPLOYS"
DAY_US = 86_400_000_000


@pytest.fixture
async def peer() -> AsyncIterator[SlackPeer]:
    """A peer that gives an event up at once, so that an outage loses it."""
    async with SlackPeer(timing=Timing(ack_s=1, retry_s=())) as running:
        yield running


@pytest.fixture
def intake() -> ThreadsIntake:
    """Where messages end up."""
    return ThreadsIntake()


@pytest.fixture
def known(intake: ThreadsIntake) -> KnownInMemory:
    """What is remembered."""
    return KnownInMemory(intake)


@pytest.fixture
def app(settings: SlackSettings, intake: ThreadsIntake) -> SlackApp:
    """The adapter; nothing reaches it but by history, unless a test serves it."""
    return build(settings, intake)


@pytest.fixture
def backfill(peer: SlackPeer, app: SlackApp, known: KnownInMemory) -> Backfill:
    """The back-fill of an app to which events cannot be delivered, which has heard everything until now."""
    peer.deliver_to("http://127.0.0.1:9/nobody")
    known.moments["T0ACME"] = time.time_ns() // 1000
    return Backfill(app, known)


def said_at(peer: SlackPeer, channel: str, text: str, us: int, thread: str | None = None) -> str:
    """Put a message into history at this moment (us), and return its ts."""
    ts = f"{us // 1_000_000}.{us % 1_000_000:06d}"
    peer.workspace.post(Message(channel=channel, ts=ts, user="U0ANA", text=text, thread_ts=thread))
    return ts


async def test_mentions_direct_messages_and_replies_in_our_threads_are_taken_in_order(
    peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake
) -> None:
    root = peer.say("U0ANA", "deploys", "@bot deploy")
    peer.say("U0ROB", "deploys", "to staging", root)
    peer.say("U0ROB", "U0BOT", "hello")
    report = await backfill.catch_up()
    assert sorted(intake.texts) == ["deploy", "hello", "to staging"]
    assert intake.texts.index("deploy") < intake.texts.index("to staging")
    assert report.taken == 3


async def test_a_message_has_the_same_source_by_event_and_by_history(
    peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake
) -> None:
    ts = peer.say("U0ANA", "deploys", "@bot deploy")
    await backfill.catch_up()
    (message,) = intake.messages
    assert message.source == f"slack:T0ACME/{DEPLOYS}/{ts}"
    assert message.root == ("slack", "T0ACME", DEPLOYS, ts)
    assert not message.private


def test_history_says_team_where_events_say_user_team() -> None:
    """By it, someone of another workspace counts as external."""
    made = as_event({"ts": "1760000000.000100", "team": "T0NORTH"}, DEPLOYS, "T0ACME")
    assert Envelope.model_validate(made).event.user_team == "T0NORTH"
    assert Envelope.model_validate(made).team == "T0ACME"


async def test_talk_among_others_is_not_taken(peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake) -> None:
    root = peer.say("U0ANA", "deploys", "lunch?")
    peer.say("U0ROB", "deploys", "yes", root)
    await backfill.catch_up()
    assert not intake.seen


async def test_looking_twice_takes_nothing_twice(peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake) -> None:
    peer.say("U0ANA", "deploys", "@bot deploy")
    await backfill.catch_up()
    await backfill.catch_up()
    assert len(intake.messages) == 1


async def test_at_the_first_contact_nothing_old_is_answered(
    peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake, known: KnownInMemory
) -> None:
    known.moments.clear()
    peer.say("U0ANA", "deploys", "@bot deploy")
    await backfill.catch_up()
    assert not intake.seen
    assert known.moments


async def test_a_reply_in_a_thread_of_ours_older_than_a_page_of_history_is_found(
    peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.slack.past._PAGE", 5)
    long_ago = time.time_ns() // 1000 - 5 * DAY_US
    root = said_at(peer, DEPLOYS, "<@U0BOT> deploy", long_ago)
    intake.ours["slack", "T0ACME", DEPLOYS, root] = long_ago
    for number in range(6):
        said_at(peer, DEPLOYS, "lunch?", long_ago + 1 + number)
    peer.say("U0ROB", "deploys", "and now?", root)
    await backfill.catch_up()
    assert intake.texts == ["and now?"]


async def test_a_mention_in_an_old_thread_that_was_not_ours_is_found(
    peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake
) -> None:
    root = said_at(peer, DEPLOYS, "lunch?", time.time_ns() // 1000 - 5 * DAY_US)
    peer.say("U0ROB", "deploys", "@bot book a table", root)
    await backfill.catch_up()
    assert intake.texts == ["book a table"]


async def test_what_was_said_in_a_thread_before_it_became_ours_is_no_turn_in_it(
    peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake
) -> None:
    root = peer.say("U0ANA", "deploys", "it is broken")
    peer.say("U0ROB", "deploys", "again?", root)
    peer.say("U0ANA", "deploys", "@bot look", root)
    peer.say("U0ROB", "deploys", "quickly", root)
    await backfill.catch_up()
    await backfill.catch_up()
    assert intake.texts == ["look", "quickly"]


async def test_a_broadcast_stands_in_channel_and_thread_and_is_taken_once(
    peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake
) -> None:
    root = peer.say("U0ANA", "deploys", "@bot deploy")
    peer.say("U0ANA", "deploys", "now!", root, broadcast=True)
    report = await backfill.catch_up()
    assert (intake.texts, report.taken) == (["deploy", "now!"], 2)


async def test_an_edited_message_is_taken_as_it_stands_and_a_deleted_one_is_not(
    peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake
) -> None:
    kept, gone = peer.say("U0ANA", "deploys", "@bot deplyo"), peer.say("U0ANA", "deploys", "@bot drop all")
    peer.edit("U0ANA", "deploys", kept, "@bot deploy")
    peer.delete("U0ANA", "deploys", gone)
    await backfill.catch_up()
    assert intake.texts == ["deploy"]


async def test_an_edit_of_what_was_heard_before_starts_no_turn(
    peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake, known: KnownInMemory
) -> None:
    ts = peer.say("U0ANA", "deploys", "deploy")
    known.until(ts)
    peer.edit("U0ANA", "deploys", ts, "@bot deploy")
    await backfill.catch_up()
    assert not intake.seen


async def test_our_own_messages_and_those_of_other_bots_are_not_taken(
    peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake
) -> None:
    ts = peer.workspace.next_ts()
    other = Message(channel=DEPLOYS, ts=ts, user="U0ROB", text="<@U0BOT> hi", bot_id="B0OTHER")
    peer.workspace.post(other)
    peer.workspace.post(other.model_copy(update={"ts": peer.workspace.next_ts(), "user": "U0BOT"}))
    await backfill.catch_up()
    assert not intake.seen


async def test_what_is_older_than_a_day_is_counted_and_not_taken(
    peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake, known: KnownInMemory
) -> None:
    now = time.time_ns() // 1000
    known.moments["T0ACME"] = now - 3 * DAY_US
    for days in (4.0, 2.5, 2.0, 0.5):
        said_at(peer, DEPLOYS, f"<@U0BOT> {days}", now - int(days * DAY_US))
    report = await backfill.catch_up()
    assert (intake.texts, report.older) == (["0.5"], 2)


async def test_of_too_many_messages_the_last_are_taken_and_the_channel_is_named(
    peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_MESSAGES", 3)
    monkeypatch.setattr("channels.slack.past._PAGE", 2)
    for number in range(6):
        peer.say("U0ANA", "deploys", f"@bot {number}")
    report = await backfill.catch_up()
    assert (intake.texts, report.cut) == (["3", "4", "5"], [DEPLOYS])


async def test_history_is_read_to_its_end_by_cursors_within_the_rate_limit(
    settings: SlackSettings, intake: ThreadsIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.slack.past._PAGE", 2)
    async with SlackPeer(timing=Timing(retry_s=()), rate_limit=True) as peer:
        known = KnownInMemory(intake)
        known.moments["T0ACME"] = time.time_ns() // 1000
        app = build(SlackSettings(bot_token=settings.bot_token, api_url=peer.api_url), intake)
        peer.deliver_to("http://127.0.0.1:9/nobody")
        for number in range(5):
            peer.say("U0ANA", "deploys", f"@bot {number}")
        peer.fail_next("conversations.history", retry_after_s=1, times=3)
        await Backfill(app, known).catch_up()
    assert intake.texts == ["0", "1", "2", "3", "4"]


async def test_while_slack_gives_no_history_the_moment_stays(
    peer: SlackPeer, backfill: Backfill, known: KnownInMemory
) -> None:
    before = known.moments["T0ACME"]
    peer.fail_next("conversations.history", error="internal_error")
    with pytest.raises(SlackApiError):
        await backfill.catch_up()
    assert known.moments["T0ACME"] == before


async def test_while_the_store_is_away_the_moment_stays_and_all_is_taken_later(
    peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake
) -> None:
    peer.say("U0ANA", "deploys", "@bot deploy")
    intake.away = 1
    with pytest.raises(UnfinishedError):
        await backfill.catch_up()
    await backfill.catch_up()
    assert intake.texts == ["deploy"]


async def test_a_message_that_cannot_be_taken_does_not_hold_up_the_others_for_ever(
    peer: SlackPeer, backfill: Backfill, intake: ThreadsIntake, app: SlackApp
) -> None:
    intake.untakable.add("poison")
    peer.say("U0ANA", "deploys", "@bot poison")
    peer.say("U0ANA", "deploys", "@bot deploy")
    for _ in range(4):
        with pytest.raises(UnfinishedError):
            await backfill.catch_up()
    await backfill.catch_up()
    assert intake.texts == ["deploy"]
    assert [name for name in app.tally.counts if name.startswith("broken:message that cannot be taken: C0DEPLOYS/")]


async def test_without_the_scope_to_list_channels_known_threads_are_looked_at_and_the_scope_is_named(
    intake: ThreadsIntake, caplog: pytest.LogCaptureFixture
) -> None:
    installed = App(scopes=App().scopes - {"channels:read"})
    async with SlackPeer(app=installed, timing=Timing(retry_s=())) as peer:
        known = KnownInMemory(intake)
        known.moments["T0ACME"] = time.time_ns() // 1000
        app = build(SlackSettings(bot_token=installed.bot_token, api_url=peer.api_url), intake)
        peer.deliver_to("http://127.0.0.1:9/nobody")
        root = said_at(peer, DEPLOYS, "<@U0BOT> deploy", time.time_ns() // 1000 - DAY_US)
        intake.ours["slack", "T0ACME", DEPLOYS, root] = time.time_ns() // 1000 - DAY_US
        peer.say("U0ROB", "deploys", "and now?", root)
        await Backfill(app, known).catch_up()
    assert intake.texts == ["and now?"]
    assert "add channels:read" in caplog.text


async def test_what_is_remembered_cannot_be_read_while_the_store_is_away(
    backfill: Backfill, known: KnownInMemory
) -> None:
    known.is_away = True
    with pytest.raises(AwayError):
        await backfill.catch_up()
