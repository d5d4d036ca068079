"""Clicks and forms into answers: stored first, acknowledged then, and what became of it shown to whoever clicked."""

import asyncio

import aiohttp
from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.bodies import AnswerKind
from bot.port import Answered, AnswerInbound, Intake
from channels.slack import cards, forms
from channels.slack.calls import failure, write
from channels.slack.forms import Origin, Purpose
from channels.slack.payloads import ButtonPress, Pressed, Submission
from channels.slack.people import People
from channels.slack.render import Rendered, text_messages
from channels.slack.tally import Tally
from channels.slack.telling import tell

UNKNOWN = "This button is no longer known. Please ask again in the thread, or look at it with `bot requests`."
NO_FORM = "Slack could not open the form. Please press the button again."


class Interactions:
    """Takes `block_actions` and `view_submission`. A payload names a request; whether it counts is the intake's say."""

    def __init__(self, intake: Intake, people: People, client: AsyncWebClient, tally: Tally) -> None:
        """Take where answers go, who knows the people, and the client to show things with."""
        self._intake = intake
        self._people = people
        self._client = client
        self._tally = tally
        self._later: set[asyncio.Task[None]] = set()

    async def press(self, press: ButtonPress, ack: AsyncAck) -> None:
        """Take a click. Raises what `Intake.answer` raises, and SlackAwayError: then nothing is acknowledged."""
        action = press.actions[0]
        match action.action_id:
            case cards.APPROVE:
                await self._answer(press, action, "approve", None, ack)
            case cards.REJECT:
                await self._open(press, action, "reject", ack)
            case cards.SAY:
                await self._open(press, action, "say", ack)
            case name if name.startswith(cards.CHOOSE):
                await self._answer(press, action, "choose", name.removeprefix(cards.CHOOSE), ack)
            case _:
                self._tally.broken("unknown_action")
                await ack()
                self._tell_later(press, UNKNOWN)

    async def submit(self, sent: Submission, ack: AsyncAck) -> None:
        """Take a form. Raises what `Intake.answer` raises, SlackAwayError, and ValidationError for a foreign form."""
        purpose = forms.purpose_of(sent.view)
        if purpose is None:
            self._tally.broken("unknown_form")
            await ack(response_action="update", view=forms.refused("This form is no longer known."))
            return
        origin = Origin.model_validate_json(sent.view.private_metadata)
        answered = await self._intake.answer(
            AnswerInbound(
                source=f"slack:form:{sent.view.id}/{sent.user.id}",
                request=origin.request,
                identity=await self._people.identity(sent.user.id, home_team=sent.user.team_id),
                proof="slack",
                answer=purpose,
                text=forms.words_in(sent.view),
            )
        )
        if answered.accepted:
            await ack()
        else:
            await ack(response_action="update", view=forms.refused(answered.text))

    async def close(self) -> None:
        """Wait for what is still being shown to people."""
        await asyncio.gather(*self._later, return_exceptions=True)

    async def _answer(
        self, press: ButtonPress, action: Pressed, kind: AnswerKind, option: str | None, ack: AsyncAck
    ) -> None:
        place = f"{press.container.channel_id}/{press.container.message_ts}"
        answered: Answered = await self._intake.answer(
            AnswerInbound(
                source=f"slack:action:{place}/{press.user.id}/{action.action_ts}",
                request=action.value,
                identity=await self._people.identity(press.user.id, home_team=press.user.team_id),
                proof="slack",
                answer=kind,
                option=option,
            )
        )
        await ack()
        self._tell_later(press, answered.text)

    async def _open(self, press: ButtonPress, action: Pressed, purpose: Purpose, ack: AsyncAck) -> None:
        """Open a form: within three seconds, and with a trigger that serves once, so before the acknowledgement."""
        origin = Origin(
            request=action.value, channel=press.container.channel_id or "", thread=press.container.thread_ts
        )
        try:
            await write(self._client, "views.open", trigger_id=press.trigger_id, view=forms.form(purpose, origin))
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
            self._tally.untold(_word(error))
            self._tell_later(press, NO_FORM)
        await ack()

    def _tell_later(self, press: ButtonPress, markdown: str) -> None:
        """Show it after the acknowledgement, which must not wait for another call of Slack's."""
        task = asyncio.create_task(self._tell(press, text_messages(markdown)[0]))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _tell(self, press: ButtonPress, message: Rendered) -> None:
        where = press.container.channel_id or (press.channel.id if press.channel else press.user.id)
        try:
            await tell(self._client, press.user.id, message, channel=where, thread=press.container.thread_ts)
        except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
            self._tally.untold(_word(error))


def _word(error: Exception) -> str:
    return failure(error).code if isinstance(error, SlackApiError) else type(error).__name__
