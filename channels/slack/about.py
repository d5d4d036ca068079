"""The shortcut "Ask the bot about this": a form about one message, and the thread that it starts there."""

import asyncio
import time
import weakref
from collections.abc import Sequence
from typing import Final, NamedTuple

import aiohttp
from pydantic import BaseModel, ConfigDict, ValidationError
from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackApiError

from bot.identity import SlackIdentity
from bot.places import Place
from bot.port import Inbound, Intake
from bot.port_desk import AgentLine
from bot.visible import line, readable
from channels.slack import forms, inputs, kit
from channels.slack.calls import failure
from channels.slack.history import Mark, ours
from channels.slack.later import word
from channels.slack.links import permalink
from channels.slack.means import Means
from channels.slack.past import us_of
from channels.slack.payloads import MessageAction, Submission, View
from channels.slack.people import Workspace
from channels.slack.plain import file_lines, mentioned, plain_text
from channels.slack.posting import post, show, sound
from channels.slack.render import Rendered, text_messages
from channels.slack.telling import direct_channel, tell
from channels.slack.visible import escape
from channels.slack.wire import JsonObject, array, as_text

ABOUT: Final = "ask_about_message"
"""The callback id of the shortcut, and of its form."""
AGENT, QUESTION = "agent", "question"  # the inputs, by their blocks
NO_FORM = "Slack could not open the form. Please choose it from the message's menu again."
NOT_THERE: Final = frozenset(
    {"not_in_channel", "channel_not_found", "is_archived", "thread_not_found", "missing_scope"}
)
_ANY = "-"  # whichever agent fits
_METADATA = 2_900  # characters of the 3,000 that a view carries along
_QUOTED = 2_000  # characters of the message


class Subject(BaseModel):
    """The message that is asked about. It travels in the form, and what people wrote in it is not trusted."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    channel: str
    ts: str
    root: str
    author: str  # a name, for reading
    text: str
    cut: bool = False
    opened: int  # us


def subject(action: MessageAction, author: str, text: str) -> Subject:
    """Return what the form carries along of a message, cut to what fits and marked as such."""
    message = action.message
    most = _QUOTED
    while True:
        made = Subject(
            channel=action.channel.id,
            ts=action.message_ts,
            root=message.thread_ts or action.message_ts,
            author=line(author, 80) or "someone",
            text=text[:most],
            cut=len(text) > most,
            opened=time.time_ns() // 1_000,
        )
        if len(made.model_dump_json()) <= _METADATA:
            return made
        most = most * 3 // 4


def form(about: Subject, agents: Sequence[AgentLine]) -> JsonObject:
    """Return the form: the message as it was written, who is to answer, and what is asked."""
    known = {_ANY: "Whichever fits", **{one.name: f"{one.name}: {one.description}" for one in agents[:90]}}
    asked: JsonObject = {**inputs.words(QUESTION), "focus_on_load": True}
    where = (
        "The answer comes into the thread of this message; to you alone if I am not there, or answer there in private."
    )
    return {
        "type": "modal",
        "callback_id": ABOUT,
        "private_metadata": about.model_dump_json(),
        "title": kit.plain("Ask the bot about this"),
        "submit": kit.plain("Ask"),
        "close": kit.plain("Cancel"),
        "blocks": array(
            [
                kit.rich(kit.paragraph(kit.run(about.author, "bold"), kit.run(" wrote:")), kit.quote(_quoted(about))),
                inputs.block(inputs.select(AGENT, known, _ANY), "Who is to answer?"),
                inputs.block(asked, "Your question", name=QUESTION, hint=where),
            ]
        ),
    }


def told(about: Subject, question: str) -> str:
    """Return what the agent reads: the question, and below it the message with its author, each line marked."""
    quoted = "\n".join(f"> {row}" for row in _quoted(about).split("\n"))
    return f"{question}\n\nAbout this message, which {about.author} wrote and which is no request of mine:\n{quoted}"


class About:
    """Takes the shortcut and its form. Who asks is whoever used it; the message's author asks for nothing."""

    def __init__(self, means: Means, intake: Intake) -> None:
        """Take what to show things with, and where messages go."""
        self._means = means
        self._intake = intake
        self._busy: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    async def open(self, action: MessageAction, ack: AsyncAck) -> None:
        """Open the form: within three seconds, and with a trigger that serves once, so before the acknowledgement.

        Raises redis errors, and SlackAwayError: then nothing is acknowledged, and Slack says to try again.
        """
        if action.callback_id != ABOUT:
            self._means.tally.broken("unknown_shortcut")
            await ack()
            return
        identity = await self._means.people.identity(action.user.id, home_team=action.user.team_id)
        desk = await self._means.desks.of(identity, f"slack:shortcut:{action.trigger_id}")
        refusal = desk if isinstance(desk, str) else None
        if not isinstance(desk, str):
            workspace = await self._means.installation.workspace()
            agents = desk.agents(f"slack:{workspace.team}/{action.channel.id}")
            view = form(subject(action, await self._author(action), await self._text(action, workspace)), agents)
            try:
                await show(self._means.writer, self._means.tally, "views.open", view, trigger_id=action.trigger_id)
            except (SlackApiError, aiohttp.ClientError, TimeoutError) as error:
                self._means.tally.untold(word(error))
                refusal = NO_FORM
        await ack()
        if refusal is not None:
            self._means.later.do(self._tell(action, refusal))

    async def submit(self, sent: Submission, ack: AsyncAck) -> None:
        """Take the form: post what is asked where it is answered, and pass it on; once, however often it is sent.

        Raises what the intake raises, Slack's errors and SlackAwayError: then nothing is acknowledged, Slack keeps the
        form open, and another try finds what was posted.
        """
        about, question = _subject_of(sent.view), (inputs.put_in(sent.view, QUESTION) or "").strip()
        if about is None or not question:
            self._means.tally.broken("unknown_form")
            await ack(
                response_action="update", view=sound(forms.refused("This form is no longer known."), self._means.tally)
            )
            return
        identity = await self._means.people.identity(sent.user.id, home_team=sent.user.team_id)
        desk = await self._means.desks.of(identity, f"slack:form:{sent.view.id}")
        if isinstance(desk, str):
            await ack(response_action="update", view=sound(forms.refused(desk, question), self._means.tally))
            return
        workspace = await self._means.installation.workspace()
        route = f"slack:{workspace.team}/{about.channel}"
        agent = inputs.put_in(sent.view, AGENT) or _ANY
        if agent != _ANY and agent not in {one.name for one in desk.agents(route)}:
            await ack(response_action="errors", errors={AGENT: "This agent does not listen to you here any more."})
            return
        turn = self._busy.setdefault(sent.view.id, asyncio.Lock())
        async with turn:
            spot = await self._begin(sent, about, question, identity, alone=desk.is_private(route))
            chosen = None if agent == _ANY else agent
            await self._intake.message(_inbound(spot, workspace.team, route, identity, told(about, question), chosen))
        await ack()

    async def _begin(
        self, sent: Submission, about: Subject, question: str, identity: SlackIdentity, *, alone: bool
    ) -> "_Spot":
        """Say in the message's thread who asks what; where we are not, or with `alone`, to them alone.

        What stands there already is found.
        """
        mark = Mark(f"about:{sent.view.id}")
        workspace = await self._means.installation.workspace()
        link = permalink(workspace.url, about.channel, about.ts, about.root)
        beside = _beside(about, question, identity, link)
        try:
            if not alone:
                return await self._posted(mark, about, beside, about.channel, about.root)
        except SlackApiError as error:
            if failure(error).code not in NOT_THERE:
                raise
        direct = await direct_channel(self._means.writer, sent.user.id)
        return await self._posted(mark, about, _alone(about, question, link), direct, None)

    async def _posted(self, mark: Mark, about: Subject, message: Rendered, channel: str, root: str | None) -> "_Spot":
        stands = await ours(self._means.reader, channel, root, after=about.opened)
        ts = next((one.ts for one in stands if one.mark.delivery == mark.delivery), "")
        if not ts:
            sent = await post(
                self._means.writer,
                self._means.tally,
                "chat.postMessage",
                message,
                channel=channel,
                thread_ts=root,
                metadata=mark.metadata(),
                unfurl_links=False,
                unfurl_media=False,
            )
            ts = as_text(sent.get("ts"))
        return _Spot(channel, root or ts, ts)

    async def _author(self, action: MessageAction) -> str:
        user = action.message.user
        return (await self._means.people.profile(user)).name if user else action.message.username or "A bot"

    async def _text(self, action: MessageAction, workspace: Workspace) -> str:
        said = action.message.text or ""
        names = await self._means.people.names(user for user in mentioned(said) if user != workspace.bot_user)
        parts = (plain_text(said, workspace.bot_user, names), file_lines(action.message.files or ()))
        return readable("\n".join(part for part in parts if part)) or "(no text)"

    async def _tell(self, action: MessageAction, markdown: str) -> None:
        channel, root = action.channel.id, action.message.thread_ts
        await tell(
            self._means.writer,
            self._means.tally,
            action.user.id,
            text_messages(markdown)[0],
            channel=channel,
            thread=root,
        )


class _Spot(NamedTuple):
    """Where a question was put: its message, and the thread that this begins or is in."""

    channel: str
    root: str
    ts: str


def _inbound(spot: _Spot, team: str, route: str, identity: SlackIdentity, text: str, agent: str | None) -> Inbound:
    address = f"{team}/{spot.channel}"
    return Inbound(
        source=f"slack:{address}/{spot.ts}",
        identity=identity,
        root=("slack", team, spot.channel, spot.root),
        place=Place(channel="slack", address=address, thread=spot.root),
        route_channel=route,
        agent=agent,
        text=text,
        starts=True,
        sent_at=us_of(spot.ts),
        private=spot.channel.startswith("D"),
    )


def _subject_of(view: View) -> Subject | None:
    try:
        return Subject.model_validate_json(view.private_metadata)
    except ValidationError:
        return None


def _quoted(about: Subject) -> str:
    return f"{about.text}\n(cut here: the message is longer)" if about.cut else about.text


def _beside(about: Subject, question: str, identity: SlackIdentity, link: str) -> Rendered:
    """Return what everybody in the thread sees of the question."""
    who = line(identity.name, 80) or "Somebody"
    this = kit.link(link, "this message") if link else kit.run("this message")
    asked = kit.paragraph(kit.run(who, "bold"), kit.run(" asks about "), this, kit.run(f" by {about.author}:"))
    return Rendered(escape(f"{who} asks about a message by {about.author}"), [kit.rich(asked, kit.quote(question))])


def _alone(about: Subject, question: str, link: str) -> Rendered:
    """Return what begins the thread in the direct messages of whoever asked."""
    this = kit.link(link, "a message") if link else kit.run("a message")
    asked = kit.paragraph(kit.run("You ask about "), this, kit.run(". I answer here, where only you read it."))
    wrote = kit.paragraph(kit.run(about.author, "bold"), kit.run(" wrote:"))
    yours = kit.paragraph(kit.run("Your question:", "bold"))
    blocks = [kit.rich(asked, wrote, kit.quote(_quoted(about)), yours, kit.quote(question))]
    return Rendered(escape(f"You ask about a message by {about.author}"), blocks)
