"""Something is posted always: what Slack would not take, or does not, is said in plain words, and nothing to press."""

import ast
import logging
from pathlib import Path

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.places import Content, Text
from bot.playground.slack import Pings, SlackPeer
from bot.playground.slack.text import pings
from channels.slack import kit, posting
from channels.slack.calls import writing_client
from channels.slack.limits import TEXT
from channels.slack.posting import answer, post, show, sound
from channels.slack.render import Rendered, render
from channels.slack.sender import SlackChannel
from channels.slack.spoken import spoken
from channels.slack.tally import Tally
from channels.slack.wire import JsonObject
from tests.channels.slack.cards import APPROVAL, APPROVED, THREAD, delivery

UNFIT = Rendered("It is done.", [kit.rich(kit.paragraph(kit.run("Secret <!channel> words"))), {"type": "hologram"}])
REFUSALS = ["invalid_blocks", "msg_blocks_too_long", "invalid_attachments"]


@pytest.fixture
def writer(peer: SlackPeer) -> AsyncWebClient:
    """A client that writes."""
    return writing_client(peer.workspace.app.bot_token, peer.api_url)


async def test_an_unfit_message_is_said_in_plain_words_with_its_thread(peer: SlackPeer, writer: AsyncWebClient) -> None:
    tally = Tally()
    await post(writer, tally, "chat.postMessage", UNFIT, about=THREAD, channel="C0DEPLOYS")
    (found,) = peer.workspace.messages("C0DEPLOYS")
    assert found.text.startswith("Secret &lt;!channel&gt; words\n")
    assert f"thread {THREAD}" in found.text
    assert (found.blocks, found.pings) == ((), Pings())
    assert tally.counts["unshaped:block 1 (hologram): is no block"] == 1


async def test_the_log_names_what_was_wrong_and_quotes_nobody(
    writer: AsyncWebClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "channels")
    tally = Tally()
    for _ in range(3):
        await post(writer, tally, "chat.postMessage", UNFIT, about=THREAD, channel="C0DEPLOYS")
    assert tally.counts.total() == 3
    assert len(caplog.records) == 1
    assert "is no block" in caplog.text
    assert "ecret" not in caplog.text


@pytest.mark.parametrize("code", REFUSALS)
@pytest.mark.parametrize("content", [APPROVAL, APPROVED, Text(markdown="All **good**.")])
async def test_what_slack_refuses_is_sent_once_more_as_text(
    peer: SlackPeer, channel: SlackChannel, content: Content, code: str
) -> None:
    peer.fail_next("chat.postMessage", error=code)
    sent = await channel.deliver(delivery(content), None)
    (found,) = peer.workspace.messages("C0RELEASES")
    assert sent == f"C0RELEASES/{found.ts}"
    assert found.blocks == ()
    assert THREAD in found.text
    assert channel.tally.counts[f"unshaped:{code}"] == 1
    assert await channel.find(delivery(content)) == sent, "it is known again, so it is not posted twice"


async def test_a_card_that_slack_refuses_offers_nothing_and_tells_no_arguments(
    peer: SlackPeer, channel: SlackChannel
) -> None:
    peer.fail_next("chat.postMessage", error="invalid_blocks")
    await channel.deliver(delivery(APPROVAL), None)
    (found,) = peer.workspace.messages("C0RELEASES")
    assert found.text.startswith("Approval needed: Deploy service (asked by Ana Lima)\n")
    assert "it cannot be answered here" in found.text
    assert "production" not in found.text


async def test_a_replacement_that_slack_refuses_leaves_no_buttons_behind(
    peer: SlackPeer, channel: SlackChannel
) -> None:
    card = await channel.deliver(delivery(APPROVAL), None)
    peer.fail_next("chat.update", error="invalid_blocks")
    await channel.deliver(delivery(APPROVED, delivery_id="d2"), card)
    (found,) = peer.workspace.messages("C0RELEASES")
    assert found.blocks == ()
    assert "Approved by Rob Wills" in found.text


async def test_another_refusal_stays_one(peer: SlackPeer, writer: AsyncWebClient) -> None:
    peer.fail_next("chat.postMessage", error="channel_not_found")
    tally = Tally()
    with pytest.raises(SlackApiError):
        await post(writer, tally, "chat.postMessage", Rendered("x", []), channel="C0DEPLOYS")
    assert tally.counts.total() == 0
    assert peer.webapi.calls.count("chat.postMessage") == 1


async def test_an_unfit_home_is_shown_as_one_that_says_so(peer: SlackPeer, writer: AsyncWebClient) -> None:
    unfit: JsonObject = {"type": "home", "blocks": [{"type": "hologram"}]}
    await show(writer, Tally(), "views.publish", unfit, user_id="U0ANA")
    home = peer.core.surfaces.home("U0ANA")
    assert home is not None
    assert "cannot be shown" in str(home.body)


def test_a_fit_view_stays_as_it_is() -> None:
    view: JsonObject = {"type": "home", "blocks": [kit.header("Hello")]}
    assert sound(view, Tally()) is view


@pytest.mark.parametrize("most", [TEXT, 12_000])
def test_plain_words_are_never_longer_than_slack_takes_and_say_if_they_are_cut(most: int) -> None:
    blocks = [kit.section("&lt;" * 500 + "<https://acme.test/a>")] * 5
    said = spoken("x", blocks, thread=THREAD, most=most)
    assert len(said) <= most
    assert said.count("&") == said.count(";")
    assert ("beginning only" in said) == (most == TEXT)


def test_whoever_was_to_be_notified_still_is() -> None:
    (message,) = render(Text(markdown="Still waiting.", mention=("T0ACME/U0ROB",)))
    assert pings(spoken(message.text, message.blocks), []) == Pings(users=("U0ROB",))


WAYS_OUT = {
    "chat.postMessage",
    "chat.postEphemeral",
    "chat.update",
    "views.open",
    "views.push",
    "views.update",
    "views.publish",
}


def unchecked(source: str) -> list[str]:
    """The calls of `write` or `respond` in a module by which a message or view could go out unchecked."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        method = node.args[1] if len(node.args) > 1 else None
        if node.func.id == "write" and not (isinstance(method, ast.Constant) and method.value not in WAYS_OUT):
            found.append(ast.unparse(node))
        if node.func.id == "respond" and (len(node.args) > 3 or any(given.arg == "blocks" for given in node.keywords)):
            found.append(ast.unparse(node))
    return found


def test_there_is_no_other_way_out() -> None:
    modules = [*Path(posting.__file__).parent.glob("*.py")]
    assert {path.name for path in modules if unchecked(path.read_text(encoding="utf-8"))} == {"posting.py"}


async def test_an_answer_to_a_command_is_checked_too(peer: SlackPeer, writer: AsyncWebClient) -> None:
    hook = peer.core.surfaces.hook("C0DEPLOYS", "U0ANA", "1.0", 60)
    tally = Tally()
    await answer(writer, tally, f"{peer.core.url}/actions/{peer.workspace.team.id}/{hook.id}", UNFIT)
    assert "Secret &lt;!channel&gt; words" in peer.workspace.ephemerals[-1].text
    assert tally.counts.total() == 1
