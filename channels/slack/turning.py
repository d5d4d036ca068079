"""Turns, as people steer them in Slack: ratings of answers, the Stop button, and prompts to begin with."""

import logging

import aiohttp
from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.port_turns import Rating, Stopping, Turns
from channels.slack import rating
from channels.slack.calls import failure, may_pass, write
from channels.slack.later import Later, word
from channels.slack.payloads import ButtonPress, OpenedTab, SessionStopped, Submission
from channels.slack.people import Installation, People
from channels.slack.posting import show
from channels.slack.render import text_messages
from channels.slack.sessions import SlackSessions
from channels.slack.tally import Tally
from channels.slack.telling import tell
from channels.slack.wire import JsonObject, array

THANKS = "Thank you, that is noted."
NO_ANSWER = "This answer is no longer known, so that could not be noted."
_log = logging.getLogger(__name__)


class Turning:
    """Takes what is pressed about turns. Who somebody is counts, not what a payload says they may."""

    def __init__(
        self, turns: Turns, people: People, installation: Installation, client: AsyncWebClient, tally: Tally
    ) -> None:
        """Take the core's end, who knows the people, and the client to show things with."""
        self._turns = turns
        self._people = people
        self._installation = installation
        self._client = client
        self._tally = tally
        self._later = Later(tally)
        self._sessions = SlackSessions(client)
        self._suggests = True

    async def rate(self, press: ButtonPress, ack: AsyncAck) -> None:
        """Record a rating, and ask what was wrong with a bad answer. Raises as `Interactions.press` does."""
        found = rating.rated(press.actions[0].value)
        identity = await self._people.identity(press.user.id, home_team=press.user.team_id)
        counts = found is not None and await self._turns.rate(
            Rating(thread=found.thread, call=found.call, value=found.value, identity=identity)
        )
        told = THANKS if counts else NO_ANSWER
        if found is not None and counts and found.value == "down":
            try:
                await show(self._client, self._tally, "views.open", rating.form(found), trigger_id=press.trigger_id)
                told = ""
            except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
                self._tally.untold(word(error))
        await ack()
        if told:
            channel = press.container.channel_id or press.user.id
            self._later.do(self._tell(press.user.id, channel, press.container.thread_ts, told))

    async def submit(self, sent: Submission, ack: AsyncAck) -> bool:
        """Take the words about a bad answer; False: it is another form. Raises as `Interactions.submit` does."""
        found = rating.sent(sent.view)
        if found is None:
            return False
        rated, text = found
        if text:
            identity = await self._people.identity(sent.user.id, home_team=sent.user.team_id)
            await self._turns.rate(
                Rating(thread=rated.thread, call=rated.call, value="down", identity=identity, text=text)
            )
        await ack()
        return True

    async def stop(self, pressed: SessionStopped) -> None:
        """Pause the thread in which Stop was pressed. Raises what the core raises: then Slack sends it again."""
        event, workspace = pressed.event, await self._installation.workspace()
        root = ("slack", workspace.team, event.channel, event.thread_ts)
        stopped = await self._turns.stop(Stopping(root=root, identity=await self._people.identity(event.user)))
        if stopped.is_running:  # it goes on, and so does the button
            self._later.do(self._tell(event.user, event.channel, event.thread_ts, stopped.text))
            return
        status = "suspended" if stopped.thread else "active"
        self._sessions.shows(f"{workspace.team}/{event.channel}", event.thread_ts, status, "")

    def suggest(self, opened: OpenedTab) -> None:
        """Offer prompts to whoever opened the conversation with the bot."""
        if self._suggests and opened.channel:
            self._later.do(self._suggest(opened))

    async def close(self) -> None:
        """Finish what is being shown to people."""
        await self._later.close()
        await self._sessions.close()

    async def _suggest(self, opened: OpenedTab) -> None:
        identity = await self._people.identity(opened.user)
        found = self._turns.suggestions(identity)
        prompts: list[JsonObject] = [{"title": one.title, "message": one.message} for one in found]
        if not prompts:
            return
        try:  # without thread_ts: https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts
            await write(
                self._client,
                "assistant.threads.setSuggestedPrompts",
                channel_id=opened.channel,
                title="You could ask",
                prompts=array(prompts),
            )
        except SlackApiError as error:
            if may_pass(error):
                raise
            self._suggests = False
            _log.warning("no suggested prompts here (%s)", failure(error).code)

    async def _tell(self, user: str, channel: str, thread: str | None, markdown: str) -> None:
        for message in text_messages(markdown):
            await tell(self._client, self._tally, user, message, channel=channel, thread=thread)
