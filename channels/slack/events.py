"""Messages and mentions into Inbound: which count, which start a thread, and what is dropped by which rule."""

from collections.abc import Mapping

from bot.places import Place
from bot.port import Inbound, Intake
from channels.slack.payloads import Envelope, MessageEvent
from channels.slack.people import People, Workspace
from channels.slack.plain import file_lines, mentioned, plain_text
from channels.slack.tally import Tally
from channels.slack.typed import Typed, is_decision

_TAKEN = frozenset({None, "thread_broadcast", "file_share"})  # subtypes that are something said


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

    def __init__(self, intake: Intake, people: People, tally: Tally, typed: Typed | None) -> None:
        """Take where messages go, who knows the people, and who shows buttons to those who type a decision."""
        self._intake = intake
        self._people = people
        self._tally = tally
        self._typed = typed

    async def take(self, envelope: Envelope, workspace: Workspace) -> None:
        """Pass a message on, drop it by a rule, or answer a typed decision with buttons.

        Raises what the intake and Slack's Web API raise: then nothing is acknowledged, and Slack sends it again.
        """
        event = envelope.event
        rule = rule_against(event, workspace, envelope.team)
        if rule or event.user is None:
            self._tally.ignored(rule or "bot", f"{event.channel}/{event.ts}")
            return
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
            return
        await self._intake.message(
            Inbound(
                source=source,
                also=(f"slack:{envelope.event_id}",),
                identity=identity,
                root=("slack", workspace.team, event.channel, root),
                place=place,
                route_channel=f"slack:{address}",
                text=text,
                starts=is_direct(event) or is_mention(event, workspace),
                sent_at=int(event.ts.replace(".", "")),
                private=is_direct(event),
            )
        )
