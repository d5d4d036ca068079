"""How long people wait: from a Slack event to its ack, from a click to the step it allows, from a mail to its event."""

import asyncio
import time
from pathlib import Path

from bot import events as e
from bot.events import AnyEvent
from bot.fold import fold
from bot.playground.mail import compose
from bot.store import log
from tests.bench.figures import Figure, percentile
from tests.chaos.hands import APPROVE, requests_of
from tests.chaos.installation import Installation
from tests.chaos.letters import SHOP
from tests.chaos.staff import DEPLOYS, RELEASES
from tests.helpers import wait_until

_PAUSE_S = 0.02  # between two people, so that it is about the way and not about a queue


async def waits(folder: Path, count: int) -> list[Figure]:
    """As many of each kind, one after the other, through separate processes and the real protocols."""
    async with Installation(folder) as it:
        await _slack_events(it, 5)  # everything is loaded by then
        acks = await _slack_events(it, count)
        clicks, starts = await _clicks(it, count)
        await _mails(it, 3)
        mails = await _mails(it, count)
    kinds = {"slack_ack": acks, "click_ack": clicks, "click_to_step": starts, "mail_to_event": mails}
    aims = {"slack_ack_ms_p99": 50.0, "click_to_step_ms_p99": 100.0, "mail_to_event_ms_p50": 200.0}
    names = [(kind, percent) for kind in kinds for percent in (50, 99)]
    return [
        Figure(name := f"{kind}_ms_p{percent}", percentile(kinds[kind], percent), "ms", aims.get(name))
        for kind, percent in names
    ]


async def _slack_events(it: Installation, count: int) -> list[float]:
    """Mentions, each of which begins a thread; the ms until the web process acknowledged each."""
    before, cards = len(it.slack.attempts), len(_cards(it))
    for number in range(1, count + 1):
        it.slack.say("U0ANA", DEPLOYS, f"@bot order {number}: plain, smooth, 0 ms")
        await wait_until(lambda number=number: len(_cards(it)) == cards + number, timeout=30, what="a card")
        await asyncio.sleep(_PAUSE_S)
    made = it.slack.attempts[before:]
    assert all(one.result == "acked" for one in made), made
    return [1000 * one.duration_s for one in made if one.type == "app_mention"]


async def _clicks(it: Installation, count: int) -> tuple[list[float], list[float]]:
    """Approvals of those; the ms until each click was acknowledged, and until the step that it allows was started."""
    acks: list[float] = []
    clicked: dict[str, int] = {}
    for ts, request in _cards(it)[:count]:
        before = time.perf_counter()
        clicked[request] = _now_us()
        outcome = await it.slack.click("U0ROB", RELEASES, ts, APPROVE)
        acks.append(1000 * (time.perf_counter() - before))
        assert outcome.acked, outcome
        await asyncio.sleep(_PAUSE_S)
    starts: list[float] = []
    for request, at in clicked.items():
        thread = request.partition(".")[0]
        started = await _event(it, thread, e.StepStarted)
        starts.append((started - at) / 1000)
    return acks, starts


async def _mails(it: Installation, count: int) -> list[float]:
    """Mails from people nobody knows yet, each of which begins a thread; the ms from the box to the log."""
    taken: list[float] = []
    store = await it.store()
    for _ in range(count):
        known = {head.thread for head in await log.recent(store, 10)}
        text = "order 1: plain, smooth, 0 ms"
        now = it.mail.office.clock()
        sender = f"Kim <kim{time.time_ns()}@north.test>"
        message = compose.new(from_=sender, to=[SHOP], subject="Order", text=text, now=now)
        at = _now_us()
        it.mail.receive(message.as_bytes(), SHOP)
        taken.append((await _born_after(it, known) - at) / 1000)
        await asyncio.sleep(_PAUSE_S)
    return taken


async def _born_after(it: Installation, known: set[str]) -> int:
    """When the one thread that is not known yet began, by the server's clock (us)."""
    store = await it.store()

    async def new() -> str | None:
        return next((head.thread for head in await log.recent(store, 10) if head.thread not in known), None)

    name = await wait_until(new, timeout=30, what="the mail's thread")
    assert name is not None
    return await _event(it, name, e.MessageReceived)


async def _event(it: Installation, name: str, kind: type[AnyEvent]) -> int:
    """When the first event of this kind was appended (us)."""
    store = await it.store()

    async def at() -> int | None:
        events = fold(name, await log.load(store, name), it.sealer).events
        return next((event.at for event in events if isinstance(event, kind)), None)

    found = await wait_until(at, timeout=30, what=f"{kind.__name__} in {name}")
    assert found is not None
    return found


def _cards(it: Installation) -> list[tuple[str, str]]:
    """The approvals that are shown in Slack: where, and of which request."""
    return [(message.ts, one) for message in it.slack.workspace.messages(RELEASES) for one in requests_of(message)]


def _now_us() -> int:
    return time.time_ns() // 1000
