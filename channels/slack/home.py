"""The Home tab: what waits for somebody, with the buttons of its cards; their threads, agents and permissions."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from slack_bolt.async_app import AsyncAck

from bot.port_desk import AgentLine, Desk, Permission, ThreadLine, Waiting
from bot.visible import line
from channels.slack import desk_rows, kit
from channels.slack.cards import card_blocks, needs_file
from channels.slack.limits import weight
from channels.slack.links import link_to_card
from channels.slack.means import Means
from channels.slack.mrkdwn import convert, pieces
from channels.slack.payloads import ButtonPress
from channels.slack.posting import show
from channels.slack.wire import JsonObject, array

REFRESH = "home:refresh"
REVOKE = "home:revoke"
_BLOCKS = 98  # of the 100 that a Home tab may have
_FOR_CARDS = 60  # of them
_LARGEST = 5_000  # what a card may weigh to be decided upon in the Home tab; a larger one is opened
_THREADS, _AGENTS, _PERMISSIONS = 12, 20, 8
_NOTE = 1_500  # characters
_DIVIDER: JsonObject = {"type": "divider"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """All that one person's Home tab shows."""

    waiting: Sequence[Waiting] = ()
    threads: Sequence[ThreadLine] = ()
    agents: Sequence[AgentLine] = ()
    permissions: Sequence[Permission] = ()
    account: str = ""  # whose it is: `T0ACME/U0ANA`
    home: str = ""  # the address of the workspace
    now: int = 0  # us
    note: str = ""  # what came of the last thing they did here


def home_view(shown: Shown) -> JsonObject:
    """Return the Home tab; never more than Slack takes of one."""
    blocks = [*_top(shown), *_waiting(shown)]
    blocks += _section("Your threads", desk_rows.thread_rows(shown.threads, shown.home, shown.now), _THREADS)
    if not shown.threads:
        blocks.append(kit.context(kit.plain(desk_rows.NO_THREADS)))
    blocks += _permissions(shown.permissions)
    blocks += _section("Agents", desk_rows.agent_rows(shown.agents), _AGENTS)
    if not shown.agents:
        blocks.append(kit.context(kit.plain(desk_rows.NO_AGENTS)))
    return {"type": "home", "blocks": array(blocks[:_BLOCKS])}


def refused_view(text: str) -> JsonObject:
    """Return the Home tab of somebody who has no desk."""
    return {"type": "home", "blocks": array([kit.section(piece) for piece in pieces(convert(text), _NOTE)[:1]])}


class Home:
    """Publishes Home tabs. Each is made anew from what is so at the moment, one at a time for each person."""

    def __init__(self, means: Means) -> None:
        """Take what to look things up and to publish with."""
        self._means = means
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def refresh(self, user: str, note: str = "") -> None:
        """Show it anew in the background; `note`: what came of what they did there."""
        self._means.later.do(self.publish(user, note))

    async def press(self, press: ButtonPress, ack: AsyncAck) -> None:
        """Take one of its own buttons. Raises redis errors, and SlackAwayError: then nothing is acknowledged."""
        action, note = press.actions[0], ""
        if action.action_id == REVOKE:
            desk = await self._desk(press.user.id)
            note = desk if isinstance(desk, str) else await desk.revoke(action.value)
        await ack()
        self.refresh(press.user.id, note)

    async def publish(self, user: str, note: str = "") -> None:
        """Look everything up and show it. Raises redis errors, SlackAwayError, SlackApiError, aiohttp's errors."""
        async with self._turns[user]:
            desk = await self._desk(user)
            view = refused_view(desk) if isinstance(desk, str) else home_view(await self._shown(desk, user, note))
            await show(self._means.writer, self._means.tally, "views.publish", view, user_id=user)

    async def _desk(self, user: str) -> Desk | str:
        identity = await self._means.people.identity(user)
        day = time.time_ns() // 86_400_000_000_000  # that somebody is refused their Home tab is kept once a day
        return await self._means.desks.of(identity, f"slack:home:{identity.account}/{day}")

    async def _shown(self, desk: Desk, user: str, note: str) -> Shown:
        workspace = await self._means.installation.workspace()
        waiting, threads, permissions = await asyncio.gather(desk.waiting(), desk.threads(), desk.permissions())
        return Shown(
            waiting=waiting,
            threads=threads,
            agents=desk.agents(),
            permissions=permissions,
            account=f"{workspace.team}/{user}",
            home=workspace.url,
            now=time.time_ns() // 1_000,
            note=note,
        )


def _top(shown: Shown) -> list[JsonObject]:
    told = [kit.section(piece) for piece in pieces(convert(shown.note), _NOTE)[:1]] if shown.note.strip() else []
    return [*told, kit.header("Waiting for you"), kit.actions([kit.button("Refresh", REFRESH, "refresh")])]


def _waiting(shown: Shown) -> list[JsonObject]:
    """Return the cards, oldest first, as many as there is room for; the others are named."""
    blocks: list[JsonObject] = []
    for number, one in enumerate(shown.waiting):
        card = [_DIVIDER, *_card(one, shown)]
        if len(blocks) + len(card) > _FOR_CARDS:
            left = shown.waiting[number:]
            rows = desk_rows.waiting_rows(left[:_THREADS], shown.home, shown.account, shown.now)
            more = f"{len(left)} more. Decide some of these and refresh, or open their cards:"
            return [*blocks, _DIVIDER, kit.rich(kit.paragraph(kit.run(more)), kit.bullets(rows))]
        blocks += card
    return blocks or [kit.context(kit.plain(desk_rows.NOTHING_WAITS))]


def _card(one: Waiting, shown: Shown) -> list[JsonObject]:
    card = one.card.model_copy(update={"mention": ()})
    link = link_to_card(shown.home, shown.account, one.at)
    blocks = card_blocks(card)
    if needs_file(card) or weight(blocks) > _LARGEST:
        where = kit.link(link, "open the card") if link else kit.run(f"bot show {line(card.thread, 40)}", "code")
        told = kit.paragraph(kit.run("This is too long to be decided here: "), where, kit.run("."))
        return [kit.header(card.bare_title), kit.rich(told)]
    if not link:
        return blocks
    return [*blocks, kit.rich(kit.paragraph(kit.link(link, "Open the card")))]


def _permissions(permissions: Sequence[Permission]) -> list[JsonObject]:
    if not permissions:
        return []
    blocks = [_DIVIDER, kit.header("What you allowed to run without asking")]
    for one in permissions[:_PERMISSIONS]:
        sure = kit.confirm("Take it back?", "This call is asked again from now on.", "Take it back", "Keep it")
        button: JsonObject = {**kit.button("Revoke", REVOKE, one.grant, "danger"), "confirm": sure}
        blocks += [kit.rich(*desk_rows.permission_lines(one)), kit.actions([button])]
    left = len(permissions) - _PERMISSIONS
    return [*blocks, *([kit.context(kit.plain(f"and {left} more: `bot grants` lists them"))] if left > 0 else [])]


def _section(title: str, rows: list[JsonObject], most: int) -> list[JsonObject]:
    """Return a heading and a list of at most so many lines."""
    shown = [kit.rich(kit.bullets(rows[:most]))] if rows else []
    more = [kit.context(kit.plain(f"and {len(rows) - most} more"))] if len(rows) > most else []
    return [_DIVIDER, kit.header(title), *shown, *more]
