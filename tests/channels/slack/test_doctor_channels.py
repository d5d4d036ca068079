"""What `bot doctor` says about the channels that bot.toml names."""

from bot.playground.slack import SlackPeer
from bot.playground.slack.defaults import DEFAULT_CHANNELS
from channels.slack.doctor_channels import check

DEPLOYS = "slack:T0ACME/C0DEPLOYS"


async def test_where_the_bot_is_in_all_of_them_one_line_says_so(peer: SlackPeer) -> None:
    found = await check(peer.workspace.app.bot_token, peer.api_url, [DEPLOYS, DEPLOYS])
    assert [(line.ok, line.what) for line in found] == [
        (True, "the bot is in every Slack channel that bot.toml names (1)")
    ]


async def test_where_none_is_named_nothing_is_said(peer: SlackPeer) -> None:
    assert await check(peer.workspace.app.bot_token, peer.api_url, []) == []


async def test_a_channel_that_it_is_not_in_or_that_is_not_there_is_named_with_the_mend() -> None:
    left = [channel.model_copy(update={"members": ("U0ANA",)}) for channel in DEFAULT_CHANNELS]
    async with SlackPeer(channels=left) as peer:
        found = await check(peer.workspace.app.bot_token, peer.api_url, [DEPLOYS, "slack:T0ACME/C0NONE"])
    assert [line.ok for line in found] == [False, False]
    assert "C0NONE, where the bot is not" in found[1].what
    assert "/invite" in found[0].mend


async def test_a_channel_of_another_workspace_is_named(peer: SlackPeer) -> None:
    (line,) = await check(peer.workspace.app.bot_token, peer.api_url, ["slack:T0OTHER/C0DEPLOYS"])
    assert "another workspace than the bot's, T0ACME" in line.what


async def test_a_token_that_is_refused_is_said_elsewhere(peer: SlackPeer) -> None:
    assert await check("xoxb-wrong", peer.api_url, [DEPLOYS]) == []
