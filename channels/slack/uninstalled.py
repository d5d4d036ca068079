"""The end of our access to Slack (`tokens_revoked`, `app_uninstalled`), told to the operators by mail and in the log.

Slack itself is no place to say it any more. Both events need no scope (https://docs.slack.dev/reference/events).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

import aiohttp
from pydantic import Field, ValidationError
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError

from bot.places import Place
from bot.port import Telling, TextIntake
from channels.slack.app import TAKE_S, SlackApp
from channels.slack.calls import failure, may_pass, whoami, writing_client
from channels.slack.payloads import Happening, Payload
from channels.slack.people import SlackAwayError
from channels.slack.wire import JsonObject, as_object

KINDS = frozenset({"tokens_revoked", "app_uninstalled"})
REASON = "slack_access_ended"
SUBJECT = "Slack has ended the bot's access"

_logger = logging.getLogger("channels.slack.uninstalled")


class Ended(Payload):
    """What Slack sends of it; whose token it was is not read, since Slack can be asked whether ours still works."""

    event_id: str = Field(min_length=1)
    team_id: str = ""
    event: Happening


class Uninstalled:
    """Takes the two events; returning means that the operators will hear of it."""

    def __init__(self, slack: SlackApp, intake: TextIntake, operators: Callable[[], Iterable[str]]) -> None:
        """Take whose access it is, where tellings go, and the mail addresses of the operators; none without mail."""
        self._client = writing_client(slack.settings.bot_token, slack.settings.api_url)
        self._intake = intake
        self._operators = operators

    async def take(self, ended: Ended) -> None:
        """Tell it, if our token is dead: each operator once a day by mail, and the log when that is done.

        Uninstalling sends both events, in any order. Another workspace's installation, or somebody's own token, may
        have ended: then nothing is told. Raises what the intake raises, and SlackAwayError: then Slack sends it again.
        """
        refused = await self._refused()
        if refused is None:
            _logger.info("%s: it is not our token, which works", ended.event.type)
            return
        source = f"slack:{ended.event_id}"
        kept = await self._intake.tell(Telling(reason=REASON, source=source, who=f"slack:{ended.team_id}"))
        addresses = [*dict.fromkeys(self._operators())]
        # Whoever took the event before may have died before the mails were written: it is new for each of them or not.
        told = [address for address in addresses if await self._mail(ended, source, address)]
        if kept != "duplicate" and (told or not addresses):
            mailed = f"told by mail: {len(told)}" if told else "there is nobody to tell by mail"
            _logger.error("%s (%s: %s; %s)", text(ended), ended.event.type, refused, mailed)

    async def _mail(self, ended: Ended, source: str, address: str) -> bool:
        """Write a mail, unless this event or another one made for it already; tell whether it did."""
        telling = Telling(
            reason=REASON,
            source=f"{source}/{address}",
            who=f"email:{address}",
            place=Place(channel="email", address=address, subject=SUBJECT),
            text=text(ended),
        )
        return await self._intake.tell(telling) == "told"

    async def _refused(self) -> str | None:
        """Return Slack's word for refusing our token; None: it takes it. Raises SlackAwayError."""
        try:
            async with asyncio.timeout(TAKE_S):
                await whoami(self._client)
        except SlackApiError as error:
            if may_pass(error):
                raise SlackAwayError(f"auth.test failed: {failure(error).code}") from None
            return failure(error).code
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SlackAwayError(f"auth.test failed: {type(error).__name__}") from None
        return None


def text(ended: Ended) -> str:
    """Return what operators read: what happened, what it means, and the mend."""
    return (
        f"Slack has ended the bot's access to the workspace {ended.team_id or 'it was in'}: its token was revoked, or "
        "the app was uninstalled. It neither hears nor answers there any more; what waits for an answer goes on "
        "waiting, and can be answered with `bot approve` and `bot reject`. If nobody meant this, look into Slack's "
        "audit log first. To mend it, install the app again, set SLACK_BOT_TOKEN to the new token and restart; "
        "`bot doctor` says whether it works."
    )


def listen(slack: SlackApp, intake: TextIntake, operators: Callable[[], Iterable[str]]) -> None:
    """Have Bolt bring the two events here, ahead of its listeners and once their origin is proven."""
    uninstalled = Uninstalled(slack, intake, operators)

    # Bolt finds these arguments by their names.
    async def take(body: JsonObject, next_: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:
        if as_object(body.get("event")).get("type") not in KINDS:
            return await next_()
        try:
            ended = Ended.model_validate(body)
        except ValidationError:
            slack.tally.broken("end_of_access")
        else:
            await uninstalled.take(ended)
        return BoltResponse(status=200, body="")

    slack.bolt.use(take)  # pyright: ignore[reportUnknownMemberType] - slack_bolt leaves its arguments' types bare
