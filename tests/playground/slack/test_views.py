"""What becomes of a modal: by the app's calls, and by its answer to a submission."""

from collections.abc import Callable

import pytest
from slack_bolt.async_app import AsyncAck

from bot.playground.slack import Outcome, SlackPeer
from bot.playground.slack.wire import JsonObject
from tests.helpers import wait_until
from tests.playground.slack.bolt import REASON_MODAL, BoltBot
from tests.playground.slack.client import Call, CallRefusedError, dig

OTHER: JsonObject = {**REASON_MODAL, "title": {"type": "plain_text", "text": "Sure?"}}


async def opened(peer: SlackPeer, call: Call, view: JsonObject = REASON_MODAL) -> JsonObject:
    """Open a modal for Rob and return it."""
    answer = await call("views.open", trigger_id=peer.core.surfaces.trigger("U0ROB", 3.0), view=view)
    shown = answer["view"]
    assert isinstance(shown, dict)
    return shown


async def submitted(peer: SlackPeer, bot: BoltBot, answer: Callable[[], JsonObject]) -> Outcome:
    """Submit a modal whose app answers so."""

    async def listener(ack: AsyncAck, body: JsonObject) -> None:
        bot.bodies.append(body)
        await ack(**answer())  # pyright: ignore[reportArgumentType] - the answer is JSON, as it goes over the wire

    bot.on("view", "own", listener)
    view = await opened(peer, bot.call, {**REASON_MODAL, "callback_id": "own"})
    return await peer.submit_view("U0ROB", str(view["id"]), {"reason": "x"})


def titles(peer: SlackPeer) -> list[object]:
    """Return the titles of Rob's open modals, the visible one last."""
    return [dig(view.body, "title", "text") for view in peer.snapshot("U0ROB").modals]


async def test_a_view_is_updated_by_its_id(peer: SlackPeer, call: Call) -> None:
    view = await opened(peer, call)
    await call("views.update", view_id=view["id"], view=OTHER, hash=view["hash"])
    assert titles(peer) == ["Sure?"]


async def test_an_update_with_a_stale_hash_is_refused(peer: SlackPeer, call: Call) -> None:
    view = await opened(peer, call)
    await call("views.update", view_id=view["id"], view=OTHER)
    with pytest.raises(CallRefusedError, match="hash_conflict"):
        await call("views.update", view_id=view["id"], view=OTHER, hash=view["hash"])


async def test_a_view_is_pushed_by_a_trigger_from_within(peer: SlackPeer, call: Call) -> None:
    view = await opened(peer, call)
    trigger = peer.core.surfaces.trigger("U0ROB", 3.0, str(view["id"]))
    await call("views.push", trigger_id=trigger, view=OTHER)
    assert titles(peer) == ["Why not?", "Sure?"]


async def test_an_answer_can_update_the_view(peer: SlackPeer, bot: BoltBot) -> None:
    await submitted(peer, bot, lambda: {"response_action": "update", "view": OTHER})
    assert titles(peer) == ["Sure?"]


async def test_an_answer_can_push_and_the_one_below_comes_back(peer: SlackPeer, bot: BoltBot) -> None:
    outcome = await submitted(peer, bot, lambda: {"response_action": "push", "view": OTHER})
    assert titles(peer) == ["Why not?", "Sure?"]
    await peer.close_view("U0ROB", outcome.modals[-1])
    assert titles(peer) == ["Why not?"]


async def test_an_answer_can_clear_everything(peer: SlackPeer, bot: BoltBot) -> None:
    assert (await submitted(peer, bot, lambda: {"response_action": "clear"})).modals == ()


async def test_an_error_about_an_input_that_is_not_there_is_trouble(peer: SlackPeer, bot: BoltBot) -> None:
    outcome = await submitted(peer, bot, lambda: {"response_action": "errors", "errors": {"nowhere": "x"}})
    assert outcome.notice
    assert titles(peer) == ["Why not?"]


async def test_the_app_hears_of_a_dismissed_view_if_it_asked_to(peer: SlackPeer, bot: BoltBot) -> None:
    view = await opened(peer, bot.call, {**REASON_MODAL, "notify_on_close": True})
    await peer.close_view("U0ROB", str(view["id"]))
    await wait_until(lambda: peer.attempts)
    assert peer.attempts[0].type == "view_closed"
    assert titles(peer) == []
