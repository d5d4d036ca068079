"""Who somebody in Slack is: the workspace we are installed in, and people as `users.info` tells about them."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import CountersignError
from bot.identity import SlackIdentity
from bot.visible import line
from channels.slack.calls import failure, may_pass, read
from channels.slack.wire import JsonObject, as_object, as_text

KEPT = 5_000  # people
KEPT_S = 300.0  # a guest who became a member, or the other way round, is seen as such after this time
MOST_NAMES = 20  # of people mentioned in one message


class SlackAwayError(CountersignError):
    """Slack's Web API cannot say who is who right now, so the event is left for Slack to send again."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where the bot is installed, and as whom."""

    team: str
    bot_user: str
    bot_id: str
    url: str = ""  # where its messages have their addresses: `https://acme.slack.com/`


class Installation:
    """The one workspace that the token belongs to; asked for once."""

    def __init__(self, client: AsyncWebClient) -> None:
        """Take the client to ask by."""
        self._client = client
        self._known: Workspace | None = None

    async def workspace(self) -> Workspace:
        """Return the workspace. Raises SlackAwayError."""
        if self._known is None:
            try:
                told = await read(self._client, "auth.test")
            except SlackApiError as error:
                raise SlackAwayError(
                    f"Slack refuses SLACK_BOT_TOKEN: {failure(error).code}; try `bot doctor`"
                ) from None
            except (aiohttp.ClientError, TimeoutError) as error:
                raise SlackAwayError(f"Slack's Web API cannot be reached: {type(error).__name__}") from None
            self._known = Workspace(
                team=as_text(told.get("team_id")),
                bot_user=as_text(told.get("user_id")),
                bot_id=as_text(told.get("bot_id")),
                url=as_text(told.get("url")),
            )
        return self._known


@dataclass(frozen=True, slots=True)
class Profile:
    """What counts about a person; the default is what is assumed of somebody whom Slack does not know."""

    name: str = ""
    is_guest: bool = False
    is_external: bool = True
    is_bot: bool = False


class People:
    """Profiles, kept for five minutes. A person whom Slack does not tell about counts as external."""

    def __init__(
        self, client: AsyncWebClient, installation: Installation, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take the client to ask by."""
        self._client = client
        self._installation = installation
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, Profile]] = OrderedDict()

    async def identity(self, user: str, *, home_team: str | None = None) -> SlackIdentity:
        """Return who this is, for Slack has signed that it is them; `home_team` is where the event says they belong.

        The account carries the team of our installation, whatever their own is: users' ids are unique across
        workspaces, and one person must not be two.

        Raises SlackAwayError if Slack cannot be asked now: someone taken for an outsider in a bad moment would stay
        one for the life of the thread.
        """
        workspace = await self._installation.workspace()
        profile = await self.profile(user)
        return SlackIdentity(
            account=f"{workspace.team}/{user}",
            name=profile.name,
            proven=True,
            is_guest=profile.is_guest,
            is_external=profile.is_external or home_team not in {None, "", workspace.team},
            is_bot=profile.is_bot,
        )

    async def bot(self, bot_id: str, name: str, *, home_team: str | None = None) -> SlackIdentity:
        """Return who a bot is: Slack has signed that it wrote, and its name is what it calls itself."""
        workspace = await self._installation.workspace()
        return SlackIdentity(
            account=f"{workspace.team}/{bot_id}",
            name=line(name, 80),
            proven=True,
            is_external=home_team not in {None, "", workspace.team},
            is_bot=True,
        )

    async def profile(self, user: str) -> Profile:
        """Return what is known of a user. Raises SlackAwayError."""
        found = self._kept.get(user)
        if found and found[0] > self._clock():
            return found[1]
        workspace = await self._installation.workspace()
        try:
            told = await read(self._client, "users.info", user=user)
            profile = _profile(as_object(told.get("user")), workspace.team)
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
            if may_pass(error):
                raise SlackAwayError(f"users.info failed: {type(error).__name__}") from None
            profile = Profile()
        self._kept[user] = (self._clock() + KEPT_S, profile)
        self._kept.move_to_end(user)
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return profile

    async def names(self, users: Iterable[str]) -> dict[str, str]:
        """Return the names of users who are mentioned, without those that cannot be found out quickly."""
        asked = [*users][:MOST_NAMES]
        found = await asyncio.gather(*(self._name(user) for user in asked))
        return {user: name for user, name in zip(asked, found, strict=True) if name}

    async def _name(self, user: str) -> str:
        try:
            async with asyncio.timeout(1):
                return (await self.profile(user)).name
        except (SlackAwayError, TimeoutError):
            return ""


def _profile(user: JsonObject, team: str) -> Profile:
    details = as_object(user.get("profile"))
    name = as_text(details.get("real_name")) or as_text(user.get("real_name")) or as_text(user.get("name"))
    return Profile(
        name=line(name, 80),
        is_guest=any(user.get(flag) is not False for flag in ("is_restricted", "is_ultra_restricted")),
        is_external=user.get("is_stranger") is True or user.get("team_id") != team or user.get("deleted") is True,
        is_bot=user.get("is_bot") is True or user.get("id") == "USLACKBOT",
    )
