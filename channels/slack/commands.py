"""The slash command, under whatever name it is installed: understood, carried out, acknowledged, and then answered."""

import asyncio
import difflib
import time
from collections.abc import Awaitable, Callable
from typing import Final, Literal, NamedTuple, assert_never

from slack_bolt.async_app import AsyncAck

from bot.port_desk import Desk
from bot.store.away import AWAY
from bot.visible import line
from channels.slack import desk_rows, kit, posting
from channels.slack.later import word as word_of
from channels.slack.links import thread_named
from channels.slack.means import Means
from channels.slack.payloads import SlashCommand
from channels.slack.people import SlackAwayError
from channels.slack.render import Rendered, text_messages
from channels.slack.wire import JsonObject

Word = Literal["help", "agents", "threads", "requests", "pause", "resume", "cancel", "whoami", "status"]
USAGE: Final[dict[Word, tuple[str, str]]] = {
    "help": ("", "this list"),
    "agents": ("", "the agents that listen to you, and what they do"),
    "threads": ("", "your threads"),
    "requests": ("", "what waits for your decision"),
    "pause": ("THREAD", "let nothing more happen in a thread until it is resumed"),
    "resume": ("THREAD", "let it go on"),
    "cancel": ("THREAD", "end it for good"),
    "whoami": ("", "how I know you"),
    "status": ("", "how the bot is; for operators, as is `threads all`"),
}
Looking = Callable[[], Awaitable[Rendered]]
AWAY_NOW = "I cannot look that up just now. If you gave an order, look whether it took effect, and try again."
OPERATORS_ONLY = "That is for operators."
TAKE_S = 2.5  # of the three seconds that Slack waits
_MOST = 20  # lines of one answer


class Asked(NamedTuple):
    """What somebody typed after the command."""

    word: Word
    rest: str


def understood(typed: str) -> Asked | str:
    """Return what is asked for, or the word that is none of ours; nothing at all asks for help."""
    first, _, rest = typed.strip().partition(" ")
    name = first.casefold()
    for word in USAGE:
        if name == word:
            return Asked(word, rest.strip())
    return Asked("help", "") if name in {"", "?"} else first


class Commands:
    """Takes slash commands. Orders are carried out before the acknowledgement; what is only shown follows it."""

    def __init__(self, means: Means) -> None:
        """Take what to look things up and to answer with."""
        self._means = means

    async def take(self, command: SlashCommand, ack: AsyncAck) -> None:
        """Take a command. Slack never repeats one, so that whatever goes wrong is told at once."""
        try:
            async with asyncio.timeout(TAKE_S):
                answer = await self._carried_out(command)
        except (SlackAwayError, TimeoutError, *AWAY) as error:
            self._means.tally.untold(word_of(error))
            await ack(text=AWAY_NOW, response_type="ephemeral")
            return
        await ack()
        self._means.later.do(self._respond(command.response_url, answer))

    async def _carried_out(self, command: SlashCommand) -> Rendered | Looking:
        """Return the answer, or what looks it up: that may take longer than Slack waits."""
        identity = await self._means.people.identity(command.user_id, home_team=command.team_id)
        desk = await self._means.desks.of(identity, f"slack:command:{command.trigger_id or command.response_url}")
        if isinstance(desk, str):
            return text_messages(desk)[0]
        asked = understood(command.text)
        if isinstance(asked, str):
            return _unknown(command.command, asked, operates=desk.operates)
        workspace = await self._means.installation.workspace()
        match asked.word:
            case "pause" | "resume" | "cancel" as order:
                name = thread_named(asked.rest, workspace.team)
                if name is None:
                    return _which(command.command, order)
                return text_messages(await desk.order(name, order))[0]
            case "help" | "agents" | "threads" | "requests" | "whoami" | "status" as word:
                asker = _Asker(desk, command.command, workspace.url, identity.account)
                return lambda: _looked_up(asker, word, asked.rest)
            case _:
                assert_never(asked.word)

    async def _respond(self, url: str, answer: Rendered | Looking) -> None:
        if not isinstance(answer, Rendered):
            try:
                answer = await answer()
            except AWAY as error:
                self._means.tally.untold(word_of(error))
                answer = text_messages(AWAY_NOW)[0]
        await posting.answer(self._means.writer, self._means.tally, url, answer)


class _Asker(NamedTuple):
    """Who asks, by which command, and the address of their workspace."""

    desk: Desk
    command: str
    home: str
    account: str


async def _looked_up(
    asker: _Asker, word: Literal["help", "agents", "threads", "requests", "whoami", "status"], rest: str
) -> Rendered:
    desk, now = asker.desk, time.time_ns() // 1_000
    match word:
        case "help":
            return _help(asker.command, operates=desk.operates)
        case "agents":
            return _list("Agents", desk_rows.agent_rows(desk.agents()), desk_rows.NO_AGENTS)
        case "threads" if rest.casefold() == "all":
            everything = await desk.all_threads()
            if everything is None:
                return text_messages(OPERATORS_ONLY)[0]
            return _list("Threads of everybody", desk_rows.thread_rows(everything, asker.home, now), "There are none.")
        case "threads":
            rows = desk_rows.thread_rows(await desk.threads(), asker.home, now)
            return _list("Your threads", rows, desk_rows.NO_THREADS)
        case "requests":
            rows = desk_rows.waiting_rows(await desk.waiting(), asker.home, asker.account, now)
            return _list("What waits for you", rows, desk_rows.NOTHING_WAITS)
        case "whoami":
            told = [kit.paragraph(kit.run("This is how I know you:")), kit.preformatted(desk.whoami())]
            return Rendered("How I know you", [kit.rich(*told)])
        case "status":
            status = await desk.status()
            if status is None:
                return text_messages(OPERATORS_ONLY)[0]
            return _list("Status", desk_rows.status_rows(status), "")
        case _:
            assert_never(word)


def _list(title: str, rows: list[JsonObject], otherwise: str) -> Rendered:
    """Return a list with its heading, or the words for an empty one."""
    if not rows:
        return Rendered(otherwise, [kit.rich(kit.paragraph(kit.run(otherwise)))])
    shown = rows[:_MOST]
    more = [kit.context(kit.plain(f"and {len(rows) - _MOST} more"))] if len(rows) > _MOST else []
    return Rendered(title, [kit.rich(kit.paragraph(kit.run(title, "bold"))), kit.rich(kit.bullets(shown)), *more])


def _help(command: str, *, operates: bool) -> Rendered:
    told = [
        kit.paragraph(kit.run("Mention the bot, or write to it directly, and say what you need. Besides:")),
        kit.bullets(_usage(command, operates=operates)),
    ]
    return Rendered("What you can type", [kit.rich(*told)])


def _usage(command: str, *, operates: bool) -> list[JsonObject]:
    known = line(command, 40)
    return [
        kit.paragraph(kit.run(" ".join(part for part in (known, word, needs) if part), "code"), kit.run(f"  {what}"))
        for word, (needs, what) in USAGE.items()
        if operates or word != "status"
    ]


def _unknown(command: str, word: str, *, operates: bool) -> Rendered:
    """Return what to say to a word that is none of ours, with the one that was probably meant."""
    near = difflib.get_close_matches(word.casefold(), [*USAGE], n=1)
    meant = [kit.run(" Did you mean "), kit.run(f"{line(command, 40)} {near[0]}", "code"), kit.run("?")] if near else []
    told = kit.paragraph(kit.run("I do not know "), kit.run(line(word, 40) or "that", "code"), kit.run("."), *meant)
    return Rendered("I do not know that word.", [kit.rich(told, kit.bullets(_usage(command, operates=operates)))])


def _which(command: str, order: str) -> Rendered:
    known = line(command, 40)
    told = kit.paragraph(
        kit.run("Which thread? Give its id, the beginning of that, or a link to a message in it: "),
        kit.run(f"{known} {order} 05-abcdef", "code"),
        kit.run(". Your threads are listed by "),
        kit.run(f"{known} threads", "code"),
        kit.run("."),
    )
    return Rendered("Which thread?", [kit.rich(told)])
