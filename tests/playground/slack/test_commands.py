"""Slash commands, entries in a message's menu and the Home tab of the small Slack, through a real Bolt app."""

import asyncio

import aiohttp
import pytest
from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import App, ControlRefusedError, SlackPeer, Timing
from bot.playground.slack.wire import JsonObject
from tests.helpers import wait_until
from tests.playground.slack.bolt import REASON_MODAL, BoltBot
from tests.playground.slack.client import Call, CallRefusedError, dig

HOME: JsonObject = {"type": "home", "blocks": [{"type": "divider"}]}


@pytest.fixture
def heard(bot: BoltBot) -> list[JsonObject]:
    """What the app heard of commands and shortcuts; it answers a command with its text, and a shortcut with a form."""
    bodies: list[JsonObject] = []

    async def command(ack: AsyncAck, body: JsonObject) -> None:
        bodies.append(body)
        if body["text"] == "crash":
            raise RuntimeError
        await (ack() if body["text"] == "quiet" else ack(text=f"You said {body['text']}"))

    async def shortcut(ack: AsyncAck, body: JsonObject) -> None:
        bodies.append(body)
        await ack()
        await bot.call("views.open", trigger_id=body["trigger_id"], view=REASON_MODAL)

    bot.on("command", "/bot", command)
    bot.on("message_shortcut", "ask_about_message", shortcut)
    return bodies


async def test_a_command_is_posted_as_a_form_and_seen_by_nobody(peer: SlackPeer, heard: list[JsonObject]) -> None:
    outcome = await peer.command("U0ANA", "#deploys", "/bot threads all")
    (body,) = heard
    assert (body["command"], body["text"], body["user_id"]) == ("/bot", "threads all", "U0ANA")
    assert (body["channel_id"], body["team_id"], body["is_enterprise_install"]) == ("C0DEPLOYS", "T0ACME", "false")
    assert [message["text"] for message in outcome.ephemerals] == ["You said threads all"]
    assert not peer.workspace.messages("C0DEPLOYS")


async def test_by_socket_mode_it_comes_in_an_envelope_that_takes_an_answer(peer: SlackPeer) -> None:
    app = peer.workspace.app
    peer.deliver_to(None)
    opened = await Call(AsyncWebClient(token=app.app_token, base_url=peer.api_url))(
        "apps.connections.open", app_token=app.app_token
    )
    async with aiohttp.ClientSession() as session, session.ws_connect(str(opened["url"])) as socket:
        assert (await socket.receive_json())["type"] == "hello"

        async def answer() -> JsonObject:
            envelope: JsonObject = await socket.receive_json()
            await socket.send_json({"envelope_id": envelope["envelope_id"], "payload": {"text": "Hello"}})
            return envelope

        answering = asyncio.create_task(answer())
        outcome = await peer.command("U0ANA", "#deploys", "/bot help")
        envelope = await answering
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
    assert dig(envelope, "payload", "text") == "help"
    assert [message["text"] for message in outcome.ephemerals] == ["Hello"]


async def test_an_empty_acknowledgement_shows_nothing_and_the_response_url_shows_it_later(
    peer: SlackPeer, heard: list[JsonObject]
) -> None:
    assert (await peer.command("U0ANA", "#deploys", "/bot quiet")).ephemerals == ()
    async with aiohttp.ClientSession() as session:
        for number in range(6):
            async with session.post(str(heard[0]["response_url"]), json={"text": f"{number}"}) as answer:
                assert answer.status == (200 if number < 5 else 404)
    (first, *_) = peer.workspace.ephemerals
    assert (first.text, first.ephemeral_to, first.channel) == ("0", "U0ANA", "C0DEPLOYS")


async def test_a_command_that_the_app_does_not_take_well_is_told_by_slack(
    peer: SlackPeer, heard: list[JsonObject]
) -> None:
    outcome = await peer.command("U0ANA", "#deploys", "/bot crash")
    assert not outcome.acked
    assert outcome.notice == "/bot failed with the error “dispatch_failed”"


@pytest.mark.parametrize(
    ("typed", "thread", "told"),
    [("/other x", None, "not a valid command"), ("/bot help", "1.000000", "not supported in threads")],
)
async def test_what_slack_does_not_let_people_type(
    peer: SlackPeer, heard: list[JsonObject], typed: str, thread: str | None, told: str
) -> None:
    with pytest.raises(ControlRefusedError, match=told):
        await peer.command("U0ANA", "#deploys", typed, thread)
    assert heard == []


async def test_a_shortcut_brings_the_message_and_a_trigger_that_opens_a_form(
    peer: SlackPeer, heard: list[JsonObject]
) -> None:
    root = peer.say("U0ROB", "#deploys", "Is it up?")
    ts = peer.say("U0MIA", "#deploys", "No", root)
    outcome = await peer.shortcut("U0ANA", "#deploys", ts, "ask_about_message")
    (body,) = heard
    assert (body["type"], body["callback_id"], body["message_ts"]) == ("message_action", "ask_about_message", ts)
    assert (dig(body, "user", "id"), dig(body, "channel", "id")) == ("U0ANA", "C0DEPLOYS")
    assert [dig(body, "message", key) for key in ("user", "text", "thread_ts")] == ["U0MIA", "No", root]
    assert len(outcome.modals) == 1


async def test_what_one_person_alone_sees_has_no_menu(peer: SlackPeer, bot: BoltBot, heard: list[JsonObject]) -> None:
    await bot.call("chat.postEphemeral", channel="C0DEPLOYS", user="U0ANA", text="psst")
    with pytest.raises(ControlRefusedError):
        await peer.shortcut("U0ANA", "#deploys", peer.workspace.ephemerals[0].ts, "ask_about_message")
    assert heard == []


async def test_without_the_scope_there_are_neither_commands_nor_shortcuts() -> None:
    async with SlackPeer(app=App(scopes=frozenset({"chat:write"}))) as peer:
        ts = peer.say("U0ANA", "#deploys", "hello")
        with pytest.raises(ControlRefusedError):
            await peer.command("U0ANA", "#deploys", "/bot help")
        with pytest.raises(ControlRefusedError):
            await peer.shortcut("U0ANA", "#deploys", ts, "ask_about_message")


async def test_the_home_tab_is_told_of_with_what_stands_there(peer: SlackPeer, bot: BoltBot, call: Call) -> None:
    peer.open_app("U0ANA", "home")
    await wait_until(lambda: bot.heard)
    assert "view" not in bot.heard[0]
    await call("views.publish", user_id="U0ANA", view=HOME)
    peer.open_app("U0ANA", "home")
    await wait_until(lambda: len(bot.heard) == 2)
    assert dig(bot.heard[1], "view", "type") == "home"


async def test_a_home_tab_that_changed_meanwhile_is_refused_if_its_hash_is_given(peer: SlackPeer, call: Call) -> None:
    first = await call("views.publish", user_id="U0ANA", view=HOME)
    await call("views.publish", user_id="U0ANA", view=HOME, hash=dig(first, "view", "hash"))
    with pytest.raises(CallRefusedError, match="hash_conflict"):
        await call("views.publish", user_id="U0ANA", view=HOME, hash=dig(first, "view", "hash"))


async def test_an_app_without_a_home_tab_publishes_none() -> None:
    async with SlackPeer(app=App(home_tab=False), timing=Timing()) as peer, BoltBot(peer) as bot:
        with pytest.raises(CallRefusedError, match="not_enabled"):
            await bot.call("views.publish", user_id="U0ANA", view=HOME)
        with pytest.raises(ControlRefusedError):
            peer.open_app("U0ANA", "home")
