"""Clicks into answers and forms: stored first, acknowledged then, and what became of it shown to whoever clicked."""

from collections.abc import Mapping

import aiohttp
from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.bodies import AnswerKind
from bot.port import AnswerInbound, Intake
from channels.slack import buttons, home, rating
from channels.slack.about import ABOUT, About
from channels.slack.buttons import Pick
from channels.slack.calls import respond
from channels.slack.forms import Origin, Purpose
from channels.slack.home import Home
from channels.slack.later import Later, word
from channels.slack.payloads import ButtonPress, Submission
from channels.slack.people import People
from channels.slack.posting import show
from channels.slack.render import text_messages
from channels.slack.submissions import Submissions
from channels.slack.tally import Tally
from channels.slack.telling import tell
from channels.slack.turning import Turning

UNKNOWN = "This button is no longer known. Please ask again in the thread, or look at it with `bot requests`."
NO_FORM = "Slack could not open the form. Please press the button again."
_FORMS: Mapping[str, Purpose] = {
    buttons.REJECT: "reject",
    buttons.EDIT: "edit",
    buttons.ASK: "ask",
    buttons.SAY: "say",
    buttons.GIVE: "give",
    buttons.GRANT: "grant",
}


class Interactions:
    """Takes `block_actions` and `view_submission`. A payload names a request; whether it counts is the intake's say."""

    def __init__(
        self,
        intake: Intake,
        people: People,
        client: AsyncWebClient,
        tally: Tally,
        home: Home | None = None,
        about: About | None = None,
        turning: Turning | None = None,
    ) -> None:
        """Take where answers go, who knows the people, the client to show things with, and what has buttons besides."""
        self._intake = intake
        self._people = people
        self._client = client
        self._tally = tally
        self._submissions = Submissions(intake, people, tally)
        self._home = home
        self._about = about
        self._turning = turning
        self._later = Later(tally)

    async def press(self, press: ButtonPress, ack: AsyncAck) -> None:
        """Take a click. Raises what the intake raises, and SlackAwayError: then nothing is acknowledged."""
        action = press.actions[0]
        pick = buttons.picked(action.action_id, action.value, action.selected_option.value)
        match pick.action:
            case buttons.APPROVE:
                await self._answer(press, pick, "approve", None, ack)
            case name if name.startswith(buttons.CHOOSE):
                await self._answer(press, pick, "choose", name.removeprefix(buttons.CHOOSE), ack)
            case name if name in _FORMS:
                await self._open(press, pick, _FORMS[name], ack)
            case home.REFRESH | home.REVOKE if self._home is not None:
                await self._home.press(press, ack)
            case rating.RATE if self._turning is not None:
                await self._turning.rate(press, ack)
            case _:
                self._tally.broken("unknown_action")
                await ack()
                self._tell_later(press, UNKNOWN)

    async def submit(self, sent: Submission, ack: AsyncAck) -> None:
        """Take a form. Raises what the intake raises, and SlackAwayError: then nothing is acknowledged."""
        if self._about is not None and sent.view.callback_id == ABOUT:
            await self._about.submit(sent, ack)
        elif self._turning is not None and await self._turning.submit(sent, ack):
            pass
        elif told := await self._submissions.take(sent, ack):
            origin, text = told
            if origin.home and self._home is not None:
                self._home.refresh(sent.user.id, text)
            else:
                self._later.do(self._tell(sent.user.id, origin.channel or sent.user.id, origin.thread, text))

    async def close(self) -> None:
        """Wait for what is still being shown to people."""
        await self._later.close()

    async def _answer(
        self, press: ButtonPress, pick: Pick, kind: AnswerKind, option: str | None, ack: AsyncAck
    ) -> None:
        place = "home" if press.at_home else f"{press.container.channel_id}/{press.container.message_ts}"
        answered = await self._intake.answer(
            AnswerInbound(
                source=f"slack:action:{place}/{press.user.id}/{press.actions[0].action_ts}",
                request=pick.request,
                identity=await self._people.identity(press.user.id, home_team=press.user.team_id),
                proof="slack",
                answer=kind,
                option=option,
            )
        )
        await ack()
        if answered.accepted and press.container.is_ephemeral and press.response_url:
            self._later.do(self._replace(press.response_url, answered.text))
        else:
            self._tell_later(press, answered.text)

    async def _open(self, press: ButtonPress, pick: Pick, purpose: Purpose, ack: AsyncAck) -> None:
        """Open a form: within three seconds, and with a trigger that serves once, so before the acknowledgement."""
        thread = press.container.thread_ts
        origin = Origin(request=pick.request, channel=_where(press), thread=thread, home=press.at_home)
        view = await self._submissions.open(purpose, origin)
        if isinstance(view, str):
            self._tell_later(press, view)
        else:
            try:
                await show(self._client, self._tally, "views.open", view, trigger_id=press.trigger_id)
            except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
                self._tally.untold(word(error))
                self._tell_later(press, NO_FORM)
        await ack()

    def _tell_later(self, press: ButtonPress, markdown: str) -> None:
        """Show what became of it: where it was pressed, to whoever pressed it alone."""
        if press.at_home and self._home is not None:
            self._home.refresh(press.user.id, markdown)
        else:
            self._later.do(self._tell(press.user.id, _where(press), press.container.thread_ts, markdown))

    async def _tell(self, user: str, channel: str, thread: str | None, markdown: str) -> None:
        for message in text_messages(markdown):
            await tell(self._client, self._tally, user, message, channel=channel, thread=thread)

    async def _replace(self, response_url: str, markdown: str) -> None:
        """Take the buttons away from a card that one person alone was shown: nobody else's decision would do it."""
        await respond(self._client, response_url, text_messages(markdown)[0].text)


def _where(press: ButtonPress) -> str:
    return press.container.channel_id or (press.channel.id if press.channel else press.user.id)
