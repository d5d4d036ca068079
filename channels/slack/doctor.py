"""`bot doctor` for Slack: whether the token works, and which scopes it lacks."""

from typing import NamedTuple

import aiohttp
from slack_sdk.errors import SlackApiError

from channels.slack.calls import failure, whoami, writing_client

SCOPES = {
    "app_mentions:read": "hearing when someone mentions the bot",
    "channels:history": "following the threads it takes part in, in public channels",
    "groups:history": "the same in private channels",
    "im:history": "direct messages",
    "mpim:history": "group direct messages",
    "chat:write": "answering, and asking for approval",
    "files:write": "showing all of a call that is too long for its card; without it nobody approves such a call here",
    "im:write": "asking someone for approval by direct message",
    "users:read": "telling members from guests and strangers; without it nobody counts as a member",
}
_MEND = {
    "invalid_auth": "set SLACK_BOT_TOKEN to the Bot User OAuth Token (xoxb-...) under OAuth & Permissions",
    "token_revoked": "install the app again, and set SLACK_BOT_TOKEN to the new token",
    "account_inactive": "install the app again, and set SLACK_BOT_TOKEN to the new token",
}


class Finding(NamedTuple):
    """One line of `bot doctor`."""

    ok: bool
    what: str
    mend: str = ""


async def check(token: str, api_url: str) -> list[Finding]:
    """Return what works and what does not: the token first, then each scope that is missing."""
    try:
        known, granted = await whoami(writing_client(token, api_url))
    except SlackApiError as error:
        code = failure(error).code
        return [
            Finding(ok=False, what=f"Slack refuses the bot token: {code}", mend=_MEND.get(code, _MEND["invalid_auth"]))
        ]
    except (aiohttp.ClientError, TimeoutError) as error:
        told = f"Slack cannot be reached at {api_url} ({type(error).__name__})"
        return [Finding(ok=False, what=told, mend="check the network, and SLACK_API_URL if it is set")]
    found = [Finding(ok=True, what=f"Slack knows the bot as {known.get('user')} in {known.get('team')}")]
    missing = [
        Finding(
            ok=False,
            what=f"the Slack app lacks the scope {scope}, for {purpose}",
            mend=f"add {scope} under OAuth & Permissions, and install the app again",
        )
        for scope, purpose in SCOPES.items()
        if scope not in granted
    ]
    return [*found, *(missing or [Finding(ok=True, what="the Slack app has every scope that it needs")])]
