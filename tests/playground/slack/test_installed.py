"""What the app hears and may do as it was installed: its subscriptions, its app-level token, and the end of it all."""

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.playground.slack import App, SlackPeer
from tests.helpers import wait_until
from tests.playground.slack.bolt import BoltBot
from tests.playground.slack.client import Call, CallRefusedError


async def test_an_app_hears_only_what_it_subscribed_to() -> None:
    async with SlackPeer(app=App(events=frozenset({"message.im", "app_mention"}))) as peer, BoltBot(peer) as bot:
        peer.say("U0ANA", "#deploys", "@bot deploy backend")
        peer.say("U0ANA", "U0BOT", "hello")
        await wait_until(lambda: peer.idle)
        assert sorted(bot.types()) == ["app_mention", "message"]
        assert {str(event.get("channel_type")) for event in bot.heard if event["type"] == "message"} == {"im"}


async def test_an_app_level_token_without_its_scope_opens_no_connection() -> None:
    async with SlackPeer(app=App(app_scopes=frozenset())) as peer:
        call = Call(AsyncWebClient(token=peer.workspace.app.app_token, base_url=peer.api_url))
        with pytest.raises(CallRefusedError, match="missing_scope") as refused:
            await call.raw("apps.connections.open", {})
    assert refused.value.answer["needed"] == "connections:write"


@pytest.mark.usefixtures("bot")
async def test_a_token_that_is_taken_away_opens_nothing_and_the_app_is_told(peer: SlackPeer, call: Call) -> None:
    peer.revoke_token()
    await wait_until(lambda: peer.idle)
    assert peer.attempts[0].payload["event"] == {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0BOT"]}}
    with pytest.raises(CallRefusedError, match="account_inactive"):
        await call("auth.test")


@pytest.mark.usefixtures("bot")
async def test_an_app_that_is_uninstalled_hears_it_beside_the_end_of_its_token(peer: SlackPeer) -> None:
    peer.uninstall()
    await wait_until(lambda: peer.idle)
    assert {attempt.type for attempt in peer.attempts} == {"app_uninstalled", "tokens_revoked"}
