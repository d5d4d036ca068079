"""What `bot doctor` says about Slack."""

import pytest

from bot.playground.slack import App, SlackPeer
from channels.slack.doctor import SCOPES, check


async def test_a_token_with_every_scope_is_all_well(peer: SlackPeer) -> None:
    found = await check(peer.workspace.app.bot_token, peer.api_url)
    assert [finding.ok for finding in found] == [True, True]
    assert "Acme" in found[0].what


@pytest.mark.parametrize("scope", sorted(SCOPES))
async def test_a_missing_scope_is_named_with_its_purpose_and_mend(scope: str) -> None:
    async with SlackPeer(app=App(scopes=App().scopes - {scope})) as peer:
        first, second = await check(peer.workspace.app.bot_token, peer.api_url)
    assert (first.ok, second.ok) == (True, False)
    assert scope in second.what
    assert SCOPES[scope] in second.what
    assert "install the app again" in second.mend


async def test_a_wrong_token_is_said_without_showing_it(peer: SlackPeer) -> None:
    (finding,) = await check("xoxb-wrong", peer.api_url)
    assert (finding.ok, "invalid_auth" in finding.what) == (False, True)
    assert "SLACK_BOT_TOKEN" in finding.mend
    assert "xoxb-wrong" not in str(finding)


async def test_a_slack_that_cannot_be_reached_is_said(unused_tcp_port: int) -> None:
    (finding,) = await check("xoxb-1", f"http://127.0.0.1:{unused_tcp_port}/api/")
    assert not finding.ok
    assert "network" in finding.mend
