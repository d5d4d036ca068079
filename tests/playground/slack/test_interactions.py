"""Clicks, modals and response URLs, with a real Bolt app on the other side."""

import asyncio

import pytest
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.playground.slack import ControlRefusedError, SlackPeer, Timing
from bot.playground.slack.wire import JsonObject, as_object
from tests.helpers import wait_until
from tests.playground.slack.bolt import BUTTONS, REASON_MODAL, BoltBot
from tests.playground.slack.client import Call, CallRefusedError, dig


async def card(call: Call) -> str:
    """Post the card with its buttons in #releases."""
    return await call.post("C0RELEASES", "Deploy?", blocks=BUTTONS)


async def test_a_click_is_acknowledged_and_the_card_updated(peer: SlackPeer, bot: BoltBot) -> None:
    ts = await card(bot.call)
    outcome = await peer.click("U0ROB", "#releases", ts, "approve")
    assert (outcome.acked, outcome.status, outcome.notice) == (True, 200, "")
    await wait_until(lambda: peer.workspace.message("C0RELEASES", ts).text == "Approved")
    assert peer.workspace.message("C0RELEASES", ts).blocks == ()


async def test_the_payload_tells_who_clicked_what_and_where(peer: SlackPeer, bot: BoltBot) -> None:
    ts = await card(bot.call)
    await peer.click("U0ROB", "#releases", ts, "approve")
    body = bot.bodies[-1]
    assert dig(body, "user", "id") == "U0ROB"
    assert dig(body, "container", "message_ts") == ts
    assert dig(body, "message", "text") == "Deploy?"
    assert dig(body, "actions", 0, "value") == "r1"


async def test_a_click_that_nobody_acknowledges_tells_the_person(bot: BoltBot) -> None:
    peer = bot.peer
    ts = await card(bot.call)
    outcome = await peer.click("U0ROB", "#releases", ts, "silent")
    assert not outcome.acked
    assert outcome.notice


async def test_a_button_that_is_gone_cannot_be_clicked(peer: SlackPeer, bot: BoltBot) -> None:
    ts = await card(bot.call)
    await peer.click("U0ROB", "#releases", ts, "approve")
    with pytest.raises(ControlRefusedError):
        await peer.click("U0MIA", "#releases", ts, "approve")


async def test_a_slow_client_can_still_click_a_button_that_is_gone(peer: SlackPeer, bot: BoltBot) -> None:
    ts = await card(bot.call)
    await peer.click("U0ROB", "#releases", ts, "approve")
    assert (await peer.click("U0MIA", "#releases", ts, "approve", stale=True)).acked


async def test_who_is_not_in_the_channel_cannot_click(peer: SlackPeer, bot: BoltBot) -> None:
    ts = await card(bot.call)
    with pytest.raises(ControlRefusedError, match="not a member"):
        await peer.click("U0SAM", "#releases", ts, "approve")


async def test_two_clicks_at_the_same_moment_are_two_payloads(peer: SlackPeer, bot: BoltBot) -> None:
    ts = await card(bot.call)
    both = [peer.click(user, "#releases", ts, "approve") for user in ("U0ROB", "U0MIA")]
    assert all(outcome.acked for outcome in await asyncio.gather(*both))
    assert sorted(str(dig(body, "user", "id")) for body in bot.bodies) == ["U0MIA", "U0ROB"]


async def test_a_modal_goes_all_the_way_round(peer: SlackPeer, bot: BoltBot) -> None:
    ts = await card(bot.call)
    opened = await peer.click("U0ROB", "#releases", ts, "reject")
    closed = await peer.submit_view("U0ROB", opened.modals[0], {"reason": "not on a Friday"})
    assert (closed.acked, closed.modals) == (True, ())
    assert dig(bot.bodies[-1], "view", "private_metadata") == "r1"
    assert dig(bot.bodies[-1], "view", "state", "values", "reason", "text", "value") == "not on a Friday"


async def test_an_empty_required_field_stays_with_the_client(peer: SlackPeer, bot: BoltBot) -> None:
    opened = await peer.click("U0ROB", "#releases", await card(bot.call), "reject")
    heard = len(bot.bodies)
    outcome = await peer.submit_view("U0ROB", opened.modals[0], {})
    assert list(outcome.errors) == ["reason"]
    assert len(bot.bodies) == heard


async def test_the_apps_complaint_about_a_field_keeps_the_modal_open(peer: SlackPeer, bot: BoltBot) -> None:
    opened = await peer.click("U0ROB", "#releases", await card(bot.call), "reject")
    outcome = await peer.submit_view("U0ROB", opened.modals[0], {"text": "no"})
    assert outcome.errors == {"reason": "Say more"}
    assert outcome.modals == opened.modals
    assert peer.snapshot("U0ROB").modals[0].errors == {"reason": "Say more"}


async def test_a_modal_is_seen_by_its_user_alone(peer: SlackPeer, bot: BoltBot) -> None:
    await peer.click("U0ROB", "#releases", await card(bot.call), "reject")
    assert len(peer.snapshot("U0ROB").modals) == 1
    assert peer.snapshot("U0MIA").modals == ()


async def refusal_of_open(call: Call, trigger_id: str) -> str:
    """Open the modal with this trigger, and return Slack's word for what is wrong with it."""
    with pytest.raises(CallRefusedError) as refused:
        await call("views.open", trigger_id=trigger_id, view=REASON_MODAL)
    return refused.value.code


async def test_a_trigger_opens_one_modal_only(peer: SlackPeer, call: Call) -> None:
    trigger = peer.core.surfaces.trigger("U0ROB", 3.0)
    await call("views.open", trigger_id=trigger, view=REASON_MODAL)
    assert await refusal_of_open(call, trigger) == "exchanged_trigger_id"


async def test_a_trigger_expires(peer: SlackPeer, call: Call) -> None:
    assert await refusal_of_open(call, peer.core.surfaces.trigger("U0ROB", -1.0)) == "expired_trigger_id"


async def response_url(bot: BoltBot) -> tuple[str, str]:
    """Click, and return the card's ts and the click's response URL."""
    ts = await card(bot.call)
    await bot.peer.click("U0ROB", "#releases", ts, "silent")
    return ts, str(bot.bodies[-1]["response_url"])


async def test_a_response_is_seen_by_the_one_who_clicked(peer: SlackPeer, bot: BoltBot) -> None:
    _, url = await response_url(bot)
    await AsyncWebhookClient(url).send(text="You may not.", response_type="ephemeral", replace_original=False)
    texts = {user: [m.text for m in peer.snapshot(user).channels[1].messages] for user in ("U0ROB", "U0MIA")}
    assert texts == {"U0ROB": ["Deploy?", "You may not."], "U0MIA": ["Deploy?"]}


async def test_a_response_can_replace_and_delete_the_original(peer: SlackPeer, bot: BoltBot) -> None:
    ts, url = await response_url(bot)
    await AsyncWebhookClient(url).send(text="Done.", replace_original=True)
    assert peer.workspace.message("C0RELEASES", ts).text == "Done."
    await AsyncWebhookClient(url).send(delete_original=True)
    assert peer.workspace.messages("C0RELEASES") == ()


async def test_a_response_url_serves_five_times(bot: BoltBot) -> None:
    _, url = await response_url(bot)
    statuses = [(await AsyncWebhookClient(url).send(text="again")).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [404]


async def test_a_response_url_expires() -> None:
    async with SlackPeer(timing=Timing(response_url_s=-1)) as peer, BoltBot(peer) as bot:
        _, url = await response_url(bot)
        assert (await AsyncWebhookClient(url).send(text="late")).status_code == 404


async def test_a_choice_in_a_select_carries_its_option(peer: SlackPeer, bot: BoltBot) -> None:
    option: JsonObject = {"text": {"type": "plain_text", "text": "Staging"}, "value": "staging"}
    select: JsonObject = {"type": "static_select", "action_id": "silent", "options": [option]}
    blocks: list[JsonObject] = [{"type": "actions", "elements": [select]}]
    ts = await bot.call.post("C0RELEASES", "Where?", blocks=blocks)
    await peer.click("U0ROB", "#releases", ts, "silent", "staging")
    assert dig(bot.bodies[-1], "actions", 0, "selected_option", "value") == "staging"


def item(name: str) -> JsonObject:
    return {"text": {"type": "plain_text", "text": name}, "value": name.lower()}


def row(name: str, accessory: JsonObject) -> JsonObject:
    text: JsonObject = {"type": "plain_text", "text": name}
    return {"type": "section", "block_id": name, "text": text, "accessory": {"action_id": "silent", **accessory}}


SURE: JsonObject = {key: {"type": "plain_text", "text": key} for key in ("title", "text", "confirm", "deny")}
MENU: JsonObject = {"type": "overflow", "options": [item("Delegate"), item("Ask")], "confirm": SURE}
SELECT: JsonObject = {"type": "static_select", "options": [item("Bo"), item("Mia")], "initial_option": item("Bo")}


async def chosen(bot: BoltBot, blocks: list[JsonObject], value: str, block_id: str) -> JsonObject:
    """Post the blocks, choose, and return what the app heard."""
    ts = await bot.call.post("C0RELEASES", "Who?", blocks=blocks)
    await bot.peer.click("U0ROB", "#releases", ts, "silent", value, block_id=block_id)
    return bot.bodies[-1]


async def test_an_item_of_an_overflow_menu_is_its_option(bot: BoltBot) -> None:
    body = await chosen(bot, [row("one", MENU)], "ask", "one")
    action = as_object(dig(body, "actions", 0))
    assert {key: value for key, value in action.items() if key != "action_ts"} == {
        "type": "overflow",
        "action_id": "silent",
        "block_id": "one",
        "selected_option": item("Ask"),
        "confirm": SURE,
    }


async def test_an_overflow_menu_keeps_no_state(bot: BoltBot) -> None:
    body = await chosen(bot, [row("one", MENU)], "ask", "one")
    assert dig(body, "state", "values") == {}


async def test_the_same_action_in_several_rows_is_told_apart_by_the_row(bot: BoltBot) -> None:
    body = await chosen(bot, [row("one", SELECT), row("two", SELECT)], "mia", "two")
    assert dig(body, "actions", 0, "block_id") == "two"
    assert dig(body, "state", "values", "one", "silent", "selected_option", "value") == "bo"
    assert dig(body, "state", "values", "two", "silent", "selected_option", "value") == "mia"


async def test_a_button_tells_what_was_chosen_beside_it(peer: SlackPeer, bot: BoltBot) -> None:
    ts = await bot.call.post("C0RELEASES", "Who?", blocks=[row("to", SELECT), *BUTTONS])
    await peer.click("U0ROB", "#releases", ts, "approve", "r1", values={"to": "mia"})
    assert dig(bot.bodies[-1], "state", "values", "to", "silent", "selected_option", "value") == "mia"


async def test_a_file_is_seen_by_the_members_of_its_channel_alone(peer: SlackPeer, call: Call) -> None:
    answer = await call("files.upload_v2", filename="a.txt", content="x", channel="C0RELEASES")
    file = str(dig(answer, "file", "id"))
    assert peer.file("U0ROB", file)[1] == b"x"
    with pytest.raises(ControlRefusedError, match="sees no file"):
        peer.file("U0SAM", file)
