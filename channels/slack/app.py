"""Bolt, put together: the same listeners for HTTP and Socket Mode, each storing what it heard before acknowledging."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.port import Intake
from bot.port_desk import Desks
from bot.port_turns import Turns
from channels.slack.about import About
from channels.slack.around import Around
from channels.slack.beside import Looking
from channels.slack.calls import reading_client, sdk_logger, writing_client
from channels.slack.commands import Commands
from channels.slack.edits import Edits
from channels.slack.events import Events, Needs
from channels.slack.files import Files
from channels.slack.hearing import Hearing
from channels.slack.home import Home
from channels.slack.interactions import Interactions
from channels.slack.later import Later
from channels.slack.means import Means
from channels.slack.past import Past
from channels.slack.payloads import (
    ButtonPress,
    Envelope,
    MessageAction,
    Opened,
    SessionStopped,
    SlashCommand,
    Submission,
    fault_in,
)
from channels.slack.people import Installation, People, Workspace
from channels.slack.remembered import Remembered
from channels.slack.tally import Tally
from channels.slack.turning import Turning
from channels.slack.typed import Pending, Typed
from channels.slack.wire import JsonObject

TAKE_S = 2.5  # of the three seconds that Slack waits for an acknowledgement
_ANY = re.compile("")


@dataclass(frozen=True, kw_only=True)
class SlackSettings:
    """What the adapter needs of the settings."""

    bot_token: str = field(repr=False)
    signing_secret: str = field(default="", repr=False)  # for HTTP
    api_url: str = "https://slack.com/api/"
    pace_s: float = 1.0  # between two messages in one channel, after the first few; 0: as quickly as it goes


class SlackApp:
    """The Bolt app with its listeners. HTTP and Socket Mode both hand every request to `dispatch`."""

    def __init__(
        self,
        settings: SlackSettings,
        intake: Intake,
        pending: Pending | None = None,
        desks: Desks | None = None,
        core: Remembered | None = None,
        turns: Turns | None = None,
    ) -> None:
        """Build the clients and register the listeners; nothing is called yet."""
        core = core or Remembered()
        self.settings = settings
        self.tally = Tally()
        self.hearing = Hearing()
        reader = reading_client(settings.bot_token, settings.api_url)
        self.past = Past(reader)
        self._installation = Installation(reader)
        people = People(reader, self._installation)
        writer = writing_client(settings.bot_token, settings.api_url)
        typed = Typed(pending, writer, self.tally) if pending else None
        files = Files(reader, settings.bot_token, settings.api_url, self.tally)
        needs = Needs(
            intake=intake,
            people=people,
            tally=self.tally,
            typed=typed,
            past=self.past,
            hearing=self.hearing,
            looking=Looking(Around(self.past, people, core.heard), files, core.heard),
            edits=Edits(core.tells, core.heard, self.tally),
            rules=core.rules,
        )
        self.rules = core.rules
        self._events = Events(needs)
        self._later = Later(self.tally)
        self._means = (
            None
            if desks is None
            else Means(
                desks=desks,
                people=people,
                installation=self._installation,
                reader=reader,
                writer=writer,
                tally=self.tally,
                later=self._later,
            )
        )
        self._home = Home(self._means) if self._means else None
        self._about = About(self._means, intake) if self._means else None
        self._commands = Commands(self._means) if self._means else None
        self._turning = Turning(turns, people, self._installation, writer, self.tally) if turns else None
        self._interactions = Interactions(intake, people, writer, self.tally, self._home, self._about, self._turning)
        self.bolt = AsyncApp(
            name="countersign",
            logger=sdk_logger(),
            client=AsyncWebClient(base_url=settings.api_url, logger=sdk_logger()),
            signing_secret=settings.signing_secret,
            authorize=self._authorizer(),
            process_before_response=True,  # or Bolt acknowledges events before anybody has seen them
        )
        self._listen()

    async def dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        """Let the listeners take a request whose origin is proven.

        A status below 300 says that it is stored, or that it never can be: Slack sends it no more.
        """
        answer = await self._dispatch(request)
        self.hearing.heard()
        if answer.status >= 300 and request.body.get("type") == "event_callback":
            self.hearing.in_doubt = True
        return answer

    async def replay(self, event: JsonObject) -> bool:
        """Take an event that was made from history, the same way; False: it could not be stored."""
        return (await self._dispatch(AsyncBoltRequest(mode="socket_mode", body=event))).status < 300

    async def workspace(self) -> Workspace:
        """Return where the bot is installed. Raises SlackAwayError."""
        return await self._installation.workspace()

    async def _dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        if fault := fault_in(request.body):
            self.tally.broken(fault)
            return BoltResponse(status=200, body="")
        try:
            answer = await self.bolt.async_dispatch(request)
        except Exception as error:  # noqa: BLE001 - what our listeners raise ends in `_failed`; this is Bolt's stumbling
            self.tally.broken(f"payload: {type(error).__name__}")
            return BoltResponse(status=200, body="")
        if answer.status == 404:
            self.tally.broken("unhandled")
        return answer

    async def close(self) -> None:
        """Finish what is being shown to people."""
        await self._interactions.close()
        await self._later.close()
        if self._turning is not None:
            await self._turning.close()

    def _listen(self) -> None:
        # slack_bolt leaves its patterns' types bare, hence the pragmas.
        for kind in ("app_mention", "message"):
            self.bolt.event(kind)(self._message)  # pyright: ignore[reportUnknownMemberType]
        self.bolt.event("app_home_opened")(self._opened)  # pyright: ignore[reportUnknownMemberType]
        self.bolt.event("agent_session_stopped")(self._stopped)  # pyright: ignore[reportUnknownMemberType]
        self.bolt.event(_ANY)(self._other_event)  # pyright: ignore[reportUnknownMemberType]
        self.bolt.action(_ANY)(self._press)  # pyright: ignore[reportUnknownMemberType]
        self.bolt.command(_ANY)(self._command)  # pyright: ignore[reportUnknownMemberType]
        self.bolt.message_shortcut(_ANY)(self._shortcut)  # pyright: ignore[reportUnknownMemberType]
        self.bolt.view(_ANY)(self._submit)  # pyright: ignore[reportUnknownMemberType]
        self.bolt.error(self._failed)

    def _authorizer(self) -> Callable[[], Awaitable[AuthorizeResult]]:
        """Return what tells Bolt who we are.

        Bolt's own way acknowledges an event with 200 when `auth.test` fails, and so loses it; this raises instead.
        """

        async def authorize() -> AuthorizeResult:
            known = await self._installation.workspace()
            return AuthorizeResult(
                enterprise_id=None,
                team_id=known.team,
                bot_user_id=known.bot_user,
                bot_id=known.bot_id,
                bot_token=self.settings.bot_token,
            )

        return authorize

    async def _message(self, body: JsonObject) -> None:
        async with asyncio.timeout(TAKE_S):
            await self._events.take(Envelope.model_validate(body), await self._installation.workspace())

    async def _opened(self, body: JsonObject) -> None:
        """Take the opening of one of the bot's own tabs: `home`, or `messages`."""
        opened = Opened.model_validate(body)
        if opened.event.tab == "home" and self._home is not None:
            self._home.refresh(opened.event.user)
        elif opened.event.tab == "messages" and self._turning is not None:
            self._turning.suggest(opened.event)
        else:
            self.tally.ignored("tab_of_no_use", opened.event_id)

    async def _stopped(self, body: JsonObject) -> None:
        if self._turning is None:
            self.tally.ignored("stop_of_no_use", str(body.get("event_id")))
            return
        async with asyncio.timeout(TAKE_S):
            await self._turning.stop(SessionStopped.model_validate(body))

    async def _other_event(self, body: JsonObject) -> None:
        self.tally.ignored("event_of_no_use", str(body.get("event_id")))

    async def _press(self, body: JsonObject, ack: AsyncAck) -> None:
        async with asyncio.timeout(TAKE_S):
            await self._interactions.press(ButtonPress.model_validate(body), ack)

    async def _submit(self, body: JsonObject, ack: AsyncAck) -> None:
        async with asyncio.timeout(TAKE_S):
            await self._interactions.submit(Submission.model_validate(body), ack)

    async def _command(self, body: JsonObject, ack: AsyncAck) -> None:
        if self._commands is None:
            self.tally.broken("unknown_command")
            await ack()
            return
        await self._commands.take(SlashCommand.model_validate(body), ack)

    async def _shortcut(self, body: JsonObject, ack: AsyncAck) -> None:
        if self._about is None:
            self.tally.broken("unknown_shortcut")
            await ack()
            return
        async with asyncio.timeout(TAKE_S):
            await self._about.open(MessageAction.model_validate(body), ack)

    async def _failed(self, error: Exception) -> None:
        """Leave Bolt's 500 as it is, so that Slack sends an event again; without this, Bolt logs whole payloads."""
        self.tally.failed(error)


def build(
    settings: SlackSettings,
    intake: Intake,
    pending: Pending | None = None,
    desks: Desks | None = None,
    core: Remembered | None = None,
    turns: Turns | None = None,
) -> SlackApp:
    """Return the app; `serve_http` and `serve_socket` feed it. With `pending`, typed decisions bring the buttons.

    With `desks`, people have the slash command, the Home tab, and the shortcut in a message's menu; with `turns` they
    rate answers, stop turns, and are offered prompts.
    """
    return SlackApp(settings, intake, pending, desks, core, turns)
