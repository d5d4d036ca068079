"""Messages and mentions into Inbound: which count, which start a thread, and what is dropped by which rule."""

import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.config import ChannelEntry
from bot.identity import SlackIdentity
from bot.places import Place
from bot.port import Inbound, Intake
from channels.slack.beside import Looking
from channels.slack.edits import SUBTYPES, Edits
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


def rule_against(event: MessageEvent, workspace: Workspace, team: str | None, here: ChannelEntry) -> str | None:
    """Name the rule by which this event is dropped, or None: it is something that was said where we listen.

    Edits never start a turn. Bots never get an answer, so that two of them cannot talk for ever, but for those that
    the channel's table names; the core counts their turns.
    """
    if team not in {None, workspace.team}:
        return "another_workspace"
    if event.user == workspace.bot_user or (event.bot_id and event.bot_id == workspace.bot_id):
        return "own"
    is_invited = event.bot_id is not None and event.bot_id in here.bots
    if event.subtype not in _TAKEN and not (is_invited and event.subtype == "bot_message"):
        return f"subtype_{event.subtype}"
    if (event.bot_id or event.user in {None, "USLACKBOT"}) and not is_invited:
        return "bot"
    if event.type == "app_mention" and event.edited:
        return "edited"
    if not (event.thread_ts or starts(event, workspace, here)):
        return "not_for_us"
    return None


def starts(event: MessageEvent, workspace: Workspace, here: ChannelEntry) -> bool:
    """Whether it may begin a thread: written to the bot alone, mentioning it, or where every message counts."""
    return is_direct(event) or is_mention(event, workspace) or here.listen == "every message"


def is_direct(event: MessageEvent) -> bool:
    """Whether it was written to the bot alone."""
    return event.channel_type == "im" or event.channel.startswith("D")


def is_mention(event: MessageEvent, workspace: Workspace) -> bool:
    """Whether it mentions the bot: as `app_mention`, or as the `message` that Slack sends of the same."""
    return event.type == "app_mention" or workspace.bot_user in mentioned(event.text or "")


def text_of(
    event: MessageEvent, workspace: Workspace, names: Mapping[str, str], notes: Mapping[int, str] | None = None
) -> str:
    """Return what was said, with a line for each file; `notes` say of some, by their place, why they are not read."""
    said = plain_text(event.text or "", workspace.bot_user, names)
    return "\n".join(part for part in (said, file_lines(event.files or (), notes or {})) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What taking a message needs."""

    intake: Intake  # where messages go
    people: People  # who is who
    tally: Tally
    typed: Typed | None  # shows buttons to those who type a decision
    past: Past  # history
    hearing: Hearing
    looking: Looking  # what stands beside a message
    edits: Edits
    rules: Callable[[str], ChannelEntry]  # how to behave in a channel, `slack:team/channel`


class Events:
    """Takes `message` and `app_mention`; returning means that the message is stored."""

    def __init__(self, needs: Needs) -> None:
        """Take what it needs."""
        self._intake = needs.intake
        self._people = needs.people
        self._tally = needs.tally
        self._typed = needs.typed
        self._past = needs.past
        self._hearing = needs.hearing
        self._looking = needs.looking
        self._edits = needs.edits
        self._rules = needs.rules
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
        if event.subtype in SUBTYPES and envelope.team in {None, workspace.team}:
            await self._edits.note(event, workspace)
        elif await self._pass_on(envelope, workspace) and not is_past(envelope.event_id):
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
        address = f"{workspace.team}/{event.channel}"
        here = self._rules(f"slack:{address}")
        if rule := rule_against(event, workspace, envelope.team, here):
            self._tally.ignored(rule, f"{event.channel}/{event.ts}")
            return False
        identity = await self._author(event)
        others = [user for user in mentioned(event.text or "") if user != workspace.bot_user]
        names = await self._people.names(others)
        root = event.thread_ts or event.ts
        source, place = f"slack:{address}/{event.ts}", Place(channel="slack", address=address, thread=root)
        is_inside = event.thread_ts is not None
        if (
            self._typed
            and is_decision(text_of(event, workspace, names))
            and not identity.is_bot
            and (is_inside or is_direct(event))
            and await self._typed.show(source, identity, place, private=is_direct(event), thread=is_inside)
        ):
            self._tally.ignored("typed_decision", f"{event.channel}/{event.ts}")
            return False
        calls = is_direct(event) or is_mention(event, workspace)
        begins = starts(event, workspace, here)
        beside = await self._looking.at(event, workspace, starts=begins, calls=is_mention(event, workspace))
        inbound = Inbound(
            source=source,
            also=(f"slack:{envelope.event_id}",),
            identity=identity,
            root=("slack", workspace.team, event.channel, root),
            place=place,
            route_channel=f"slack:{address}",
            text=text_of(event, workspace, names, beside.files.notes),
            starts=begins,
            answers_only=here.listen == "mention" and not calls,
            sent_at=int(event.ts.replace(".", "")),
            private=is_direct(event),
            earlier=beside.earlier,
            files=beside.files.texts,
        )
        if begins:
            return await self._intake.message(inbound) in {"taken", "duplicate"}
        await self._answered(inbound, f"{event.channel}/{root}")
        return False

    async def _author(self, event: MessageEvent) -> SlackIdentity:
        """Who wrote it: a bot, as Slack names it; or a person, as Slack tells of them."""
        home = event.user_team or event.source_team
        if event.bot_id is not None:
            name = (event.bot_profile and event.bot_profile.name) or event.username or event.bot_id
            return await self._people.bot(event.bot_id, name, home_team=home)
        return await self._people.identity(event.user or "", home_team=home)

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
