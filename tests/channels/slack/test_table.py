"""Each row of the table in docs/slack.md, at work: through the real adapter and intake, into a real store."""

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.playground.slack import SlackPeer
from bot.playground.slack.models import Message
from bot.store.server import Client
from channels.slack.app import SlackSettings
from channels.slack.backfill import Backfill
from channels.slack.edits import GONE, READ, UNHEARD
from channels.slack.http import PATH, serve_http
from channels.slack.known import Stored
from tests.channels.slack.heard import Office
from tests.channels.slack.stored import all_bodies, process, refusals
from tests.helpers import ROOT

DEPLOYS = "C0DEPLOYS"
RULES = """
[channels."slack:T0ACME/C0RELEASES"]
listen = "every message"
bots = ["B0CI"]
"""


@pytest.fixture
async def office(store: Client, peer: SlackPeer, settings: SlackSettings) -> AsyncIterator[Office]:
    """One process over an empty store."""
    slack = process(settings, store, RULES)
    async with serve_http(slack, host="127.0.0.1", port=0) as port:
        peer.deliver_to(f"http://127.0.0.1:{port}{PATH}")
        yield Office(peer, slack, store)


async def a_mention(office: Office) -> None:
    await office.say("@bot deploy")
    assert {attempt.type for attempt in office.peer.attempts} == {"message", "app_mention"}
    await office.taken("deploy")


async def a_direct_message(office: Office) -> None:
    root = await office.say("deploy", channel="U0BOT")
    await office.say("to staging", root, channel="U0BOT")
    await office.taken("deploy", "to staging")


async def a_reply_of_ours(office: Office) -> None:
    root = await office.say("@bot deploy")
    await office.say("to staging", root)
    await office.taken("deploy", "to staging")


async def a_reply_of_others(office: Office) -> None:
    root = await office.say("lunch?")
    office.peer.share("U0ROB", "deploys", "menu.txt", b"soup", thread_ts=root)
    await office.idle()
    await office.taken()


async def mentions_nobody(office: Office) -> None:
    await office.say("lunch?")
    office.dropped("not_for_us")
    await office.say("it is red", channel="releases")
    await office.taken("it is red")


async def a_mention_among_others(office: Office) -> None:
    root = await office.say("it is slow")
    await office.say("@bot why?", root)
    await office.say("since noon", root)
    await office.taken("why?", "since noon")
    assert await office.earlier() == ["it is slow"]


async def a_mention_of_ours(office: Office) -> None:
    root = await office.say("@bot deploy")
    office.peer.post_as_bot("CI", "deploys", "red", root)
    await office.say("me too", root, who="U0SAM")  # a guest, who is refused
    await office.say("@bot and now?", root)
    await office.taken("deploy", "and now?")
    assert await office.earlier() == ["red", "me too"]


async def twice(office: Office) -> None:
    office.peer.duplicate_next()
    await office.say("deploy", channel="U0BOT")
    assert len(office.peer.attempts) == 2
    await office.taken("deploy")


async def reply_first(office: Office) -> None:
    office.peer.hold()
    root = office.peer.say("U0ANA", "deploys", "@bot deploy")
    office.peer.say("U0ROB", "deploys", "to staging", root)
    office.peer.release(newest_first=True)
    await office.idle()
    await office.taken("deploy", "to staging")


async def broadcast(office: Office) -> None:
    root = await office.say("@bot deploy")
    office.peer.say("U0ANA", "deploys", "to staging", root, broadcast=True)
    await office.idle()
    await office.taken("deploy", "to staging")


async def with_files(office: Office) -> None:
    office.peer.share("U0ANA", "U0BOT", "a.log", b"boom", "why?")
    await office.idle()
    await office.taken("why?\n[file: a.log, Plain Text, 4 bytes]")
    (body,) = await all_bodies(office.store)
    assert [file.text for file in body.files] == ["boom"]


async def edited(office: Office) -> None:
    ts = await office.say("@bot deploy")
    for text in ("@bot no", "@bot yes"):
        office.peer.edit("U0ANA", "deploys", ts, text)
        await office.idle()
    await office.taken("deploy")
    await office.told(READ)


async def edited_in(office: Office) -> None:
    ts = await office.say("deploy")
    office.peer.edit("U0ANA", "deploys", ts, "@bot deploy")
    await office.idle()
    await office.taken()
    await office.told(UNHEARD)


async def deleted(office: Office) -> None:
    ts = await office.say("@bot deploy")
    office.peer.delete("U0ANA", "deploys", ts)
    await office.idle()
    await office.taken("deploy")
    await office.told(GONE)


async def changed_elsewhere(office: Office) -> None:
    ts = await office.say("lunch?")
    office.peer.edit("U0ANA", "deploys", ts, "lunch!")
    office.peer.delete("U0ANA", "deploys", ts)
    await office.idle()
    office.dropped("subtype_message_changed")
    office.dropped("subtype_message_deleted")
    await office.told()


async def same_words(office: Office) -> None:
    ts = await office.say("@bot deploy")
    office.peer.workspace.edit(office.peer.workspace.message(DEPLOYS, ts), by="U0ANA")
    await office.idle()
    office.dropped("subtype_message_changed")
    await office.told()


async def another_bot(office: Office) -> None:
    office.peer.post_as_bot("CI", "deploys", "@bot deploy")
    office.peer.post_as_bot("Old Hook", "deploys", "@bot deploy", webhook=True)
    await office.idle()
    await office.taken()
    office.dropped("bot", 3)
    office.dropped("subtype_bot_message")


async def an_invited_bot(office: Office) -> None:
    root = office.peer.post_as_bot("CI", "releases", "0")
    for number in range(1, 8):
        await office.idle()
        office.peer.post_as_bot("CI", "releases", str(number), root, webhook=number % 2 == 0)
    await office.idle()
    await office.taken("0", "1", "2", "3", "4")
    assert [record.reason for record in await refusals(office.store)] == ["bot_turns"] * 3


async def itself(office: Office) -> None:
    root = await office.say("@bot deploy")
    office.peer.post_as_bot("bot", "deploys", "working", root, bot_id=office.peer.workspace.app.bot_id)
    await office.idle()
    await office.taken("deploy")


def posted(office: Office, user: str, subtype: str | None, text: str = "<@U0BOT> hi") -> None:
    workspace = office.peer.workspace
    name = user if user not in workspace.users else None
    ts = workspace.next_ts()
    workspace.post(Message(channel=DEPLOYS, ts=ts, user=user, text=text, subtype=subtype, username=name))


async def slackbot(office: Office) -> None:
    posted(office, "USLACKBOT", None)
    await office.idle()
    await office.taken()
    office.dropped("bot", 2)


async def written_by_slack(office: Office) -> None:
    for subtype in ("channel_join", "channel_topic", "me_message", "reminder_add"):
        posted(office, "U0ANA", subtype, "hi")
    await office.idle()
    await office.taken()
    office.dropped("subtype_channel_join")
    office.dropped("subtype_me_message")


async def elsewhere(office: Office) -> None:
    await office.say("@bot deploy")
    team = office.peer.workspace.team
    office.peer.workspace.team = team.model_copy(update={"id": "T0OTHER"})
    await office.say("@bot deploy elsewhere")
    office.peer.workspace.team = team
    await office.taken("deploy")
    office.dropped("another_workspace", 2)


async def old(office: Office) -> None:
    ts = f"{int(time.time()) - 31 * 86_400}.000100"
    office.peer.workspace.post(Message(channel=DEPLOYS, ts=ts, user="U0ANA", text="<@U0BOT> deploy"))
    await office.idle()
    await office.taken()
    assert [record.reason for record in await refusals(office.store)] == ["too_old"]


async def missed(office: Office) -> None:
    known = Stored(office.store)
    await known.hear("T0ACME", time.time_ns() // 1000)
    office.peer.deliver_to("http://127.0.0.1:9/nobody")
    office.peer.say("U0ANA", "deploys", "@bot deploy")
    await office.idle()
    await Backfill(office.slack, known).catch_up()
    await office.taken("deploy")


async def unreadable(office: Office) -> None:
    office.peer.workspace.announce({"type": "message", "channel": 5}, None)
    await office.idle()
    assert [attempt.status for attempt in office.peer.attempts] == [200]
    assert office.slack.tally.counts.total() == 1


CASES: dict[str, Callable[[Office], Awaitable[None]] | str] = {
    "a mention in a channel": a_mention,
    "a direct message": a_direct_message,
    "a reply in a thread of the bot's": a_reply_of_ours,
    "a reply in a thread of others": a_reply_of_others,
    "a message that mentions nobody": mentions_nobody,
    "a mention in a thread of others": a_mention_among_others,
    "a mention in a thread of the bot's": a_mention_of_ours,
    "the same event again": twice,
    "a reply before the message that it follows": reply_first,
    "a reply that is also sent to the channel": broadcast,
    "a message with files": with_files,
    "an edit of a message that was read": edited,
    "an edit that adds a mention": edited_in,
    "a deletion of a message that was read": deleted,
    "an edit or a deletion of anything else": changed_elsewhere,
    "a change that leaves the words as they are": same_words,
    "a message by another bot": another_bot,
    "a message by a bot that the channel names": an_invited_bot,
    "a message by the bot itself": itself,
    "a message by Slackbot": slackbot,
    "what Slack writes itself, such as joins and topics": written_by_slack,
    "an event of another workspace": elsewhere,
    "a message that is more than 30 days old": old,
    'the word "approve", where something waits for whoever wrote it': "tests/channels/slack/test_typed.py",
    "what was said while nothing could be heard": missed,
    "a payload that cannot be read": unreadable,
}


@pytest.mark.parametrize("row", [row for row, case in CASES.items() if not isinstance(case, str)])
async def test_what_the_table_says_happens(office: Office, row: str) -> None:
    case = CASES[row]
    assert not isinstance(case, str)
    await case(office)


def test_each_row_of_the_table_is_tried_and_nothing_else() -> None:
    text = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")
    table = text[text.index("| what comes |") : text.index("Whatever is dropped")]
    rows = [match[1] for match in re.finditer(r"^\| (.+?) \| .+ \|$", table, re.MULTILINE)][1:]
    assert rows == list(CASES)
    assert all(Path(ROOT, case).exists() for case in CASES.values() if isinstance(case, str))
