"""From the outbox to the local Slack, which fails in every way: each thing once, in order, and nothing stale."""

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from bot import sending as sending_module
from bot.ids import thread_id
from bot.places import Delivery, Place, StatusLine
from bot.playground.slack import SlackPeer
from bot.store.server import Client
from channels.slack.app import SlackSettings
from channels.slack.sender import SlackChannel
from tests.channels.slack.cards import APPROVAL, APPROVED, RELEASES, REQUEST, THREAD
from tests.channels.slack.outgoing import all_sent, close, embedded_url, lay, sending, store
from tests.helpers import wait_until
from tests.runtime.outgoing import soon

__all__ = ["embedded_url", "store"]
LANES, EACH = 4, 6
CARD = Delivery(id="card", thread=THREAD, place=RELEASES, content=APPROVAL, valid_while=REQUEST)
OUTCOME = Delivery(id="outcome", thread=THREAD, place=RELEASES, content=APPROVED, replaces="card")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long between two tries."""
    monkeypatch.setattr(sending_module, "pause", soon)


def ways_to_fail(peer: SlackPeer) -> list[Callable[[], None]]:
    """What may become of the next call, by each method that a sender uses."""
    writing = [
        partial(peer.fail_next, method, **how)
        for method in ("chat.postMessage", "chat.update")
        for how in ({"status": 503}, {"error": "fatal_error"}, {"error": "service_unavailable"}, {"drop_reply": True})
    ]
    reading = [partial(peer.fail_next, method, status=503) for method in ("conversations.replies", "users.info")]
    return [*writing, *writing, *reading]


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_fails_each_thing_stands_there_once_and_in_the_order_of_its_conversation(
    peer: SlackPeer, settings: SlackSettings, store: Client, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - to repeat a run
    roots = [peer.say("U0ANA", "releases", f"root {lane}") for lane in range(LANES)]
    for _ in range(20):
        chance.choice(ways_to_fail(peer))()
    for lane, root in enumerate(roots):
        thread, place = thread_id("sending", str(lane)), RELEASES.model_copy(update={"thread": root})
        await lay(store, *(_line(thread, place, f"{lane}/{number}") for number in range(EACH)))
    unpaced = replace(settings, pace_s=0)
    async with sending(store, unpaced), sending(store, unpaced):
        await wait_until(lambda: all_sent(store), timeout=30)
    for lane, root in enumerate(roots):
        said = [message.text for message in peer.workspace.replies("C0RELEASES", root)]
        assert said == [f"{lane}/{number}" for number in range(EACH)]


def _line(thread: str, place: Place, text: str) -> Delivery:
    return Delivery(id=f"{thread} {text}", thread=thread, place=place, content=StatusLine(markdown=text))


async def test_a_card_whose_request_closed_before_it_was_sent_is_not_sent(
    peer: SlackPeer, settings: SlackSettings, store: Client
) -> None:
    await lay(store, CARD, opened=REQUEST)
    await close(store, THREAD, REQUEST, OUTCOME)
    async with sending(store, settings):
        await wait_until(lambda: all_sent(store))
    assert not peer.workspace.messages("C0RELEASES")


async def test_a_card_whose_request_closes_while_it_waits_is_not_sent(
    peer: SlackPeer, settings: SlackSettings, store: Client
) -> None:
    """Slack asked for a pause, so the card comes late: too late."""
    peer.fail_next("chat.postMessage", retry_after_s=1)
    await lay(store, CARD, opened=REQUEST)
    async with sending(store, settings):
        await wait_until(lambda: "chat.postMessage" in peer.webapi.calls)
        await close(store, THREAD, REQUEST, OUTCOME)
        await wait_until(lambda: all_sent(store))
    assert not peer.workspace.messages("C0RELEASES")


class Overtaken(SlackChannel):
    """Between the moment that a card is under way and its arrival, somebody answers by mail."""

    def __init__(self, settings: SlackSettings, store: Client) -> None:
        super().__init__(settings)
        self._store = store

    async def deliver(self, delivery: Delivery, previous: str | None) -> str:
        if delivery == CARD:
            await close(self._store, THREAD, REQUEST, OUTCOME)
        return await super().deliver(delivery, previous)


@pytest.mark.parametrize("reply_is_lost", [False, True])
async def test_a_card_that_is_sent_at_the_moment_of_its_closing_shows_the_outcome(
    peer: SlackPeer, settings: SlackSettings, store: Client, *, reply_is_lost: bool
) -> None:
    if reply_is_lost:
        peer.fail_next("chat.postMessage", drop_reply=True)
    await lay(store, CARD, opened=REQUEST)
    async with sending(store, Overtaken(settings, store)):
        await wait_until(lambda: all_sent(store))
    (card,) = peer.workspace.messages("C0RELEASES")
    assert card.text == "Deploy service: approved by Rob Wills"
    assert "actions" not in [block["type"] for block in card.blocks]
