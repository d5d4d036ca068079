"""A reply that comes before what makes its thread ours is taken, also if the two come to different processes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest

from bot.playground.slack import SlackPeer
from bot.playground.slack.events import Delivery, HttpTransport
from bot.playground.slack.wire import JsonObject, as_object, as_text
from bot.store.server import Client
from channels.slack.app import SlackSettings, build
from channels.slack.early import ForAll
from channels.slack.http import PATH, serve_http
from tests.channels.slack.outgoing import embedded_url, store
from tests.channels.slack.remembering import ThreadsIntake
from tests.store.acts import lasting

__all__ = ["embedded_url", "store"]


@dataclass
class Two:
    """Two processes with one store, and events that go to either of them as the test says."""

    peer: SlackPeer
    intake: ThreadsIntake
    doors: list[HttpTransport]
    held: list[JsonObject]

    def say(self, text: str, thread: str | None = None) -> str:
        """Somebody writes; what Slack sends about it waits."""
        return self.peer.say("U0ANA", "deploys", text, thread)

    async def bring(self, ts: str, door: int) -> None:
        """Deliver everything about one message to one process."""
        for payload in self.held:
            if as_text(as_object(payload.get("event")).get("ts")) == ts:
                name = as_text(payload.get("event_id"))
                ack = await self.doors[door].send(Delivery(id=name, kind="events_api", payload=payload), 5)
                assert ack.result == "acked"


@pytest.fixture
async def two(
    peer: SlackPeer, settings: SlackSettings, store: Client, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Two]:
    """Both are up, and Slack sends nothing by itself."""
    held: list[JsonObject] = []
    monkeypatch.setattr(peer.sender, "send", held.append)
    doors: list[HttpTransport] = []
    intake = ThreadsIntake()
    async with AsyncExitStack() as stack:
        for _ in range(2):
            slack = build(settings, intake)
            slack.hearing.early = ForAll(store)
            port = await stack.enter_async_context(serve_http(slack, host="127.0.0.1", port=0))
            doors.append(HttpTransport(peer.workspace.app, f"http://127.0.0.1:{port}{PATH}"))
        yield Two(peer, intake, doors, held)


@pytest.mark.parametrize("door", [0, 1])
async def test_a_reply_that_comes_first_is_taken_with_what_it_follows(two: Two, door: int) -> None:
    root = two.say("@bot deploy")
    reply = two.say("to staging", root)
    await two.bring(reply, 0)
    assert two.intake.texts == []
    await two.bring(root, door)
    assert two.intake.texts == ["deploy", "to staging"]


async def test_what_came_in_order_is_not_looked_for(two: Two) -> None:
    root = two.say("@bot deploy")
    reply = two.say("to staging", root)
    await two.bring(root, 0)
    await two.bring(reply, 1)
    assert two.intake.texts == ["deploy", "to staging"]
    assert "conversations.replies" not in two.peer.webapi.calls


async def test_much_talk_among_others_is_noted_once(two: Two, store: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    noted: list[str] = []
    monkeypatch.setattr(store, "set", _counting(store, noted))
    root = two.say("lunch?")
    for number in range(5):
        await two.bring(two.say(f"yes {number}", root), 0)
    assert len(noted) == 1
    assert await lasting(store) == [], "and it is forgotten"


def _counting(store: Client, noted: list[str]) -> object:
    write = store.set

    async def counting(key: str, value: int, *, ex: int) -> object:
        noted.append(key)
        return await write(key, value, ex=ex)

    return counting
