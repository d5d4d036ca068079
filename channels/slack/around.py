"""What others said in a thread before a mention of the bot, or between two: read once, then only what is new."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.bodies import Earlier, Remark, Speaker
from channels.slack.past import Past, us_of
from channels.slack.payloads import File, MessageEvent
from channels.slack.people import People, Profile, SlackAwayError, Workspace
from channels.slack.plain import file_lines, mentioned, plain_text
from channels.slack.wire import JsonObject, as_object, as_objects, as_text

READ_S = 1.2  # of the three seconds that Slack waits for an acknowledgement
MOST_REMARKS = 100
MOST_CHARACTERS = 40_000  # of all of them
MOST_OF_ONE = 4_000
_MOST_PEOPLE = 20  # whose names are asked for
_SAID: Final = frozenset({"", "thread_broadcast", "file_share", "bot_message", "me_message"})
LATE: Final = "it could not be read in time"
REFUSED: Final = "Slack did not let it be read"


class Heard(Protocol):
    """What the log knows of a thread. All of it raises redis errors."""

    async def caught_up(self, team: str, channel: str, root: str) -> int | None:
        """Return up to which moment (us) all talk of this thread is in its log; None: the thread is not ours."""
        ...

    async def is_ours(self, team: str, channel: str, root: str) -> bool:
        """Whether this thread has a log."""
        ...

    async def taken(self, team: str, channel: str, root: str, messages: Sequence[str]) -> frozenset[str]:
        """Return those messages (`ts`) of the thread that came to us as messages of their own."""
        ...


class Unheard:
    """Implements `Heard` where nothing is remembered: every thread is new."""

    async def caught_up(self, team: str, channel: str, root: str) -> int | None:
        del team, channel, root

    async def is_ours(self, team: str, channel: str, root: str) -> bool:
        del team, channel, root
        return False

    async def taken(self, team: str, channel: str, root: str, messages: Sequence[str]) -> frozenset[str]:
        del team, channel, root, messages
        return frozenset()


class Around:
    """Reads what was said around a message. Nobody becomes a requester by it, and nothing is started."""

    def __init__(self, past: Past, people: People, heard: Heard) -> None:
        """Take history, who knows the people, and what the log has already."""
        self._past = past
        self._people = people
        self._heard = heard

    async def earlier(self, event: MessageEvent, workspace: Workspace) -> Earlier:
        """Return what was said in the event's thread before it and is not in the log yet; at most the last 100 remarks.

        What Slack does not tell in time is left out, and said to be: a mention is never lost for what stands around it.
        Raises redis errors.
        """
        root = event.thread_ts or event.ts
        known = await self._heard.caught_up(workspace.team, event.channel, root)
        try:
            async with asyncio.timeout(READ_S):
                return await self._read(event, root, workspace, known)
        except TimeoutError:
            return Earlier(problem=LATE)
        except (SlackApiError, SlackAwayError, aiohttp.ClientError):
            return Earlier(problem=REFUSED)

    async def _read(self, event: MessageEvent, root: str, workspace: Workspace, known: int | None) -> Earlier:
        until = us_of(event.ts)
        found = [
            message
            for message in await self._past.talk(event.channel, root, after=known or 0, before=until)
            if as_text(message.get("subtype")) in _SAID
        ]
        if known is not None:  # what we said there is in the log, and what came as a turn
            names = [as_text(message.get("ts")) for message in found]
            taken = await self._heard.taken(workspace.team, event.channel, root, names)
            found = [one for one in found if as_text(one.get("ts")) not in taken and not _is_own(one, workspace)]
        kept = found[-MOST_REMARKS:]
        remarks = within(await self._remarks(kept, workspace))
        return Earlier(remarks=remarks, omitted=len(found) - len(remarks), until=until)

    async def _remarks(self, messages: Sequence[JsonObject], workspace: Workspace) -> list[Remark]:
        authors = [as_text(message.get("user")) for message in messages if not message.get("bot_id")]
        named = [user for message in messages for user in mentioned(as_text(message.get("text")))]
        people = await self._profiles([*authors, *named])
        names = {user: profile.name for user, profile in people.items()}
        latest = time.time_ns() // 1000
        return [
            Remark(
                at=min(us_of(as_text(message.get("ts"))), latest),
                name=_name(message, people) or "someone",
                who=_who(message, people, workspace),
                text=_words(message, workspace, names)[:MOST_OF_ONE],
            )
            for message in messages
        ]

    async def _profiles(self, users: Iterable[str]) -> dict[str, Profile]:
        asked = [user for user in dict.fromkeys(users) if user][:_MOST_PEOPLE]
        found = await asyncio.gather(*(self._people.profile(user) for user in asked), return_exceptions=True)
        return {user: one for user, one in zip(asked, found, strict=True) if isinstance(one, Profile)}


def within(remarks: Sequence[Remark]) -> tuple[Remark, ...]:
    """Return the last of them, as many as there is room for."""
    room = MOST_CHARACTERS
    for count, remark in enumerate(reversed(remarks)):
        room -= len(remark.text)
        if room < 0:
            return tuple(remarks[len(remarks) - count :])
    return tuple(remarks)


def _is_own(message: JsonObject, workspace: Workspace) -> bool:
    return message.get("user") == workspace.bot_user or message.get("bot_id") == workspace.bot_id


def _who(message: JsonObject, people: dict[str, Profile], workspace: Workspace) -> Speaker:
    profile = people.get(as_text(message.get("user")), Profile())
    home = as_text(message.get("user_team")) or as_text(message.get("team")) or workspace.team
    if _is_own(message, workspace):
        return "you"
    if message.get("bot_id") or message.get("subtype") == "bot_message" or profile.is_bot:
        return "bot"
    if profile.is_external or home != workspace.team:
        return "outsider"
    return "guest" if profile.is_guest else "person"


def _name(message: JsonObject, people: dict[str, Profile]) -> str:
    profile = people.get(as_text(message.get("user")))
    told = as_text(as_object(message.get("bot_profile")).get("name")) or as_text(message.get("username"))
    return " ".join((profile.name if profile and not message.get("bot_id") else told).split())[:80]


def _words(message: JsonObject, workspace: Workspace, names: dict[str, str]) -> str:
    """What a reader sees: the text, or what an alert has instead of one; files by name."""
    text = as_text(message.get("text"))
    if not text:
        shown = as_objects(message.get("attachments"))
        text = "\n".join(as_text(one.get("fallback")) or as_text(one.get("text")) for one in shown)
    files = [File.model_validate(one) for one in as_objects(message.get("files")) if _is_file(one)]
    return "\n".join(part for part in (plain_text(text, workspace.bot_user, names), file_lines(files)) if part)


def _is_file(shown: JsonObject) -> bool:
    try:
        File.model_validate(shown)
    except ValueError:
        return False
    return True
