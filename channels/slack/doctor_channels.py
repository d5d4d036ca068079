"""`bot doctor` for the channels that bot.toml names: whether the bot is there, and hears anything."""

from collections.abc import Iterable

import aiohttp
from slack_sdk.errors import SlackApiError

from channels.slack.calls import failure, read, reading_client
from channels.slack.doctor import Finding
from channels.slack.people import Installation, SlackAwayError
from channels.slack.wire import as_object

_INVITE = "invite it there (/invite @bot), or mend the id in bot.toml: it stands below a channel's details in Slack"


async def check(token: str, api_url: str, channels: Iterable[str]) -> list[Finding]:
    """Return a line for each channel, `slack:team/channel`, in which the bot hears nothing; one if it hears all."""
    client = reading_client(token, api_url)
    try:
        workspace = await Installation(client).workspace()
    except SlackAwayError:
        return []  # that is said already
    named = list(dict.fromkeys(channels))
    found: list[Finding] = []
    for name in named:
        team, _, channel = name.removeprefix("slack:").partition("/")
        if team != workspace.team:
            what = f"bot.toml names {name}, which is in another workspace than the bot's, {workspace.team}"
            found.append(Finding(ok=False, what=what, mend="mend the team's id"))
            continue
        try:
            told = as_object((await read(client, "conversations.info", channel=channel)).get("channel"))
        except SlackApiError as error:
            if failure(error).code == "channel_not_found":
                told = {"is_member": False}
            else:
                continue  # a missing scope is said already
        except (aiohttp.ClientError, TimeoutError):
            continue
        if told.get("is_member") is False:
            found.append(Finding(ok=False, what=f"bot.toml names {name}, where the bot is not", mend=_INVITE))
    if named and not found:
        found.append(Finding(ok=True, what=f"the bot is in every Slack channel that bot.toml names ({len(named)})"))
    return found
