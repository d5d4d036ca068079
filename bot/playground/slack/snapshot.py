"""What one person sees of the workspace, as JSON for a page to draw."""

from bot.playground.slack import render
from bot.playground.slack.core import Core
from bot.playground.slack.methods_agents import can_stop
from bot.playground.slack.models import Channel, Frozen, Message, Pings, Shortcut, Suggested, View
from bot.playground.slack.wire import JsonObject


class ShownMessage(Frozen):
    """A message with its author's name; `body` is Slack's own JSON of it, blocks included."""

    ts: str
    user: str
    name: str
    is_bot: bool
    text: str
    thread_ts: str | None
    edited: bool
    ephemeral: bool  # only this person sees it
    pings: Pings
    body: JsonObject


class ShownSession(Frozen):
    """What one of the agent's conversations is at; `can_stop`: Slack shows the Stop button."""

    status: str
    title: str
    can_stop: bool


class ShownChannel(Frozen):
    """A channel: `messages` are those of its main view, `threads` the replies by the first message's ts."""

    id: str
    name: str
    kind: str
    members: tuple[str, ...]
    messages: tuple[ShownMessage, ...]
    threads: dict[str, tuple[ShownMessage, ...]]
    sessions: dict[str, ShownSession]  # by the first message's ts
    suggested: Suggested | None


class ShownView(Frozen):
    """An open modal or the Home tab, with the errors that the app told about its inputs."""

    id: str
    body: JsonObject
    errors: dict[str, str]


class ShownUser(Frozen):
    """A person to act as."""

    id: str
    name: str
    real_name: str
    is_bot: bool
    is_guest: bool
    is_stranger: bool


class Snapshot(Frozen):
    """The whole picture at one revision; `user` is who looks at it (None: somebody who sees everything)."""

    revision: int
    team: str
    bot_user: str
    user: str | None
    users: tuple[ShownUser, ...]
    channels: tuple[ShownChannel, ...]
    commands: tuple[str, ...]  # that can be typed
    shortcuts: tuple[Shortcut, ...]  # in the menu of each message
    modals: tuple[ShownView, ...]  # the visible one last
    home: ShownView | None


def take(core: Core, user: str | None = None) -> Snapshot:
    """Return what this user sees, or everything."""
    workspace = core.workspace
    seen = [channel for channel in workspace.channels.values() if user is None or user in channel.members]
    home = core.surfaces.home(user) if user else None
    modals = (
        core.surfaces.modals(user) if user else [view for view in core.surfaces.views.values() if view.kind == "modal"]
    )
    return Snapshot(
        revision=workspace.revision,
        team=workspace.team.name,
        bot_user=workspace.app.bot_user,
        user=user,
        users=tuple(
            ShownUser(
                id=person.id,
                name=person.name,
                real_name=person.real_name,
                is_bot=person.is_bot,
                is_guest=person.is_restricted or person.is_ultra_restricted,
                is_stranger=person.is_stranger,
            )
            for person in workspace.users.values()
        ),
        channels=tuple(_channel(core, channel, user) for channel in seen),
        commands=workspace.app.commands,
        shortcuts=workspace.app.shortcuts,
        modals=tuple(_view(core, view) for view in modals),
        home=_view(core, home) if home else None,
    )


def visible_ephemerals(core: Core, channel: str, user: str | None) -> list[Message]:
    """Return the messages of a channel that this user alone sees (of all users, for None)."""
    return [
        message
        for message in core.workspace.ephemerals
        if message.channel == channel and user in {None, message.ephemeral_to}
    ]


def _channel(core: Core, channel: Channel, user: str | None) -> ShownChannel:
    everything = sorted(
        (*core.workspace.messages(channel.id), *visible_ephemerals(core, channel.id, user)), key=lambda found: found.ts
    )
    threads: dict[str, tuple[ShownMessage, ...]] = {}
    for message in everything:
        if message.is_reply and message.thread_ts:
            threads[message.thread_ts] = (*threads.get(message.thread_ts, ()), _message(core, message))
    main = [message for message in everything if not message.is_reply or message.is_broadcast]
    name = channel.name
    if channel.kind == "im":
        other = render.other_member(channel, user or core.workspace.app.bot_user)
        name = core.workspace.user(other).real_name
    return ShownChannel(
        id=channel.id,
        name=name,
        kind=channel.kind,
        members=channel.members,
        messages=tuple(_message(core, message) for message in main),
        threads=threads,
        sessions=_sessions(core, channel),
        suggested=core.workspace.suggested.get(channel.id),
    )


def _sessions(core: Core, channel: Channel) -> dict[str, ShownSession]:
    workspace = core.workspace
    return {
        thread: ShownSession(status=one.status, title=one.title, can_stop=can_stop(workspace, place, thread))
        for (place, thread), one in workspace.sessions.items()
        if place == channel.id
    }


def _message(core: Core, message: Message) -> ShownMessage:
    author = core.workspace.author(message)
    return ShownMessage(
        ts=message.ts,
        user=message.user,
        name=author.real_name,
        is_bot=author.is_bot,
        text=message.text,
        thread_ts=message.thread_ts,
        edited=message.edited_ts is not None,
        ephemeral=message.ephemeral_to is not None,
        pings=message.pings,
        body=core.workspace.shown(message),
    )


def _view(core: Core, view: View) -> ShownView:
    body = render.view_json(view, core.workspace.team, core.workspace.app)
    return ShownView(id=view.id, body=body, errors=view.errors)
