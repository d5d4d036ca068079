"""`bot doctor` for Slack: whether the tokens work, which scopes the app lacks or has for nothing, what to look at."""

import re
from typing import NamedTuple

import aiohttp
from slack_sdk.errors import SlackApiError

from channels.slack.calls import failure, whoami, write, writing_client
from channels.slack.manifest import EVENTS, SCOPES

_MEND = {
    "invalid_auth": "set SLACK_BOT_TOKEN to the Bot User OAuth Token (xoxb-...) under OAuth & Permissions",
    "token_revoked": "install the app again, and set SLACK_BOT_TOKEN to the new token",
    "account_inactive": "install the app again, and set SLACK_BOT_TOKEN to the new token",
}
_APP_TOKEN = "make one (xapp-...) with connections:write, under Basic Information, App-Level Tokens"  # noqa: S105 - words
_SECRET = re.compile(r"[0-9a-f]{32}")  # as Slack makes them; it promises no form, and never made another


class Finding(NamedTuple):
    """One line of `bot doctor`."""

    ok: bool
    what: str
    mend: str = ""


async def check(token: str, api_url: str, *, app_token: str = "", signing_secret: str = "") -> list[Finding]:
    """Return what works and what does not: the token, each scope that is missing, then what events come in by.

    An empty `app_token` or `signing_secret` is none, and nothing is said about it.
    """
    found = await _bot_token(token, api_url)
    if app_token:
        found += await _app_token(app_token, api_url)
    if signing_secret and not _SECRET.fullmatch(signing_secret):
        what = "SLACK_SIGNING_SECRET does not look like one: it should be 32 characters, 0 to 9 and a to f"
        found.append(Finding(ok=False, what=what, mend="copy the Signing Secret under Basic Information"))
    return found


async def _bot_token(token: str, api_url: str) -> list[Finding]:
    try:
        known, granted = await whoami(writing_client(token, api_url))
    except SlackApiError as error:
        code = failure(error).code
        return [
            Finding(ok=False, what=f"Slack refuses the bot token: {code}", mend=_MEND.get(code, _MEND["invalid_auth"]))
        ]
    except (aiohttp.ClientError, TimeoutError) as error:
        return [_away(api_url, error)]
    found = [Finding(ok=True, what=f"Slack knows the bot as {known.get('user')} in {known.get('team')}")]
    return [*found, *_scopes(granted), _events()]


def _scopes(granted: frozenset[str]) -> list[Finding]:
    """Compare what was granted with what is used: what is missing fails, what is too much is a hint."""
    missing = [
        Finding(
            ok=False,
            what=f"the Slack app lacks the scope {scope}, for {purpose}",
            mend=f"add {scope} under OAuth & Permissions, and install the app again",
        )
        for scope, purpose in SCOPES.items()
        if scope not in granted
    ]
    found = missing or [Finding(ok=True, what="the Slack app has every scope that it needs")]
    if needless := ", ".join(sorted(scope for scope in granted - set(SCOPES) if scope)):
        what = f"the Slack app may do more than is used here ({needless})"
        found.append(Finding(ok=True, what=what, mend="take it away under OAuth & Permissions, and install it again"))
    return found


def _events() -> Finding:
    """Say how to check what no bot token may read: which events the app subscribed to."""
    what = f"whether Slack sends every event, the slash command and the shortcut cannot be asked: {', '.join(EVENTS)}"
    mend = "compare the app's App Manifest with `bot slack manifest`, or mention the bot and see `bot threads`"
    return Finding(ok=True, what=what, mend=mend)


async def _app_token(token: str, api_url: str) -> list[Finding]:
    """Ask for an address to connect to, and leave it: it serves once and is forgotten by itself."""
    try:
        await write(writing_client(token, api_url), "apps.connections.open")
    except SlackApiError as error:
        code = failure(error).code
        lacks = "the app-level token lacks the scope connections:write, for Socket Mode"
        what = lacks if code == "missing_scope" else f"Slack refuses the app-level token (SLACK_APP_TOKEN): {code}"
        return [Finding(ok=False, what=what, mend=_APP_TOKEN)]
    except (aiohttp.ClientError, TimeoutError) as error:
        return [_away(api_url, error)]
    return [Finding(ok=True, what="Slack takes the app-level token for Socket Mode")]


def _away(api_url: str, error: Exception) -> Finding:
    told = f"Slack cannot be reached at {api_url} ({type(error).__name__})"
    return Finding(ok=False, what=told, mend="check the network, and SLACK_API_URL if it is set")
