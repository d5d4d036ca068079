"""What `bot doctor` says about Slack."""

import pytest

from bot.playground.slack import App, SlackPeer
from channels.slack.doctor import check
from channels.slack.manifest import EVENTS, SCOPES

EXACT = App(scopes=frozenset(SCOPES), events=frozenset(EVENTS))
SECRET = "0123456789abcdef" * 2


async def test_an_app_made_by_the_manifest_is_all_well() -> None:
    async with SlackPeer(app=EXACT) as peer:
        found = await check(EXACT.bot_token, peer.api_url, app_token=EXACT.app_token, signing_secret=SECRET)
    assert [finding.ok for finding in found] == [True] * 4
    assert "Acme" in found[0].what
    assert not any("may do more" in finding.what for finding in found)


@pytest.mark.parametrize("scope", sorted(SCOPES))
async def test_a_missing_scope_is_named_with_its_purpose_and_mend(scope: str) -> None:
    async with SlackPeer(app=App(scopes=EXACT.scopes - {scope})) as peer:
        first, second, *_ = await check(peer.workspace.app.bot_token, peer.api_url)
    assert (first.ok, second.ok) == (True, False)
    assert scope in second.what
    assert SCOPES[scope] in second.what
    assert "install the app again" in second.mend


async def test_every_missing_scope_has_a_line_of_its_own() -> None:
    async with SlackPeer(app=App(scopes=frozenset())) as peer:
        found = await check(peer.workspace.app.bot_token, peer.api_url)
    assert [finding.what.split()[6].rstrip(",") for finding in found if not finding.ok] == list(SCOPES)
    assert not any("may do more" in finding.what for finding in found)


async def test_scopes_that_nothing_uses_are_a_hint() -> None:
    async with SlackPeer(app=App(scopes=EXACT.scopes | {"team:read", "reactions:write"})) as peer:
        found = await check(peer.workspace.app.bot_token, peer.api_url)
    (hint,) = [finding for finding in found if "may do more" in finding.what]
    assert hint.ok
    assert "(reactions:write, team:read)" in hint.what
    assert "OAuth & Permissions" in hint.mend


async def test_it_names_the_events_that_it_cannot_ask_about_and_how_to_check_them(peer: SlackPeer) -> None:
    found = await check(peer.workspace.app.bot_token, peer.api_url)
    (events,) = [finding for finding in found if "every event" in finding.what]
    assert all(name in events.what for name in EVENTS)
    assert "bot slack manifest" in events.mend


async def test_a_wrong_token_is_said_without_showing_it(peer: SlackPeer) -> None:
    (finding,) = await check("xoxb-wrong", peer.api_url)
    assert (finding.ok, "invalid_auth" in finding.what) == (False, True)
    assert "SLACK_BOT_TOKEN" in finding.mend
    assert "xoxb-wrong" not in str(finding)


async def test_after_the_app_was_uninstalled_it_says_to_install_it_again(peer: SlackPeer) -> None:
    peer.uninstall()
    (finding,) = await check(peer.workspace.app.bot_token, peer.api_url)
    assert (finding.ok, "account_inactive" in finding.what) == (False, True)
    assert finding.mend.startswith("install the app again")


async def test_an_app_level_token_without_connections_write_is_said() -> None:
    async with SlackPeer(app=App(app_scopes=frozenset({"authorizations:read"}))) as peer:
        app = peer.workspace.app
        *_, last = await check(app.bot_token, peer.api_url, app_token=app.app_token)
    assert not last.ok
    assert "lacks the scope connections:write" in last.what
    assert "App-Level Tokens" in last.mend


async def test_a_wrong_app_level_token_is_said_without_showing_it(peer: SlackPeer) -> None:
    *_, last = await check(peer.workspace.app.bot_token, peer.api_url, app_token="xapp-wrong")
    assert (last.ok, "invalid_auth" in last.what) == (False, True)
    assert "xapp-wrong" not in str(last)


async def test_asking_about_the_app_level_token_connects_nothing(peer: SlackPeer) -> None:
    app = peer.workspace.app
    await check(app.bot_token, peer.api_url, app_token=app.app_token)
    assert peer.sockets.opened == 0


@pytest.mark.parametrize("secret", ["xoxb-1", SECRET[1:], SECRET.upper(), f"{SECRET}0", f'"{SECRET[2:]}"'])
async def test_a_signing_secret_that_looks_wrong_is_said_without_showing_it(peer: SlackPeer, secret: str) -> None:
    *_, last = await check(peer.workspace.app.bot_token, peer.api_url, signing_secret=secret)
    assert (last.ok, "SLACK_SIGNING_SECRET" in last.what) == (False, True)
    assert secret not in str(last)


async def test_a_slack_that_cannot_be_reached_is_said(unused_tcp_port: int) -> None:
    (finding,) = await check("xoxb-1", f"http://127.0.0.1:{unused_tcp_port}/api/")
    assert not finding.ok
    assert "network" in finding.mend
