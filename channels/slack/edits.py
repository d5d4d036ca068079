"""Edits and deletions: they move nothing. Whoever changes what was read already hears so, alone and once a message."""

from typing import Final, NamedTuple

from bot.identity import SlackIdentity
from bot.places import Place
from bot.port import Telling, TextIntake
from channels.slack.around import Heard
from channels.slack.payloads import MessageEvent, Version
from channels.slack.people import Workspace
from channels.slack.plain import mentioned
from channels.slack.tally import Tally

SUBTYPES: Final = frozenset({"message_changed", "message_deleted"})
MOST_A_DAY = 20  # such lines to one person
READ = "I read your message as it was before, and that still counts. Write a new one to correct it."
GONE = "I had read your message before you deleted it, and it still counts. Write a new one to take it back."
UNHEARD = "I do not start by an edit. Write a new message that mentions me."


class _Change(NamedTuple):
    """A change of a person's message that we may have to say something about."""

    user: str
    ts: str
    root: str
    mentions: bool  # the bot, and did not before
    deleted: bool


class Edits:
    """Says privately that a changed message is not read again; by the outbox, so that two processes say it once."""

    def __init__(self, intake: TextIntake | None, heard: Heard, tally: Tally) -> None:
        """Take who tells people; without one, nobody is told."""
        self._intake = intake
        self._heard = heard
        self._tally = tally

    async def note(self, event: MessageEvent, workspace: Workspace) -> None:
        """Look at a change. Raises redis errors: then Slack sends it again."""
        change = change_in(event, workspace)
        where = f"{event.channel}/{event.ts}"
        if change is None or self._intake is None:
            self._tally.ignored(f"subtype_{event.subtype}", where)
            return
        taken = await self._heard.taken(workspace.team, event.channel, change.root, [change.ts])
        if change.ts in taken:
            text, reason = (GONE, "deleted") if change.deleted else (READ, "edited")
        elif change.mentions:
            text, reason = UNHEARD, "edited"
        else:
            self._tally.ignored(f"subtype_{event.subtype}", where)
            return
        address = f"{workspace.team}/{event.channel}"
        who = SlackIdentity(account=f"{workspace.team}/{change.user}")
        telling = Telling(
            reason=reason,
            source=f"slack:{address}/{change.ts}",
            who=who.key,
            place=Place(channel="slack", address=address, thread=change.root),
            text=text,
            to=who.account,
            a_day=MOST_A_DAY,
        )
        self._tally.ignored(f"{reason}:{await self._intake.tell(telling)}", where)


def change_in(event: MessageEvent, workspace: Workspace) -> _Change | None:
    """What somebody changed of their own words; None: it is the bot's own message, or the words are the same.

    Slack tells of a new preview, a first reply or a reply shown in the channel as changes too.
    """
    now, before = event.message, event.previous_message
    if event.subtype == "message_deleted":
        return _of(before, before, workspace, deleted=True)
    if now is not None and now.subtype == "tombstone":
        return _of(before, before, workspace, deleted=True)
    if now is None or now.text == (before.text if before else None):
        return None
    return _of(now, before, workspace, deleted=False)


def _of(now: Version | None, before: Version | None, workspace: Workspace, *, deleted: bool) -> _Change | None:
    if now is None or now.user is None or now.bot_id or now.user in {workspace.bot_user, "USLACKBOT"}:
        return None
    bot = workspace.bot_user
    mentions = not deleted and bot in mentioned(now.text or "") and bot not in mentioned((before and before.text) or "")
    return _Change(now.user, now.ts, now.thread_ts or now.ts, mentions, deleted)
