"""Messages and mentions into Inbound: which count, which start a thread, and what is dropped by which rule."""

import time
from collections import Counter, OrderedDict, deque
from collections.abc import Mapping

from bot.places import Place
from bot.port import Inbound, Intake
from channels.slack.hearing import Hearing
from channels.slack.past import Past, as_event, is_past, us_of
from channels.slack.payloads import Envelope, MessageEvent, fault_in
from channels.slack.people import People, Workspace
from channels.slack.plain import file_lines, mentioned, plain_text
from channels.slack.tally import Tally
from channels.slack.typed import Typed, is_decision

_TAKEN = frozenset({None, "thread_broadcast", "file_share"})  # subtypes that are something said
LATE_S = 2.0  # few people answer a message sooner
MOST_LOOKS = 20  # a minute, on mere suspicion; Slack allows about 50 such calls, and we have other uses for them
_KEPT = 5_000  # threads
_MOST_REPLIES = 200  # that were faster than the message that they follow


def rule_against(event: MessageEvent, workspace: Workspace, team: str | None) -> str | None:
    """Name the rule by which this event is dropped, or None: it is something that a person said where we listen.

    Edits never start a turn, and bots never get an answer, so that two of them cannot talk for ever.
    """
    if team not in {None, workspace.team}:
        return "another_workspace"
    if event.subtype not in _TAKEN:
        return f"subtype_{event.subtype}"
    if event.user == workspace.bot_user or (event.bot_id and event.bot_id == workspace.bot_id):
        return "own"
    if event.bot_id or event.user in {None, "USLACKBOT"}:
        return "bot"
    if event.type == "app_mention" and event.edited:
        return "edited"
    if not (is_direct(event) or event.thread_ts or is_mention(event, workspace)):
        return "not_for_us"
    return None


def is_direct(event: MessageEvent) -> bool:
    """Whether it was written to the bot alone."""
    return event.channel_type == "im" or event.channel.startswith("D")


def is_mention(event: MessageEvent, workspace: Workspace) -> bool:
    """Whether it mentions the bot: as `app_mention`, or as the `message` that Slack sends of the same."""
    return event.type == "app_mention" or workspace.bot_user in mentioned(event.text or "")


def text_of(event: MessageEvent, workspace: Workspace, names: Mapping[str, str]) -> str:
    """Return what was said, with a line for each file."""
    said = plain_text(event.text or "", workspace.bot_user, names)
    return "\n".join(part for part in (said, file_lines(event.files or ())) if part)


class Events:
    """Takes `message` and `app_mention`; returning means that the message is stored."""

    def __init__(
        self, intake: Intake, people: People, tally: Tally, typed: Typed | None, past: Past, hearing: Hearing
    ) -> None:
        """Take where messages go, who knows the people, who shows buttons to those who type a decision, and history."""
        self._intake = intake
        self._people = people
        self._tally = tally
        self._typed = typed
        self._past = past
        self._hearing = hearing
        self._asking: Counter[str] = Counter()  # replies that wait to hear whether their thread is ours, by thread
        self._unknown: OrderedDict[str, None] = OrderedDict()  # threads that were not ours when a reply came
        self._looked: OrderedDict[str, None] = OrderedDict()  # messages whose fast replies were looked for
        self._looks: deque[float] = deque(maxlen=MOST_LOOKS)  # when

    async def take(self, envelope: Envelope, workspace: Workspace) -> None:
        """Pass a message on, drop it by a rule, or answer a typed decision with buttons.

        Events come in any order. A reply whose thread is not ours is dropped, as all talk among others is; but the
        message that makes the thread ours may only be late, being sent again. So when it comes, the replies that were
        faster are read from the thread, before it is acknowledged.

        Raises what the intake and Slack's Web API raise: then nothing is acknowledged, and Slack sends it again.
        """
        event = envelope.event
        if await self._pass_on(envelope, workspace) and not is_past(envelope.event_id):
            await self._follow(event, workspace)

    async def _follow(self, event: MessageEvent, workspace: Workspace) -> None:
        """Take the replies that may have come before this message, by which a thread may have become ours."""
        root = f"{event.channel}/{event.thread_ts or event.ts}"
        name = f"{event.channel}/{event.ts}"
        is_late = time.time() - us_of(event.ts) / 1_000_000 > LATE_S
        is_known = root in self._unknown or self._asking[root] > 0
        if name in self._looked:
            return
        is_known = is_known or await self._hearing.early.noted(workspace.team, *root.split("/"))
        if not (is_late or is_known):
            return
        if not is_known:
            if len(self._looks) == MOST_LOOKS and time.monotonic() - self._looks[0] < 60:
                self._hearing.in_doubt = True  # the back-fill finds them soon
                return
            self._looks.append(time.monotonic())
        replies = await self._past.replies(event.channel, event.thread_ts or event.ts, us_of(event.ts), _MOST_REPLIES)
        for reply in replies:
            said = as_event(reply, event.channel, workspace.team)
            if fault := fault_in(said):
                self._tally.broken(fault)
            else:
                await self._pass_on(Envelope.model_validate(said), workspace)
        self._unknown.pop(root, None)
        _keep(self._looked, name)

    async def _pass_on(self, envelope: Envelope, workspace: Workspace) -> bool:
        """Pass a message on; whether a thread is ours by it."""
        event = envelope.event
        rule = rule_against(event, workspace, envelope.team)
        if rule or event.user is None:
            self._tally.ignored(rule or "bot", f"{event.channel}/{event.ts}")
            return False
        identity = await self._people.identity(event.user, home_team=event.user_team or event.source_team)
        others = [user for user in mentioned(event.text or "") if user != workspace.bot_user]
        names = await self._people.names(others)
        root = event.thread_ts or event.ts
        address = f"{workspace.team}/{event.channel}"
        source, place = f"slack:{address}/{event.ts}", Place(channel="slack", address=address, thread=root)
        text = text_of(event, workspace, names)
        is_inside = event.thread_ts is not None
        if (
            self._typed
            and is_decision(text)
            and (is_inside or is_direct(event))
            and await self._typed.show(source, identity, place, private=is_direct(event), thread=is_inside)
        ):
            self._tally.ignored("typed_decision", f"{event.channel}/{event.ts}")
            return False
        starts = is_direct(event) or is_mention(event, workspace)
        inbound = Inbound(
            source=source,
            also=(f"slack:{envelope.event_id}",),
            identity=identity,
            root=("slack", workspace.team, event.channel, root),
            place=place,
            route_channel=f"slack:{address}",
            text=text,
            starts=starts,
            sent_at=int(event.ts.replace(".", "")),
            private=is_direct(event),
        )
        if starts:
            return await self._intake.message(inbound) in {"taken", "duplicate"}
        await self._answered(inbound, f"{event.channel}/{root}")
        return False

    async def _answered(self, inbound: Inbound, thread: str) -> None:
        """Pass on a reply; noted before and after, since what makes the thread ours may be on its way meanwhile."""
        self._asking[thread] += 1
        try:
            if await self._is_unknown(inbound):
                _keep(self._unknown, thread)
        finally:
            self._asking[thread] -= 1
            if not self._asking[thread]:
                del self._asking[thread]

    async def _is_unknown(self, inbound: Inbound) -> bool:
        """Whether the reply's thread is not ours, also after all processes could know that there is such a reply.

        Whichever process takes what makes the thread ours does that either before the second look, or after the note.
        """
        if await self._intake.message(inbound) != "ignored":
            return False
        _, team, channel, root = inbound.root
        is_news = await self._hearing.early.note(team, channel, root)
        return not is_news or await self._intake.message(inbound) == "ignored"


def _keep(kept: OrderedDict[str, None], name: str) -> None:
    kept[name] = None
    kept.move_to_end(name)
    if len(kept) > _KEPT:
        kept.popitem(last=False)
